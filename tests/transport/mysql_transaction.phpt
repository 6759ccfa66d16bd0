--TEST--
MariaDB, MySQL: a transaction of the application is joined, and left alone; a repeated send is taken once; nobody waits for another's claims
--SKIPIF--
<?php
if (!getenv('ECOQ_TEST_MYSQL_DSN')) die('skip no ECOQ_TEST_MYSQL_DSN');
?>
--FILE--
<?php
require __DIR__ . '/mysql.inc';
$table = mysql_table();
$pdo = mysql_pdo();
$channel = new Ecoq\Channel($pdo, options: ['table' => $table]);
$c = (new Ecoq\Messaging(channels: ['x' => $channel]))->channel('x');
$other = (new Ecoq\Messaging(channels: ['x' => mysql_channel($table)]))->channel('x');
$other->setup();
$m = fn (string $type) => Ecoq\Message::create($type, []);
$s = function () use (&$c) { return sprintf('%d/%d', $c->stats()->ready, $c->stats()->reserved); };
$pdo->exec("CREATE TABLE {$table}_mine (id INT PRIMARY KEY) ENGINE = InnoDB");

$ways = [
    [$pdo->beginTransaction(...), $pdo->commit(...), $pdo->rollBack(...)],
    [fn () => $pdo->exec('BEGIN'), fn () => $pdo->exec('COMMIT'), fn () => $pdo->exec('ROLLBACK')],
    [fn () => $pdo->exec('SET autocommit = 0') . $pdo->exec("DELETE FROM {$table}_mine"), fn () => $pdo->exec('COMMIT') . $pdo->exec('SET autocommit = 1'),
        fn () => $pdo->exec('ROLLBACK') . $pdo->exec('SET autocommit = 1')],
];
foreach ($ways as $i => [$begin, $commit, $rollBack]) {
    $begin();
    $pdo->exec("INSERT INTO {$table}_mine VALUES ($i)");
    $c->send([$m('a'), $m('b')]);
    [$d] = $c->receive(1);
    echo $s(), ' ', $other->stats()->ready, ' ';
    $rollBack();
    echo $s(), ' ', json_encode($d->stillMine()), ' ', $pdo->query("SELECT COUNT(*) FROM {$table}_mine")->fetchColumn();

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

// What another has claimed in a transaction that is still open is passed over, not waited for.
// (Under REPEATABLE READ the application's transaction would lock the gaps as well, and sends would wait.)
$c->send(array_map($m, ['a', 'b', 'c', 'd']));
$pdo->exec('SET TRANSACTION ISOLATION LEVEL READ COMMITTED');
$pdo->beginTransaction();
$mine = $c->receive(2);
$start = microtime(true);
$theirs = $other->receive(10);
$other->send($m('e'));
$e = $other->receive(10);
echo count($mine), ' ', implode(' ', array_map(fn ($d) => $d->message->type, [...$theirs, ...$e])), microtime(true) - $start < 4 ? '' : ' waited', "\n";
$pdo->commit();
foreach ([...$mine, ...$theirs, ...$e] as $d) {
    $d->ack();
}
echo $s(), "\n";

// A repeat under the same id is the same message, as long as it waits; in another queue it is another one.
$two = new Ecoq\Messaging(channels: ['x' => $channel, 'y' => new Ecoq\Channel($pdo, options: ['table' => $table])]);
$once = $m('once');
$two->channel('x')->send([$once, $once]);
$two->channel('x')->send($once);
$other->send($once);
$two->channel('y')->send($once);
echo $two->channel('x')->stats()->ready, ' ', $two->channel('y')->stats()->ready;
[$d] = $c->receive(5);
$d->ack();
$c->send($once);
echo ' ', $s(), "\n";

// Two transactions in each other's way: one is told so, and may be run again.
$second = mysql_pdo();
$second->exec('SET SESSION innodb_lock_wait_timeout = 1');
$c2 = (new Ecoq\Messaging(channels: ['x' => new Ecoq\Channel($second, options: ['table' => $table])]))->channel('x');
$c->purge();
$c->send($m('a'));
[$d] = $c->receive(1);
$pdo->exec("INSERT INTO {$table}_mine VALUES (100)");
$pdo->beginTransaction();
$pdo->exec("UPDATE {$table}_mine SET id = 101 WHERE id = 100");
$second->beginTransaction();
$c2->send($m('b'));
try {
    $second->exec("UPDATE {$table}_mine SET id = 102 WHERE id = 100");
} catch (PDOException $e) {
    echo $e->errorInfo[1], ' ';
}
$second->rollBack();
$d->ack();
$pdo->commit();
echo $s(), "\n";
?>
--EXPECT--
1/1 0 0/0 false 0 0/2 2/0 2
1/1 0 0/0 false 0 0/2 2/0 2
1/1 0 0/0 false 0 0/2 2/0 2
2 c d e
0/0
1 1 1/0
1205 0/0
