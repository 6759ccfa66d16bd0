<?php

declare(strict_types=1);

namespace Ecoq\Bench;

/** Wall time and this process's own user + system time, over one or several stretches. */
final class Meter
{
    public int $wallNs = 0;
    public float $cpuUs = 0.0;
    private int $wallStart = 0;
    private float $cpuStart = 0.0;

    public function start(): void
    {
        $this->cpuStart = self::cpu();
        $this->wallStart = hrtime(true);
    }

    public function stop(): void
    {
        $this->wallNs += hrtime(true) - $this->wallStart;
        $this->cpuUs += self::cpu() - $this->cpuStart;
    }

    /** What a scenario reports for `$messages` messages handled while the meter ran. */
    public function sample(int $messages): array
    {
        return ['n' => $messages, 'wall_ns' => $this->wallNs, 'cpu_us' => $this->cpuUs];
    }

    public static function cpu(): float
    {
        $usage = getrusage();

        return ($usage['ru_utime.tv_sec'] + $usage['ru_stime.tv_sec']) * 1e6
            + $usage['ru_utime.tv_usec'] + $usage['ru_stime.tv_usec'];
    }

    /** Resident memory of this process in KiB. */
    public static function residentKib(): int
    {
        preg_match('/^VmRSS:\s+(\d+) kB/m', file_get_contents('/proc/self/status'), $match);

        return (int) $match[1];
    }
}
