--TEST--
PDO channel: a transaction of the application is joined; a repeated send is taken once
--SKIPIF--
<?php
if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite');
?>
--FILE--
<?php
require __DIR__ . '/processes.inc';
$file = database_file();
$pdo = new PDO("sqlite:$file");
$pdo->exec('PRAGMA journal_mode = WAL');
$channel = new Ecoq\Channel($pdo, options: ['busy-timeout' => '60s']);
$c = (new Ecoq\Messaging(channels: ['x' => $channel]))->channel('x');
$m = fn (string $type) => Ecoq\Message::create($type, []);
$s = function () use (&$c) { return sprintf('%d/%d', $c->stats()->ready, $c->stats()->reserved); };

$ways = [
    [$pdo->beginTransaction(...), $pdo->commit(...), $pdo->rollBack(...)],
    [fn () => $pdo->exec('BEGIN'), fn () => $pdo->exec('COMMIT'), fn () => $pdo->exec('ROLLBACK')],
    [fn () => $pdo->exec('BEGIN IMMEDIATE'), fn () => $pdo->exec('COMMIT'), fn () => $pdo->exec('ROLLBACK')],
];
foreach ($ways as [$begin, $commit, $rollBack]) {
    $begin();
    $c->send([$m('a'), $m('b')]);
    [$d] = $c->receive(1);
    $inside = $s();
    $rollBack();
    echo $inside, ' ', $s(), ' ', json_encode($d->stillMine());

    // The registration as an owner went with the first rollback.
    $begin();
    $c->send([$m('a'), $m('b')]);
    $commit();
    $d = $c->receive(2);
    $begin();
    $d[0]->ack();
    $d[1]->retry();
    $rollBack();
    echo ' ', $s();
    $c = (new Ecoq\Messaging(channels: ['x' => $channel]))->channel('x');
    unset($d);
    gc_collect_cycles();
    echo ' ', $s(), ' ', $c->purge(), "\n";
}

// A transaction whose snapshot is outdated cannot write any more: said at once, not after the busy time-out.
$pdo->beginTransaction();
$pdo->query('SELECT count(*) FROM ecoq_messages')->fetchAll();
$other = (new Ecoq\Messaging(channels: ['x' => "sqlite:$file"]))->channel('x');
$other->send($m('other'));
$start = microtime(true);
try {
    $c->send($m('a'));
} catch (Ecoq\Exception\ConnectionException $e) {
    echo microtime(true) - $start < 20 ? 'at once: ' : 'late: ', $e->getMessage(), "\n";
}
$pdo->rollBack();
$c->send($m('a'));
echo $c->purge(), "\n";

// A repeat under the same id is the same message, as long as it waits; in another queue it is another one.
$two = new Ecoq\Messaging(channels: ['x' => $pdo, 'y' => $pdo]);
$once = $m('once');
$two->channel('x')->send([$once, $once]);
$two->channel('x')->send($once);
$other->send($once);
$two->channel('y')->send($once);
echo $two->channel('x')->stats()->ready, ' ', $two->channel('y')->stats()->ready;
[$d] = $c->receive(5);
$c->send($once);
echo ' ', $s();
$d->ack();
$c->send($once);
echo ' ', $s(), "\n";
?>
--EXPECTF--
1/1 0/0 false 0/2 2/0 2
1/1 0/0 false 0/2 2/0 2
1/1 0/0 false 0/2 2/0 2
at once: %s: database is locked (sqlite %s)%s
2
1 1 0/1 1/0
