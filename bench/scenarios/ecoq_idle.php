<?php

declare(strict_types=1);

// CPU share of a worker on a SQLite queue that has nothing for it now: none at all, or `delayed` messages that are due tomorrow.

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/ecoq.php';

['dir' => $dir, 'seconds' => $seconds, 'synchronous' => $synchronous, 'delayed' => $delayed] = arguments();
$ecoq = ecoq(ArrayHandler::class, sqliteChannel("$dir/queue.sqlite", $synchronous));
fill($ecoq, $delayed, delay: 86_400_000);
expect(0, drain($ecoq), 'messages to handle');

$meter = new Meter();
$meter->start();
$ecoq->worker('orders', timeLimit: $seconds * 1000)->run();
$meter->stop();

report(values: ['cpu_percent' => 100 * $meter->cpuUs / ($meter->wallNs / 1000)]);
