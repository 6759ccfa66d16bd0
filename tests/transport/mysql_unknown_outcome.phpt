--TEST--
MariaDB: the answer to a send is lost with the connection: it is sent again under the same id, and taken once
--SKIPIF--
<?php
if (!extension_loaded('pdo_mysql')) die('skip no pdo_mysql');
if (!preg_match('/host=.*port=/', (string) getenv('ECOQ_TEST_MYSQL_DSN'))) die('skip no TCP address in ECOQ_TEST_MYSQL_DSN');
?>
--FILE--
<?php
require __DIR__ . '/servers.inc';
require __DIR__ . '/unknown_outcome.inc';
$server = new Server('mysql');
$dsn = fn (int $port) => preg_replace('/port=\d+/', "port=$port", $server->channel());
preg_match('/host=([^;]*).*port=(\d+)/', $server->dsn, $at);
$direct = (new Ecoq\Messaging(channels: ['x' => $dsn((int) $at[2])]))->channel('x');
$direct->setup();
foreach ([1, 3] as $count) {
    $port = cutting_proxy($at[1], (int) $at[2], 'unknown-outcome', 'COMMIT', $proxy);
    $channel = (new Ecoq\Messaging(channels: ['x' => $dsn($port) . '']))->channel('x');
    $channel->send(Ecoq\Message::create('before', []));
    $channel->send(array_map(fn ($n) => Ecoq\Message::create("unknown-outcome.$n", []), range(1, $count)));
    $channel->send(Ecoq\Message::create('after', []));
    echo implode(' ', array_map(fn ($d) => $d->message->type, $held = $direct->receive(10))), "\n";
    foreach ($held as $d) {
        $d->ack();
    }
    unset($channel, $held);
    $proxy->signal(SIGKILL);
}

// whoever cannot be asked at all: said to be unknown, and where
$port = cutting_proxy($at[1], (int) $at[2], 'unknown-outcome', 'COMMIT', $proxy);
$channel = (new Ecoq\Messaging(channels: ['x' => $dsn($port) . '']))->channel('x');
$channel->send(Ecoq\Message::create('before', []));
$channel->send(Ecoq\Message::create('unknown-outcome', []));
$proxy->signal(SIGKILL);
usleep(200_000);
try {
    $channel->send(Ecoq\Message::create('lost', []));
} catch (Ecoq\Exception\ConnectionException $e) {
    echo get_class($e), str_contains($e->getMessage(), 'it is not known whether') ? ', unknown' : ', not reached', "\n";
}
echo $direct->stats()->ready, "\n";
?>
--EXPECTF--
before unknown-outcome.1 after
before unknown-outcome.1 unknown-outcome.2 unknown-outcome.3 after
Ecoq\Exception\ConnectionException, %s
2
