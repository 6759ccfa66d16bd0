--TEST--
PostgreSQL: of four workers one is killed -9 and leaves a background child: nothing is lost, its messages are handled elsewhere within 2 s
--SKIPIF--
<?php
if (!extension_loaded('pdo_pgsql')) die('skip no pdo_pgsql');
if (!getenv('ECOQ_TEST_PGSQL_DSN')) die('skip no ECOQ_TEST_PGSQL_DSN');
if (getenv('SKIP_SLOW_TESTS')) die('skip slow');
?>
--FILE--
<?php
require __DIR__ . '/processes.inc';
require __DIR__ . '/servers.inc';
$server = new Server;
$log = database_file();
$c = (new Ecoq\Messaging(channels: ['x' => $server->channel()]))->channel('x');
const MESSAGES = 6000;
for ($i = 0; $i < MESSAGES; $i += 500) {
    $c->send(array_map(fn ($n) => Ecoq\Message::create('t', ['n' => $n]), range($i, $i + 499)));
}

// Each leaves a background child, which inherits what is not close-on-exec and lives on.
$code = "\$log = fopen('$log-log-' . getmypid(), 'a');" . <<<'PHP'
    $ecoq = new Ecoq\Messaging(handlers: ['t' => function (array $d) use ($log) {
        static $child;
        $child ??= [shell_exec('sleep 6 >/dev/null 2>&1 &')];
        usleep(300);
        fwrite($log, "$d[n] " . microtime(true) . "\n");
    }], channels: ['x' => $file]);
    echo "up\n";
    $ecoq->worker('x')->run();
    PHP;
$workers = array_map(fn () => new Process($code, $server->channel()), range(1, 4));
foreach ($workers as $w) {
    $w->line();
}
$victim = $workers[0]->pid;
while (!is_file("$log-log-$victim") || count(file("$log-log-$victim")) < 200) {
    usleep(5000);
}
$workers[0]->signal(SIGKILL);
$workers[0]->wait();
$killed = microtime(true);
// What it had in hand, told by the database, since nobody takes it within the first half second.
$pdo = $server->pdo();
$held = $pdo->query("SELECT CAST(body AS JSON) -> 'data' ->> 'n' FROM ecoq_messages m JOIN ecoq_owners o ON o.id = owner WHERE pid = $victim")
    ->fetchAll(PDO::FETCH_COLUMN);
echo $held ? '' : "nothing was in hand\n";
do {
    usleep(10_000);
    $s = $c->stats();
} while ($s->ready + $s->reserved > 0 && microtime(true) - $killed < 30);
echo $s->ready + $s->reserved, " left\n";
foreach (array_slice($workers, 1) as $w) {
    $w->signal(SIGTERM);
    $w->wait();
}
$runs = $after = [];
foreach (glob("$log-log-*") as $l) {
    foreach (file($l, FILE_IGNORE_NEW_LINES) as $line) {
        [$n, $at] = explode(' ', $line);
        $runs[$n] = ($runs[$n] ?? 0) + 1;
        $after[$n] = max($after[$n] ?? 0, $at - $killed);
    }
}
// The first of them: suspects run one at a time.
$first = $held ? min(array_map(fn ($n) => $after[$n], $held)) : 0;
// 2 s is what is promised; a loaded machine may need longer to run anything at all
echo $first < (getenv('ECOQ_STRICT') ? 2 : 20) ? 'taken over in time' : "taken over after $first s", "\n";
$doubles = array_sum($runs) - count($runs);
echo count($runs), ' handled, ', $doubles <= 256 ? 'doubles bounded' : "$doubles doubles", "\n";
var_dump($pdo->query('SELECT count(*) FROM ecoq_messages')->fetchColumn(), $pdo->query("SELECT count(*) FROM ecoq_owners WHERE pid = $victim")->fetchColumn());
?>
--EXPECT--
0 left
taken over in time
6000 handled, doubles bounded
int(0)
int(0)
