--TEST--
SQLite: processes that start together on a file that is not there yet create it once, and share the work without an error
--SKIPIF--
<?php
if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite');
?>
--FILE--
<?php
require __DIR__ . '/processes.inc';
$file = database_file();
unlink($file);
$code = <<<'PHP'
    echo "there\n";
    while (!is_file("$file-go")) {
        usleep(100);
    }
    $c = (new Ecoq\Messaging(channels: ['x' => "sqlite:$file?busy-timeout=2m"]))->channel('x');
    $me = getmypid();
    $got = [];
    try {
        for ($round = 0; $round < 30; $round++) {
            $c->send([Ecoq\Message::create('t', ['n' => "$me.$round.a"]), Ecoq\Message::create('t', ['n' => "$me.$round.b"])]);
            foreach ($c->receive(3) as $i => $d) {
                if (($i + $round) % 4 === 0) {
                    $d->release();
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
$processes = array_map(fn () => new Process($code, $file), range(1, 6));
foreach ($processes as $p) {
    $p->line();
}
touch("$file-go");
$all = [];
foreach ($processes as $p) {
    array_push($all, ...explode(' ', trim($p->rest())));
    $p->wait();
}
$c = (new Ecoq\Messaging(channels: ['x' => "sqlite:$file?busy-timeout=2m"]))->channel('x');
while ($batch = $c->receive(100)) {
    foreach ($batch as $d) {
        $all[] = $d->message->payload['n'];
        $d->ack();
    }
}
echo count($all), ' ', count(array_unique($all)), ' ', implode(' ', preg_grep('/^\d+\.\d+\.[ab]$/', $all, PREG_GREP_INVERT)), "\n";
// One that could not resign, because the others kept the file busy while it ended, is cleared away like a dead one.
$pdo = new PDO("sqlite:$file");
$others = fn () => $pdo->query('SELECT count(*) FROM ecoq_owners WHERE pid <> ' . getmypid())->fetchColumn();
for ($until = microtime(true) + 60; $others() > 0 && microtime(true) < $until; usleep(100_000)) {
    $c->receive();
}
echo $pdo->query('SELECT group_concat(version) FROM ecoq_schema')->fetchColumn(), ' ', $others(), "\n";
?>
--EXPECT--
360 360 
2 0
