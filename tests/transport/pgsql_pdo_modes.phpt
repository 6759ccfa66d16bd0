--TEST--
PostgreSQL: works whatever modes, classes and attributes the application's connection has, changes none of them, and is part of its transactions
--SKIPIF--
<?php
if (!extension_loaded('pdo_pgsql')) die('skip no pdo_pgsql');
if (!getenv('ECOQ_TEST_PGSQL_DSN')) die('skip no ECOQ_TEST_PGSQL_DSN');
?>
--FILE--
<?php
require __DIR__ . '/servers.inc';
class Hijacker extends PDOStatement
{
    public function execute(?array $params = null): bool { die('hijacked execute'); }
    public function fetchAll(int $mode = PDO::FETCH_DEFAULT, mixed ...$args): array { die('hijacked fetchAll'); }
}
class Mine extends PDO
{
    public function prepare(string $query, array $options = []): PDOStatement|false { die('hijacked prepare'); }
    public function exec(string $statement): int|false { die('hijacked exec'); }
}
set_error_handler(function (int $level, string $text) { echo "the application saw: $text\n"; return true; });
$server = new Server;
$modes = [
    [],
    [PDO::ATTR_ERRMODE => PDO::ERRMODE_SILENT],
    [PDO::ATTR_ERRMODE => PDO::ERRMODE_WARNING],
    [PDO::ATTR_STRINGIFY_FETCHES => true, PDO::ATTR_CASE => PDO::CASE_UPPER],
    [PDO::ATTR_ORACLE_NULLS => PDO::NULL_EMPTY_STRING, PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_OBJ],
    [PDO::ATTR_ORACLE_NULLS => PDO::NULL_TO_STRING, PDO::ATTR_CASE => PDO::CASE_LOWER, PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_LAZY],
    [PDO::ATTR_STATEMENT_CLASS => [Hijacker::class]],
    [PDO::ATTR_EMULATE_PREPARES => true],
    [PDO::PGSQL_ATTR_DISABLE_PREPARES => true],
    [PDO::ATTR_STRINGIFY_FETCHES => true, PDO::ATTR_ERRMODE => PDO::ERRMODE_WARNING, PDO::ATTR_STATEMENT_CLASS => [Hijacker::class]],
];
$checked = [PDO::ATTR_ERRMODE, PDO::ATTR_CASE, PDO::ATTR_ORACLE_NULLS, PDO::ATTR_STATEMENT_CLASS, PDO::ATTR_DEFAULT_FETCH_MODE];
foreach ($modes as $i => $attributes) {
    $pdo = new Mine($server->dsn, $server->user, $server->password);
    foreach ($attributes as $a => $value) {
        $pdo->setAttribute($a, $value);
    }
    $before = array_map($pdo->getAttribute(...), $checked);
    $ecoq = new Ecoq\Messaging(channels: ['x' => new Ecoq\Channel($pdo, timeout: 60_000, options: ['table' => "t$i"])]);
    $c = $ecoq->channel('x');
    $c->send([Ecoq\Message::create('a', ['text' => '\'"\\?:x']), Ecoq\Message::create('b', [])], priority: 9);
    $c->send(Ecoq\Message::create('later', []), delay: 10);
    usleep(20_000);
    [$a, $b, $later] = $c->receive(10);
    $a->ack();
    $b->retry();
    $later->release();
    echo $i, ' ', $a->message->type, $a->message->payload['text'], ' ', implode(' ', array_map(fn ($d) => "{$d->message->type}/$d->attempts", $c->receive(10)));
    echo ' ', json_encode($c->stats());

    // In a transaction of the application: gone with it, without harm to it.
    $pdo->beginTransaction();
    $c->send(Ecoq\Message::create('c', []));
    echo ' ', $c->stats()->ready, $pdo->inTransaction() ? '' : ' ended';
    $pdo->rollBack();
    echo $c->stats()->ready;
    $pdo->beginTransaction();
    $c->send(Ecoq\Message::create('c', []));
    $pdo->commit();
    echo $c->stats()->ready, array_map($pdo->getAttribute(...), $checked) === $before ? '' : ' attributes changed', "\n";
    unset($ecoq, $c, $a, $b, $later, $pdo);
}

// Tables that are missing are made within the transaction that is open, and a statement of ours that fails does not end it.
$pdo = $server->pdo();
$pdo->beginTransaction();
$pdo->exec('CREATE TABLE mine (a INTEGER)');
$c = (new Ecoq\Messaging(channels: ['x' => new Ecoq\Channel($pdo, options: ['table' => 'fresh'])]))->channel('x');
$c->send(Ecoq\Message::create('a', []));
$pdo->exec('INSERT INTO mine VALUES (1)');
$pdo->commit();
echo $c->stats()->ready, $pdo->query('SELECT count(*) FROM mine')->fetchColumn(), "\n";

// In a transaction that is aborted already nothing is sent, and that is said.
$pdo->setAttribute(PDO::ATTR_ERRMODE, PDO::ERRMODE_SILENT);
$pdo->beginTransaction();
$pdo->exec('SELECT 1 / 0');
try {
    $c->send(Ecoq\Message::create('b', []));
    echo "sent\n";
} catch (Ecoq\Exception\EcoqException $e) {
    echo preg_replace('/ecoq_\w+/', '*', $e->getMessage()), "\n";
}
$pdo->rollBack();
echo $c->stats()->ready, "\n";

// What a connection forgets when the application says so does no harm.
$d = $c->receive();
$pdo->exec('DISCARD ALL');
$c->send([Ecoq\Message::create('c', []), Ecoq\Message::create('d', [])]);
$d[0]->ack();
echo implode(' ', array_map(fn ($d) => $d->message->type, [...$c->receive(10), ...$c->receive(10)])), "\n";

// Over one \PDO more than one channel, with and without a queue name of its own; a repeated send is taken once.
$ecoq = new Ecoq\Messaging(channels: ['x' => $pdo, 'y' => new Ecoq\Channel($pdo, queue: 'x'), 'z' => $pdo]);
$m = Ecoq\Message::create('once', []);
foreach (['x', 'y', 'z'] as $name) {
    $ecoq->channel($name)->send($m);
}
echo $ecoq->channel('x')->stats()->ready, $ecoq->channel('y')->stats()->ready, $ecoq->channel('z')->stats()->ready, "\n";
?>
--EXPECTF--
0 a'"\?:x b/1 later/0 {"ready":0,"delayed":0,"reserved":2,"exact":true} 101
1 a'"\?:x b/1 later/0 {"ready":0,"delayed":0,"reserved":2,"exact":true} 101
2 a'"\?:x b/1 later/0 {"ready":0,"delayed":0,"reserved":2,"exact":true} 101
3 a'"\?:x b/1 later/0 {"ready":0,"delayed":0,"reserved":2,"exact":true} 101
4 a'"\?:x b/1 later/0 {"ready":0,"delayed":0,"reserved":2,"exact":true} 101
5 a'"\?:x b/1 later/0 {"ready":0,"delayed":0,"reserved":2,"exact":true} 101
6 a'"\?:x b/1 later/0 {"ready":0,"delayed":0,"reserved":2,"exact":true} 101
7 a'"\?:x b/1 later/0 {"ready":0,"delayed":0,"reserved":2,"exact":true} 101
8 a'"\?:x b/1 later/0 {"ready":0,"delayed":0,"reserved":2,"exact":true} 101
9 a'"\?:x b/1 later/0 {"ready":0,"delayed":0,"reserved":2,"exact":true} 101
11
Sending to channel "x": Sending to queue "x": %scurrent transaction is aborted%s(pgsql *); a statement before it failed in this transaction
1
c d
111