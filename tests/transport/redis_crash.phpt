--TEST--
Redis: what a killed process held comes back, alone, charged only when it ran alone; a server that was away is no death of its clients; a stopped process has lost what it held
--SKIPIF--
<?php
if (!extension_loaded('posix')) die('skip no posix');
require dirname(__DIR__, 2) . '/scripts/storm/redis.php';
if (!RedisServers::areInstalled()) die('skip no redis-server');
ob_start();
(new ReflectionExtension('ecoq'))->info();
if (!preg_match('/^transport redis/m', ob_get_clean())) die('skip no Redis transport');
if (getenv('SKIP_SLOW_TESTS')) die('skip slow');
?>
--FILE--
<?php
require __DIR__ . '/processes.inc';
require dirname(__DIR__, 2) . '/scripts/storm/redis.php';
$servers = RedisServers::single();
$dsn = $servers->dsn();
preg_match('/:(\d+)$/', $dsn, $m);
$port = (int) $m[1];
$redis = fn () => $servers->link($port);
$channel = (new Ecoq\Messaging(channels: ['x' => $dsn]))->channel('x');
$make = fn (string ...$types) => array_map(fn ($type) => Ecoq\Message::create($type, []), $types);
$types = fn (array $deliveries) => implode(' ', array_map(fn ($d) => $d->message->type . ($d->attempts ? "/$d->attempts" : ''), $deliveries)) ?: '-';
$stats = fn ($s) => "$s->ready/$s->delayed/$s->reserved";
/** Of the suspects: their crashes. */
$crashes = fn () => implode(' ', array_map(fn ($record) => strtok(substr($record, 17), ' '), $redis()->command('LRANGE', '{x}:ecoq:suspects', 0, -1)));
$holder = <<<'PHP'
    $c = (new Ecoq\Messaging(channels: ['x' => $file]))->channel('x');
    $d = $c->receive(3, 20_000);
    echo implode(' ', array_map(fn ($d) => $d->message->type, $d)), "\n";
    for ($t = microtime(true); microtime(true) - $t < 60 && !is_file('DONE'); usleep(10_000));
    foreach ($d as $one) {
        try {
            $one->ack();
            echo 'acknowledged ';
        } catch (Ecoq\Exception\OwnershipLostException) {
            echo 'lost ';
        }
    }
    echo "\n";
    PHP;
$done = "$servers->directory/done";
$hold = function () use ($holder, $dsn, $done) { @unlink($done); return new Process(str_replace('DONE', $done, $holder), $dsn); };
$until = function (callable $condition, float $seconds = 30): float {
    for ($start = microtime(true); !$condition(); usleep(20_000)) {
        if (microtime(true) - $start > $seconds) {
            return INF;
        }
    }
    return microtime(true) - $start;
};
$inTime = fn (float $took, float $least = 0) => $took < $least ? "after $took s only" : ($took < (getenv('ECOQ_STRICT') ? 6 : 25) ? 'in time' : "after $took s");
/** Somebody who looks, as an idle worker does; what comes is given back. */
$look = fn () => array_map(fn ($d) => $d->release(), $channel->receive(1));
$came = fn () => $channel->stats()->reserved === 0;

echo "-- killed\n";
$channel->send($make('a', 'b', 'c', 'd'));
$p = $hold();
echo $p->line(), ' ', $stats($channel->stats()), ' ';
$other = $channel->receive(10);
$p->signal(SIGKILL);
$took = $until(function () use ($look, $channel) { $look(); return $channel->stats()->reserved === 1; });
echo $inTime($took, 2.5), ', crashes ', $crashes(), ', ', $stats($channel->stats()), "\n";
$other[0]->ack();
$p = $hold();
echo $p->line(), ' ';
$p->signal(SIGKILL);
// It ran alone, so its death counts; it stands behind the others now.
echo $types($d = $channel->receive(1)), ' ';
$d[0]->ack();
$d = $channel->receive(1);
echo $types($d), ' ';
$d[0]->ack();
$took = $until(fn () => $channel->receive(1) === [] && $came() || $crashes() !== '');
echo $inTime($took), ', ';
$d = $channel->receive(10, 20_000);
echo $types($d), ' ', count($d), ' ', $d[0]->message->attempts, "\n";
// The one that crashed keeps that when it is tried again.
$d[0]->retry();
echo strtok(substr($redis()->command('ZRANGE', '{x}:ecoq:lanes', 0, 0)[0], 17), ' '), ' ';
$d = $channel->receive(10);
$d[0]->ack();
echo $types($d), ' ', $stats($channel->stats()), "\n";

echo "-- stopped\n";
$channel->send($make('a', 'b', 'c'));
$p = $hold();
echo $p->line(), ' ';
$p->signal(SIGSTOP);
for ($got = []; count($got) < 3;) {
    $d = $channel->receive(10, 30_000);
    array_push($got, ...$d);
    array_map(fn ($d) => $d->ack(), $d);
    if (!$d) {
        break;
    }
}
echo $types($got), ' ';
$p->signal(SIGCONT);
touch($done);
echo $p->line(), $stats($channel->stats()), "\n";

echo "-- the server is away for longer than presence lasts\n";
$channel->send($make('a', 'b', 'c', 'd'));
$p = $hold();
echo $p->line(), ' ';
$p->signal(SIGSTOP);
foreach ($servers->restart(after: 4.5) as $_) {
    usleep(10_000);
}
// Those who come now do not know that it was away.
$moment = '$c = (new Ecoq\Messaging(channels: ["x" => $file]))->channel("x"); if ($d = $c->receive(1)) { $d[0]->release(); } unset($d, $c); gc_collect_cycles();';
for ($start = microtime(true); microtime(true) - $start < 1.5;) {
    (new Process($moment, $dsn))->rest();
}
$p->signal(SIGCONT);
for ($start = microtime(true); microtime(true) - $start < 3; usleep(50_000)) {
    try {
        $look();
    } catch (Ecoq\Exception\ConnectionException) {
    }
}
touch($done);
echo $p->line(), $crashes(), ' ', $types($d = $channel->receive(10)), ' ';
$d[0]->ack();
echo $stats($channel->stats()), "\n";

echo "-- nobody was there to see the death\n";
$channel->send($make('a', 'b', 'c'));
$p = $hold();
echo $p->line(), ' ';
$channel = $d = $other = $got = null;
gc_collect_cycles();
$p->signal(SIGKILL);
usleep(3_700_000);
// each a new process, which is there for a moment only
$moment = '$c = (new Ecoq\Messaging(channels: ["x" => $file]))->channel("x"); if ($d = $c->receive(1)) { echo $d[0]->message->type; $d[0]->ack(); }';
for ($got = '', $start = microtime(true); strlen($got) < 3 && microtime(true) - $start < 60;) {
    $got .= (new Process($moment, $dsn))->rest();
}
echo $got, "\n";
echo implode(' ', array_filter($redis()->command('KEYS', '*'), fn ($key) => preg_match('/held|inbox|overdue|suspects|lanes|^x$/', $key))), "\n";
?>
--EXPECT--
-- killed
a b c 1/0/3 in time, crashes 0 0 0, 3/0/1
a b c in time, a 1 0
1 a/1 0/0/0
-- stopped
a b c a b c lost lost lost0/0/0
-- the server is away for longer than presence lasts
a b c acknowledged acknowledged acknowledged d 0/0/0
-- nobody was there to see the death
a b c abc
