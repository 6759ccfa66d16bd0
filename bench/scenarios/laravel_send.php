<?php

declare(strict_types=1);

// Laravel's Redis queue: push() one by one, or bulk().

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';

['n' => $n, 'vendor' => $vendor, 'unit' => $unit] = $arguments = arguments();
$storage = Storage::of($arguments);
require "$vendor/autoload.php";
require __DIR__ . '/../lib/laravel.php';

[, $queue] = laravel($storage);
$queue->push(new ShipOrder(Order::of(0)));

$meter = new Meter();
$meter->start();
for ($sent = 0; $sent < $n; $sent = $end) {
    $end = min($n, $sent + $unit);
    if ($unit === 1) {
        $queue->push(new ShipOrder(Order::of($sent)));
    } else {
        $queue->bulk(array_map(static fn (int $i): ShipOrder => new ShipOrder(Order::of($i)), range($sent, $end - 1)));
    }
}
$meter->stop();

expect($n + 1, $queue->size(), 'stored');
report(['main' => $meter->sample($n)]);
