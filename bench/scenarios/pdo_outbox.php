<?php

declare(strict_types=1);

// Hand-written outbox: transactions that write one row and one outbox row; then a relay that reads them in order, `batch` at a time, inserts them
// into the broker in a transaction there, and deletes them.

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/jobs_table.php';
require __DIR__ . '/../lib/effects.php';

['n' => $n, 'batch' => $batch] = $arguments = arguments();
$storage = Storage::of($arguments, 'application');
$broker = Storage::of($arguments, 'broker');
$pdo = $storage->pdo();
$queue = $broker->pdo();
createEffects($storage, $pdo);
createJobs($storage, $pdo);
createJobs($broker, $queue);
$insert = $pdo->prepare(INSERT_EFFECT);
$store = $pdo->prepare('INSERT INTO jobs (body) VALUES (?)');
$storage->settle();

$write = new Meter();
$write->start();
for ($i = 0; $i < $n; $i++) {
    $order = orderData($i);
    $pdo->beginTransaction();
    $insert->execute([$order['id'], $order['customer'], $order['total']]);
    $store->execute([orderEnvelope($i)]);
    $pdo->commit();
}
$write->stop();
expectEffects($storage, $n);
$storage->settle();

$read = $pdo->prepare("SELECT id, body FROM jobs ORDER BY id LIMIT $batch");
$send = $queue->prepare('INSERT INTO jobs (body) VALUES (?)');
$remove = $pdo->prepare('DELETE FROM jobs WHERE id <= ?');
$relay = new Meter();
$relay->start();
for ($relayed = 0; $read->execute() && $rows = $read->fetchAll(\PDO::FETCH_NUM); $relayed += count($rows)) {
    $queue->beginTransaction();
    foreach ($rows as [, $body]) {
        $send->execute([$body]);
    }
    $queue->commit();
    $remove->execute([end($rows)[0]]);
}
$relay->stop();

expect($n, $relayed, 'relayed');
expect($n, (int) $queue->query('SELECT COUNT(*) FROM jobs')->fetchColumn(), 'arrived');
report(['write' => $write->sample($n), 'relay' => $relay->sample($n)]);
