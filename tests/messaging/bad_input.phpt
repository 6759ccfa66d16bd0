--TEST--
Bytes that are no acceptable envelope go to the dead letters untouched, and the other messages keep flowing
--SKIPIF--
<?php if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite'); ?>
--FILE--
<?php
$bad = [
    'not json at all',
    '',
    "\xEF\xBB\xBF{}",
    "{\"job\":\"a\xFF\"}",
    '[]',
    str_repeat('[', 100000),
    '{"trace_id":"t","data":{},"meta":{"schema_version":1},"attempts":0}',
    '{"job":"a","trace_id":"t","data":{},"attempts":0}',
    '{"job":"a","trace_id":"t","data":{},"meta":{"schema_version":2},"attempts":0}',
    '{"job":"a","trace_id":"t","data":{},"meta":{"schema_version":1.0},"attempts":0}',
    '{"job":"a","trace_id":"t","data":[1],"meta":{"schema_version":1},"attempts":0}',
    '{"job":"a","trace_id":"","data":{},"meta":{"schema_version":1},"attempts":0}',
    '{"job":"a","trace_id":"t","data":{},"meta":{"schema_version":1},"attempts":"0"}',
    '{"job":"a","trace_id":"t","data":{},"meta":{"schema_version":1},"attempts":-1}',
    '{"job":"a","trace_id":"t","data":{},"meta":{"schema_version":1},"attempts":9223372036854775808}',
    '{"job":"a","trace_id":"t","data":{},"meta":{"schema_version":1},"attempts":99}',
    '{"job":"a","trace_id":"t","data":{},"meta":{"schema_version":1,"id":"far"},"attempts":0,"headers":{"ecoq-deliver-at":99999999999999}}',
];
$good = '{"job":"a","trace_id":"t","data":{"n":%d},"meta":{"id":"good-%d","schema_version":1},"attempts":0}';

$file = tempnam(sys_get_temp_dir(), 'ecoq');
$seen = 0;
$ecoq = new Ecoq\Messaging(handlers: ['a' => function (array $data) use (&$seen) { $seen++; }], channels: ['q' => "sqlite:$file"]);
$ecoq->channel('q')->setup();
// as a producer that knows nothing of ecoq but its table
$pdo = new PDO("sqlite:$file");
$ecoq->channel('q')->send(Ecoq\Message::create('a', ['n' => 0]));
$row = $pdo->query('SELECT * FROM ecoq_messages')->fetch(PDO::FETCH_ASSOC);
unset($row['id']);
$insert = $pdo->prepare('INSERT INTO ecoq_messages (' . implode(',', array_keys($row)) . ') VALUES (:' . implode(',:', array_keys($row)) . ')');
foreach ($bad as $i => $bytes) {
    $insert->execute(['body' => $bytes, 'message_id' => "bad-$i"] + $row);
    $insert->execute(['body' => sprintf($good, $i, $i), 'message_id' => "good-$i"] + $row);
}
$insert = null;

$report = $ecoq->worker('q', stopWhenEmpty: true)->run();
echo 'handled ', $report->handled - 1, ' of ', count($bad), ", dead letters {$report->deadLettered}\n";
$letters = $ecoq->deadLetters()->list();
foreach ($letters as $i => $letter) {
    $body = $letter->reason === 'poison' ? $letter->body : preg_replace('/,"dead_letter":.*\}\}$/', '}', $letter->body);
    echo $letter->reason, ' ', strstr($letter->error . ':', ':', true), ' ', $body === $bad[$i] ? 'original bytes' : "changed: $body", "\n";
}
unset($ecoq);
array_map('unlink', glob("$file*"));
?>
--EXPECT--
handled 17 of 17, dead letters 17
poison malformed original bytes
poison malformed original bytes
poison malformed original bytes
poison malformed original bytes
poison malformed original bytes
poison malformed original bytes
poison missing_urn original bytes
poison missing_meta original bytes
poison unsupported_schema_version original bytes
poison unsupported_schema_version original bytes
poison invalid_data original bytes
poison missing_trace_id original bytes
poison invalid_attempts original bytes
poison invalid_attempts original bytes
poison invalid_attempts original bytes
failed it arrived with attempts 99, above the limit of 3 retries original bytes
failed it is due in more than the longest delay of channel "q" (option max-delay) original bytes
