--TEST--
PDO channel: works whatever modes, classes and attributes the application's connection has, and changes none of them
--SKIPIF--
<?php
if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite');
?>
--FILE--
<?php
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

$modes = [
    [],
    [PDO::ATTR_ERRMODE => PDO::ERRMODE_SILENT],
    [PDO::ATTR_ERRMODE => PDO::ERRMODE_WARNING],
    [PDO::ATTR_STRINGIFY_FETCHES => true, PDO::ATTR_CASE => PDO::CASE_UPPER],
    [PDO::ATTR_ORACLE_NULLS => PDO::NULL_EMPTY_STRING, PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_OBJ],
    [PDO::ATTR_ORACLE_NULLS => PDO::NULL_TO_STRING, PDO::ATTR_CASE => PDO::CASE_LOWER, PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_LAZY],
    [PDO::ATTR_STATEMENT_CLASS => [Hijacker::class]],
    [PDO::ATTR_STRINGIFY_FETCHES => true, PDO::ATTR_ERRMODE => PDO::ERRMODE_WARNING, PDO::ATTR_STATEMENT_CLASS => [Hijacker::class]],
];
$checked = [PDO::ATTR_ERRMODE, PDO::ATTR_CASE, PDO::ATTR_ORACLE_NULLS, PDO::ATTR_STATEMENT_CLASS, PDO::ATTR_DEFAULT_FETCH_MODE];
foreach ($modes as $i => $attributes) {
    $file = tempnam(sys_get_temp_dir(), 'ecoq');
    $pdo = new Mine("sqlite:$file");
    $pdo->setAttribute(PDO::ATTR_TIMEOUT, 0);
    foreach ($attributes as $a => $value) {
        $pdo->setAttribute($a, $value);
    }
    $before = array_map($pdo->getAttribute(...), $checked);
    $ecoq = new Ecoq\Messaging(channels: ['x' => new Ecoq\Channel($pdo, timeout: 60_000, options: ['busy-timeout' => '60ms'])]);
    $c = $ecoq->channel('x');
    $c->send([Ecoq\Message::create('a', ['text' => '']), Ecoq\Message::create('b', [])], priority: 9);
    $c->send(Ecoq\Message::create('later', []), delay: 10);
    usleep(20_000);
    [$a, $b, $later] = $c->receive(10);
    $a->ack();
    $b->retry();
    $later->release();
    echo $i, ' ', $a->message->type, $a->message->payload['text'], ' ', implode(' ', array_map(fn ($d) => "{$d->message->type}/$d->attempts", $c->receive(10)));
    echo ' ', json_encode($c->stats());

    // Another connection is in the way: an exception of ours, not theirs, after the time that was set.
    $other = new PDO("sqlite:$file");
    $other->exec('BEGIN IMMEDIATE');
    $start = microtime(true);
    try {
        $c->send(Ecoq\Message::create('c', []));
        echo 'sent';
    } catch (Ecoq\Exception\ConnectionException $e) {
        $waited = microtime(true) - $start;
        echo str_contains($e->getMessage(), 'database is locked') && str_contains($e->getMessage(), $file) ? ' locked' : $e->getMessage();
        echo $waited > 0.04 && $waited < 20 ? '' : " after $waited s", $e->getPrevious() ? get_class($e->getPrevious()) : '';
    }
    $other->exec('COMMIT');
    $c->send(Ecoq\Message::create('c', []));
    echo ' ', $c->stats()->ready, array_map($pdo->getAttribute(...), $checked) === $before ? '' : ' attributes changed', "\n";
    unset($ecoq, $c, $a, $b, $later, $pdo, $other, $e);
    array_map(unlink(...), glob("$file*"));
}

try {
    (new Ecoq\Messaging(channels: ['x' => (new ReflectionClass(Mine::class))->newInstanceWithoutConstructor()]))->channel('x')->stats();
} catch (Ecoq\Exception\ConfigurationException $e) {
    echo $e->getMessage(), "\n";
}
?>
--EXPECTF--
0 a b/1 later/0 {"ready":0,"delayed":0,"reserved":2,"exact":true} locked 1
1 a b/1 later/0 {"ready":0,"delayed":0,"reserved":2,"exact":true} locked 1
2 a b/1 later/0 {"ready":0,"delayed":0,"reserved":2,"exact":true} locked 1
3 a b/1 later/0 {"ready":0,"delayed":0,"reserved":2,"exact":true} locked 1
4 a b/1 later/0 {"ready":0,"delayed":0,"reserved":2,"exact":true} locked 1
5 a b/1 later/0 {"ready":0,"delayed":0,"reserved":2,"exact":true} locked 1
6 a b/1 later/0 {"ready":0,"delayed":0,"reserved":2,"exact":true} locked 1
7 a b/1 later/0 {"ready":0,"delayed":0,"reserved":2,"exact":true} locked 1
%s
