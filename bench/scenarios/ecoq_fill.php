<?php

declare(strict_types=1);

// Prepares queues of given depths for other scenarios: `queues` is file name => number of messages.

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/ecoq.php';

['dir' => $dir, 'queues' => $queues] = arguments();
foreach ($queues as $name => $count) {
    $ecoq = ecoq(ArrayHandler::class, sqliteChannel("$dir/$name", 'NORMAL'));
    fill($ecoq, $count);
    expect($count, $ecoq->channel('orders')->stats()->ready, $name);
    unset($ecoq);
    gc_collect_cycles();
    checkpoint("$dir/$name");
}
report();
