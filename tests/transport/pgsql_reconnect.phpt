--TEST--
PostgreSQL: sessions that are ended from outside while workers consume are opened again, nothing is lost; a \PDO of the application is not
--SKIPIF--
<?php
if (!extension_loaded('pdo_pgsql')) die('skip no pdo_pgsql');
if (!getenv('ECOQ_TEST_PGSQL_DSN')) die('skip no ECOQ_TEST_PGSQL_DSN');
?>
--FILE--
<?php
require __DIR__ . '/processes.inc';
require __DIR__ . '/servers.inc';
$server = new Server;
$log = database_file();
$admin = $server->pdo();
$end = fn () => $admin->query("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")->fetchColumn();
function failure(callable $call): string
{
    try {
        $call();
        return 'works';
    } catch (Ecoq\Exception\EcoqException $e) {
        return substr(strrchr(get_class($e), '\\'), 1) . ': ' . $e->getMessage();
    }
}

// The call that finds it out fails and says so, the next one works. What was reserved comes back: to whoever asks, as a suspect, since its owner's session is gone.
$c = (new Ecoq\Messaging(channels: ['x' => $server->channel()]))->channel('x');
$c->send([Ecoq\Message::create('a', []), Ecoq\Message::create('b', [])]);
[$a] = $c->receive(1);
$end();
echo failure(fn () => $c->send(Ecoq\Message::create('c', []))), "\n";
echo failure(fn () => $c->send(Ecoq\Message::create('d', []))), "\n";
$types = [];
for ($until = microtime(true) + 60; count($types) < 3 && microtime(true) < $until;) {
    foreach ($c->receive(1, 100) as $d) {
        $types[] = $d->message->type;
        $d->ack();
    }
}
sort($types);
echo implode(' ', $types), ' ', json_encode($c->stats()), "\n";
echo failure(fn () => $a->ack()), "\n";

// The application's own is gone for good.
$pdo = $server->pdo();
$mine = (new Ecoq\Messaging(channels: ['x' => $pdo]))->channel('x');
$mine->stats();
$end();
echo preg_replace('/ecoq_\w+/', '*', failure(fn () => $mine->stats())), "\n", failure(fn () => $mine->stats()), "\n";
unset($mine, $pdo);

// Workers, over and over.
$code = "\$log = fopen('$log-log-' . getmypid(), 'a');" . <<<'PHP'
    $ecoq = new Ecoq\Messaging(handlers: ['t' => function (array $d) use ($log) {
        usleep(500);
        fwrite($log, "$d[n]\n");
    }], channels: ['x' => $file]);
    echo "up\n";
    fclose(STDERR);
    $ecoq->worker('x')->run();
    echo "ended\n";
    PHP;
const MESSAGES = 3000;
failure(fn () => $c->stats());
for ($i = 0; $i < MESSAGES; $i += 500) {
    $c->send(array_map(fn ($n) => Ecoq\Message::create('t', ['n' => $n]), range($i, $i + 499)));
}
$workers = array_map(fn () => new Process($code, $server->channel()), range(1, 2));
foreach ($workers as $w) {
    $w->line();
}
$reader = fn () => $admin->query('SELECT count(*) FROM ecoq_messages')->fetchColumn();
$before = MESSAGES;
$ended = 0;
for ($until = microtime(true) + 90; ($left = $reader()) > 0 && microtime(true) < $until; usleep(20_000)) {
    if ($left < $before - 300 && $ended < 4) {
        $before = $left;
        $ended++;
        $end();
    }
}
echo $left, ' left, ended ', $ended > 1 ? 'more than once' : $ended, "\n";
foreach ($workers as $w) {
    $w->signal(SIGTERM);
    $w->wait();
    echo $w->rest();
}
$runs = array_count_values(array_map(intval(...), array_merge(...array_map(file(...), glob("$log-log-*")))));
echo count($runs), ' handled, ', array_sum($runs) - count($runs) <= 2 * 256 * $ended ? 'doubles bounded' : 'many doubles', "\n";
?>
--EXPECTF--
ConnectionException: Sending to channel "x": Sending to queue "x": %sunexpectedly (pgsql %s); the connection is opened again at the next try
works
a b d {"ready":0,"delayed":0,"reserved":0,"exact":true}
OwnershipLostException: Acknowledging a delivery of channel "x": it belongs to another worker by now; what was done for it may be done twice
ConnectionException: Counting the messages of channel "x": Counting queue "x": %sunexpectedly (pgsql *); this \PDO cannot be used any more
ConnectionException: Counting the messages of channel "x": The connection of the \PDO was lost, and a \PDO cannot be opened again
0 left, ended more than once
ended
ended
3000 handled, doubles bounded