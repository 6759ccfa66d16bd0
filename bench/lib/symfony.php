<?php

declare(strict_types=1);

// Symfony Messenger, wired by hand with the fewest middlewares that send and handle: a full-stack application has more of them.

namespace Ecoq\Bench;

use Doctrine\DBAL\DriverManager;
use Psr\Container\ContainerInterface;
use Symfony\Component\Messenger\Bridge\Doctrine\Transport\Connection;
use Symfony\Component\Messenger\Bridge\Doctrine\Transport\DoctrineTransport;
use Symfony\Component\Messenger\Handler\HandlersLocator;
use Symfony\Component\Messenger\MessageBus;
use Symfony\Component\Messenger\Middleware\HandleMessageMiddleware;
use Symfony\Component\Messenger\Middleware\SendMessageMiddleware;
use Symfony\Component\Messenger\Transport\Sender\SendersLocator;
use Symfony\Component\Messenger\Transport\Serialization\PhpSerializer;
use Symfony\Component\Messenger\Transport\TransportInterface;

function symfonyBus(TransportInterface $transport, callable $handler): MessageBus
{
    $senders = new class ($transport) implements ContainerInterface {
        public function __construct(private readonly TransportInterface $transport)
        {
        }

        public function get(string $id): TransportInterface
        {
            return $this->transport;
        }

        public function has(string $id): bool
        {
            return $id === 'orders';
        }
    };

    return new MessageBus([
        new SendMessageMiddleware(new SendersLocator([Order::class => ['orders']], $senders)),
        new HandleMessageMiddleware(new HandlersLocator([Order::class => [$handler]])),
    ]);
}

/** @return array{DoctrineTransport, \Doctrine\DBAL\Connection} */
function symfonyDoctrine(string $file, string $synchronous): array
{
    $connection = DriverManager::getConnection(['driver' => 'pdo_sqlite', 'path' => $file]);
    $connection->executeStatement('PRAGMA journal_mode = WAL');
    $connection->executeStatement("PRAGMA synchronous = $synchronous");
    $transport = new DoctrineTransport(new Connection(['queue_name' => 'orders'], $connection), new PhpSerializer());
    $transport->setup();

    return [$transport, $connection];
}
