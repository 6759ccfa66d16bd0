<?php

declare(strict_types=1);

// Symfony Messenger sending: one by one, or to Doctrine's transport `unit` in one database transaction of the application's.

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';

['n' => $n, 'vendor' => $vendor, 'unit' => $unit] = $arguments = arguments();
$storage = Storage::of($arguments);
require "$vendor/autoload.php";
require __DIR__ . '/../lib/symfony.php';

[$transport, $connection] = match ($storage->engine) {
    'redis' => [symfonyRedis($storage), null],
    'amqp' => [symfonyAmqp($storage, $arguments['confirm'] ?? false), null],
    default => symfonyDoctrine($storage),
};
$bus = symfonyBus($transport, static fn (Order $order) => null);
$bus->dispatch(Order::of(0));
$storage->settle();

$meter = new Meter();
$meter->start();
for ($sent = 0; $sent < $n;) {
    $unit > 1 && $connection->beginTransaction();
    for ($end = min($n, $sent + $unit); $sent < $end; $sent++) {
        $bus->dispatch(Order::of($sent));
    }
    $unit > 1 && $connection->commit();
}
$meter->stop();

if ($storage->engine === 'amqp') {
    $storage->rabbit()->await($n + 1);
} else {
    $stored = $connection ? $connection->fetchOne('SELECT COUNT(*) FROM messenger_messages') : $storage->redis()->call('XLEN', $storage->name());
    expect($n + 1, (int) $stored, 'stored');
}
report(['main' => $meter->sample($n)]);
