<?php

declare(strict_types=1);

// Hand-written on ext-redis: RPUSH of each envelope, one by one or in pipelines.

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/redis_queue.php';

['n' => $n, 'unit' => $unit] = $arguments = arguments();
$storage = Storage::of($arguments);
$redis = extRedis($storage);
$queue = $storage->name();
$redis->rPush($queue, orderEnvelope(0));

$meter = new Meter();
$meter->start();
for ($sent = 0; $sent < $n;) {
    $pipe = $unit > 1 ? $redis->pipeline() : $redis;
    for ($end = min($n, $sent + $unit); $sent < $end; $sent++) {
        $pipe->rPush($queue, orderEnvelope($sent));
    }
    $unit > 1 && $pipe->exec();
}
$meter->stop();

expect($n + 1, $storage->redis()->call('LLEN', $queue), 'stored');
report(['main' => $meter->sample($n)]);
