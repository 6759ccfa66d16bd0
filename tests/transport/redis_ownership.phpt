--TEST--
Redis: answers to reserving, settling and handing back are lost or late: nothing is lost, nothing happens twice; data that is gone is lost to its owner
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
$make = fn (string ...$types) => array_map(fn ($type) => Ecoq\Message::create($type, []), $types);
$types = fn (array $deliveries) => implode(' ', array_map(fn ($d) => $d->message->type . ($d->attempts ? "/$d->attempts" : ''), $deliveries));
$direct = $open($dsn($port));

/** What is in the queue, and in hand; then it is empty. */
$rest = function () use ($direct, $redis, $types): string {
    $stats = $direct->stats();
    for ($text = "reserved $stats->reserved, ready"; $got = $direct->receive(100);) {
        $text .= ' ' . $types($got);
        array_map(fn ($d) => $d->ack(), $got);
    }
    $text .= '; dead ' . $redis->command('LLEN', 'x.dlq');
    $redis->command('DEL', 'x.dlq');
    return $text;
};

// Through the proxy each of them loses the connection right after its request, which the server has carried out. Options decide which messages are no bare envelopes.
foreach (['bare' => [], 'records' => ['priority' => 6], 'with a time-out' => ['timeout' => 3_600_000]] as $kind => $options) {
    foreach ([
        'receive' => ['ecoq:grace', fn ($c) => $c->receive(2), 'held'],
        'ack' => ['ecoq:overdue', fn ($c, $d) => $d[0]->ack()],
        'retry' => ['ecoq:overdue', fn ($c, $d) => $d[0]->retry()],
        'reject' => ['ecoq:overdue', fn ($c, $d) => $d[0]->reject('broken')],
        'release' => ['ecoq:suspects', fn ($c, $d) => $d[1]->release()],
        'still mine' => ['HEXISTS', fn ($c, $d) => var_export($d[1]->stillMine(), true)],
        'stats' => ['ecoq:suspects', fn ($c) => $c->stats()->ready],
        'purge' => ['ecoq:suspects', fn ($c) => $c->purge() >= 0],
    ] as $what => [$marker, $call]) {
        $proxyPort = cutting_proxy('127.0.0.1', $port, 'arm-now', $marker, $proxy);
        $channel = $open($dsn($proxyPort, array_diff_key($options, ['priority' => 0])));
        $channel->send($make('a', 'b', 'c'), ...array_intersect_key($options, ['priority' => 0]));
        $held = $what === 'receive' ? [] : $channel->receive(2);
        $channel->send($make('arm-now'), priority: 0);
        try {
            $result = $call($channel, $held);
        } catch (Exception $e) {
            $result = get_class($e);
        }
        $got = is_array($result) ? $result : [];
        echo "$kind, $what: ", is_array($result) ? $types($got) : json_encode($result), ', ';
        $held = $what === 'release' ? [$held[0]] : (in_array($what, ['ack', 'retry', 'reject']) ? [$held[1]] : [...$held, ...$got]);
        array_map(fn ($d) => $d->ack(), $held);
        echo $rest(), "\n";
        unset($channel, $held, $got, $result);
        $proxy->signal(SIGKILL);
    }
}

echo "-- the server stalls: what it did in the end is found out\n";
$pid = (int) $servers->info($port, 'process_id');
$slow = $open($dsn($port, ['io-timeout' => 500, 'connect-timeout' => 500]));
$stalled = function (callable $call) use ($pid) {
    posix_kill($pid, SIGSTOP);
    try {
        $call();
        echo 'done';
    } catch (Exception $e) {
        echo get_class($e);
    }
    posix_kill($pid, SIGCONT);
    echo ', ';
};
$slow->send($make('a', 'b', 'c', 'd'));
$held = $slow->receive(1);
$stalled(fn () => $slow->receive(2));
echo $types($more = $slow->receive(2)), ', ';
array_map(fn ($d) => $d->ack(), [...$held, ...$more]);
echo $rest(), "\n";
foreach (['ack', 'retry', 'release', 'reject'] as $method) {
    $slow->send($make('a', 'b'));
    $held = $slow->receive(2);
    $stalled(fn () => $held[0]->$method());
    try {
        $held[0]->$method();
        echo 'again, ';
    } catch (Ecoq\Exception\OwnershipLostException) {
        echo 'lost, ';
    } catch (Error $e) {
        echo 'is over, ';
    }
    $held[1]->ack();
    echo $rest(), "\n";
}

echo "-- a request arrives after the client gave it up and went on\n";
foreach (['send' => 'late-one', 'batch' => 'late-one', 'receive' => 'ecoq:grace', 'ack' => 'ecoq:overdue', 'retry' => 'ecoq:overdue', 'release' => 'ecoq:overdue'] as $what => $marker) {
    $proxy = new Process(str_replace('MARKER', $marker, <<<'PHP'
        $listener = stream_socket_server('tcp://127.0.0.1:0');
        echo stream_socket_get_name($listener, false), "\n";
        $to = $late = [];
        $armed = $held = false;
        while (true) {
            $read = [$listener, ...array_column($to, 'from')];
            $write = $except = null;
            stream_select($read, $write, $except, 0, 10_000);
            foreach ($late as $i => [$at, $behind, $bytes]) {
                if (microtime(true) > $at) {
                    fwrite($behind, $bytes);
                    fread($behind, 65536);
                    fclose($behind);
                    unset($late[$i]);
                    echo "delivered\n";
                }
            }
            foreach ($read as $s) {
                if ($s === $listener) {
                    $client = stream_socket_accept($listener);
                    $behind = stream_socket_client("tcp://$file");
                    $to[(int) $client] = ['from' => $client, 'to' => $behind, 'server' => false];
                    $to[(int) $behind] = ['from' => $behind, 'to' => $client, 'server' => true];
                    continue;
                }
                if (!$pair = $to[(int) $s] ?? null) {
                    continue;
                }
                $bytes = fread($s, 65536);
                if ($bytes === '' || $bytes === false) {
                    unset($to[(int) $s], $to[(int) $pair['to']]);
                    fclose($pair['to']);
                    fclose($s);
                    continue;
                }
                if ($armed && !$held && !$pair['server'] && str_contains($bytes, 'MARKER')) {
                    $held = true;
                    $late[] = [microtime(true) + 2.5, $pair['to'], $bytes];
                    unset($to[(int) $s], $to[(int) $pair['to']]);
                    $kept[] = $s; // so that the client waits in vain
                    continue;
                }
                $armed = $armed || str_contains($bytes, 'arm-now');
                fwrite($pair['to'], $bytes);
            }
        }
        PHP), "127.0.0.1:$port");
    $proxyPort = (int) substr(strrchr($proxy->line(), ':'), 1);
    $channel = $open($dsn($proxyPort, ['io-timeout' => 600]));
    if ($what === 'batch') { // from the second one in a row on they go without a script
        $channel->send($make(...array_fill(0, 20, 'b')));
        $channel->send($make(...array_fill(0, 20, 'b')));
        $direct->purge();
    }
    $channel->send($make('a', 'b', 'c'));
    $held = $what === 'receive' ? [] : $channel->receive(2);
    $channel->send($make('arm-now'), priority: 0);
    match ($what) {
        'send' => $channel->send($make('late-one')),
        'batch' => $channel->send($make('late-one', ...range('A', 'P'))),
        'receive' => $held = $channel->receive(2),
        default => $held[0]->$what(),
    };
    if ($what === 'release') {
        $held = [...$channel->receive(1), $held[1]];
    }
    echo "$what: ", $types($held), ' ', $proxy->line(), ', ';
    array_map(fn ($d) => $d->ack(), in_array($what, ['ack', 'retry']) ? [$held[1]] : $held);
    echo $rest(), "\n";
    unset($channel, $held);
    $proxy->signal(SIGKILL);
}

echo "-- the server comes back with an older copy, in which we hold what we have settled\n";
$direct->send($make('a', 'b', 'c'));
$held = $direct->receive(2);
foreach ($redis->command('KEYS', '{x}:ecoq:held:*') as $one) {
    foreach (array_chunk($redis->command('HGETALL', $one), 2) as $pair) {
        str_contains($pair[1], '"job":"a"') && [$key, [$field, $body]] = [$one, $pair];
    }
}
$held[0]->ack();
$redis->command('HSET', $key, $field, $body);
$redis->command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
echo $types($more = [...$direct->receive(1), ...$direct->receive(1), ...$direct->receive(2)]), ' ', $direct->stats()->reserved, "\n";
array_map(fn ($d) => $d->ack(), [$held[1], ...$more]);
echo $rest(), "\n";

echo "-- in the older copy the counter of reservations is older, too\n";
$direct->send($make('a', 'b'));
$held = $direct->receive(1);
foreach ($redis->command('KEYS', '{x}:ecoq:held:*') as $key) {
    foreach (preg_grep('/^\d/', $redis->command('HKEYS', $key)) as $number) {
        $redis->command('LPUSH', 'x', $redis->command('HGET', $key, $number));
        $redis->command('HDEL', $key, $number);
        $redis->command('SET', '{x}:ecoq:number', (int) $number - 1);
    }
}
$redis->command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
$again = $direct->receive(1);
try {
    $held[0]->ack();
    echo 'acknowledged, ';
} catch (Ecoq\Exception\OwnershipLostException) {
    echo 'lost, ';
}
echo $types($again), ' ', var_export($again[0]->stillMine(), true), ', ';
$again[0]->ack();
echo $rest(), "\n";

echo "-- in the older copy we hold as many, and others\n";
$direct->send($make('a', 'b', 'c'));
$held = $direct->receive(2);
foreach ($redis->command('KEYS', '{x}:ecoq:held:*') as $key) {
    foreach (preg_grep('/^\d/', $redis->command('HKEYS', $key)) as $number) {
        $redis->command('HDEL', $key, $number);
        $redis->command('HSET', $key, $number + 1000, 'other');
    }
}
try {
    $held[0]->retry();
    echo 'stored again, ';
} catch (Ecoq\Exception\OwnershipLostException) {
    echo 'lost, ';
}
array_map(fn ($number) => $redis->command('HDEL', $key, $number), preg_grep('/^\d/', $redis->command('HKEYS', $key)));
unset($held, $again);
echo $rest(), "\n";

echo "-- all data is gone\n";
$direct->send($make('a', 'b', 'c'));
$held = $direct->receive(2);
$redis->command('FLUSHALL');
$direct->send($make('d', 'e', 'f'));
$new = $direct->receive(2);
foreach ([...$held, ...$new] as $i => $d) {
    try {
        $i % 2 ? $d->retry() : $d->ack();
        echo "$i ";
    } catch (Ecoq\Exception\OwnershipLostException) {
        echo "$i lost, ";
    }
}
echo $rest(), "\n";
unset($held, $new, $more, $d, $slow, $direct, $rest);
gc_collect_cycles();
echo implode(' ', array_filter($redis->command('KEYS', '*'), fn ($key) => !preg_match('/:(number|wake|pub:\w+|batch:\w+)$/', $key))), "\n";
?>
--EXPECT--
bare, receive: a b, reserved 0, ready c arm-now; dead 0
bare, ack: null, reserved 0, ready c arm-now; dead 0
bare, retry: null, reserved 0, ready c a/1 arm-now; dead 0
bare, reject: null, reserved 0, ready c arm-now; dead 1
bare, release: null, reserved 0, ready b c arm-now; dead 0
bare, still mine: "true", reserved 0, ready c arm-now; dead 0
bare, stats: 2, reserved 0, ready c arm-now; dead 0
bare, purge: true, reserved 0, ready; dead 0
records, receive: a b, reserved 0, ready c arm-now; dead 0
records, ack: null, reserved 0, ready c arm-now; dead 0
records, retry: null, reserved 0, ready c a/1 arm-now; dead 0
records, reject: null, reserved 0, ready c arm-now; dead 1
records, release: null, reserved 0, ready b c arm-now; dead 0
records, still mine: "true", reserved 0, ready c arm-now; dead 0
records, stats: 2, reserved 0, ready c arm-now; dead 0
records, purge: true, reserved 0, ready; dead 0
with a time-out, receive: a b, reserved 0, ready c arm-now; dead 0
with a time-out, ack: null, reserved 0, ready c arm-now; dead 0
with a time-out, retry: null, reserved 0, ready c a/1 arm-now; dead 0
with a time-out, reject: null, reserved 0, ready c arm-now; dead 1
with a time-out, release: null, reserved 0, ready b c arm-now; dead 0
with a time-out, still mine: "true", reserved 0, ready c arm-now; dead 0
with a time-out, stats: 2, reserved 0, ready c arm-now; dead 0
with a time-out, purge: true, reserved 0, ready; dead 0
-- the server stalls: what it did in the end is found out
Ecoq\Exception\ConnectionException, b c, reserved 0, ready d; dead 0
Ecoq\Exception\ConnectionException, again, reserved 0, ready; dead 0
Ecoq\Exception\ConnectionException, again, reserved 0, ready a/1; dead 0
Ecoq\Exception\ConnectionException, again, reserved 0, ready a; dead 0
Ecoq\Exception\ConnectionException, again, reserved 0, ready; dead 1
-- a request arrives after the client gave it up and went on
send: a b delivered, reserved 0, ready c late-one arm-now; dead 0
batch: a b delivered, reserved 0, ready c late-one A B C D E F G H I J K L M N O P arm-now; dead 0
receive: a b delivered, reserved 0, ready c arm-now; dead 0
ack: a b delivered, reserved 0, ready c arm-now; dead 0
retry: a b delivered, reserved 0, ready c a/1 arm-now; dead 0
release: a b delivered, reserved 0, ready c arm-now; dead 0
-- the server comes back with an older copy, in which we hold what we have settled
a c 3
reserved 0, ready; dead 0
-- in the older copy the counter of reservations is older, too
lost, a true, reserved 0, ready b; dead 0
-- in the older copy we hold as many, and others
lost, reserved 0, ready c; dead 0
-- all data is gone
0 lost, 1 lost, 2 3 reserved 0, ready f e/1; dead 0
