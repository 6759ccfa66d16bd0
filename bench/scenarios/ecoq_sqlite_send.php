<?php

declare(strict_types=1);

// ecoq publishing to SQLite: one by one, or in units of work.

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/ecoq.php';

['dir' => $dir, 'n' => $n, 'synchronous' => $synchronous, 'unit' => $unit] = arguments();
$ecoq = ecoq(ArrayHandler::class, sqliteChannel("$dir/queue.sqlite", $synchronous));
$ecoq->publishTo(ORDER_PLACED, orderData(0));
checkpoint("$dir/queue.sqlite");

$meter = new Meter();
$meter->start();
if ($unit > 1) {
    fill($ecoq, $n, $unit);
} else {
    for ($i = 0; $i < $n; $i++) {
        $ecoq->publishTo(ORDER_PLACED, orderData($i));
    }
}
$meter->stop();

expect($n + 1, $ecoq->channel('orders')->stats()->ready, 'stored');
report(['main' => $meter->sample($n)]);
