<?php

declare(strict_types=1);

// Ecotone with its defaults (transactions and deduplication around asynchronous handlers are on), one channel, one handler.

namespace Ecoq\Bench;

use Doctrine\DBAL\DriverManager;
use Ecotone\Dbal\DbalBackedMessageChannelBuilder;
use Ecotone\Dbal\DbalConnection;
use Ecotone\Lite\EcotoneLite;
use Ecotone\Messaging\Attribute\Asynchronous;
use Ecotone\Messaging\Attribute\Converter;
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

function ecotone(string $vendor, EcotoneHandler $handler, array $services, object $channel, array $skip = []): ConfiguredMessagingSystem
{
    return EcotoneLite::bootstrap(
        classesToResolve: [EcotoneHandler::class],
        containerOrAvailableServices: [EcotoneHandler::class => $handler] + $services,
        configuration: ServiceConfiguration::createWithDefaults()
            ->withCacheDirectoryPath(arguments()['dir'] . '/cache')
            ->withSkippedModulePackageNames($skip)
            ->withExtensionObjects([$channel]),
        pathToRootCatalog: dirname($vendor),
    );
}

function ecotoneInMemory(string $vendor, EcotoneHandler $handler): ConfiguredMessagingSystem
{
    return ecotone($vendor, $handler, [], SimpleMessageChannelBuilder::createQueueChannel('orders'), ['dbal']);
}

/** @return array{ConfiguredMessagingSystem, \Doctrine\DBAL\Connection} */
function ecotoneDbal(string $vendor, EcotoneHandler $handler, string $file, string $synchronous): array
{
    $connection = DriverManager::getConnection(['driver' => 'pdo_sqlite', 'path' => $file]);
    $connection->executeStatement('PRAGMA journal_mode = WAL');
    $connection->executeStatement("PRAGMA synchronous = $synchronous");
    $services = [DbalConnectionFactory::class => DbalConnection::create($connection)];

    return [ecotone($vendor, $handler, $services, DbalBackedMessageChannelBuilder::create('orders')), $connection];
}
