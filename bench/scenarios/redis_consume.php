<?php

declare(strict_types=1);

// Hand-written on ext-redis: LMOVE to a list of its own, json_decode, a closure, LREM.

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/redis_queue.php';

['n' => $n] = $arguments = arguments();
$storage = Storage::of($arguments);
fillList($storage, $n);

$handled = 0;
$handler = static function (array $order) use (&$handled): void {
    $handled++;
};
$redis = extRedis($storage);
$queue = $storage->name();
$processing = "$queue:processing";

$meter = new Meter();
$meter->start();
while (is_string($body = $redis->rawCommand('LMOVE', $queue, $processing, 'LEFT', 'RIGHT'))) {
    $handler(json_decode($body, true, 512, JSON_THROW_ON_ERROR)['data']);
    $redis->lRem($processing, $body, 1);
}
$meter->stop();

expect($n, $handled, 'handled');
expectNothingLeft($storage, $processing);
report(['main' => $meter->sample($n)]);
