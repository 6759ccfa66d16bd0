<?php

/** @generate-class-entries */

namespace Ecoq;

/**
 * The command line of an application: exit((new Ecoq\Console($messaging))->run($argv));
 *
 * Commands: consume, relay, stats, status, setup, debug, failed show, failed retry, failed remove, help, list. Results are written to
 * standard output, logs, questions and errors to standard error.
 *
 * @strict-properties
 * @not-serializable
 */
final class Console
{
    public function __construct(Messaging $messaging) {}

    /**
     * Runs one command line.
     *
     * A failure while it runs is written to standard error and told by the exit code; it is not thrown.
     *
     * @param array $argv list<string>, the command line as PHP gives it: the script's name first
     * @return int exit code: 0 done (for consume: stopped gracefully, for whatever reason), 1 error, 2 wrong usage, or the one given with --memory-exit-code
     * @throws \TypeError when an element of $argv is not a string
     */
    public function run(array $argv): int {}
}
