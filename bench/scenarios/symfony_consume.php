<?php

declare(strict_types=1);

// Symfony Messenger's own worker draining a queue: `transport` is memory, memory-serialized, doctrine, redis or amqp.

namespace Ecoq\Bench;

use Symfony\Component\Messenger\Transport\InMemory\InMemoryTransport;
use Symfony\Component\Messenger\Transport\Serialization\PhpSerializer;
use Symfony\Component\Messenger\Worker;

require __DIR__ . '/../lib/scenario.php';

['n' => $n, 'vendor' => $vendor, 'transport' => $kind] = $arguments = arguments();
$storage = Storage::of($arguments);
require "$vendor/autoload.php";
require __DIR__ . '/../lib/symfony.php';

[$transport, $connection] = match ($kind) {
    'memory' => [new InMemoryTransport(), null],
    'memory-serialized' => [new InMemoryTransport(new PhpSerializer()), null],
    'doctrine' => symfonyDoctrine($storage),
    'redis' => [symfonyRedis($storage), null],
    'amqp' => [symfonyAmqp($storage), null],
};
$handled = 0;
$worker = null;
$bus = symfonyBus($transport, static function (Order $order) use (&$handled, &$worker, $n): void {
    if (++$handled === $n) {
        $worker->stop();
    }
});

$connection?->beginTransaction();
for ($i = 0; $i < $n; $i++) {
    $bus->dispatch(Order::of($i));
}
$connection?->commit();
if ($connection) {
    $storage->settle();
}
if ($kind === 'amqp') {
    $storage->rabbit()->await($n);
}

$worker = new Worker(['orders' => $transport], $bus);
$meter = new Meter();
$meter->start();
$worker->run(['sleep' => 0]);
$meter->stop();

expect($n, $handled, 'handled');
report(['main' => $meter->sample($n)]);
