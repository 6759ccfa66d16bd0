<?php

declare(strict_types=1);

// Hand-written on ext-amqp: consume(), json_decode, a closure, each acknowledged.

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/rabbit_loops.php';

['n' => $n] = $arguments = arguments();
$storage = Storage::of($arguments);
$storage->rabbit()->fill($n);

$handled = 0;
$handler = static function (array $order) use (&$handled): void {
    $handled++;
};
$meter = new Meter();
$meter->start();
$channel = extChannel($storage);
$queue = extQueue($channel, $storage->name());
$queue->consume(static function (\AMQPEnvelope $message, \AMQPQueue $queue) use ($handler, &$handled, $n): bool {
    $handler(json_decode($message->getBody(), true, 512, JSON_THROW_ON_ERROR)['data']);
    $queue->ack($message->getDeliveryTag());

    return $handled < $n;
});
$meter->stop();

expect($n, $handled, 'handled');
sleep(1); // a quorum queue has yet to take the last acknowledgements in
$channel->getConnection()->disconnect();
$storage->rabbit()->await(0);
report(['main' => $meter->sample($n)]);
