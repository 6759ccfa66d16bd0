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
    while (!is_file("$file-go")) {
        usleep(100);
    }
    $c = (new Ecoq\Messaging(channels: ['x' => "sqlite:$file"]))->channel('x');
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
usleep(200_000);
touch("$file-go");
$all = [];
foreach ($processes as $p) {
    array_push($all, ...explode(' ', trim($p->rest())));
    $p->wait();
}
$c = (new Ecoq\Messaging(channels: ['x' => "sqlite:$file"]))->channel('x');
while ($batch = $c->receive(100)) {
    foreach ($batch as $d) {
        $all[] = $d->message->payload['n'];
        $d->ack();
    }
}
echo count($all), ' ', count(array_unique($all)), ' ', implode(' ', preg_grep('/^\d+\.\d+\.[ab]$/', $all, PREG_GREP_INVERT)), "\n";
$pdo = new PDO("sqlite:$file");
echo $pdo->query('SELECT group_concat(version) FROM ecoq_schema')->fetchColumn(), ' ', $pdo->query('SELECT count(*) FROM ecoq_owners WHERE pid <> ' . getmypid())->fetchColumn(), "\n";
?>
--EXPECT--
360 360 
1 0
