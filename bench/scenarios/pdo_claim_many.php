<?php

declare(strict_types=1);

// Hand-written consumer: claims 64 rows with owner and fence, decodes each, calls a closure for each, deletes the 64 in one statement.

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/jobs_table.php';

const BATCH = 64;

['n' => $n] = $arguments = arguments();
$storage = Storage::of($arguments, 'jobs');
$pdo = $storage->pdo();
createJobs($storage, $pdo);
fillJobs($pdo, $n);
$storage->settle();

$handled = 0;
$handler = static function (array $order) use (&$handled): void {
    $handled++;
};
$claim = claimer($storage, $pdo, BATCH);
$deleteOf = static fn (int $count): \PDOStatement => $pdo->prepare('DELETE FROM jobs WHERE id IN (' . places($count) . ') AND owner = ? AND fence = ?');
$deleteFull = $deleteOf(BATCH);
$owner = bin2hex(random_bytes(8));

$meter = new Meter();
$meter->start();
for ($fence = 1; $rows = $claim($owner, $fence); $fence++) {
    $done = [];
    foreach ($rows as [$id, $body]) {
        $handler(json_decode($body, true, 512, JSON_THROW_ON_ERROR)['data']);
        $done[] = $id;
    }
    $delete = count($done) === BATCH ? $deleteFull : $deleteOf(count($done));
    $delete->execute([...$done, $owner, $fence]);
    expect(count($done), $delete->rowCount(), 'deleted');
}
$meter->stop();

expect($n, $handled, 'handled');
expect(0, (int) $pdo->query('SELECT COUNT(*) FROM jobs')->fetchColumn(), 'left over');
report(['main' => $meter->sample($n)]);
