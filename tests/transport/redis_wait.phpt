--TEST--
Redis: a waiting process is woken by whatever comes, from whomever; what its wait took does not get lost, neither with the process nor when it does not wait any more
--SKIPIF--
<?php
if (getenv('SKIP_SLOW_TESTS')) die('skip takes seconds');
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
defined('SIGCONT') || define('SIGCONT', 18);
defined('SIGSTOP') || define('SIGSTOP', 19);

$servers = new RedisServers;
$redis = $servers->link($port = $servers->start(['--requirepass', RedisServers::PASSWORD]));
$dsn = $servers->dsn();
$blocked = fn (string $command) => preg_match_all("/ flags=\\w*b\\w* .* cmd=$command /", $redis->command('CLIENT', 'LIST'));
$waiting = fn (int $processes) => until(fn () => $blocked('blmove') === $processes && $blocked('blpop') === $processes, 30) ?: print("NOBODY WAITS\n");
$inbox = fn () => $redis->command('KEYS', '{x}:ecoq:inbox:*');

$ecoq = new Ecoq\Messaging(channels: ['x' => $dsn, 'other' => $dsn]);
$channel = $ecoq->channel('x');
$message = fn (string $type) => Ecoq\Message::create($type, ['n' => 1]);
$ecoq->channel('other')->send($message('pushed'));
$pushed = $redis->command('LPOP', 'other');
$receive = <<<'PHP'
    $c = (new Ecoq\Messaging(channels: ['x' => $file]))->channel('x');
    echo "ready\n";
    while ($d = $c->receive(1, 60_000)) {
        printf("%.6f %s %d\n", microtime(true), $d[0]->message->type, $d[0]->attempts);
        $d[0]->ack();
    }
    PHP;
$process = function (string $dsn, string $code) { $p = new WorkerProcess($code, $dsn); $p->line() === 'ready' || print("NOT READY\n"); return $p; };

// Whatever comes wakes it. A look comes every half second: the median tells that it was not the look.
$p = $process($dsn, $receive);
foreach ([
    'pushed' => fn () => $redis->command('RPUSH', 'x', $pushed),
    'sent' => fn () => $channel->send($message('sent')),
    'priority' => fn () => $channel->send($message('priority'), priority: 9),
    'low' => fn () => $channel->send($message('low'), priority: 0),
    'delayed' => fn () => $channel->send($message('delayed'), delay: 100),
] as $type => $send) {
    $times = [];
    for ($i = 0; $i < 5; $i++) {
        $waiting(1);
        $start = microtime(true);
        $send();
        [$time, $got] = explode(' ', $p->line());
        $got === $type || print("$got INSTEAD OF $type\n");
        $times[] = $time - $start - ($type === 'delayed' ? 0.1 : 0);
    }
    sort($times);
    getenv('ECOQ_SHOW') && printf("%s: %s ms\n", $type, implode(' ', array_map(fn ($t) => round($t * 1000, 2), $times)));
    echo $type, $times[0] < -0.001 ? ' TOO EARLY' : ($times[2] < 0.2 ? ': woken' : ": after $times[2]"), "\n";
}

// A stopped process does not take what comes; the server has put it into its inbox, from where it has it when it goes on.
$waiting(1);
$p->signal(SIGSTOP);
$redis->command('RPUSH', 'x', $pushed);
echo count($inbox()), ' in the inbox, ', $redis->command('LLEN', 'x'), " in the list\n";
usleep(1_500_000);
$p->signal(SIGCONT);
echo preg_replace('/^\S+ /', '', $p->line()), "\n";

// Killed then, it leaves the message to others, who charge nothing.
$waiting(1);
$p->signal(SIGSTOP);
$redis->command('RPUSH', 'x', $pushed);
until(fn () => count($inbox()) === 1);
$p->signal(SIGKILL);
$start = microtime(true);
$d = $channel->receive(1, 30_000);
$took = microtime(true) - $start;
getenv('ECOQ_SHOW') && printf("after the death: %.2f s\n", $took);
echo $d[0]->message->type, ' ', $d[0]->attempts, $took < 9 ? ' in time' : " after $took", "\n";
$d[0]->ack();
echo count($inbox()), ' ', $blocked('blmove') + $blocked('blpop'), "\n";

// Who has stopped waiting takes nothing, though its connections are kept.
$p = $process($dsn, '$c = (new Ecoq\Messaging(channels: ["x" => $file]))->channel("x"); echo "ready\n";
    for ($i = 0; $i < 3; $i++) { echo count($c->receive(1, 300)), "\n"; sleep(1); } while (!$d = $c->receive(1, 60_000)); $d[0]->ack(); echo "got it\n"; sleep(60);');
for ($i = 0; $i < 3; $i++) {
    echo $p->line(), $blocked('blmove') + $blocked('blpop'), ' ';
}
$waiting(1);
$redis->command('RPUSH', 'x', $pushed, $pushed);
echo $p->line(), ', ', count($redis->command('KEYS', 'x')), ' in the queue, ', $blocked('blmove') + $blocked('blpop'), " wait\n";
$p->signal(SIGKILL);
$channel->purge();

// Producers and receivers that wait all the time, some without the right to CLIENT UNBLOCK or CLIENT ID: all comes, once.
$redis->command('ACL', 'SETUSER', 'plain', 'on', '>plain', '~*', '&*', '+@all', '-client', '+client|setname', '+client|id');
$redis->command('ACL', 'SETUSER', 'plainer', 'on', '>plain', '~*', '&*', '+@all', '-client');
$redis->command('ACL', 'SETUSER', 'polling', 'on', '>plain', '~*', '&*', '+@all', '-blmove', '-blpop');
$as = fn (string $user) => str_replace('://:' . RedisServers::PASSWORD, "://$user:plain", $dsn);
$count = <<<'PHP'
    $c = (new Ecoq\Messaging(channels: ['x' => $file]))->channel('x');
    echo "ready\n";
    $n = [];
    while ($d = $c->receive(3, 4_000)) {
        array_push($n, ...array_map(fn ($d) => $d->message->payload['n'], $d));
        array_map(fn ($d) => $d->ack(), $d);
    }
    echo json_encode($n), "\n";
    PHP;
$processes = array_map(fn ($dsn) => $process($dsn, $count), [$dsn, $dsn, $as('plain'), $as('plainer'), $as('polling')]);
for ($n = 0; $n < 400; $n++) {
    $channel->send(Ecoq\Message::create('t', ['n' => $n]), priority: $n % 7 ? 4 : 5);
    usleep(1000 * ($n % 4));
}
$got = array_map(fn ($p) => json_decode($p->line()), $processes);
getenv('ECOQ_SHOW') && print(implode(' ', array_map(count(...), $got)) . "\n");
$all = array_merge(...$got);
sort($all);
echo $all === range(0, 399) ? 'all, once' : 'SOME ARE MISSING OR DOUBLED: ' . json_encode(array_diff(range(0, 399), $all)) . ' ' . count($all), "\n";
$stats = $channel->stats();
echo "$stats->ready $stats->delayed $stats->reserved\n";
?>
--EXPECT--
pushed: woken
sent: woken
priority: woken
low: woken
delayed: woken
1 in the inbox, 0 in the list
pushed 0
pushed 0 in time
0 0
00 00 00 got it, 1 in the queue, 0 wait
all, once
0 0 0
