<?php

declare(strict_types=1);

// The cost of handling messages at a given depth of the queue. Each stretch drains `step` messages and puts as many back, untimed, so that
// the depth stays what it is.

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/ecoq.php';

['dir' => $dir, 'file' => $file, 'n' => $n, 'step' => $step, 'synchronous' => $synchronous] = arguments();
$ecoq = ecoq(ArrayHandler::class, sqliteChannel("$dir/$file", $synchronous));
$stretch = static fn (): int => $ecoq->worker('orders', limit: $step)->run()->handled;

// The first stretch opens the file and fills its cache.
expect($step, $stretch(), 'handled while warming up');
$meter = new Meter();
for ($done = 0; $done < $n; $done += $step) {
    fill($ecoq, $step);
    checkpoint("$dir/$file");
    $meter->start();
    $handled = $stretch();
    $meter->stop();
    expect($step, $handled, 'handled');
}
fill($ecoq, $step);
report(['main' => $meter->sample($done)]);
