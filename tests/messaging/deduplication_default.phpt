--TEST--
Deduplication without an attribute: by message id, recorded where the fenced acknowledgement is no proof; former endpoint ids; a record that is written first wins
--SKIPIF--
<?php
if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite');
?>
--FILE--
<?php
use Ecoq\Attribute\{Asynchronous, CommandHandler, Deduplicated, Retry};
use Ecoq\Message;

final class Handlers
{
    public static array $calls = [];
    public static mixed $before = null;
    private static function called(string $name): void
    {
        global $pdo;
        self::$calls[] = $name;
        $pdo->exec("INSERT INTO effects VALUES ('$name')");
        if ($before = self::$before) {
            self::$before = null;
            $before();
        }
    }
    #[Asynchronous('on'), CommandHandler('on', endpointId: 'on')] public function on(): void { self::called('on'); }
    #[Asynchronous('off'), CommandHandler('off', endpointId: 'off'), Retry(max: 1, delay: 1, jitter: 0.0)]
    public function off(): void { self::called('off'); }
    #[Asynchronous('off'), CommandHandler('renamed', endpointId: 'new name', formerly: ['old name', 'older name'])]
    public function renamed(): void { self::called('renamed'); }
    #[Asynchronous(['off', 'on']), CommandHandler('hop', endpointId: 'hop')] public function hop(): void { self::called('hop'); }
}

$pdo = new PDO('sqlite::memory:');
$pdo->exec('CREATE TABLE effects (what TEXT)');
$ecoq = new Ecoq\Messaging(handlers: [Handlers::class], channels: ['on' => $pdo, 'off' => 'memory:'], database: $pdo);
function work(): string
{
    global $ecoq, $pdo;
    $total = [];
    for ($i = 0; $i < 5; $i++) {
        $report = $ecoq->worker('on', 'off', stopWhenEmpty: true)->run();
        foreach (['handled', 'duplicates', 'failed'] as $name) {
            $total[$name] = ($total[$name] ?? 0) + $report->$name;
        }
        usleep(3000);
    }
    $effects = $pdo->query('SELECT what FROM effects')->fetchAll(PDO::FETCH_COLUMN);
    $pdo->exec('DELETE FROM effects');
    $calls = Handlers::$calls;
    Handlers::$calls = [];
    return json_encode(array_filter($total)) . ' [' . implode(' ', $calls) . '] effects [' . implode(' ', $effects) . ']';
}
function records(): string
{
    global $pdo;
    $rows = $pdo->query('SELECT endpoint, record_key FROM ecoq_records ORDER BY 1, 2')->fetchAll(PDO::FETCH_NUM);
    $pdo->exec('DELETE FROM ecoq_records');
    return implode(', ', array_map(fn ($row) => preg_replace('/[0-9a-f]{8}-[0-9a-f-]{27}/', '(uuid)', "$row[0] $row[1]"), $rows)) ?: 'none';
}

$ecoq->sendTo('on');
echo 'on the database: ', work(), '; records: ', records(), "\n";
$ecoq->channel('on')->send([Message::create('on', id: 'from elsewhere')]);
echo 'from elsewhere: ', work(), '; ';
$ecoq->channel('on')->send([Message::create('on', id: 'from elsewhere')]);
echo work(), '; records: ', records(), "\n";
$ecoq->sendTo('off');
echo 'off the database: ', work(), '; records: ', records(), "\n";
$ecoq->sendTo('hop');
echo 'two channels: ', work(), '; records: ', records(), "\n";

echo "-- the same id twice\n";
foreach (['a', 'b', 'a', str_repeat('long ', 100), str_repeat('long ', 100), 'A'] as $id) {
    $ecoq->channel('off')->send([Message::create('off', id: $id)]);
}
echo work(), "\n";
records();

echo "-- another one was faster, after this one had looked: what it wrote is rolled back\n";
Handlers::$before = fn () => $pdo->exec("INSERT INTO ecoq_records (endpoint, record_key, at) VALUES ('off', 'raced', 1)");
$ecoq->channel('off')->send([Message::create('off', id: 'raced')]);
echo work(), '; records: ', records(), "\n";

echo "-- former names\n";
$at = time() * 1000;
$pdo->exec("INSERT INTO ecoq_records (endpoint, record_key, at) VALUES ('older name', 'm1', $at), ('off', 'm2', $at)");
foreach (['m1', 'm2'] as $id) {
    $ecoq->channel('off')->send([Message::create('renamed', id: $id)]);
}
echo work(), '; records: ', records(), "\n";
?>
--EXPECT--
on the database: {"handled":1} [on] effects [on]; records: none
from elsewhere: {"handled":1} [on] effects [on]; {"duplicates":1} [] effects []; records: on from elsewhere
off the database: {"handled":1} [off] effects [off]; records: off (uuid)
two channels: {"handled":1} [hop] effects [hop]; records: hop (uuid)
-- the same id twice
{"handled":4,"duplicates":2} [off off off off] effects [off off off off]
-- another one was faster, after this one had looked: what it wrote is rolled back
{"duplicates":1} [off] effects []; records: none
-- former names
{"handled":1,"duplicates":1} [renamed] effects [renamed]; records: new name m2, off m2, older name m1
