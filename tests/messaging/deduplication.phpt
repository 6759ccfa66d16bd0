--TEST--
#[Deduplicated]: where the key comes from, what can be one, what is stored; a failing handler leaves no record; a key that is missing is a dead letter
--SKIPIF--
<?php
if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite');
?>
--FILE--
<?php
use Ecoq\Attribute\{Asynchronous, CommandHandler, Deduplicated, EventHandler, Retry};

final class Key { public function __construct(private string $text) {} public function __toString(): string { return $this->text; } }

#[Asynchronous('q'), Retry(max: 1, delay: 1, jitter: 0.0)]
final class Handlers
{
    public static array $calls = [];
    public static array $fail = [];
    public static mixed $key = null;
    private static function called(string $name): void
    {
        self::$calls[$name] = (self::$calls[$name] ?? 0) + 1;
        if (self::$fail[$name] ?? 0) {
            self::$fail[$name]--;
            throw new DomainException('not now');
        }
    }
    #[CommandHandler('header', endpointId: 'header'), Deduplicated(header: 'request')] public function header(): void { self::called('header'); }
    #[CommandHandler('path', endpointId: 'path'), Deduplicated(expression: 'payload.order.id')] public function path(): void { self::called('path'); }
    #[CommandHandler('static', endpointId: 'static'), Deduplicated(expression: [self::class, 'key'])] public function callable(): void { self::called('static'); }
    #[CommandHandler('id', endpointId: 'id'), Deduplicated] public function id(): void { self::called('id'); }
    #[EventHandler('event', endpointId: 'first'), Deduplicated(expression: 'payload.n')] public function first(): void { self::called('first'); }
    #[EventHandler('event', endpointId: 'second'), Deduplicated(expression: 'payload.n')] public function second(): void { self::called('second'); }
    public static function key(Ecoq\Message $message): mixed
    {
        if (self::$key instanceof Throwable) {
            throw self::$key;
        }
        return self::$key;
    }
}

$pdo = new PDO('sqlite::memory:');
$ecoq = new Ecoq\Messaging(handlers: [Handlers::class], channels: ['q' => $pdo], database: $pdo);
function work(): string
{
    global $ecoq;
    $total = ['handled' => 0, 'duplicates' => 0, 'failed' => 0, 'deadLettered' => 0];
    $until = microtime(true) + 60;
    do {
        $report = $ecoq->worker('q', stopWhenEmpty: true)->run();
        foreach ($total as $name => $_) {
            $total[$name] += $report->$name;
        }
        usleep(2000);
        $stats = $ecoq->channel('q')->stats();
    } while ($stats->ready + $stats->delayed + $stats->reserved > 0 && microtime(true) < $until);
    $calls = Handlers::$calls;
    Handlers::$calls = [];
    ksort($calls);
    return json_encode(array_filter($total)) . ' ' . json_encode($calls);
}
function records(): string
{
    global $pdo;
    $rows = $pdo->query('SELECT endpoint, record_key, owner, at FROM ecoq_records ORDER BY endpoint, record_key')->fetchAll(PDO::FETCH_NUM);
    $pdo->exec('DELETE FROM ecoq_records');
    return implode(' | ', array_map(fn ($r) => "$r[0] $r[1]" . ($r[2] === null ? '' : " claimed") . (abs($r[3] / 1000 - time()) < 600 ? '' : ' when?'), $rows)) ?: 'none';
}
function deadLetters(): void
{
    global $ecoq;
    foreach ($ecoq->deadLetters()->list() as $letter) {
        echo "$letter->endpointId: $letter->errorClass: $letter->error\n";
    }
    $ecoq->deadLetters()->purge();
}

echo "-- header, path, id, subscribers\n";
foreach (['a', 'a', 'A', 7, '7'] as $request) {
    $ecoq->sendTo('header', headers: ['request' => $request]);
}
foreach ([1, '1', 1.5, true, false, 0.1, 1e300, -3] as $id) {
    $ecoq->sendTo('path', ['order' => ['id' => $id]]);
}
$ecoq->sendTo('id');
$ecoq->sendTo('id');
$message = Ecoq\Message::create('id', id: 'the-id');
$ecoq->channel('q')->send($message);
echo work(), "\n";
$ecoq->channel('q')->send($message);
$ecoq->publishTo('event', ['n' => 5]);
$ecoq->publishTo('event', ['n' => 5]);
echo work(), "\n";
echo preg_replace('/id [0-9a-f-]{36}/', 'id (uuid)', records()), "\n";

echo "-- keys are bytes: spaces, case, NUL, invalid UTF-8, long ones, what looks like a hash\n";
$long = str_repeat('x', 200);
$keys = ['k', 'k ', ' k', 'K', "k\0", "k\0\0", "\xff\xfe", "\xff\xfd", 'ü', "u\u{308}", $long, "{$long}y", "{$long}z", 'sha256:' . hash('sha256', "{$long}y"), new Key('text'), '0', "\n", '%', "it's \\ \"q\""];
foreach ([1, 2] as $round) {
    $all = [];
    foreach ($keys as $key) {
        Handlers::$key = $key;
        $ecoq->sendTo('static');
        $all[] = work();
    }
    echo json_encode(array_count_values($all)), "\n";
}
foreach ($pdo->query('SELECT record_key FROM ecoq_records')->fetchAll(PDO::FETCH_COLUMN) as $stored) {
    if (!preg_match('/^[ -~]{1,200}$/D', $stored)) {
        echo 'stored: ', bin2hex($stored), "\n";
    }
}
var_dump((int) $pdo->query('SELECT count(*) FROM ecoq_records')->fetchColumn() === count($keys));
records();

echo "-- a failing handler leaves no record, and its retries are no duplicates\n";
Handlers::$fail = ['path' => 1];
$ecoq->sendTo('path', ['order' => ['id' => 'f']]);
echo work(), ' ', records(), "\n";
Handlers::$fail = ['path' => 2];
$ecoq->sendTo('path', ['order' => ['id' => 'f']]);
echo work(), ' ', records(), "\n";
$ecoq->sendTo('path', ['order' => ['id' => 'f']]);
echo work(), ' ', records(), "\n";
deadLetters();

echo "-- claims: of an owner that is gone they are taken over, of one that lives they are waited for\n";
$pdo->exec("INSERT INTO ecoq_records (endpoint, record_key, owner, at) VALUES ('path', 'gone', 987654, 1)");
$ecoq->sendTo('path', ['order' => ['id' => 'gone']]);
echo work(), ' ', records(), "\n";
$pdo->exec("INSERT INTO ecoq_owners (pid, host, started_at, locked) VALUES (1, 'elsewhere', 1, 0)");
$other = $pdo->lastInsertId();
$pdo->exec("INSERT INTO ecoq_records (endpoint, record_key, owner, at) VALUES ('path', 'living', $other, 1)");
$ecoq->sendTo('path', ['order' => ['id' => 'living']]);
$report = $ecoq->worker('q', stopWhenEmpty: true)->run();
$stats = $ecoq->channel('q')->stats();
echo "postponed $report->postponed, failed $report->failed, delayed $stats->delayed\n";
$pdo->exec("DELETE FROM ecoq_owners WHERE id = $other");
echo work(), ' ', records(), "\n";

echo "-- no key\n";
$ecoq->sendTo('header');
$ecoq->sendTo('header', headers: ['request' => null]);
$ecoq->sendTo('header', headers: ['request' => '']);
$ecoq->sendTo('header', headers: ['request' => ['a']]);
$ecoq->sendTo('path', ['order' => 5]);
echo work(), "\n";
deadLetters();
foreach ([null, [], new stdClass, NAN, new Key(''), new LogicException('own failure')] as $key) {
    Handlers::$key = $key;
    $ecoq->sendTo('static');
    echo work(), "\n";
    deadLetters();
}
echo records(), "\n";

echo "-- at construction\n";
try {
    new Ecoq\Messaging(handlers: [Handlers::class], channels: ['q' => 'memory:']);
    echo "nothing thrown\n";
} catch (Ecoq\Exception\ConfigurationException $e) {
    echo $e->getMessage(), "\n";
}
?>
--EXPECT--
-- header, path, id, subscribers
{"handled":13,"duplicates":3} {"header":3,"id":3,"path":7}
{"handled":2,"duplicates":3} {"first":1,"second":1}
first 5 | header 7 | header A | header a | id (uuid) | id (uuid) | id the-id | path -3 | path 0.1 | path 1 | path 1.0E+300 | path 1.5 | path false | path true | second 5
-- keys are bytes: spaces, case, NUL, invalid UTF-8, long ones, what looks like a hash
{"{\"handled\":1} {\"static\":1}":19}
{"{\"duplicates\":1} []":19}
bool(true)
-- a failing handler leaves no record, and its retries are no duplicates
{"handled":1,"failed":1} {"path":2} path f
{"failed":2,"deadLettered":1} {"path":2} none
{"handled":1} {"path":1} path f
path: DomainException: not now
-- claims: of an owner that is gone they are taken over, of one that lives they are waited for
{"handled":1} {"path":1} path gone
postponed 1, failed 0, delayed 1
{"handled":1} {"path":1} path living
-- no key
{"failed":5,"deadLettered":5} []
header: Ecoq\Exception\ConversionException: header, #[Deduplicated(header: 'request')]: the message has no deduplication key there, or it is null; the sender has to give it, since without a key nobody can tell whether its effect stands already
header: Ecoq\Exception\ConversionException: header, #[Deduplicated(header: 'request')]: the message has no deduplication key there, or it is null; the sender has to give it, since without a key nobody can tell whether its effect stands already
header: Ecoq\Exception\ConversionException: header, #[Deduplicated(header: 'request')]: the deduplication key is an empty string, expected a non-empty string, a number, a bool or a Stringable
header: Ecoq\Exception\ConversionException: header, #[Deduplicated(header: 'request')]: the deduplication key is array, expected a non-empty string, a number, a bool or a Stringable
path: Ecoq\Exception\ConversionException: path, #[Deduplicated(expression: 'payload.order.id')]: the message has no deduplication key there, or it is null; the sender has to give it, since without a key nobody can tell whether its effect stands already
{"failed":1,"deadLettered":1} []
static: Ecoq\Exception\ConversionException: static, #[Deduplicated(expression: a callable)]: the message has no deduplication key there, or it is null; the sender has to give it, since without a key nobody can tell whether its effect stands already
{"failed":1,"deadLettered":1} []
static: Ecoq\Exception\ConversionException: static, #[Deduplicated(expression: a callable)]: the deduplication key is array, expected a non-empty string, a number, a bool or a Stringable
{"failed":1,"deadLettered":1} []
static: Ecoq\Exception\ConversionException: static, #[Deduplicated(expression: a callable)]: the deduplication key is stdClass, expected a non-empty string, a number, a bool or a Stringable
{"failed":1,"deadLettered":1} []
static: Ecoq\Exception\ConversionException: static, #[Deduplicated(expression: a callable)]: the deduplication key is a number that is not finite, expected a non-empty string, a number, a bool or a Stringable
{"failed":1,"deadLettered":1} []
static: Ecoq\Exception\ConversionException: static, #[Deduplicated(expression: a callable)]: the deduplication key is an empty string, expected a non-empty string, a number, a bool or a Stringable
{"failed":2,"deadLettered":1} []
static: LogicException: own failure
none
-- at construction
header: #[Deduplicated] needs a database to remember its keys in: give Ecoq\Messaging a database: (a \PDO, or a callable that returns one), where the handler's own writes belong, too
