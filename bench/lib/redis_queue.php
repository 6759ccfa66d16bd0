<?php

declare(strict_types=1);

// Plain envelopes in a list, and loops written by hand on ext-redis.

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
