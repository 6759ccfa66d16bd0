<?php

declare(strict_types=1);

// Hand-written consumer: claims one row, decodes it, calls a closure, deletes the row.

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/jobs_table.php';

['dir' => $dir, 'n' => $n, 'synchronous' => $synchronous] = arguments();
$pdo = database("$dir/jobs.sqlite", $synchronous);
createJobs($pdo);
fillJobs($pdo, $n);
checkpoint("$dir/jobs.sqlite");

$handled = 0;
$handler = static function (array $order) use (&$handled): void {
    $handled++;
};
$claim = $pdo->prepare(
    'UPDATE jobs SET owner = ? WHERE id = (SELECT id FROM jobs WHERE owner IS NULL ORDER BY id LIMIT 1) RETURNING id, body'
);
$delete = $pdo->prepare('DELETE FROM jobs WHERE id = ?');
$owner = bin2hex(random_bytes(8));

$meter = new Meter();
$meter->start();
for (;;) {
    $claim->execute([$owner]);
    $row = $claim->fetch(\PDO::FETCH_NUM);
    $claim->closeCursor();
    if ($row === false) {
        break;
    }
    $handler(json_decode($row[1], true, 512, JSON_THROW_ON_ERROR)['data']);
    $delete->execute([$row[0]]);
}
$meter->stop();

expect($n, $handled, 'handled');
expect(0, (int) $pdo->query('SELECT COUNT(*) FROM jobs')->fetchColumn(), 'left over');
report(['main' => $meter->sample($n)]);
