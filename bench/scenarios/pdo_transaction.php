<?php

declare(strict_types=1);

// Hand-written consumer with a handler that writes one row. `claims` 0: one transaction reads a row, handles it and deletes it; nobody else can
// take anything meanwhile on SQLite, and a crash leaves no trace. 64: claims that many with owner and fence; then each message has a transaction
// that handles it and deletes its row, if it still is this owner's.

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/jobs_table.php';
require __DIR__ . '/../lib/effects.php';

['n' => $n, 'claims' => $claims] = $arguments = arguments();
$storage = Storage::of($arguments, 'jobs');
$pdo = $storage->pdo();
createEffects($storage, $pdo);
createJobs($storage, $pdo);
fillJobs($pdo, $n);
$storage->settle();

$insert = $pdo->prepare(INSERT_EFFECT);
$handler = static function (array $order) use ($insert): void {
    $insert->execute([$order['id'], $order['customer'], $order['total']]);
};
$handle = static fn (string $body) => $handler(json_decode($body, true, 512, JSON_THROW_ON_ERROR)['data']);

$handled = 0;
$meter = new Meter();
if ($claims > 0) {
    $claim = claimer($storage, $pdo, $claims);
    $delete = $pdo->prepare('DELETE FROM jobs WHERE id = ? AND owner = ? AND fence = ?');
    $owner = bin2hex(random_bytes(8));
    $meter->start();
    for ($fence = 1; $rows = $claim($owner, $fence); $fence++) {
        foreach ($rows as [$id, $body]) {
            $pdo->beginTransaction();
            $handle($body);
            $delete->execute([$id, $owner, $fence]);
            expect(1, $delete->rowCount(), 'deleted');
            $pdo->commit();
            $handled++;
        }
    }
} else {
    $select = $pdo->prepare('SELECT id, body FROM jobs ORDER BY id LIMIT 1' . ($storage->engine === 'sqlite' ? '' : ' FOR UPDATE SKIP LOCKED'));
    $delete = $pdo->prepare('DELETE FROM jobs WHERE id = ?');
    $meter->start();
    for (;;) {
        // PDO begins deferred on SQLite: then another process's write in between would be a failure
        $storage->engine === 'sqlite' ? $pdo->exec('BEGIN IMMEDIATE') : $pdo->beginTransaction();
        $select->execute();
        $rows = $select->fetchAll(\PDO::FETCH_NUM);
        if ($rows !== []) {
            $handle($rows[0][1]);
            $delete->execute([$rows[0][0]]);
            $handled++;
        }
        $storage->engine === 'sqlite' ? $pdo->exec('COMMIT') : $pdo->commit();
        if ($rows === []) {
            break;
        }
    }
}
$meter->stop();

expect($n, $handled, 'handled');
expectEffects($storage, $n);
report(['main' => $meter->sample($n)]);
