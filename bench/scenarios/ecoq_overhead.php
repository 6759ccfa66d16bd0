<?php

declare(strict_types=1);

// What watching costs per message: one memory channel after the other in the same process, drained in turn with and without the scoreboard, and
// with a time limit for each handler (the watchdog is armed and disarmed around it).

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/ecoq.php';

['n' => $n, 'depth' => $depth] = arguments();
$scoreboard = ini_get('ecoq.scoreboard');
$kinds = [
    'main' => ['memory:', $scoreboard],
    'bare' => ['memory:', ''],
    'timeout' => ['memory:?timeout=60s', $scoreboard],
    'database' => ['memory:', $scoreboard],
];
$runs = [];
foreach ($kinds as $kind => [$channel, $file]) {
    $runs[$kind] = [ecoq(ArrayHandler::class, $channel, $kind === 'database' ? new \PDO('sqlite::memory:') : null), $file, new Meter()];
}
$drain = static function (\Ecoq\Messaging $ecoq, string $file, Meter $meter) use ($depth): void {
    fill($ecoq, $depth);
    ini_set('ecoq.scoreboard', $file);
    $meter->start();
    $handled = drain($ecoq);
    $meter->stop();
    expect($depth, $handled, 'handled');
};
foreach ($runs as [$ecoq, $file]) {
    $drain($ecoq, $file, new Meter());
}
for ($done = 0; $done < $n; $done += $depth) {
    foreach ($runs as [$ecoq, $file, $meter]) {
        $drain($ecoq, $file, $meter);
    }
}
report(array_map(static fn (array $run): array => $run[2]->sample($done), $runs));
