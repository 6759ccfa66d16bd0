<?php

declare(strict_types=1);

// Ecotone's outbox: its DBAL channel on the application's connection in front of another one on the broker (another SQLite file), joined by a
// combined channel; its consumer of the first relays to the second. The forwarding in batches of its Enterprise edition needs a licence key.

namespace Ecoq\Bench;

use Ecotone\Messaging\Endpoint\ExecutionPollingMetadata;

require __DIR__ . '/../lib/scenario.php';

['n' => $n, 'vendor' => $vendor] = $arguments = arguments();
require "$vendor/autoload.php";
require __DIR__ . '/../lib/ecotone.php';
require __DIR__ . '/../lib/effects.php';

$storage = Storage::of($arguments, 'application');
$broker = Storage::of($arguments, 'broker');
createEffects($storage, $storage->pdo());
[$ecotone, $connection] = ecotoneOutbox($vendor, new EcotoneHandler(), $storage, $broker);
$bus = $ecotone->getEventBus();
$limit = ExecutionPollingMetadata::createWithDefaults();

// One message first: it creates the tables and fills the caches.
$bus->publishWithRouting(ORDER_PLACED, orderData(0));
$ecotone->run('outbox', $limit->withHandledMessageLimit(1));
$storage->settle();

$write = new Meter();
$write->start();
for ($i = 1; $i <= $n; $i++) {
    $order = orderData($i);
    $connection->beginTransaction();
    $connection->executeStatement(INSERT_EFFECT, [$order['id'], $order['customer'], $order['total']]);
    $bus->publishWithRouting(ORDER_PLACED, $order);
    $connection->commit();
}
$write->stop();
expectEffects($storage, $n);
$storage->settle();

$relay = new Meter();
$relay->start();
$ecotone->run('outbox', $limit->withHandledMessageLimit($n));
$relay->stop();

expect(0, (int) $connection->fetchOne('SELECT COUNT(*) FROM enqueue'), 'left over');
expect($n + 1, (int) $broker->pdo()->query('SELECT COUNT(*) FROM enqueue')->fetchColumn(), 'arrived');
report(['write' => $write->sample($n), 'relay' => $relay->sample($n)]);
