<?php

/** @generate-class-entries */

namespace Ecoq;

/**
 * Consumes channels in this process. Made by Messaging::worker().
 *
 * @strict-properties
 * @not-serializable
 */
final class Worker
{
    private function __construct() {}

    /**
     * Handles messages until a limit, a signal (SIGTERM, SIGINT, SIGQUIT: after the current message; a second one ends the process at once) or
     * stop() ends it. Channels are preferred in the order they were given.
     *
     * @throws Exception\ConfigurationException when a channel can never work as it is configured
     */
    public function run(): WorkerReport {}

    /** Ends run() after the current message; for use in a handler. */
    public function stop(): void {}
}

/**
 * What a worker did.
 *
 * @strict-properties
 */
final class WorkerReport
{
    /** Messages whose handler succeeded. */
    public readonly int $handled;
    /** Executions that failed, whatever came of them. */
    public readonly int $failed;
    /** Failed messages that were stored again, for later. */
    public readonly int $retried;
    /** Messages that were given up on. */
    public readonly int $deadLettered;
    /** Messages that a handler, or `unknown=ignore`, dropped. */
    public readonly int $dropped;
    /** Messages whose time to live ran out before they were run. */
    public readonly int $expired;
    /** Messages whose effect stood already. */
    public readonly int $duplicates;
    /** Messages put back without being run or charged: not due yet, or nothing answers them yet. */
    public readonly int $postponed;
    /** Messages sent on: copied to their endpoints, or moved to the next channel. */
    public readonly int $forwarded;
    /** Acknowledgements that were refused, because another owner has the message by now. */
    public readonly int $lost;
    /** How long it ran, in milliseconds. */
    public readonly int $duration;
    /** empty, signal, message-limit, failure-limit, memory-limit, time-limit, idle-limit, handler or requested. */
    public readonly string $stopReason;

    private function __construct() {}
}
