<?php

declare(strict_types=1);

// ecoq's part of lib/latency.php.

namespace Ecoq\Bench;

use Ecoq\Attribute\Asynchronous;
use Ecoq\Attribute\EventHandler;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/ecoq.php';
require __DIR__ . '/../lib/latency.php';

final class TickHandler
{
    #[Asynchronous('orders'), EventHandler('bench.tick', endpointId: 'bench.tick')]
    public function tick(array $tick): void
    {
        Stopwatch::note($tick['sentAt']);
    }
}

$arguments = arguments();
$ecoq = ecoq(TickHandler::class, Storage::of($arguments)->dsn());
if (!($arguments['producer'] ?? false)) {
    drain($ecoq);
}
latency(
    $arguments,
    __FILE__,
    static fn (int $sentAt) => $ecoq->publishTo('bench.tick', ['sentAt' => $sentAt]),
    static fn (int $n) => $ecoq->worker('orders', limit: $n, timeLimit: 60_000)->run(),
);
