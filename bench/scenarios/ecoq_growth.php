<?php

declare(strict_types=1);

// Resident memory of one worker run after `early` messages and after `n`. On memory the handler itself keeps the queue going, one new message
// for each that it handles; on SQLite the queue was filled before.

namespace Ecoq\Bench;

use Ecoq\Attribute\Asynchronous;
use Ecoq\Attribute\EventHandler;
use Ecoq\EventBus;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/ecoq.php';

final class Watcher
{
    public static int $handled = 0;
    public static int $total = 0;
    public static int $early = 0;
    public static int $earlyKib = 0;
    public static int $lateKib = 0;
    public static int $toPublish = 0;

    #[Asynchronous('orders'), EventHandler(ORDER_PLACED, endpointId: 'bench.ship')]
    public function ship(array $order, EventBus $events): void
    {
        if (++self::$handled === self::$early) {
            self::$earlyKib = Meter::residentKib();
        } elseif (self::$handled === self::$total) {
            self::$lateKib = Meter::residentKib();
        }
        if (self::$toPublish > 0) {
            self::$toPublish--;
            $events->publishTo(ORDER_PLACED, orderData(self::$toPublish));
        }
    }
}

['dir' => $dir, 'n' => $n, 'early' => $early, 'transport' => $transport] = arguments();
[Watcher::$total, Watcher::$early] = [$n, $early];
$ecoq = ecoq(Watcher::class, $transport === 'memory' ? 'memory:' : sqliteChannel("$dir/full.sqlite", 'NORMAL'));
if ($transport === 'memory') {
    fill($ecoq, 100);
    Watcher::$toPublish = $n - 100;
}
expect($n, drain($ecoq), 'handled');
report(values: [
    'early_kib' => Watcher::$earlyKib,
    'late_kib' => Watcher::$lateKib,
    'growth_mib' => (Watcher::$lateKib - Watcher::$earlyKib) / 1024,
]);
