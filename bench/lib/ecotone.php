<?php

declare(strict_types=1);

// Ecotone with its defaults (transactions and deduplication around asynchronous handlers are on), one channel, one handler.

namespace Ecoq\Bench;

use Ecotone\Dbal\Configuration\DbalConfiguration;
use Ecotone\Dbal\DbalBackedMessageChannelBuilder;
use Ecotone\Dbal\DbalConnection;
use Ecotone\Lite\EcotoneLite;
use Ecotone\Messaging\Attribute\Asynchronous;
use Ecotone\Messaging\Attribute\Deduplicated;
use Ecotone\Messaging\Channel\CombinedMessageChannel;
use Ecotone\Messaging\Channel\SimpleMessageChannelBuilder;
use Ecotone\Messaging\Config\ConfiguredMessagingSystem;
use Ecotone\Messaging\Config\ServiceConfiguration;
use Ecotone\Modelling\Attribute\EventHandler;
use Enqueue\Dbal\DbalConnectionFactory;

final class EcotoneHandler
{
    public int $handled = 0;

    #[Asynchronous('orders')]
    #[EventHandler(ORDER_PLACED, endpointId: 'bench.ship')]
    public function ship(array $order): void
    {
        $this->handled++;
    }
}

final class EcotoneEffectHandler
{
    public int $handled = 0;
    public \Doctrine\DBAL\Connection $connection;

    #[Asynchronous('orders')]
    #[EventHandler(ORDER_PLACED, endpointId: 'bench.ship')]
    public function ship(array $order): void
    {
        $this->connection->executeStatement(INSERT_EFFECT, [$order['id'], $order['customer'], $order['total']]);
        $this->handled++;
    }
}

final class EcotoneDeduplicatedHandler
{
    public int $handled = 0;
    public \Doctrine\DBAL\Connection $connection;

    #[Asynchronous('orders')]
    #[Deduplicated('orderId')]
    #[EventHandler(ORDER_PLACED, endpointId: 'bench.ship')]
    public function ship(array $order): void
    {
        $this->connection->executeStatement(INSERT_EFFECT, [$order['id'], $order['customer'], $order['total']]);
        $this->handled++;
    }
}

/** @param list<object> $configuration channels, and what differs from the defaults */
function ecotone(string $vendor, object $handler, array $services, array $configuration, array $skip = []): ConfiguredMessagingSystem
{
    return EcotoneLite::bootstrap(
        classesToResolve: [$handler::class],
        containerOrAvailableServices: [$handler::class => $handler] + $services,
        configuration: ServiceConfiguration::createWithDefaults()
            ->withCacheDirectoryPath(arguments()['dir'] . '/cache')
            ->withSkippedModulePackageNames($skip)
            ->withExtensionObjects($configuration),
        pathToRootCatalog: dirname($vendor),
    );
}

function ecotoneInMemory(string $vendor, object $handler): ConfiguredMessagingSystem
{
    return ecotone($vendor, $handler, [], [SimpleMessageChannelBuilder::createQueueChannel('orders')], ['dbal']);
}

/**
 * @param object ...$configuration what differs from the defaults
 * @return array{ConfiguredMessagingSystem, \Doctrine\DBAL\Connection}
 */
function ecotoneDbal(string $vendor, object $handler, Storage $storage, object ...$configuration): array
{
    $connection = $storage->dbal();
    $services = [DbalConnectionFactory::class => DbalConnection::create($connection)];

    return [ecotone($vendor, $handler, $services, [DbalBackedMessageChannelBuilder::create('orders'), ...array_values($configuration)]), $connection];
}

/**
 * Its outbox: a channel on the application's database in front of one on the broker's, both under the name `orders`.
 *
 * @return array{ConfiguredMessagingSystem, \Doctrine\DBAL\Connection}
 */
function ecotoneOutbox(string $vendor, object $handler, Storage $application, Storage $broker): array
{
    $connection = $application->dbal();
    $services = [
        DbalConnectionFactory::class => DbalConnection::create($connection),
        'broker' => DbalConnection::create($broker->dbal()),
    ];
    $channels = [
        DbalBackedMessageChannelBuilder::create('outbox'),
        DbalBackedMessageChannelBuilder::create('broker', 'broker'),
        CombinedMessageChannel::create('orders', ['outbox', 'broker']),
    ];

    return [ecotone($vendor, $handler, $services, $channels), $connection];
}
