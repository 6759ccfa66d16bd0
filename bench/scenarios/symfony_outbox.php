<?php

declare(strict_types=1);

// An outbox out of Symfony Messenger, as it is commonly done: the Doctrine transport on the application's connection takes the message within the
// transaction, and its worker's handler dispatches it again, to the transport of the broker (another SQLite file, Doctrine as well).

namespace Ecoq\Bench;

use Symfony\Component\Messenger\Worker;

require __DIR__ . '/../lib/scenario.php';

['n' => $n, 'vendor' => $vendor] = $arguments = arguments();
require "$vendor/autoload.php";
require __DIR__ . '/../lib/symfony.php';
require __DIR__ . '/../lib/effects.php';

$storage = Storage::of($arguments, 'application');
[$outbox, $connection] = symfonyDoctrine($storage);
[$broker] = symfonyDoctrine(Storage::of($arguments, 'broker'));
createEffects($storage, $storage->pdo());
$brokerBus = symfonyBus($broker, static fn (Order $order) => null);
$relayed = 0;
$worker = null;
$bus = symfonyBus($outbox, static function (Order $order) use (&$relayed, &$worker, $n, $brokerBus): void {
    $brokerBus->dispatch($order);
    if (++$relayed === $n) {
        $worker->stop();
    }
});
$storage->settle();

$write = new Meter();
$write->start();
for ($i = 0; $i < $n; $i++) {
    $order = Order::of($i);
    $connection->beginTransaction();
    $connection->executeStatement(INSERT_EFFECT, [$order->id, $order->customer, $order->total]);
    $bus->dispatch($order);
    $connection->commit();
}
$write->stop();
expectEffects($storage, $n);
$storage->settle();

$worker = new Worker(['orders' => $outbox], $bus);
$relay = new Meter();
$relay->start();
$worker->run(['sleep' => 0]);
$relay->stop();

expect($n, $relayed, 'relayed');
expect(0, $outbox->getMessageCount(), 'left over');
expect($n, $broker->getMessageCount(), 'arrived');
report(['write' => $write->sample($n), 'relay' => $relay->sample($n)]);
