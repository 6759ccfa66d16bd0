<?php

declare(strict_types=1);

// From the call that publishes in one process to the start of the handler in an idle worker, another process. The producer is a child of the worker; both
// read the same monotonic clock.

namespace Ecoq\Bench;

final class Stopwatch
{
    /** @var list<float> milliseconds */
    public static array $delays = [];

    public static function note(int $sentAt): void
    {
        self::$delays[] = (hrtime(true) - $sentAt) / 1e6;
    }
}

/**
 * @param \Closure(int): void $publish the instant
 * @param \Closure(int): void $work until so many were handled
 */
function latency(array $arguments, string $script, \Closure $publish, \Closure $work): void
{
    $n = $arguments['n'];
    if ($arguments['producer'] ?? false) {
        for ($i = 0; $i < $n; $i++) {
            usleep(random_int(20_000, 60_000));
            $publish(hrtime(true));
        }
        return;
    }
    $command = [...$arguments['command'], $script, json_encode(['producer' => true] + $arguments)];
    $producer = proc_open($command, [STDIN, STDERR, STDERR], $pipes);
    $work($n);
    proc_close($producer);

    expect($n, count(Stopwatch::$delays), 'ticks');
    sort(Stopwatch::$delays);
    report(values: ['p50_ms' => Stopwatch::$delays[intdiv($n, 2)], 'p99_ms' => Stopwatch::$delays[(int) ceil($n * 0.99) - 1]]);
}
