<?php

declare(strict_types=1);

// ecoq's outbox: transactions of the application's that write one row and publish one event, and then a relay that moves the events to a broker,
// another SQLite file.

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/ecoq.php';
require __DIR__ . '/../lib/effects.php';

['n' => $n] = $arguments = arguments();
$storage = Storage::of($arguments, 'application');
$broker = Storage::of($arguments, 'broker');
createEffects($storage, $storage->pdo());
$open = static fn (\PDO $pdo): \Ecoq\Messaging => ecoq(ArrayHandler::class, new \Ecoq\OutboxChannel($broker->dsn()), $pdo);

$pdo = $storage->pdo();
$insert = $pdo->prepare(INSERT_EFFECT);
$ecoq = $open($pdo);
$place = static function (int $i) use ($ecoq, $insert): void {
    $ecoq->transactional(static function () use ($ecoq, $insert, $i): void {
        $order = orderData($i);
        $insert->execute([$order['id'], $order['customer'], $order['total']]);
        $ecoq->publishTo(ORDER_PLACED, $order);
    });
};
$place(0);
$ecoq->worker('outbox', stopWhenEmpty: true)->run();
$storage->settle();

$write = new Meter();
$write->start();
for ($i = 1; $i <= $n; $i++) {
    $place($i);
}
$write->stop();
expectEffects($storage, $n + 1);
unset($ecoq, $place, $insert, $pdo);
gc_collect_cycles();
$storage->settle();

$ecoq = $open($storage->pdo());
$relay = new Meter();
$relay->start();
$relayed = $ecoq->worker('outbox', stopWhenEmpty: true)->run()->handled;
$relay->stop();

expect($n, $relayed, 'relayed');
expect($n + 1, $ecoq->channel('orders')->stats()->ready, 'arrived');
expect($n + 1, drain($ecoq), 'handled');
report(['write' => $write->sample($n), 'relay' => $relay->sample($n)]);
