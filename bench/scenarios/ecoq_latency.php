<?php

declare(strict_types=1);

// From the call of publish in one process to the start of the handler in an idle worker process. The producer is a child process;
// both read the same monotonic clock.

namespace Ecoq\Bench;

use Ecoq\Attribute\Asynchronous;
use Ecoq\Attribute\EventHandler;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/ecoq.php';

final class Stopwatch
{
    /** @var list<float> milliseconds */
    public static array $delays = [];

    #[Asynchronous('orders'), EventHandler('bench.tick', endpointId: 'bench.tick')]
    public function tick(array $tick): void
    {
        self::$delays[] = (hrtime(true) - $tick['sentAt']) / 1e6;
    }
}

['dir' => $dir, 'n' => $n, 'synchronous' => $synchronous] = $arguments = arguments();
$ecoq = ecoq(Stopwatch::class, sqliteChannel("$dir/queue.sqlite", $synchronous));
if ($arguments['producer'] ?? false) {
    for ($i = 0; $i < $n; $i++) {
        usleep(random_int(20_000, 60_000));
        $ecoq->publishTo('bench.tick', ['sentAt' => hrtime(true)]);
    }
    exit;
}
drain($ecoq);
$command = [...$arguments['command'], __FILE__, json_encode(['producer' => true] + $arguments)];
$producer = proc_open($command, [STDIN, STDERR, STDERR], $pipes);
$ecoq->worker('orders', limit: $n, timeLimit: 60_000)->run();
proc_close($producer);

expect($n, count(Stopwatch::$delays), 'ticks');
sort(Stopwatch::$delays);
report(values: ['p50_ms' => Stopwatch::$delays[intdiv($n, 2)], 'p99_ms' => Stopwatch::$delays[(int) ceil($n * 0.99) - 1]]);
