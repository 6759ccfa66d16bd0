<?php

/** @generate-class-entries */

namespace Ecoq;

/**
 * How many messages a queue holds. Null: the broker cannot tell.
 *
 * @strict-properties
 * @not-serializable
 */
final class QueueStats
{
    /** Messages that can be received now. */
    public readonly ?int $ready;

    /** Messages that are not due yet. */
    public readonly ?int $delayed;

    /** Messages that a worker has received and not settled. */
    public readonly ?int $reserved;

    /** Whether the numbers are counts; otherwise the broker's estimates. */
    public readonly bool $exact;

    /** @throws \ValueError when a number is negative */
    public function __construct(?int $ready = null, ?int $delayed = null, ?int $reserved = null, bool $exact = true) {}

    /** @internal for var_export() */
    public static function __set_state(array $properties): QueueStats {}
}
