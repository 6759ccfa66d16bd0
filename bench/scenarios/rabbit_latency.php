<?php

declare(strict_types=1);

// Hand-written on ext-amqp or (`lib`) php-amqplib: publish without waiting for a confirm, and consume, json_decode, a closure, acknowledge.

namespace Ecoq\Bench;

use PhpAmqpLib\Message\AMQPMessage;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/rabbit_loops.php';
require __DIR__ . '/../lib/latency.php';

$storage = Storage::of($arguments = arguments());
$handler = static fn (array $tick) => Stopwatch::note($tick['sentAt']);
$encode = static fn (int $sentAt): string => json_encode(['sentAt' => $sentAt]);
if ($arguments['lib'] ?? false) {
    require "{$arguments['vendor']}/autoload.php";
    $channel = libChannel($storage);
    $publish = static fn (int $sentAt) => $channel->basic_publish(new AMQPMessage($encode($sentAt)), routing_key: $storage->name());
    $work = static function (int $n) use ($channel, $storage, $handler): void {
        $channel->basic_consume($storage->name(), callback: static function (AMQPMessage $message) use ($handler): void {
            $handler(json_decode($message->getBody(), true));
            $message->ack();
        });
        while (count(Stopwatch::$delays) < $n) {
            $channel->wait();
        }
    };
} else {
    $channel = extChannel($storage);
    $exchange = new \AMQPExchange($channel);
    $publish = static fn (int $sentAt) => $exchange->publish($encode($sentAt), $storage->name());
    $work = static fn (int $n) => extQueue($channel, $storage->name())->consume(static function (\AMQPEnvelope $message, \AMQPQueue $queue) use ($handler, $n): bool {
        $handler(json_decode($message->getBody(), true));
        $queue->ack($message->getDeliveryTag());

        return count(Stopwatch::$delays) < $n;
    });
}
latency($arguments, __FILE__, $publish, $work);
