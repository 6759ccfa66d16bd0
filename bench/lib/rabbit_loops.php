<?php

declare(strict_types=1);

// What loops written by hand on ext-amqp and php-amqplib share.

namespace Ecoq\Bench;

use PhpAmqpLib\Channel\AMQPChannel as LibChannel;
use PhpAmqpLib\Connection\AMQPStreamConnection;
use PhpAmqpLib\Message\AMQPMessage;
use PhpAmqpLib\Wire\AMQPTable;

const PREFETCH = 100;

function extChannel(Storage $storage): \AMQPChannel
{
    $login = $storage->login();
    $login['login'] = $login['user'];
    unset($login['user']);
    $connection = new \AMQPConnection($login);
    $connection->connect();
    $channel = new \AMQPChannel($connection);
    $channel->setPrefetchCount(PREFETCH);

    return $channel;
}

function extQueue(\AMQPChannel $channel, string $name): \AMQPQueue
{
    $queue = new \AMQPQueue($channel);
    $queue->setName($name);

    return $queue;
}

function libChannel(Storage $storage): LibChannel
{
    ['host' => $host, 'port' => $port, 'user' => $user, 'password' => $password, 'vhost' => $vhost] = $storage->login();
    $channel = (new AMQPStreamConnection($host, $port, $user, $password, $vhost))->channel();
    $channel->basic_qos(0, PREFETCH, false);

    return $channel;
}

/** Properties of a producer of BabelQueue, by the names that both libraries use; persistent. */
function orderProperties(int $id): array
{
    return [
        'content_type' => 'application/json',
        'content_encoding' => 'utf-8',
        'delivery_mode' => 2,
        'correlation_id' => sprintf('7b3f9c2a-e41d-4f88-9b2a-%012d', $id),
        'message_id' => sprintf('f1e2d3c4-b5a6-4789-90ab-%012d', $id),
        'type' => ORDER_PLACED,
        'app_id' => 'babelqueue',
    ];
}

const ORDER_HEADERS = ['x-schema-version' => 1, 'x-source-lang' => 'php', 'x-attempts' => 0];

function libMessage(string $body, array $properties): AMQPMessage
{
    return new AMQPMessage($body, $properties + ['application_headers' => new AMQPTable(ORDER_HEADERS)]);
}
