<?php

declare(strict_types=1);

namespace Ecoq\Bench;

/** Everything that was measured for one group. */
final class Result
{
    /** @var array<string, array<int, array|float|int>> row => round => sample or value */
    private array $samples = [];
    /** @var array<string, string> row => why it has no figure */
    private array $failures = [];
    /** @var array<string, true> rows that need what is not there; their budgets are not missed */
    private array $absent = [];
    /** @var array<string, array<string, mixed>> row => what else its last process reported */
    private array $values = [];

    public function __construct(public readonly Group $group)
    {
    }

    public function add(string $row, int $round, array|float|int $sample, array $values): void
    {
        $this->samples[$row][$round] = $sample;
        $this->values[$row] = $values;
    }

    public function fail(string $row, string $why): void
    {
        $this->failures[$row] = $why;
    }

    public function skip(string $row, string $why): void
    {
        $this->failures[$row] = $why;
        $this->absent[$row] = true;
    }

    /** Whether a budget of the row can be judged at all here. */
    public function isAbsent(string $row, Budget $budget): bool
    {
        return isset($this->absent[$row]) || isset($this->absent[$budget->against ?? '']);
    }

    public function failure(string $row): ?string
    {
        return $this->failures[$row] ?? null;
    }

    /** Why no row has a figure, where that is the same for all of them. */
    public function commonFailure(): ?string
    {
        $reasons = array_unique($this->failures);

        return count($this->failures) === count($this->group->rows) && count($reasons) === 1 ? reset($reasons) : null;
    }

    /** @return array<string, mixed> */
    public function values(string $row): array
    {
        return $this->values[$row] ?? [];
    }

    /** @return array<int, array|float|int> */
    public function samples(string $row): array
    {
        return $this->samples[$row] ?? [];
    }

    public function perSecond(string $row): ?float
    {
        return $this->median($row, static fn (array $s): float => $s['n'] / $s['wall_ns'] * 1e9);
    }

    public function cpuUs(string $row): ?float
    {
        return $this->median($row, static fn (array $s): float => $s['cpu_us'] / $s['n']);
    }

    public function value(string $row): ?float
    {
        return $this->median($row, static fn (float|int $v): float => (float) $v);
    }

    /** Time per message of `$row` as a multiple of that of `$reference`: the median of the ratios of each round. */
    public function costRatio(string $row, string $reference, string $clock = ''): ?float
    {
        $clock = $clock ?: $this->group->clock;
        $ratios = [];
        foreach ($this->samples($row) as $round => $sample) {
            if (isset($this->samples[$reference][$round])) {
                $ratios[] = self::cost($sample, $clock) / self::cost($this->samples[$reference][$round], $clock);
            }
        }

        return self::medianOf($ratios);
    }

    /**
     * The figure that a budget bounds, the same of CPU time (null for a value), and whether it holds; null when it was not measured.
     *
     * @return array{figure: float, cpu: ?float, ok: bool}|null
     */
    public function judge(string $row, Budget $budget): ?array
    {
        if ($this->failure($row) !== null) {
            return null;
        }
        $figure = $budget->against === null ? $this->value($row) : $this->costRatio($row, $budget->against);
        if ($figure === null) {
            return null;
        }
        $cpu = $budget->against === null ? null : $this->costRatio($row, $budget->against, 'cpu');
        if ($budget->atLeast !== null) {
            [$figure, $cpu] = [1 / $figure, 1 / $cpu];
        }

        return ['figure' => $figure, 'cpu' => $cpu, 'ok' => $budget->atLeast !== null ? $figure >= $budget->atLeast : $figure <= $budget->atMost];
    }

    private static function cost(array $sample, string $clock): float
    {
        return ($clock === 'cpu' ? $sample['cpu_us'] : $sample['wall_ns']) / $sample['n'];
    }

    private function median(string $row, callable $figure): ?float
    {
        return self::medianOf(array_map($figure, array_values($this->samples($row))));
    }

    private static function medianOf(array $figures): ?float
    {
        if ($figures === []) {
            return null;
        }
        sort($figures);
        $middle = intdiv(count($figures), 2);

        return count($figures) % 2 ? $figures[$middle] : ($figures[$middle - 1] + $figures[$middle]) / 2;
    }
}
