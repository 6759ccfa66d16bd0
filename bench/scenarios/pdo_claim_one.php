<?php

declare(strict_types=1);

// Hand-written consumer: claims one row, decodes it, calls a closure, deletes the row.

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/jobs_table.php';

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
$claim = claimer($storage, $pdo, 1);
$delete = $pdo->prepare('DELETE FROM jobs WHERE id = ?');
$owner = bin2hex(random_bytes(8));

$meter = new Meter();
$meter->start();
while ($rows = $claim($owner, 0)) {
    [$id, $body] = $rows[0];
    $handler(json_decode($body, true, 512, JSON_THROW_ON_ERROR)['data']);
    $delete->execute([$id]);
}
$meter->stop();

expect($n, $handled, 'handled');
expect(0, (int) $pdo->query('SELECT COUNT(*) FROM jobs')->fetchColumn(), 'left over');
report(['main' => $meter->sample($n)]);
