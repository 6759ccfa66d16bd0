<?php

declare(strict_types=1);

// Symfony Messenger's worker on its Doctrine transport, with a transaction around the handler, which writes one row.

namespace Ecoq\Bench;

use Symfony\Component\Messenger\Worker;

require __DIR__ . '/../lib/scenario.php';

['n' => $n, 'vendor' => $vendor] = $arguments = arguments();
require "$vendor/autoload.php";
require __DIR__ . '/../lib/symfony.php';
require __DIR__ . '/../lib/effects.php';

$storage = Storage::of($arguments);
[$transport, $connection] = symfonyDoctrine($storage);
createEffects($storage, $storage->pdo());
$handled = 0;
$worker = null;
$handler = static function (Order $order) use (&$handled, &$worker, $n, $connection): void {
    $connection->executeStatement(INSERT_EFFECT, [$order->id, $order->customer, $order->total]);
    if (++$handled === $n) {
        $worker->stop();
    }
};

$bus = symfonyBus($transport, $handler);
$connection->beginTransaction();
for ($i = 0; $i < $n; $i++) {
    $bus->dispatch(Order::of($i));
}
$connection->commit();
$storage->settle();

$worker = new Worker(['orders' => $transport], symfonyBus($transport, $handler, $connection));
$meter = new Meter();
$meter->start();
$worker->run(['sleep' => 0]);
$meter->stop();

expect($n, $handled, 'handled');
expectEffects($storage, $n);
report(['main' => $meter->sample($n)]);
