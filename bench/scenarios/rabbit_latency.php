<?php

declare(strict_types=1);

// Hand-written on ext-amqp or (`lib`) php-amqplib: publish as ecoq does (persistent, with properties and headers, confirmed), and consume, json_decode, a closure, acknowledge.

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
    $channel->confirm_select();
    $channel->set_nack_handler(static fn () => throw new \RuntimeException('not accepted'));
    $publish = static function (int $sentAt) use ($channel, $storage, $encode): void {
        $channel->basic_publish(libMessage($encode($sentAt), orderProperties(0)), routing_key: $storage->name());
        $channel->wait_for_pending_acks();
    };
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
    $channel->confirmSelect();
    $channel->setConfirmCallback(static fn (): bool => false, static fn () => throw new \RuntimeException('not accepted'));
    $exchange = new \AMQPExchange($channel);
    $publish = static function (int $sentAt) use ($channel, $exchange, $storage, $encode): void {
        $exchange->publish($encode($sentAt), $storage->name(), AMQP_NOPARAM, ['headers' => ORDER_HEADERS] + orderProperties(0));
        $channel->waitForConfirm();
    };
    $work = static fn (int $n) => extQueue($channel, $storage->name())->consume(static function (\AMQPEnvelope $message, \AMQPQueue $queue) use ($handler, $n): bool {
        $handler(json_decode($message->getBody(), true));
        $queue->ack($message->getDeliveryTag());

        return count(Stopwatch::$delays) < $n;
    });
}
latency($arguments, __FILE__, $publish, $work);
