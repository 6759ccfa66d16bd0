<?php

declare(strict_types=1);

// Hand-written producer: one insert per message, each its own transaction or many in one.

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/jobs_table.php';

['n' => $n, 'unit' => $unit] = $arguments = arguments();
$storage = Storage::of($arguments, 'jobs');
$pdo = $storage->pdo();
createJobs($storage, $pdo);
$insert = $pdo->prepare('INSERT INTO jobs (body) VALUES (?)');
$insert->execute([orderEnvelope(0)]);
$storage->settle();

$meter = new Meter();
$meter->start();
for ($sent = 0; $sent < $n;) {
    $unit > 1 && $pdo->beginTransaction();
    for ($end = min($n, $sent + $unit); $sent < $end; $sent++) {
        $insert->execute([orderEnvelope($sent)]);
    }
    $unit > 1 && $pdo->commit();
}
$meter->stop();

expect($n + 1, (int) $pdo->query('SELECT COUNT(*) FROM jobs')->fetchColumn(), 'stored');
report(['main' => $meter->sample($n)]);
