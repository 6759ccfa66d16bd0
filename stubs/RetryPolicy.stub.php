<?php

/** @generate-class-entries */

namespace Ecoq;

/**
 * How often, and after which delays, a message whose handler failed is tried again before it becomes a dead letter.
 *
 * The delay before retry n is delay * multiplier^(n-1), at most maxDelay, then moved by up to jitter either way.
 *
 * An exception that is not to be retried leads to the dead letter at once. Exceptions are told by class, parent or interface; $never goes
 * before $only. Exception\RetryLater and Exception\StopWorker are retried whatever the lists say, Exception\Unrecoverable never is.
 *
 * @strict-properties
 * @not-serializable
 */
final class RetryPolicy
{
    /** Retries after the first execution; 0: a failure leads to the dead letter at once. */
    public readonly int $maxRetries;

    /** Milliseconds before the first retry. */
    public readonly int $delay;

    /** Factor of each further delay. */
    public readonly float $multiplier;

    /** Milliseconds that no delay exceeds. It never ends retrying. */
    public readonly int $maxDelay;

    /** Share of the delay by which it varies: 0.1 is 10 % either way. */
    public readonly float $jitter;

    /**
     * Only exceptions of these classes are retried; empty: all are.
     *
     * @var list<string>
     */
    public readonly array $only;

    /**
     * Exceptions of these classes are not retried.
     *
     * @var list<string>
     */
    public readonly array $never;

    /**
     * @param int $maxRetries 0 to 1 000 000
     * @param int|TimeSpan|\DateInterval $delay milliseconds or a length of time
     * @param float $multiplier 1.0 to 1000.0
     * @param int|TimeSpan|\DateInterval $maxDelay milliseconds or a length of time, at least $delay
     * @param float $jitter 0.0 to 1.0
     * @param string[] $only class names; they are not loaded
     * @param string[] $never class names; they are not loaded
     * @throws \TypeError when a list holds something else than strings
     * @throws \ValueError when an argument is out of its range, or a list holds something that is no class name
     */
    public function __construct(int $maxRetries = 3, int|TimeSpan|\DateInterval $delay = 1000, float $multiplier = 2.0, int|TimeSpan|\DateInterval $maxDelay = 60000, float $jitter = 0.1, array $only = [], array $never = []) {}

    /** @internal for var_export() */
    public static function __set_state(array $properties): RetryPolicy {}
}
