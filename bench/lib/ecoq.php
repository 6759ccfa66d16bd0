<?php

declare(strict_types=1);

namespace Ecoq\Bench;

use Ecoq\Attribute\Asynchronous;
use Ecoq\Attribute\CommandHandler;
use Ecoq\Attribute\Deduplicated;
use Ecoq\Attribute\EventHandler;
use Ecoq\EventBus;
use Ecoq\Messaging;
use Ecoq\MessageChannel;

/** Publishes many orders in one unit of work, so that they are stored as one batch. */
final class OrderSource
{
    #[CommandHandler('bench.fill')]
    public function fill(array $range, EventBus $events): void
    {
        for ($i = $range['from']; $i < $range['to']; $i++) {
            $events->publishTo(ORDER_PLACED, orderData($i), delay: $range['delay']);
        }
    }
}

final class ArrayHandler
{
    public static int $handled = 0;

    #[Asynchronous('orders'), EventHandler(ORDER_PLACED, endpointId: 'bench.ship')]
    public function ship(array $order): void
    {
        self::$handled++;
    }
}

final class TypedHandler
{
    public static int $handled = 0;

    #[Asynchronous('orders'), EventHandler(ORDER_PLACED, endpointId: 'bench.ship')]
    public function ship(Order $order): void
    {
        self::$handled++;
    }
}

/** Writes a row; on the connection that is the application's `database:`. */
final class EffectHandler
{
    public static int $handled = 0;
    public static \PDOStatement $insert;

    #[Asynchronous('orders'), EventHandler(ORDER_PLACED, endpointId: 'bench.ship')]
    public function ship(Order $order): void
    {
        self::$insert->execute([$order->id, $order->customer, $order->total]);
        self::$handled++;
    }
}

final class DeduplicatedHandler
{
    public static int $handled = 0;
    public static \PDOStatement $insert;

    #[Asynchronous('orders'), EventHandler(ORDER_PLACED, endpointId: 'bench.ship'), Deduplicated(expression: 'payload.id')]
    public function ship(Order $order): void
    {
        self::$insert->execute([$order->id, $order->customer, $order->total]);
        self::$handled++;
    }
}

/** @param class-string $handler */
function ecoq(string $handler, string|\PDO|\Ecoq\OutboxChannel $channel, ?\PDO $database = null): Messaging
{
    return new Messaging(handlers: [$handler, OrderSource::class], channels: ['orders' => $channel], database: $database);
}

function sqliteChannel(string $file, string $synchronous): string
{
    return "sqlite:$file?synchronous=" . strtolower($synchronous);
}

/** @param int|null $delay milliseconds */
function fill(Messaging $ecoq, int $count, int $unit = 1_000, ?int $delay = null): void
{
    for ($from = 0; $from < $count; $from += $unit) {
        $ecoq->sendTo('bench.fill', ['from' => $from, 'to' => min($count, $from + $unit), 'delay' => $delay]);
    }
}

/** Fills by an application of its own, so that the worker that is measured opens everything as a fresh process would. */
function fillFirst(Storage $storage, int $count): void
{
    $source = ecoq(ArrayHandler::class, $storage->dsn());
    fill($source, $count);
    unset($source);
    gc_collect_cycles();
    $storage->settle();
}

/** Runs a worker until the queue is empty; the number of messages that were handled. */
function drain(Messaging $ecoq): int
{
    return $ecoq->worker('orders', stopWhenEmpty: true)->run()->handled;
}

/**
 * The bytes of some messages as they are on the wire, taken off the channel.
 *
 * @return list<string>
 */
function takeBodies(MessageChannel $channel, int $count): array
{
    $bodies = [];
    while (count($bodies) < $count) {
        $deliveries = $channel->receive($count - count($bodies), 0);
        expect(1, (int) ($deliveries !== []), 'messages to look at');
        foreach ($deliveries as $delivery) {
            $bodies[] = $delivery->body;
            $delivery->ack();
        }
    }

    return $bodies;
}
