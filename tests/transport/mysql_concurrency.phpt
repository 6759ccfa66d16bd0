--TEST--
MariaDB, MySQL: processes that start together without tables create them once, and share the work without an error
--SKIPIF--
<?php
if (!getenv('ECOQ_TEST_MYSQL_DSN')) die('skip no ECOQ_TEST_MYSQL_DSN');
?>
--FILE--
<?php
require __DIR__ . '/mysql.inc';
$table = mysql_table();
$go = database_file();
unlink($go);
// Two of three reserve through a \PDO of their own, whose transactions are REPEATABLE READ unless ecoq sees to it.
$code = 'require ' . var_export(__DIR__ . '/mysql.inc', true) . ';' . <<<'PHP'
    [$table, $go, $number] = explode(' ', $file);
    echo "there\n";
    while (!is_file($go)) {
        usleep(100);
    }
    $me = getmypid();
    $got = [];
    try {
        $definition = $number % 3 ? new Ecoq\Channel(mysql_pdo(), options: ['table' => $table]) : mysql_channel($table);
        $c = (new Ecoq\Messaging(channels: ['x' => $definition]))->channel('x');
        for ($round = 0; $round < 40; $round++) {
            $c->send([Ecoq\Message::create('t', ['n' => "$me.$round.a"]), Ecoq\Message::create('t', ['n' => "$me.$round.b"])], delay: $round % 2);
            foreach ($c->receive(3) as $i => $d) {
                if (($i + $round) % 4 === 0) {
                    $d->release();
                } elseif (($i + $round) % 7 === 0) {
                    $d->retry();
                } else {
                    $got[] = $d->message->payload['n'];
                    $d->ack();
                }
            }
        }
    } catch (Throwable $e) {
        echo get_class($e), ' ', $e->getMessage();
    }
    echo implode(' ', $got), "\n";
    PHP;
$processes = array_map(fn ($n) => new Process($code, "$table $go $n"), range(1, 6));
foreach ($processes as $p) {
    $p->line();
}
touch($go);
$all = [];
foreach ($processes as $p) {
    array_push($all, ...explode(' ', trim($p->rest())));
    $p->wait();
}
$c = (new Ecoq\Messaging(channels: ['x' => mysql_channel($table)]))->channel('x');
for ($until = microtime(true) + 60; $c->stats()->ready + $c->stats()->reserved > 0 && microtime(true) < $until;) {
    foreach ($c->receive(100, 100) as $d) {
        $all[] = $d->message->payload['n'];
        $d->ack();
    }
}
echo count($all), ' ', count(array_unique($all)), ' ', implode(' ', preg_grep('/^\d+\.\d+\.[ab]$/', $all, PREG_GREP_INVERT)), "\n";
$pdo = mysql_pdo();
$others = fn () => $pdo->query("SELECT count(*) FROM {$table}_owners WHERE pid <> " . getmypid())->fetchColumn();
for ($until = microtime(true) + 60; $others() > 0 && microtime(true) < $until; usleep(100_000)) {
    $c->receive();
}
echo $pdo->query("SELECT group_concat(version) FROM {$table}_schema")->fetchColumn(), ' ', $others(), "\n";
?>
--EXPECT--
480 480 
2 0
