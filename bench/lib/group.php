<?php

declare(strict_types=1);

namespace Ecoq\Bench;

/** What a row promises: a bound on its ratio to another row, or on its own value. */
final class Budget
{
    private function __construct(
        public readonly ?string $against,
        public readonly ?float $atLeast,
        public readonly ?float $atMost,
    ) {
    }

    /** At least so many times the messages per second of the row `$against`. */
    public static function faster(string $against, float $atLeast): self
    {
        return new self($against, $atLeast, null);
    }

    /** At most so many times the time per message of the row `$against`. */
    public static function costs(string $against, float $atMost): self
    {
        return new self($against, null, $atMost);
    }

    /** At most that value. */
    public static function value(float $atMost): self
    {
        return new self(null, null, $atMost);
    }
}

/** One line of a table: a scenario and which of its samples or values is shown. */
final class Row
{
    /**
     * @param string $from another row whose process also measures this one
     * @param string $against the row whose speed is told as a multiple of this one's; '': the group's first
     * @param string $peer '' or symfony, ecotone …: the row needs it installed
     * @param string $server '' or pgsql, mysql, redis, rabbitmq-classic, rabbitmq-quorum: the row needs one, and gets a new database there, an empty Redis or a new queue
     * @param string $tool '' or what else the row needs: ext-redis, ext-amqp, or a C program
     * @param array<string, mixed> $arguments
     * @param list<Budget> $budgets
     * @param array<string, string> $ini
     */
    public function __construct(
        public readonly string $label,
        public readonly string $scenario = '',
        public readonly array $arguments = [],
        public readonly string $sample = 'main',
        public readonly string $from = '',
        public readonly string $peer = '',
        public readonly string $against = '',
        public readonly array $budgets = [],
        public readonly array $ini = [],
        public readonly string $server = '',
        public readonly string $tool = '',
    ) {
    }

    /** @param list<Budget> $budgets */
    public function withBudgets(array $budgets): self
    {
        return new self(...['budgets' => $budgets] + get_object_vars($this));
    }
}

/** A table: rows that are measured in turn, round by round. */
final class Group
{
    /**
     * @param array<string, Row> $rows
     * @param string $clock cpu or wall: what ratios are made of
     * @param string $unit '' for a table of rates, else the unit of the values
     * @param array{string, array<string, mixed>}|null $prepare scenario and arguments to run once; the rows then share its directory
     */
    public function __construct(
        public readonly string $name,
        public readonly string $title,
        public readonly array $rows,
        public readonly string $clock = 'wall',
        public readonly string $unit = '',
        public readonly ?array $prepare = null,
        public readonly int $rounds = 0,
        public readonly string $note = '',
    ) {
    }
}
