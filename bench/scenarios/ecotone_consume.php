<?php

declare(strict_types=1);

// Ecotone's own consumer draining a queue: `transport` is memory or dbal.

namespace Ecoq\Bench;

use Ecotone\Messaging\Endpoint\ExecutionPollingMetadata;

require __DIR__ . '/../lib/scenario.php';

['n' => $n, 'vendor' => $vendor, 'transport' => $kind] = $arguments = arguments();
$storage = Storage::of($arguments);
require "$vendor/autoload.php";
require __DIR__ . '/../lib/ecotone.php';

$handler = new EcotoneHandler();
[$ecotone, $connection] = $kind === 'memory'
    ? [ecotoneInMemory($vendor, $handler), null]
    : ecotoneDbal($vendor, $handler, $storage);
$limit = ExecutionPollingMetadata::createWithDefaults();

// One message first: it creates the tables and fills the caches.
$bus = $ecotone->getEventBus();
$bus->publishWithRouting(ORDER_PLACED, orderData(0));
$ecotone->run('orders', $limit->withHandledMessageLimit(1));

$connection?->beginTransaction();
for ($i = 1; $i <= $n; $i++) {
    $bus->publishWithRouting(ORDER_PLACED, orderData($i));
}
$connection?->commit();
if ($connection) {
    $storage->settle();
}

$meter = new Meter();
$meter->start();
$ecotone->run('orders', $limit->withHandledMessageLimit($n));
$meter->stop();

expect($n + 1, $handler->handled, 'handled');
report(['main' => $meter->sample($n)]);
