<?php

declare(strict_types=1);

// Ecotone's consumer on its DBAL channel, with its transaction around the handler, which writes one row. `deduplication` is off, default (by
// message id, as it comes) or header (#[Deduplicated] as well).

namespace Ecoq\Bench;

use Ecotone\Dbal\Configuration\DbalConfiguration;
use Ecotone\Messaging\Endpoint\ExecutionPollingMetadata;

require __DIR__ . '/../lib/scenario.php';

['n' => $n, 'vendor' => $vendor, 'deduplication' => $deduplication] = $arguments = arguments();
require "$vendor/autoload.php";
require __DIR__ . '/../lib/ecotone.php';
require __DIR__ . '/../lib/effects.php';

$storage = Storage::of($arguments);
createEffects($storage, $storage->pdo());
$handler = $deduplication === 'header' ? new EcotoneDeduplicatedHandler() : new EcotoneEffectHandler();
[$ecotone, $connection] = ecotoneDbal($vendor, $handler, $storage, DbalConfiguration::createWithDefaults()->withDeduplication($deduplication !== 'off'));
$handler->connection = $connection;
$bus = $ecotone->getEventBus();
$publish = static fn (int $i) => $bus->publishWithRouting(ORDER_PLACED, orderData($i), metadata: ['orderId' => (string) $i]);
$limit = ExecutionPollingMetadata::createWithDefaults();

// One message first: it creates the tables and fills the caches.
$publish(0);
$ecotone->run('orders', $limit->withHandledMessageLimit(1));

$connection->beginTransaction();
for ($i = 1; $i <= $n; $i++) {
    $publish($i);
}
$connection->commit();
$storage->settle();

$meter = new Meter();
$meter->start();
$ecotone->run('orders', $limit->withHandledMessageLimit($n));
$meter->stop();

expect($n + 1, $handler->handled, 'handled');
expectEffects($storage, $n + 1);
report(['main' => $meter->sample($n)]);
