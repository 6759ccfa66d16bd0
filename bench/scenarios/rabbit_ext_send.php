<?php

declare(strict_types=1);

// Hand-written on ext-amqp: persistent, with properties and headers, each batch confirmed.

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/rabbit_loops.php';

['n' => $n, 'unit' => $unit] = $arguments = arguments();
$storage = Storage::of($arguments);
$channel = extChannel($storage);
$channel->confirmSelect();
$last = $confirmed = 0;
$channel->setConfirmCallback(
    static function (int $tag, bool $multiple) use (&$last, &$confirmed): bool {
        $confirmed = $multiple ? max($confirmed, $tag) : $confirmed + 1;

        return $confirmed < $last;
    },
    static fn () => throw new \RuntimeException('not accepted'),
);
$exchange = new \AMQPExchange($channel);
$queue = $storage->name();

$meter = new Meter();
$meter->start();
while ($last < $n) {
    for ($end = min($n, $last + $unit); $last < $end; $last++) {
        $exchange->publish(orderEnvelope($last), $queue, AMQP_NOPARAM, ['headers' => ORDER_HEADERS] + orderProperties($last));
    }
    $channel->waitForConfirm();
}
$meter->stop();

$storage->rabbit()->await($n);
report(['main' => $meter->sample($n)]);
