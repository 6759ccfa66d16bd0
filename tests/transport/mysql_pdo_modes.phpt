--TEST--
MariaDB, MySQL: works whatever modes, classes, character set and session the application's connection has, and changes none of them
--SKIPIF--
<?php
if (!getenv('ECOQ_TEST_MYSQL_DSN')) die('skip no ECOQ_TEST_MYSQL_DSN');
?>
--FILE--
<?php
require __DIR__ . '/mysql.inc';
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
    [PDO::ATTR_EMULATE_PREPARES => false],
    [PDO::ATTR_EMULATE_PREPARES => true, PDO::ATTR_ERRMODE => PDO::ERRMODE_SILENT],
    [PDO::ATTR_ERRMODE => PDO::ERRMODE_WARNING, PDO::MYSQL_ATTR_USE_BUFFERED_QUERY => false],
    [PDO::ATTR_EMULATE_PREPARES => false, PDO::MYSQL_ATTR_USE_BUFFERED_QUERY => false],
    [PDO::ATTR_STRINGIFY_FETCHES => true, PDO::ATTR_CASE => PDO::CASE_UPPER, PDO::MYSQL_ATTR_FOUND_ROWS => true],
    [PDO::ATTR_ORACLE_NULLS => PDO::NULL_EMPTY_STRING, PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_OBJ],
    [PDO::ATTR_ORACLE_NULLS => PDO::NULL_TO_STRING, PDO::ATTR_CASE => PDO::CASE_LOWER, PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_LAZY],
    [PDO::ATTR_STATEMENT_CLASS => [Hijacker::class], PDO::ATTR_EMULATE_PREPARES => false],
    [PDO::ATTR_AUTOCOMMIT => 0],
    ["SET NAMES latin1"],
    ["SET NAMES binary"],
    ["SET SESSION sql_mode = 'ANSI,NO_BACKSLASH_ESCAPES'"],
    ["SET SESSION sql_mode = ''"],
    ["SET SESSION time_zone = '+05:30'"],
    ["SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE"],
];
$checked = [PDO::ATTR_ERRMODE, PDO::ATTR_CASE, PDO::ATTR_ORACLE_NULLS, PDO::ATTR_STATEMENT_CLASS, PDO::ATTR_DEFAULT_FETCH_MODE, PDO::ATTR_EMULATE_PREPARES,
    PDO::ATTR_AUTOCOMMIT, PDO::MYSQL_ATTR_USE_BUFFERED_QUERY];
$payload = ['text' => "Caf\u{e9} \u{1F600} '\"\\ \0"];
foreach ($modes as $i => $attributes) {
    $table = mysql_table();
    $pdo = new Mine(getenv('ECOQ_TEST_MYSQL_DSN'), getenv('ECOQ_TEST_MYSQL_USER'), getenv('ECOQ_TEST_MYSQL_PASSWORD'), array_filter($attributes, is_int(...)));
    foreach ($attributes as $a => $value) {
        is_string($value) ? $pdo->query($value) : $pdo->setAttribute($a, $value);
    }
    $before = array_map($pdo->getAttribute(...), $checked);
    $e = new Ecoq\Messaging(channels: ['x' => new Ecoq\Channel($pdo, timeout: 60_000, options: ['table' => $table])]);
    $c = $e->channel('x');
    $c->send([Ecoq\Message::create('a', $payload), Ecoq\Message::create('b', [])], priority: 9);
    $c->send(Ecoq\Message::create('later', []), delay: 10);
    usleep(20_000);
    [$a, $b, $later] = $c->receive(10);
    $same = $a->message->payload === $payload;
    $a->ack();
    $b->retry();
    $later->release();
    echo $i, ' ', $a->message->type, $same ? '' : ' changed', ' ', implode(' ', array_map(fn ($d) => "{$d->message->type}/$d->attempts", $c->receive(10)));
    echo ' ', json_encode($c->stats());
    // Another connection sees it: nothing is left in a transaction.
    $other = (new Ecoq\Messaging(channels: ['x' => mysql_channel($table)]))->channel('x');
    echo ' ', $other->stats()->reserved;
    $other->send(Ecoq\Message::create('other', []));
    echo ' ', $c->receive(1)[0]->message->type;
    echo array_map($pdo->getAttribute(...), $checked) === $before ? '' : ' attributes changed', $pdo->inTransaction() ? ' in transaction' : '', "\n";
    unset($e, $c, $a, $b, $later, $pdo, $other);
}

// A result of the application's that is still open: said so, and over when it is closed.
$pdo = mysql_pdo([PDO::MYSQL_ATTR_USE_BUFFERED_QUERY => false]);
$c = (new Ecoq\Messaging(channels: ['x' => new Ecoq\Channel($pdo, options: ['table' => mysql_table()])]))->channel('x');
$c->send(Ecoq\Message::create('a', []));
$open = $pdo->query('SELECT 1 UNION SELECT 2');
try {
    $c->send(Ecoq\Message::create('b', []));
} catch (Ecoq\Exception\EcoqException $e) {
    echo get_class($e), ': ', $e->getMessage(), "\n";
}
var_dump($open->fetchAll(PDO::FETCH_COLUMN));
$open = null;
$c->send(Ecoq\Message::create('b', []));
echo $c->stats()->ready, "\n";

// What the session has for its own transactions stays: isolation, and a setting for the next one.
$pdo = mysql_pdo();
$pdo->exec('SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE');
$c = (new Ecoq\Messaging(channels: ['x' => new Ecoq\Channel($pdo, options: ['table' => mysql_table()])]))->channel('x');
$c->send([Ecoq\Message::create('a', []), Ecoq\Message::create('b', [])]);
echo count($c->receive(2)), ' ', implode(array_unique($pdo->query("SHOW SESSION VARIABLES LIKE 't%_isolation'")->fetchAll(PDO::FETCH_COLUMN, 1))), "\n";
?>
--EXPECTF--
0 a b/1 later/0 {"ready":0,"delayed":0,"reserved":2,"exact":true} 2 other
1 a b/1 later/0 {"ready":0,"delayed":0,"reserved":2,"exact":true} 2 other
2 a b/1 later/0 {"ready":0,"delayed":0,"reserved":2,"exact":true} 2 other
3 a b/1 later/0 {"ready":0,"delayed":0,"reserved":2,"exact":true} 2 other
4 a b/1 later/0 {"ready":0,"delayed":0,"reserved":2,"exact":true} 2 other
5 a b/1 later/0 {"ready":0,"delayed":0,"reserved":2,"exact":true} 2 other
6 a b/1 later/0 {"ready":0,"delayed":0,"reserved":2,"exact":true} 2 other
7 a b/1 later/0 {"ready":0,"delayed":0,"reserved":2,"exact":true} 2 other
8 a b/1 later/0 {"ready":0,"delayed":0,"reserved":2,"exact":true} 2 other
9 a b/1 later/0 {"ready":0,"delayed":0,"reserved":2,"exact":true} 2 other
10 a b/1 later/0 {"ready":0,"delayed":0,"reserved":2,"exact":true} 2 other
11 a b/1 later/0 {"ready":0,"delayed":0,"reserved":2,"exact":true} 2 other
12 a b/1 later/0 {"ready":0,"delayed":0,"reserved":2,"exact":true} 2 other
13 a b/1 later/0 {"ready":0,"delayed":0,"reserved":2,"exact":true} 2 other
14 a b/1 later/0 {"ready":0,"delayed":0,"reserved":2,"exact":true} 2 other
15 a b/1 later/0 {"ready":0,"delayed":0,"reserved":2,"exact":true} 2 other
Ecoq\Exception\TransportException: Sending to channel "x": Sending to queue "x": Cannot execute queries while other unbuffered queries are active%s
array(2) {
  [0]=>
  int(1)
  [1]=>
  int(2)
}
2
2 SERIALIZABLE
