--TEST--
Redis: what is reserved is free at once when a process ends, in its order; after a fatal error it comes back as suspect; a server that is gone holds up neither the end nor an idle worker
--SKIPIF--
<?php
if (getenv('SKIP_SLOW_TESTS')) die('skip takes seconds, and needs a limit on memory');
if (!extension_loaded('posix')) die('skip no posix');
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
defined('SIGKILL') || define('SIGKILL', 9);
defined('SIGTERM') || define('SIGTERM', 15);
defined('SIGCONT') || define('SIGCONT', 18);
defined('SIGSTOP') || define('SIGSTOP', 19);

$servers = new RedisServers;
$redis = $servers->link($port = $servers->start(['--requirepass', RedisServers::PASSWORD]));
$dsn = $servers->dsn();
$channel = (new Ecoq\Messaging(channels: ['x' => $dsn]))->channel('x');
$message = fn (string $type) => Ecoq\Message::create($type, []);
$begin = '$c = (new Ecoq\Messaging(channels: ["x" => $file]))->channel("x"); $d = $c->receive(10, 5_000); echo count($d), " "; ';

foreach ([
    'the script ends' => '',
    'exit' => 'exit;',
    'an exception' => 'ini_set("display_errors", 0); throw new Exception;',
    'the objects go' => 'unset($d, $c); gc_collect_cycles(); sleep(1); posix_kill(getmypid(), SIGKILL);',
    'a fatal error' => 'ini_set("display_errors", 0); ini_set("memory_limit", "4M"); str_repeat("x", 1 << 26);',
    'a fatal error within' => 'ini_set("display_errors", 0); ini_set("memory_limit", "8M"); (function ($c, $d) { str_repeat("x", 1 << 26); })($c, $d);',
] as $what => $end) {
    $channel->send([$message('a'), $message('b'), $message('c')]);
    $p = new WorkerProcess(str_replace('SIGKILL', '9', $begin . $end), $dsn);
    $p->wait();
    $start = microtime(true);
    // suspects come one at a time
    for ($got = $each = []; count($got) < 3 && $d = $channel->receive(10, 20_000); $each[] = count($d)) {
        array_push($got, ...$d);
    }
    $took = microtime(true) - $start;
    echo "$what: ", trim($p->rest()), ', ', implode(' ', array_map(fn ($d) => $d->message->type, $got)), ' (', implode('+', $each), ') ', $took < 2 ? 'at once' : "after $took", "\n";
    array_map(fn ($d) => $d->ack(), $got);
}
echo $redis->command('ZCARD', '{x}:ecoq:owners'), ' owner, ', count($redis->command('KEYS', '*inbox*')), " inboxes\n";

// An idle worker, and a process that holds messages, whose server dies, or hangs.
$worker = <<<'PHP'
    $ecoq = new Ecoq\Messaging(handlers: ['t' => fn () => print("handled\n")], channels: ['x' => $file]);
    echo "ready\n";
    $ecoq->worker('x')->run();
    PHP;
$cpu = fn (int $pid) => array_sum(array_slice(explode(' ', preg_replace('/^.*\) /s', '', file_get_contents("/proc/$pid/stat"))), 11, 2)) / 100;
$w = new WorkerProcess($worker, $dsn);
$w->line();
until(fn () => preg_match('/cmd=blmove /', $redis->command('CLIENT', 'LIST')));
$before = $cpu($w->pid);
foreach ($servers->restart(3) as $_) {
    usleep(10_000);
}
$used = $cpu($w->pid) - $before;
echo $used < 0.5 ? 'does not spin' : "SPINS: $used s", "\n";
$channel->send($message('t'));
echo $w->line(), "\n";

$redis = $servers->link($port);
until(fn () => preg_match('/cmd=blmove /', $redis->command('CLIENT', 'LIST')));
$channel->send([$message('held')]);
$p = new WorkerProcess($begin . 'usleep(500_000);', $dsn);
$idle = new WorkerProcess('$c = (new Ecoq\Messaging(channels: ["y" => $file]))->channel("y"); echo "ready\n"; $c->receive(1, 1_500);', $dsn);
usleep(300_000);
$server = (int) $servers->info($port, 'process_id');
posix_kill($server, SIGSTOP);
$start = microtime(true);
$w->signal(SIGTERM);
foreach ([$w, $p, $idle] as $process) {
    $process->wait();
}
$took = microtime(true) - $start;
posix_kill($server, SIGCONT);
getenv('ECOQ_SHOW') && printf("ended after %.1f s\n", $took);
echo $took < 15 ? 'ends without the server' : "ENDED AFTER $took", "\n";
// nobody could say that they leave
echo count($channel->receive(1, 20_000)), "\n";
?>
--EXPECT--
the script ends: 3, a b c (3) at once
exit: 3, a b c (3) at once
an exception: 3, a b c (3) at once
the objects go: 3, a b c (3) at once
a fatal error: 3, a b c (1+1+1) at once
a fatal error within: 3, a b c (1+1+1) at once
1 owner, 0 inboxes
does not spin
handled
ends without the server
1
