<?php

declare(strict_types=1);

// Hand-written on php-amqplib: basic_consume, json_decode, a closure, each acknowledged.

namespace Ecoq\Bench;

use PhpAmqpLib\Message\AMQPMessage;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/rabbit_loops.php';

['n' => $n, 'vendor' => $vendor] = $arguments = arguments();
$storage = Storage::of($arguments);
require "$vendor/autoload.php";
$storage->rabbit()->fill($n);

$handled = 0;
$handler = static function (array $order) use (&$handled): void {
    $handled++;
};
$meter = new Meter();
$meter->start();
$channel = libChannel($storage);
$channel->basic_consume($storage->name(), callback: static function (AMQPMessage $message) use ($handler): void {
    $handler(json_decode($message->getBody(), true, 512, JSON_THROW_ON_ERROR)['data']);
    $message->ack();
});
while ($handled < $n) {
    $channel->wait();
}
$meter->stop();

expect($n, $handled, 'handled');
sleep(1); // a quorum queue has yet to take the last acknowledgements in
$channel->getConnection()->close();
$storage->rabbit()->await(0);
report(['main' => $meter->sample($n)]);
