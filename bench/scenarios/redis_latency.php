<?php

declare(strict_types=1);

// Hand-written on ext-redis: RPUSH, and BLMOVE, json_decode, a closure, LREM.

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/redis_queue.php';
require __DIR__ . '/../lib/latency.php';

$storage = Storage::of($arguments = arguments());
$redis = extRedis($storage);
$queue = $storage->name();
latency(
    $arguments,
    __FILE__,
    static fn (int $sentAt) => $redis->rPush($queue, json_encode(['sentAt' => $sentAt])),
    static function (int $n) use ($redis, $queue): void {
        $handler = static fn (array $tick) => Stopwatch::note($tick['sentAt']);
        for ($handled = 0; $handled < $n; $handled++) {
            $body = $redis->rawCommand('BLMOVE', $queue, "$queue:processing", 'LEFT', 'RIGHT', '0');
            $handler(json_decode($body, true));
            $redis->lRem("$queue:processing", $body, 1);
        }
    },
);
