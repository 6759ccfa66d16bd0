<?php

declare(strict_types=1);

// Hand-written consumer of a queue in another file, with a handler that writes one row: 64 are claimed there; each has a transaction on the
// application's database that records its id, unless it stands there already, and handles it; then the 64 are deleted.

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/jobs_table.php';
require __DIR__ . '/../lib/effects.php';

const BATCH = 64;

['n' => $n] = $arguments = arguments();
$storage = Storage::of($arguments, 'application');
$broker = Storage::of($arguments, 'jobs');
$queue = $broker->pdo();
createJobs($broker, $queue);
fillJobs($queue, $n);
$broker->settle();
$pdo = $storage->pdo();
createEffects($storage, $pdo);
$pdo->exec('CREATE TABLE records (endpoint TEXT NOT NULL, message TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (endpoint, message)) WITHOUT ROWID');

$insert = $pdo->prepare(INSERT_EFFECT);
$handler = static function (array $order) use ($insert): void {
    $insert->execute([$order['id'], $order['customer'], $order['total']]);
};
$record = $pdo->prepare('INSERT OR IGNORE INTO records (endpoint, message, at) VALUES (?, ?, ?)');
$claim = claimer($broker, $queue, BATCH);
$deleteOf = static fn (int $count): \PDOStatement => $queue->prepare('DELETE FROM jobs WHERE id IN (' . places($count) . ') AND owner = ? AND fence = ?');
$deleteFull = $deleteOf(BATCH);
$owner = bin2hex(random_bytes(8));

$handled = 0;
$meter = new Meter();
$meter->start();
for ($fence = 1; $rows = $claim($owner, $fence); $fence++) {
    $done = [];
    foreach ($rows as [$id, $body]) {
        $message = json_decode($body, true, 512, JSON_THROW_ON_ERROR);
        $pdo->beginTransaction();
        $record->execute(['bench.ship', $message['meta']['id'], (int) (microtime(true) * 1000)]);
        if ($record->rowCount() === 1) {
            $handler($message['data']);
            $handled++;
        }
        $pdo->commit();
        $done[] = $id;
    }
    $delete = count($done) === BATCH ? $deleteFull : $deleteOf(count($done));
    $delete->execute([...$done, $owner, $fence]);
    expect(count($done), $delete->rowCount(), 'deleted');
}
$meter->stop();

expect($n, $handled, 'handled');
expectEffects($storage, $n);
report(['main' => $meter->sample($n)]);
