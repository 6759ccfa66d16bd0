<?php

declare(strict_types=1);

// Plain envelopes in a list, and loops written by hand on ext-redis or in C.

namespace Ecoq\Bench;

/** As any producer of BabelQueue would. */
function fillList(Storage $storage, int $count): void
{
    $redis = $storage->redis();
    for ($from = 0; $from < $count; $from += 1_000) {
        $bodies = array_map(orderEnvelope(...), range($from, min($count, $from + 1_000) - 1));
        $redis->call('RPUSH', $storage->name(), ...$bodies);
    }
}

function expectNothingLeft(Storage $storage, string ...$keys): void
{
    foreach ([$storage->name(), ...$keys] as $key) {
        expect(0, $storage->redis()->call('EXISTS', $key), "left over in $key");
    }
}

function extRedis(Storage $storage): \Redis
{
    $redis = new \Redis();
    $redis->connect($storage->host(), $storage->port());

    return $redis;
}

/**
 * Runs the C loop.
 *
 * @return array{n: int, wall_ns: int, cpu_us: float}
 */
function nativeLoop(array $arguments, string ...$words): array
{
    $process = proc_open([$arguments['tool'], ...$words], [['file', '/dev/null', 'r'], ['pipe', 'w'], STDERR], $pipes);
    $output = stream_get_contents($pipes[1]);
    if (proc_close($process) !== 0) {
        throw new \RuntimeException("the C loop failed: $output");
    }

    return json_decode($output, true, 4, JSON_THROW_ON_ERROR);
}
