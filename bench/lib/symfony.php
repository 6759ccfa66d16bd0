<?php

declare(strict_types=1);

// Symfony Messenger, wired by hand with the fewest middlewares that send and handle: a full-stack application has more of them.

namespace Ecoq\Bench;

use Doctrine\DBAL\Connection as Dbal;
use Psr\Container\ContainerInterface;
use Symfony\Component\Messenger\Bridge\Amqp\Transport\AmqpTransport;
use Symfony\Component\Messenger\Bridge\Amqp\Transport\Connection as AmqpConnection;
use Symfony\Component\Messenger\Bridge\Doctrine\Transport\Connection;
use Symfony\Component\Messenger\Bridge\Doctrine\Transport\DoctrineTransport;
use Symfony\Component\Messenger\Bridge\Doctrine\Transport\PostgreSqlConnection;
use Symfony\Component\Messenger\Bridge\Redis\Transport\Connection as RedisConnection;
use Symfony\Component\Messenger\Bridge\Redis\Transport\RedisTransport;
use Symfony\Component\Messenger\Envelope;
use Symfony\Component\Messenger\Handler\HandlersLocator;
use Symfony\Component\Messenger\MessageBus;
use Symfony\Component\Messenger\Middleware\HandleMessageMiddleware;
use Symfony\Component\Messenger\Middleware\MiddlewareInterface;
use Symfony\Component\Messenger\Middleware\SendMessageMiddleware;
use Symfony\Component\Messenger\Middleware\StackInterface;
use Symfony\Component\Messenger\Transport\Sender\SendersLocator;
use Symfony\Component\Messenger\Transport\Serialization\PhpSerializer;
use Symfony\Component\Messenger\Transport\TransportInterface;

/** What `doctrine_transaction` does, without an entity manager to flush. */
final class TransactionMiddleware implements MiddlewareInterface
{
    public function __construct(private readonly Dbal $connection)
    {
    }

    public function handle(Envelope $envelope, StackInterface $stack): Envelope
    {
        $this->connection->beginTransaction();
        try {
            $envelope = $stack->next()->handle($envelope, $stack);
            $this->connection->commit();

            return $envelope;
        } catch (\Throwable $e) {
            $this->connection->rollBack();
            throw $e;
        }
    }
}

/** @param Dbal|null $transaction the connection that handlers get a transaction on */
function symfonyBus(TransportInterface $transport, callable $handler, ?Dbal $transaction = null): MessageBus
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
        ...($transaction ? [new TransactionMiddleware($transaction)] : []),
        new SendMessageMiddleware(new SendersLocator([Order::class => ['orders']], $senders)),
        new HandleMessageMiddleware(new HandlersLocator([Order::class => [$handler]])),
    ]);
}

/** @return array{DoctrineTransport, Dbal} */
function symfonyDoctrine(Storage $storage): array
{
    $dbal = $storage->dbal();
    $configuration = ['queue_name' => 'orders'];
    // as its factory chooses: on PostgreSQL it notifies, and waits to be notified
    $connection = $storage->engine === 'pgsql' ? new PostgreSqlConnection($configuration, $dbal) : new Connection($configuration, $dbal);
    $transport = new DoctrineTransport($connection, new PhpSerializer());
    $transport->setup();

    return [$transport, $dbal];
}

/** With its defaults: a stream, one consumer group, what is acknowledged is deleted. */
function symfonyRedis(Storage $storage): RedisTransport
{
    $connection = RedisConnection::fromDsn("redis://{$storage->host()}:{$storage->port()}/{$storage->name()}");
    $transport = new RedisTransport($connection, new PhpSerializer());
    $transport->setup();

    return $transport;
}

/** To the queue that is there, through the default exchange, which the peers use too. By default it waits for no confirm. */
function symfonyAmqp(Storage $storage, bool $confirm = false): AmqpTransport
{
    $connection = AmqpConnection::fromDsn($storage->vhostDsn(), [
        'exchange' => ['name' => '', 'type' => 'direct', 'default_publish_routing_key' => $storage->name()],
        'queues' => [$storage->name() => []],
        'auto_setup' => false,
    ] + ($confirm ? ['confirm_timeout' => 10] : []));

    return new AmqpTransport($connection, new PhpSerializer());
}
