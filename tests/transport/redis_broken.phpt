--TEST--
Redis: answers that are cut at any byte, or changed at any byte: nothing is lost or doubled by the former, and nothing worse than an error comes of the latter
--SKIPIF--
<?php
if (getenv('SKIP_SLOW_TESTS')) die('skip takes seconds');
require dirname(__DIR__, 2) . '/scripts/storm/redis.php';
if (!RedisServers::areInstalled()) die('skip no redis-server');
ob_start();
(new ReflectionExtension('ecoq'))->info();
if (!preg_match('/^transport redis/m', ob_get_clean())) die('skip no Redis transport');
if (getenv("SHOW")) { var_dump($failures); print_r($errors); }
?>
--FILE--
<?php
require dirname(__DIR__, 2) . '/scripts/storm/redis.php';
require __DIR__ . '/processes.inc';
$servers = new RedisServers;
$redis = $servers->link($port = $servers->start(['--requirepass', RedisServers::PASSWORD]));

/** A proxy that spoils the nth byte of what the server says on the nth connection that it spoils; each of them is followed by one that it leaves alone. */
function spoiling_proxy(int $port, bool $cuts, int $step, ?Process &$proxy): int
{
    $proxy = new Process(strtr(<<<'PHP'
        [$port, $cuts, $step] = array_map(intval(...), explode(',', $file));
        $listener = stream_socket_server('tcp://127.0.0.1:0');
        echo stream_socket_get_name($listener, false), "\n";
        $pairs = [];
        $at = 0;
        $spoils = true;
        while (true) {
            $read = [$listener];
            foreach ($pairs as $id => $pair) {
                $read[] = $id === (int) $pair->client ? $pair->client : $pair->server;
            }
            $write = $except = null;
            stream_select($read, $write, $except, null);
            foreach ($read as $s) {
                if ($s === $listener) {
                    $pair = (object) ['client' => stream_socket_accept($listener), 'server' => stream_socket_client("tcp://127.0.0.1:$port"), 'left' => PHP_INT_MAX];
                    if ($spoils) {
                        $pair->left = $at;
                        $at += $step;
                    }
                    $spoils = !$spoils;
                    $pairs[(int) $pair->client] = $pairs[(int) $pair->server] = $pair;
                    continue;
                }
                if (!$pair = $pairs[(int) $s] ?? null) {
                    continue;
                }
                $bytes = fread($s, 65536);
                $ends = $bytes === '' || $bytes === false;
                if (!$ends && $s === $pair->server) {
                    if (strlen($bytes) > $pair->left) {
                        if ($cuts) {
                            $bytes = substr($bytes, 0, $pair->left);
                            $ends = true;
                        } else {
                            $bytes[$pair->left] = chr(ord($bytes[$pair->left]) ^ ($at % 3 ? 1 : 0x55));
                        }
                        $pair->left = PHP_INT_MAX;
                        echo "spoiled\n";
                    } elseif ($pair->left !== PHP_INT_MAX) {
                        $pair->left -= strlen($bytes);
                    }
                    @fwrite($pair->client, $bytes);
                } elseif (!$ends) {
                    @fwrite($pair->server, $bytes);
                }
                if ($ends) {
                    unset($pairs[(int) $pair->client], $pairs[(int) $pair->server]);
                    fclose($pair->client);
                    fclose($pair->server);
                }
            }
        }
        PHP, []), "$port," . (int) $cuts . ",$step");
    return (int) substr(strrchr($proxy->line(), ':'), 1);
}

// a time-out of its own makes it a connection of its own
$open = fn (int $port, int $timeout, string $queue) => (new Ecoq\Messaging(channels: [
    'x' => new Ecoq\Channel('redis://:' . RedisServers::PASSWORD . "@127.0.0.1:$port", queue: $queue, options: ['io-timeout' => $timeout, 'connect-timeout' => $timeout]),
]))->channel('x');

/** Does it until it works. */
function insist(callable $what, int $times): mixed
{
    for ($try = 1;; $try++) {
        try {
            return $what();
        } catch (Ecoq\Exception\EcoqException) {
            if ($try === $times) {
                return null;
            }
        }
    }
}

echo "-- cut\n";
$proxyPort = spoiling_proxy($port, true, 1, $proxy);
$direct = $open($port, 5000, 'q');
for ($i = 0; $i < 450; $i++) {
    $channel = $open($proxyPort, 10_000 + $i, 'q');
    $messages = array_map(fn ($n) => Ecoq\Message::create('t', ['n' => $n]), [1, 2, 3]);
    insist(fn () => $channel->send([$messages[0], $messages[1]]), 5);
    insist(fn () => $channel->send($messages[2], priority: 9), 5);
    $got = [];
    for ($round = 0; $round < 3; $round++) {
        foreach (insist(fn () => $channel->receive(10), 5) as $d) {
            if ($d->message->payload['n'] === 2 && $d->message->attempts === 0) {
                insist(fn () => $d->retry(0), 5);
            } else {
                insist(fn () => $d->ack(), 5);
                $got[] = $d->message->payload['n'];
            }
        }
        if (count($got) === 3) {
            break;
        }
        usleep(1000);
    }
    sort($got);
    $stats = $direct->stats();
    if ($got !== [1, 2, 3] || $stats->ready !== 0 || $stats->reserved !== 0 || $stats->delayed !== 0) {
        echo "$i: ", json_encode($got), ' ', json_encode($stats), "\n";
        break;
    }
    unset($channel, $d);
}
$proxy->signal(SIGKILL);
$spoiled = substr_count($proxy->rest(), 'spoiled');
echo $spoiled >= 300 ? 'hundreds of times' : "only $spoiled times", "\n";

echo "-- changed\n";
$proxyPort = spoiling_proxy($port, false, 2, $proxy);
for ($i = 0; $i < 250; $i++) {
    $channel = $open($proxyPort, 100 + $i, "changed-$i");
    insist(fn () => $channel->send([Ecoq\Message::create('t', ['n' => 1])]), 1);
    insist(fn () => $channel->send(Ecoq\Message::create('t', ['n' => 2]), priority: 9), 1);
    foreach (insist(fn () => $channel->receive(10), 2) ?? [] as $d) {
        insist(fn () => $d->ack(), 1);
    }
    unset($channel, $d);
}
$proxy->signal(SIGKILL);
$spoiled = substr_count($proxy->rest(), 'spoiled');
echo $spoiled >= 100 ? 'hundreds of times' : "only $spoiled times", "\n";
?>
--EXPECT--
-- cut
hundreds of times
-- changed
hundreds of times
