<?php

declare(strict_types=1);

// ecoq publishing to a database: one by one, or in units of work.

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/ecoq.php';

['n' => $n, 'unit' => $unit] = $arguments = arguments();
$storage = Storage::of($arguments);
$ecoq = ecoq(ArrayHandler::class, $storage->dsn());
$ecoq->publishTo(ORDER_PLACED, orderData(0));
$storage->settle();

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
