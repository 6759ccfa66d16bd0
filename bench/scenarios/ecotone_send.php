<?php

declare(strict_types=1);

// Ecotone publishing to DBAL/SQLite: one by one, or in database transactions of the application's.

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';

['n' => $n, 'vendor' => $vendor, 'unit' => $unit] = $arguments = arguments();
$storage = Storage::of($arguments);
require "$vendor/autoload.php";
require __DIR__ . '/../lib/ecotone.php';

[$ecotone, $connection] = ecotoneDbal($vendor, new EcotoneHandler(), $storage);
$bus = $ecotone->getEventBus();
$bus->publishWithRouting(ORDER_PLACED, orderData(0));
$storage->settle();

$meter = new Meter();
$meter->start();
for ($sent = 0; $sent < $n;) {
    $unit > 1 && $connection->beginTransaction();
    for ($end = min($n, $sent + $unit); $sent < $end; $sent++) {
        $bus->publishWithRouting(ORDER_PLACED, orderData($sent));
    }
    $unit > 1 && $connection->commit();
}
$meter->stop();

expect($n + 1, (int) $connection->fetchOne('SELECT COUNT(*) FROM enqueue'), 'stored');
report(['main' => $meter->sample($n)]);
