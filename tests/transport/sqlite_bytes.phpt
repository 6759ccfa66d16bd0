--TEST--
SQLite: bytes that another program stored come as they are; rows it stored strangely do no harm
--SKIPIF--
<?php
if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite');
?>
--FILE--
<?php
require __DIR__ . '/processes.inc';
$file = database_file();
$ecoq = new Ecoq\Messaging(channels: ['x' => "sqlite:$file", 'dead' => "sqlite:$file?queue=x.dlq"]);
$x = $ecoq->channel('x');
$x->setup();
$pdo = new PDO("sqlite:$file");
$all = implode('', array_map(chr(...), range(0, 255)));
$bodies = [$all, '', "\0", '123', 'null', "\xff\xfe", str_repeat($all, 5000)];
$insert = $pdo->prepare("INSERT INTO ecoq_messages (queue, state, rank, due_at, attempts, crashes, body) VALUES ('x', 0, 5, 0, 0, 0, ?)");
foreach ($bodies as $i => $bytes) {
    $insert->bindValue(1, $bytes, $i % 2 ? PDO::PARAM_STR : PDO::PARAM_LOB);
    $insert->execute();
}
$pdo->exec("INSERT INTO ecoq_messages (queue, state, rank, due_at, attempts, crashes, body) VALUES ('x', 0, 'abc', 'never', 'x', -1, 12.5)");
$pdo->exec("INSERT INTO ecoq_messages (queue, state, rank, due_at, attempts, crashes, body) VALUES ('x', 77, 5, 0, 0, 0, 'no such state')");
$bodies[] = '12.5';
foreach ($x->receive(20) as $i => $d) {
    echo strlen($d->body), ' ', $d->body === $bodies[$i] ? 'same ' : bin2hex(substr($d->body, 0, 20)) . ' ', $d->fault ? 'at fault' : '', "\n";
    $d->reject('strange');
}
// Untouched in the dead letter queue, too.
foreach ($ecoq->channel('dead')->receive(20) as $d) {
    $at = array_search($d->body, $bodies, true);
    echo $at === false ? bin2hex(substr($d->body, 0, 20)) . ' ' : 'same ';
    unset($bodies[$at]);
    $d->ack();
}
echo "\n", $x->stats()->ready, ' ', $x->stats()->reserved, ' ', $x->purge(), "\n";
?>
--EXPECT--
256 same at fault
0 same at fault
1 same at fault
3 same at fault
4 same at fault
2 same at fault
1280000 same at fault
4 same at fault
same same same same same same same same 
0 0 0
