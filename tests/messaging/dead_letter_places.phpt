--TEST--
Dead letters go to the database, the queue or both; a row holds the message as it came; the error channel goes before them
--SKIPIF--
<?php if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite'); ?>
--FILE--
<?php
use Ecoq\Attribute\{Asynchronous, CommandHandler, Retry};

class Handlers
{
    #[Asynchronous('q'), CommandHandler('fail', endpointId: 'fail'), Retry(max: 1, delay: 0)] public function fail(mixed $value): void { throw new DomainException("no\0way \xff"); }
}
$count = fn (PDO $pdo, string $table) => (int) $pdo->query("SELECT count(*) FROM $table")->fetchColumn();

foreach (['the database itself' => true, 'elsewhere' => false] as $where => $on_database) {
    foreach ([null, 'database', 'queue', 'both'] as $place) {
        $pdo = new PDO('sqlite::memory:');
        $ecoq = new Ecoq\Messaging(handlers: [Handlers::class], database: $pdo, channels: ['q' => new Ecoq\Channel($on_database ? $pdo : 'memory:', deadLetter: $place, unknown: 'dead-letter')]);
        $id = $ecoq->sendTo('fail', 5, headers: ['tenant' => 'acme']);
        $report = $ecoq->worker('q', stopWhenEmpty: true)->run();
        $stats = $ecoq->channel('q')->stats();
        $rows = $pdo->query('SELECT * FROM ecoq_dead_letters')->fetchAll(PDO::FETCH_ASSOC);
        $listed = array_map(fn ($letter) => $letter->id === $id, $ecoq->deadLetters()->list());
        printf("%s, %s: given up %d, retried %d, left %d, rows %d, listed %s\n", $where, $place ?? 'default', $report->deadLettered, $report->retried,
            $stats->ready + $stats->reserved + $stats->delayed, count($rows), json_encode($listed));
    }
}
$row = $rows[0];
ksort($row);
foreach (['id', 'body', 'trace', 'failed_at', 'message_id'] as $name) { unset($row[$name]); }
foreach ($row as $name => $value) { echo "$name: ", json_encode($value, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE), "\n"; }
var_dump($rows[0]['message_id'] === $id, str_contains($rows[0]['trace'], 'Handlers->fail'), json_decode($rows[0]['body'])->attempts);

echo "-- the error channel, on the database\n";
foreach (['row' => ['ecoq.failed' => function (array $failure) { echo "told of {$failure['endpoint']}, attempts {$failure['attempts']}\n"; }],
    'nobody' => []] as $handlers) {
    $pdo = new PDO('sqlite::memory:');
    $ecoq = new Ecoq\Messaging(handlers: [Handlers::class, ...$handlers], database: $pdo, channels: [
        'q' => new Ecoq\Channel($pdo, errorChannel: 'errors'),
        'errors' => new Ecoq\Channel($pdo, unknown: 'dead-letter', deadLetter: 'queue'),
    ]);
    $ecoq->sendTo('fail', 'x');
    $report = $ecoq->worker('q', 'errors', stopWhenEmpty: true)->run();
    echo "given up {$report->deadLettered}, handled {$report->handled}, rows ", $count($pdo, 'ecoq_dead_letters'), ', letters of errors ', $ecoq->deadLetters()->count('errors'), "\n";
}
echo "-- the error channel refuses, and the place is the queue: no row\n";
$pdo = new PDO('sqlite::memory:');
$ecoq = new Ecoq\Messaging(handlers: [Handlers::class], database: $pdo, channels: ['q' => new Ecoq\Channel($pdo, errorChannel: 'errors', deadLetter: 'queue'), 'errors' => 'memory:?max-body=1']);
$ecoq->sendTo('fail', 'x');
$report = $ecoq->worker('q', stopWhenEmpty: true)->run();
echo "given up {$report->deadLettered}, rows ", $count($pdo, 'ecoq_dead_letters'), ', letters ', $ecoq->deadLetters()->count(), "\n";
?>
--EXPECT--
the database itself, default: given up 1, retried 1, left 0, rows 1, listed [true]
the database itself, database: given up 1, retried 1, left 0, rows 1, listed [true]
the database itself, queue: given up 1, retried 1, left 0, rows 0, listed [true]
the database itself, both: given up 1, retried 1, left 0, rows 1, listed [true]
elsewhere, default: given up 1, retried 1, left 0, rows 1, listed [true]
elsewhere, database: given up 1, retried 1, left 0, rows 1, listed [true]
elsewhere, queue: given up 1, retried 1, left 0, rows 0, listed [true]
elsewhere, both: given up 1, retried 1, left 0, rows 1, listed [true]
attempts: 2
channel: "q"
endpoint: "fail"
error: "no way �"
error_class: "DomainException"
headers: "{\"ecoq-endpoint\":\"fail\",\"ecoq-payload\":\"value\",\"tenant\":\"acme\"}"
payload: "{\"value\":5}"
queue: "q"
reason: "failed"
type: "fail"
bool(true)
bool(true)
int(1)
-- the error channel, on the database
told of fail, attempts 2
given up 1, handled 1, rows 0, letters of errors 0
given up 2, handled 0, rows 0, letters of errors 1
-- the error channel refuses, and the place is the queue: no row
given up 1, rows 0, letters 1
