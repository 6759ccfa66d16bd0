<?php

declare(strict_types=1);

// Hand-written on php-amqplib: persistent, with properties and headers, each batch confirmed.

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/rabbit_loops.php';

['n' => $n, 'unit' => $unit, 'vendor' => $vendor] = $arguments = arguments();
$storage = Storage::of($arguments);
require "$vendor/autoload.php";
$channel = libChannel($storage);
$channel->confirm_select();
$channel->set_nack_handler(static fn () => throw new \RuntimeException('not accepted'));
$queue = $storage->name();

$meter = new Meter();
$meter->start();
for ($sent = 0; $sent < $n;) {
    for ($end = min($n, $sent + $unit); $sent < $end; $sent++) {
        $channel->basic_publish(libMessage(orderEnvelope($sent), orderProperties($sent)), routing_key: $queue);
    }
    $channel->wait_for_pending_acks();
}
$meter->stop();

$storage->rabbit()->await($n);
report(['main' => $meter->sample($n)]);
