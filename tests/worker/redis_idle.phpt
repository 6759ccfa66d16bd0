--TEST--
Workers on Redis: an idle one costs next to nothing and ends at once; a busy one takes no message of any of its channels away from others
--SKIPIF--
<?php
if (getenv('SKIP_PERF_SENSITIVE')) die('skip measures time');
if (!extension_loaded('posix')) die('skip no posix');
require dirname(__DIR__, 2) . '/scripts/storm/redis.php';
if (!RedisServers::areInstalled()) die('skip no redis-server');
ob_start();
(new ReflectionExtension('ecoq'))->info();
if (!preg_match('/^transport redis/m', ob_get_clean())) die('skip no Redis transport');
?>
--FILE--
<?php
require __DIR__ . '/workers.inc';
require dirname(__DIR__, 2) . '/scripts/storm/redis.php';
defined('SIGTERM') || define('SIGTERM', 15);

$servers = new RedisServers;
$redis = $servers->link($port = $servers->start(['--requirepass', RedisServers::PASSWORD]));
$dsn = $servers->dsn();
$blocked = fn (string $command) => preg_match_all("/ flags=\\w*b\\w* .* cmd=$command /", $redis->command('CLIENT', 'LIST'));
$waiting = fn (int $queues) => until(fn () => $blocked('blmove') === $queues && $blocked('blpop') === $queues, 30) ?: print("NOBODY WAITS\n");
$commands = fn () => preg_match_all('/^cmdstat_(?:evalsha|eval|blmove|blpop|client\|unblock):calls=(\d+)/m', $redis->command('INFO', 'commandstats'), $m) ? array_sum($m[1]) : 0;

$code = <<<'PHP'
    $handler = function (array $data) { printf("%d %.6f\n", $data['n'], microtime(true)); usleep($data['ms'] * 1000); };
    $ecoq = new Ecoq\Messaging(handlers: ['t' => $handler], channels: ['a' => $file, 'b' => $file]);
    $report = $ecoq->worker('a', 'b')->run();
    echo "$report->stopReason handled $report->handled\n";
    PHP;
$ecoq = new Ecoq\Messaging(channels: ['a' => $dsn, 'b' => $dsn]);
$send = fn (string $channel, int $n, int $ms = 0, mixed ...$more) => $ecoq->channel($channel)->send(Ecoq\Message::create('t', ['n' => $n, 'ms' => $ms]), ...$more);

$first = new WorkerProcess($code, $dsn);
$waiting(2);
usleep(300_000);
// A look per half second and channel, and its two waits per two seconds.
$before = $commands();
usleep(3_000_000);
$during = $commands() - $before;
getenv('ECOQ_SHOW') && print("$during commands in 3 s\n");
echo $during < 50 ? "few commands\n" : "$during COMMANDS\n";

$first->signal(SIGTERM);
[$status, $took] = $first->wait();
getenv('ECOQ_SHOW') && printf("ended after %.1f ms\n", $took * 1000);
echo $first->rest(), "exit $status ", $took < 2 ? 'at once' : "after $took", "\n";
echo $blocked('blmove'), ' ', implode(' ', $redis->command('KEYS', '*inbox*')), implode(' ', $redis->command('KEYS', '*held*')), $redis->command('EXISTS', '{a}:ecoq:owners'), "\n";

// While one is busy with a message of the first channel, those of both go to the other, at once: of any kind.
$workers = [new WorkerProcess($code, $dsn), new WorkerProcess($code, $dsn)];
$waiting(4);
$late = [];
for ($round = 0; $round < 4; $round++) {
    $send($round % 2 ? 'a' : 'b', 1000 + $round, 1500);
    $waiting(2);
    for ($n = 0; $n < 8; $n++) {
        $sent[$round * 8 + $n] = microtime(true);
        $send($n % 2 ? 'a' : 'b', $round * 8 + $n, 0, priority: $n % 4 < 2 ? 4 : 5);
        usleep(20_000);
    }
    $waiting(4);
}
foreach ($workers as $worker) {
    $worker->signal(SIGTERM);
    $worker->wait();
    foreach (explode("\n", trim($worker->rest())) as $line) {
        [$n, $time] = explode(' ', $line);
        if (is_numeric($n) && $n < 1000) {
            $late[$n] = $time - $sent[$n];
        }
    }
}
sort($late);
getenv('ECOQ_SHOW') && printf("%d handled, median %.1f ms, slowest %.1f ms\n", count($late), $late[16] * 1000, end($late) * 1000);
// Looks come each half second: it was a wake-up.
echo count($late), ' handled, ', $late[16] < 0.2 ? 'woken' : "after $late[16]", ', ', end($late) < 1 ? 'none waited for the busy one' : 'AFTER ' . end($late), "\n";
echo $ecoq->channel('a')->stats()->ready + $ecoq->channel('b')->stats()->reserved, "\n";
?>
--EXPECT--
few commands
signal handled 0
exit 0 at once
0 0
32 handled, woken, none waited for the busy one
0
