--TEST--
PostgreSQL: processes that start together on an empty database create its tables once, and share the work without an error
--SKIPIF--
<?php
if (!extension_loaded('pdo_pgsql')) die('skip no pdo_pgsql');
if (!getenv('ECOQ_TEST_PGSQL_DSN')) die('skip no ECOQ_TEST_PGSQL_DSN');
?>
--FILE--
<?php
require __DIR__ . '/processes.inc';
require __DIR__ . '/servers.inc';
$server = new Server;
$go = tempnam(sys_get_temp_dir(), 'ecoq');
unlink($go);
// $file is the DSN here.
$code = "\$go = '$go';" . <<<'PHP'
    echo "there\n";
    while (!is_file($go)) {
        usleep(100);
    }
    $me = getmypid();
    $got = [];
    try {
        $c = (new Ecoq\Messaging(channels: ['x' => $file]))->channel('x');
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
$processes = array_map(fn () => new Process($code, $server->channel()), range(1, 6));
foreach ($processes as $p) {
    $p->line();
}
touch($go);
$all = [];
foreach ($processes as $p) {
    array_push($all, ...array_filter(explode(' ', trim($p->rest()))));
    $p->wait();
}
unlink($go);
$c = (new Ecoq\Messaging(channels: ['x' => $server->channel()]))->channel('x');
while ($batch = $c->receive(100)) {
    foreach ($batch as $d) {
        $all[] = $d->message->payload['n'];
        $d->ack();
    }
}
echo count($all), ' ', count(array_unique($all)), ' ', implode(' ', preg_grep('/^\d+\.\d+\.[ab]$/', $all, PREG_GREP_INVERT)), "\n";
$pdo = $server->pdo();
echo $pdo->query('SELECT string_agg(CAST(version AS TEXT), \' \') FROM ecoq_schema')->fetchColumn(), ' ',
    $pdo->query('SELECT count(*) FROM ecoq_owners WHERE pid <> ' . getmypid())->fetchColumn(), "\n";
?>
--EXPECT--
360 360 
2 0
