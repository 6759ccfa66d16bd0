<?php

declare(strict_types=1);

namespace Ecoq\Bench;

/**
 * Runs a program of bench/native.
 *
 * @return array{n: int, wall_ns: int, cpu_us: float}
 */
function nativeLoop(string $program, string ...$words): array
{
    $errors = tmpfile();
    $process = proc_open([$program, ...$words], [['file', '/dev/null', 'r'], ['pipe', 'w'], $errors], $pipes);
    $output = stream_get_contents($pipes[1]);
    if (proc_close($process) !== 0) {
        rewind($errors);
        throw new \RuntimeException('the C loop failed: ' . trim($output . stream_get_contents($errors)));
    }

    return json_decode($output, true, 4, JSON_THROW_ON_ERROR);
}
