<?php

declare(strict_types=1);

// CPU share of a worker that has nothing to do now: on a queue named by `channel` dsn or pdo (then it is also `database:`), empty or with `delayed`
// messages that are due tomorrow, or relaying an outbox (`channel` is outbox) with two destinations.

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/ecoq.php';

['seconds' => $seconds, 'delayed' => $delayed, 'channel' => $channel] = $arguments = arguments();
$storage = Storage::of($arguments);
$pdo = $channel === 'dsn' ? null : $storage->pdo();
$sqlite = static fn (string $name): string => Storage::of(['server' => null] + $arguments, $name)->dsn();
$channels = $channel === 'outbox'
    ? ['orders' => new \Ecoq\OutboxChannel($sqlite('one')), 'other' => new \Ecoq\OutboxChannel($sqlite('two'))]
    : ['orders' => $pdo ?? $storage->dsn()];
$ecoq = new \Ecoq\Messaging(handlers: [ArrayHandler::class, OrderSource::class], channels: $channels, database: $pdo);
fill($ecoq, $delayed, delay: 86_400_000);
$consumed = $channel === 'outbox' ? 'outbox' : 'orders';
expect(0, $ecoq->worker($consumed, stopWhenEmpty: true)->run()->handled, 'messages to handle');

$meter = new Meter();
$meter->start();
$ecoq->worker($consumed, timeLimit: $seconds * 1000)->run();
$meter->stop();

report(values: ['cpu_percent' => 100 * $meter->cpuUs / ($meter->wallNs / 1000)]);
