--TEST--
Redis: after a failover a waiting process waits at the new master, and is woken there
--SKIPIF--
<?php
if (!extension_loaded('posix')) die('skip no posix');
if (getenv('SKIP_SLOW_TESTS')) die('skip slow');
require dirname(__DIR__, 2) . '/scripts/storm/redis.php';
if (!RedisServers::areInstalled()) die('skip no redis-server');
ob_start();
(new ReflectionExtension('ecoq'))->info();
if (!preg_match('/^transport redis/m', ob_get_clean())) die('skip no Redis transport');
?>
--FILE--
<?php
require dirname(__DIR__) . '/worker/workers.inc';
require dirname(__DIR__, 2) . '/scripts/storm/redis.php';

$servers = RedisServers::watched(1);
$dsn = $servers->dsn();
$channel = (new Ecoq\Messaging(channels: ['x' => $dsn]))->channel('x');
$worker = new WorkerProcess(<<<'PHP'
    $ecoq = new Ecoq\Messaging(handlers: ['t' => function () { printf("%.6f\n", microtime(true)); }], channels: ['x' => $file]);
    echo "ready\n";
    $ecoq->worker('x')->run();
    PHP, $dsn);
$worker->line();
$blocked = fn (string $command) => preg_match_all("/ flags=\\w*b\\w* .* cmd=$command /", $servers->link($servers->master('x'))->command('CLIENT', 'LIST'));
// A look comes each half second: the median tells that it was the wait.
$median = function () use ($channel, $worker, $blocked) {
    for ($times = [], $i = 0; $i < 5; $i++) {
        until(fn () => $blocked('blmove') === 1 && $blocked('blpop') === 1, 30) ?: print("NOBODY WAITS\n");
        $start = microtime(true);
        $channel->send(Ecoq\Message::create('t', []), priority: $i % 2 ? 4 : 7);
        $times[] = (float) $worker->line() - $start;
    }
    sort($times);
    getenv('ECOQ_SHOW') && printf("%s ms\n", implode(' ', array_map(fn ($t) => round($t * 1000, 2), $times)));
    return $times[2];
};
echo $median() < 0.2 ? "woken\n" : "NOT WOKEN\n";
foreach ($servers->failOver('x') as $_) {
    usleep(10_000);
}
echo $median() < 0.2 ? "woken at the new master\n" : "NOT WOKEN\n";
$worker->signal(15);
echo $worker->wait()[0], "\n";
?>
--EXPECT--
woken
woken at the new master
0
