<?php

declare(strict_types=1);

// Symfony Messenger's worker with its default sleep of one second between looks at an empty queue.

namespace Ecoq\Bench;

use Symfony\Component\Messenger\Worker;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/latency.php';

['vendor' => $vendor] = $arguments = arguments();
$storage = Storage::of($arguments);
require "$vendor/autoload.php";
require __DIR__ . '/../lib/symfony.php';

$transport = $storage->engine === 'amqp' ? symfonyAmqp($storage) : symfonyRedis($storage);
$worker = null;
$bus = symfonyBus($transport, static function (Order $order) use (&$worker, $arguments): void {
    Stopwatch::note($order->total);
    if (count(Stopwatch::$delays) === $arguments['n']) {
        $worker->stop();
    }
});
$worker = new Worker(['orders' => $transport], $bus);
latency(
    $arguments,
    __FILE__,
    static fn (int $sentAt) => $bus->dispatch(new Order(0, '', '', $sentAt, [])),
    static fn (int $n) => $worker->run(),
);
