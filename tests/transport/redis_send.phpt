--TEST--
Redis: what a send stores, and where; a send whose answer is lost, or comes too late, is stored once; one that the server refuses is not stored
--SKIPIF--
<?php
if (!extension_loaded('posix')) die('skip no posix');
require dirname(__DIR__, 2) . '/scripts/storm/redis.php';
if (!RedisServers::areInstalled()) die('skip no redis-server');
ob_start();
(new ReflectionExtension('ecoq'))->info();
if (!preg_match('/^transport redis/m', ob_get_clean())) die('skip no Redis transport');
?>
--FILE--
<?php
require __DIR__ . '/unknown_outcome.inc';
require dirname(__DIR__, 2) . '/scripts/storm/redis.php';
$servers = new RedisServers;
$redis = $servers->link($port = $servers->start(['--requirepass', RedisServers::PASSWORD]));
$dsn = fn (int $port, array $options = []) => 'redis://:' . RedisServers::PASSWORD . "@127.0.0.1:$port?" . http_build_query($options);
$open = fn (string $dsn) => (new Ecoq\Messaging(channels: ['x' => $dsn]))->channel('x');
$make = fn (int $from, int $to, string $type = 't') => array_map(fn ($n) => Ecoq\Message::create($type, ['n' => $n, 'x' => str_repeat('x', 200)]), range($from, $to));
$direct = $open($dsn($port));

function drain(Ecoq\MessageChannel $channel): array
{
    for ($all = []; $got = $channel->receive(1000);) {
        foreach ($got as $d) {
            $all[] = $d->message->payload['n'];
            $d->ack();
        }
    }
    return $all;
}

echo "-- where things are\n";
$direct->send([Ecoq\Message::create('plain', ['n' => 1]), Ecoq\Message::create('plain', ['n' => 2])]);
$direct->send(Ecoq\Message::create('past', ['n' => 3]), delay: new DateTimeImmutable('-1 hour'));
$direct->send(Ecoq\Message::create('high', ['n' => 4]), priority: 9);
$direct->send(Ecoq\Message::create('later', ['n' => 5]), delay: 3_600_000);
$list = $redis->command('LRANGE', 'x', 0, -1);
echo json_encode(array_map(fn ($body) => json_decode($body)->data->n, $list)), ' ', $list[0][0], "\n";
foreach (['lanes' => 'ZCARD', 'delayed' => 'ZCARD', 'wake' => 'LLEN'] as $key => $command) {
    echo $key, ' ', $redis->command($command, "{x}:ecoq:$key"), "\n";
}
$due = $redis->command('ZRANGE', '{x}:ecoq:delayed', 0, 0, 'WITHSCORES')[1] / 1000 - time();
echo $due > 3500 && $due < 3700 ? 'due in an hour' : "due in $due s", "\n", $direct->purge(), "\n";

echo "-- the answer is lost with the connection\n";
foreach (['one' => [1, []], 'three' => [3, []], 'chunks' => [2500, []], 'priority' => [3, ['priority' => 7]], 'delay' => [3, ['delay' => 1]], 'group' => [3, ['group' => 'g']]] as $what => [$count, $options]) {
    $proxyPort = cutting_proxy('127.0.0.1', $port, 'unknown-outcome', 'unknown-outcome', $proxy);
    $channel = $open($dsn($proxyPort));
    $channel->send($make(0, 0));
    $messages = $make(1, $count);
    $messages[min($count, 2000) - 1] = Ecoq\Message::create('unknown-outcome', ['n' => min($count, 2000)]);
    $channel->send($messages, ...$options);
    $channel->send($make($count + 1, $count + 1));
    usleep(5000);
    for ($got = []; $more = drain($direct); array_push($got, ...$more));
    sort($got);
    echo $what, ' ', $got === range(0, $count + 1) ? 'once' : json_encode($got), "\n";
    $proxy->signal(SIGKILL);
}

echo "-- the server stalls for longer than its answer is waited for, and takes what was sent to it when it goes on\n";
$pid = (int) $servers->info($port, 'process_id');
$slow = $open($dsn($port, ['io-timeout' => 500, 'connect-timeout' => 500]));
$slow->send($make(0, 0));
posix_kill($pid, SIGSTOP);
try {
    $slow->send($make(1, 5));
    echo "not stopped\n";
} catch (Ecoq\Exception\TransportException $e) {
    echo get_class($e), str_contains($e->getMessage(), 'not known') ? ', unknown' : ', known', "\n";
}
posix_kill($pid, SIGCONT);
$slow->send($make(6, 6));
echo json_encode(drain($direct)), "\n";
$messages = $make(1, 5);
$stopper = new Process('usleep(200_000); posix_kill((int) $file, 19); echo "stopped\n"; usleep(1_300_000); posix_kill((int) $file, 18);', (string) $pid);
$stopper->line();
$slow->send($messages);
$slow->send($make(6, 6));
echo json_encode(drain($direct)), "\n";

echo "-- the server has lost the script, and says so late\n";
$redis->command('SCRIPT', 'FLUSH');
$stopper = new Process('posix_kill((int) $file, 19); echo "stopped\n"; usleep(1_500_000); posix_kill((int) $file, 18);', (string) $pid);
$stopper->line();
$direct->send($make(1, 1));
echo json_encode(drain($direct)), "\n";

echo "-- batches go without a script from the second one in a row on\n";
$executed = fn () => (int) (preg_match('/cmdstat_exec:calls=(\d+)/', $redis->command('INFO', 'commandstats'), $m) ? $m[1] : 0);
$other = (new Ecoq\Messaging(channels: ['y' => $dsn($port)]))->channel('y');
$send = function (string $what, Ecoq\MessageChannel ...$channels) use ($executed, $make): void {
    $before = $executed();
    $got = [];
    foreach ($channels as $i => $channel) {
        $channel->send($make(20 * $i, 20 * $i + 19));
    }
    foreach (array_unique($channels, SORT_REGULAR) as $channel) {
        array_push($got, ...drain($channel));
    }
    sort($got);
    echo "$what: ", $got === range(0, 20 * count($channels) - 1) ? 'once' : json_encode($got), ', ', $executed() - $before, "\n";
};
$send('three', $direct, $direct, $direct);
$send('to two queues by turns', $other, $direct, $other, $direct);
$send('and again', $direct, $direct);
$redis->command('DEL', ...$redis->command('KEYS', '{x}:ecoq:batch:*'));
$send('its key is gone', $direct);
$send('and again', $direct, $direct);
$redis->command('SCRIPT', 'FLUSH');
$redis->command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
$send('a new connection', $direct);
foreach (['multi', 'watch', '@transaction', 'exec'] as $denied) {
    $redis->command('ACL', 'SETUSER', 'some', 'reset', 'on', '>some', '~*', '+@all', "-$denied");
    $limited = $open("redis://some:some@127.0.0.1:$port/x?io-timeout=" . 4000 + strlen($denied));
    $send("without $denied", $limited, $limited, $limited);
    unset($limited);
}
$redis->command('SET', 'x', 'not a queue');
foreach (['not a queue', 'and again'] as $what) {
    try {
        $direct->send($make(1, 20));
        echo "$what: sent\n";
    } catch (Ecoq\Exception\ConfigurationException $e) {
        echo "$what: ", preg_match('/Sending to queue "x".*WRONGTYPE/', $e->getMessage()) ? "refused\n" : $e->getMessage() . "\n";
    }
}
$redis->command('DEL', 'x');
$send('and again', $direct, $direct);

echo "-- no memory\n";
$redis->command('CONFIG', 'SET', 'maxmemory', '1');
foreach ([[], ['priority' => 9], ['delay' => 1000], ['group' => 'g'], ['messages' => $make(1, 20)]] as $options) {
    try {
        $direct->send(...$options + ['messages' => $make(1, 2)]);
        echo "sent\n";
    } catch (Ecoq\Exception\TransportException $e) {
        echo get_class($e), str_contains($e->getMessage(), 'OOM') ? ': OOM' : $e->getMessage(), "\n";
    }
}
$redis->command('CONFIG', 'SET', 'maxmemory', '0');
$direct->send($make(1, 4));
$direct->send($make(5, 6), group: 'g');
// A full server can be emptied, and work that failed can be put back.
$redis->command('CONFIG', 'SET', 'maxmemory', '1');
$got = $direct->receive(3);
$got[0]->retry(1);
$got[1]->release();
$got[2]->reject('full');
usleep(5000);
$got = drain($direct);
sort($got);
echo count(array_unique($got)), ' ', $redis->command('LLEN', 'x.dlq'), "\n";
$redis->command('CONFIG', 'SET', 'maxmemory', '0');

echo "-- what other data is in the way\n";
foreach (['x', '{x}:ecoq:lanes', '{x}:ecoq:delayed', '{x}:ecoq:groups', '{x}:ecoq:number', "{x}:ecoq:group:\x1fg", '{x}:ecoq:wake', '{x}:ecoq:owners', '{x}:ecoq:suspects'] as $key) {
    $direct->purge();
    $direct->send([...$make(1, 2)]);
    $direct->send($make(3, 4), priority: 9);
    $kept = $redis->command('EXISTS', $key) ? $redis->command('RENAME', $key, 'kept') : null;
    $redis->command('SET', $key, 'not a queue');
    foreach (['send' => fn () => $direct->send($make(5, 6), group: 'g'), 'receive' => fn () => $direct->receive(10)] as $what => $call) {
        try {
            $held = $call();
            echo addcslashes($key, "\x1f"), ": $what worked, ";
        } catch (Ecoq\Exception\TransportException | Ecoq\Exception\ConfigurationException $e) {
            echo addcslashes($key, "\x1f"), ": $what ", preg_match('/WRONGTYPE|not an integer/', $e->getMessage()) ? 'refused, ' : $e->getMessage();
        }
    }
    array_map(fn ($d) => $d->release(), $held ?? []);
    $held = null;
    $redis->command('DEL', $key);
    $kept && $redis->command('RENAME', 'kept', $key);
    $got = drain($direct);
    sort($got);
    echo json_encode($got), "\n";
}
?>
--EXPECT--
-- where things are
[1,2,3] {
lanes 1
delayed 1
wake 1
due in an hour
5
-- the answer is lost with the connection
one once
three once
chunks once
priority once
delay once
group once
-- the server stalls for longer than its answer is waited for, and takes what was sent to it when it goes on
Ecoq\Exception\ConnectionException, unknown
[0,1,2,3,4,5,6]
[1,2,3,4,5,6]
-- the server has lost the script, and says so late
[1]
-- batches go without a script from the second one in a row on
three: once, 2
to two queues by turns: once, 0
and again: once, 2
its key is gone: once, 1
and again: once, 2
a new connection: once, 0
without multi: once, 1
without watch: once, 0
without @transaction: once, 0
without exec: once, 0
not a queue: refused
and again: refused
and again: once, 2
-- no memory
Ecoq\Exception\ConnectionException: OOM
Ecoq\Exception\ConnectionException: OOM
Ecoq\Exception\ConnectionException: OOM
Ecoq\Exception\ConnectionException: OOM
Ecoq\Exception\ConnectionException: OOM
5 1
-- what other data is in the way
x: send refused, x: receive refused, [1,2,3,4]
{x}:ecoq:lanes: send refused, {x}:ecoq:lanes: receive refused, [1,2,3,4]
{x}:ecoq:delayed: send refused, {x}:ecoq:delayed: receive refused, [1,2,3,4]
{x}:ecoq:groups: send refused, {x}:ecoq:groups: receive worked, [1,2,3,4]
{x}:ecoq:number: send refused, {x}:ecoq:number: receive refused, [1,2,3,4]
{x}:ecoq:group:\037g: send refused, {x}:ecoq:group:\037g: receive worked, [1,2,3,4]
{x}:ecoq:wake: send worked, {x}:ecoq:wake: receive worked, [1,2,3,4,5,6]
{x}:ecoq:owners: send worked, {x}:ecoq:owners: receive refused, [1,2,3,4,5,6]
{x}:ecoq:suspects: send worked, {x}:ecoq:suspects: receive refused, [1,2,3,4,5,6]
