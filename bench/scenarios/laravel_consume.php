<?php

declare(strict_types=1);

// Laravel's own worker draining its Redis queue.

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';

['n' => $n, 'vendor' => $vendor] = $arguments = arguments();
$storage = Storage::of($arguments);
require "$vendor/autoload.php";
require __DIR__ . '/../lib/laravel.php';

[$manager, $queue, $container] = laravel($storage);
for ($from = 0; $from < $n; $from += 1_000) {
    $queue->bulk(array_map(static fn (int $i): ShipOrder => new ShipOrder(Order::of($i)), range($from, min($n, $from + 1_000) - 1)));
}

$meter = new Meter();
$meter->start();
laravelWork($manager, $container, $storage, $n);
$meter->stop();

expect($n, ShipOrder::$handled, 'handled');
expect(0, $queue->size(), 'left over');
report(['main' => $meter->sample($n)]);
