<?php

declare(strict_types=1);

// CPU share of a worker on an empty SQLite queue.

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/ecoq.php';

['dir' => $dir, 'seconds' => $seconds, 'synchronous' => $synchronous] = arguments();
$ecoq = ecoq(ArrayHandler::class, sqliteChannel("$dir/queue.sqlite", $synchronous));
drain($ecoq);

$meter = new Meter();
$meter->start();
$ecoq->worker('orders', timeLimit: $seconds * 1000)->run();
$meter->stop();

report(values: ['cpu_percent' => 100 * $meter->cpuUs / ($meter->wallNs / 1000)]);
