--TEST--
Redis Cluster: queues on all nodes through any of them; slots that move while messages are sent and handled; retry, dead letters; a node that is gone
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
require dirname(__DIR__, 2) . '/scripts/storm/redis.php';
require __DIR__ . '/processes.inc';
$servers = RedisServers::cluster(0);
preg_match_all('/127\.0\.0\.1:(\d+)/', $servers->dsn(), $m);
$ports = array_map(intval(...), $m[1]);
$one = 'redis://:' . RedisServers::PASSWORD . "@127.0.0.1:$ports[0]";
$open = fn (string $queue, string $dsn = '') => (new Ecoq\Messaging(channels: ['x' => new Ecoq\Channel($dsn ?: $one, queue: $queue)]))->channel('x');
$message = fn (int $n) => Ecoq\Message::create('t', ['n' => $n]);

/** Moves the slot of a key to the next node, key by key. */
function move(RedisServers $servers, array $ports, string $key): void
{
    $from = $servers->master($key);
    $to = $ports[(array_search($from, $ports) + 1) % count($ports)];
    [$source, $target] = [$servers->link($from), $servers->link($to)];
    $slot = $source->command('CLUSTER', 'KEYSLOT', $key);
    $target->command('CLUSTER', 'SETSLOT', $slot, 'IMPORTING', $source->command('CLUSTER', 'MYID'));
    $source->command('CLUSTER', 'SETSLOT', $slot, 'MIGRATING', $id = $target->command('CLUSTER', 'MYID'));
    while ($keys = $source->command('CLUSTER', 'GETKEYSINSLOT', $slot, 3)) {
        $source->command('MIGRATE', '127.0.0.1', $to, '', 0, 5000, 'AUTH', RedisServers::PASSWORD, 'KEYS', ...$keys);
        usleep(3000);
    }
    foreach ([$to, $from, ...$ports] as $port) {
        $servers->link($port)->command('CLUSTER', 'SETSLOT', $slot, 'NODE', $id);
    }
}

echo "-- queues on all nodes\n";
$nodes = [];
foreach (range('a', 'h') as $queue) {
    $nodes[$servers->master($queue)] = true;
    $channel = $open($queue);
    $channel->send([$message(1), $message(2)]);
    $channel->send($message(3), priority: 9);
    $channel->send($message(4), delay: 1);
    $channel->send([$message(5), $message(6)], group: 'g');
    usleep(3000);
    $got = [];
    while ($deliveries = $channel->receive(10)) {
        foreach ($deliveries as $d) {
            $got[] = $d->message->payload['n'];
            $d->message->payload['n'] === 2 ? $d->reject('no') : $d->ack();
        }
    }
    sort($got);
    $dead = $open("$queue.dlq")->receive(5);
    if ($got !== range(1, 6) || count($dead) !== 1 || $dead[0]->message->payload['n'] !== 2) {
        echo "$queue: ", json_encode($got), ', dead: ', count($dead), "\n";
    }
    $dead[0]->ack();
}
echo count($nodes), " nodes\n";

echo "-- slots move while messages are sent and handled\n";
$producer = new Process(<<<'PHP'
    $channel = (new Ecoq\Messaging(channels: ['x' => new Ecoq\Channel($file, queue: 'moving')]))->channel('x');
    echo "ready\n";
    for ($n = 1; $n <= 1000; $n += 25) {
        $messages = array_map(fn ($n) => Ecoq\Message::create('t', ['n' => $n]), range($n, $n + 24));
        $parts = $n % 100 < 50 ? [$messages] : array_chunk($messages, 1); // batches go without a script from the second one on
        foreach ($parts as $i => $part) {
            while (true) {
                try {
                    $channel->send($part, priority: count($part) > 1 ? null : $i % 10);
                    break;
                } catch (Ecoq\Exception\ConnectionException) {
                    usleep(20_000);
                }
            }
            usleep(1000 * count($part));
        }
    }
    echo "sent\n";
    PHP, $one);
$producer->line();
$channel = $open('moving');
$seen = [];
$failures = 0;
for ($moves = 0, $until = microtime(true) + 60; count($seen) < 1000 && microtime(true) < $until;) {
    try {
        foreach ($channel->receive(20) as $d) {
            $n = $d->message->payload['n'];
            if ($n % 50 === 0 && $d->message->attempts === 0) {
                $d->retry(5);
                continue;
            }
            $d->ack();
            $seen[$n] = ($seen[$n] ?? 0) + 1;
        }
    } catch (Ecoq\Exception\ConnectionException) {
        $failures++;
    }
    if (count($seen) > 150 * ($moves + 1) && $moves < 4) {
        move($servers, $ports, 'moving');
        $moves++;
    }
    usleep(500);
}
echo $producer->line(), ', ', $moves, ' moves, ', count($seen), ' seen, ', count(array_filter($seen, fn ($times) => $times > 1)), " of them twice\n";
echo json_encode($channel->stats()), "\n";

echo "-- a node is gone\n";
$servers->kill($servers->master('moving'));
$start = microtime(true);
try {
    $channel->send($message(1));
    echo "sent\n";
} catch (Ecoq\Exception\ConnectionException $e) {
    echo get_class($e), microtime(true) - $start < 20 ? ' in time' : ' too late', str_contains($e->getMessage(), RedisServers::PASSWORD) ? ', with the password' : '', "\n";
}
?>
--EXPECT--
-- queues on all nodes
3 nodes
-- slots move while messages are sent and handled
sent, 4 moves, 1000 seen, 0 of them twice
{"ready":0,"delayed":0,"reserved":0,"exact":true}
-- a node is gone
Ecoq\Exception\ConnectionException in time
