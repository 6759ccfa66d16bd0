<?php

/** @generate-class-entries */

namespace Ecoq;

/**
 * A length of time. Everything that takes milliseconds takes a TimeSpan, too.
 *
 * @strict-properties
 */
final class TimeSpan
{
    /** The whole span in milliseconds. */
    public readonly int $milliseconds;

    /**
     * new TimeSpan(hours: 24), new TimeSpan(minutes: 1, seconds: 30). The parts add up; none may be negative.
     *
     * @throws \ValueError when a part is negative or the sum does not fit an int
     */
    public function __construct(int $milliseconds = 0, int $seconds = 0, int $minutes = 0, int $hours = 0, int $days = 0) {}

    /** @internal for var_export() */
    public static function __set_state(array $properties): TimeSpan {}
}
