--TEST--
PostgreSQL: behind a pooler there is no lock of a session to tell who lives: the channel's timeout is demanded, and is the lease
--SKIPIF--
<?php
if (!extension_loaded('pdo_pgsql')) die('skip no pdo_pgsql');
if (!getenv('ECOQ_TEST_PGSQL_DSN')) die('skip no ECOQ_TEST_PGSQL_DSN');
if (!str_contains(getenv('ECOQ_TEST_PGSQL_DSN'), 'host=')) die('skip no TCP address');
?>
--FILE--
<?php
require __DIR__ . '/processes.inc';
require __DIR__ . '/servers.inc';
$server = new Server;
preg_match('/host=([^;]*)/', $server->dsn, $host);
preg_match('/port=([^;]*)/', $server->dsn, $port);

// What a pooler looks like from here: the process id that the client is told is not the one of the session that works for it.
$proxy = new Process(<<<'PHP'
    $listener = stream_socket_server('tcp://127.0.0.1:0');
    echo stream_socket_get_name($listener, false), "\n";
    $to = $buffers = $told = [];
    while (true) {
        $read = [$listener, ...array_column($to, 'from')];
        $write = $except = null;
        stream_select($read, $write, $except, null);
        foreach ($read as $s) {
            if ($s === $listener) {
                $client = stream_socket_accept($listener);
                $behind = stream_socket_client("tcp://$file");
                $to[(int) $client] = ['from' => $client, 'to' => $behind, 'server' => false];
                $to[(int) $behind] = ['from' => $behind, 'to' => $client, 'server' => true];
                continue;
            }
            $pair = $to[(int) $s] ?? null;
            $bytes = $pair ? fread($s, 65536) : '';
            if ($bytes === '' || $bytes === false) {
                if ($pair) {
                    unset($to[(int) $s], $to[(int) $pair['to']]);
                    fclose($pair['to']);
                    fclose($s);
                }
                continue;
            }
            $at = $pair['server'] && !isset($told[(int) $s]) ? strpos($bytes, "K\0\0\0\x0c") : false;
            if ($at !== false) {
                $told[(int) $s] = true;
                $bytes = substr_replace($bytes, "\x7f\xff\xff\x01", $at + 5, 4);
            }
            fwrite($pair['to'], $bytes);
        }
    }
    PHP, ($host[1] ?: '127.0.0.1') . ':' . ($port[1] ?? 5432));
$behind = (int) substr(strrchr($proxy->line(), ':'), 1);
$url = fn (array $options) => preg_replace('/@[^\/]*/', "@127.0.0.1:$behind", $server->url(['sslmode' => 'disable'] + $options));

$c = (new Ecoq\Messaging(channels: ['x' => $url([])]))->channel('x');
$c->send([Ecoq\Message::create('a', []), Ecoq\Message::create('b', [])]);
try {
    $c->receive();
} catch (Ecoq\Exception\ConfigurationException $e) {
    echo $e->getMessage(), "\n";
}
$leased = (new Ecoq\Messaging(channels: ['x' => $url(['timeout' => '2s'])]))->channel('x');
echo implode(' ', array_map(fn ($d) => $d->message->type, $held = $leased->receive(10))), "\n";
$admin = $server->pdo();
echo json_encode($admin->query('SELECT locked FROM ecoq_owners')->fetchAll(PDO::FETCH_COLUMN)), ' ',
    $admin->query("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'AND database = (SELECT oid FROM pg_database WHERE datname = current_database())")->fetchColumn(), "\n";

// A worker that has a session of its own does not take a lease for a dead owner; when the time is up, it does.
$direct = (new Ecoq\Messaging(channels: ['x' => $server->url(['timeout' => '2s'])]))->channel('x');
$got = [];
for ($until = microtime(true) + 60; count($got) < 2 && microtime(true) < $until;) {
    foreach ($direct->receive(2, 100) as $d) {
        $got[] = $d->message->type;
        $d->ack();
    }
}
echo implode(' ', $got), ' ', json_encode($held[0]->stillMine()), "\n";
unset($held, $leased, $c);
$proxy->signal(SIGKILL);
?>
--EXPECTF--
Receiving from channel "x": The server is reached through a pooler that gives each transaction another session, so nothing tells other workers that this one is gone: give the channel the option timeout, the longest time a message is handled (timeout: '5m'); later it is free for others
a b
[0] 0
a b false
