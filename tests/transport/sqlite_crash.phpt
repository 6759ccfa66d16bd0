--TEST--
SQLite: of four workers one is killed -9: nothing is lost, its messages are handled elsewhere within 2 s, few run twice
--SKIPIF--
<?php
if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite');
if (getenv('SKIP_SLOW_TESTS')) die('skip slow');
?>
--FILE--
<?php
require __DIR__ . '/processes.inc';
$file = database_file();
$c = (new Ecoq\Messaging(channels: ['x' => "sqlite:$file"]))->channel('x');
const MESSAGES = 6000;
for ($i = 0; $i < MESSAGES; $i += 500) {
    $c->send(array_map(fn ($n) => Ecoq\Message::create('t', ['n' => $n]), range($i, $i + 499)));
}

// Each leaves a background child, which inherits what is not close-on-exec and lives on.
$code = <<<'PHP'
    $log = fopen("$file-log-" . getmypid(), 'a');
    $ecoq = new Ecoq\Messaging(handlers: ['t' => function (array $d) use ($log, $file) {
        static $child;
        $child ??= [shell_exec("sleep 120 >/dev/null 2>&1 & echo \$! >>$file-children")];
        usleep(300);
        fwrite($log, "$d[n] " . microtime(true) . "\n");
    }], channels: ['x' => "sqlite:$file"]);
    echo "up\n";
    $ecoq->worker('x')->run();
    PHP;
$workers = array_map(fn () => new Process($code, $file), range(1, 4));
foreach ($workers as $w) {
    $w->line();
}
$log = "$file-log-{$workers[0]->pid}";
while (!is_file($log) || count(file($log)) < 200) {
    usleep(5000);
}
// Stopped where it has something in hand, told by the database, then killed.
$pdo = new PDO("sqlite:$file");
for ($i = 0, $held = []; !$held && $i < 200; $i++) {
    $workers[0]->signal(SIGSTOP);
    usleep(20_000);
    $held = $pdo->query("SELECT json_extract(body, '$.data.n') FROM ecoq_messages JOIN ecoq_owners o ON o.id = owner WHERE pid = {$workers[0]->pid}")
        ->fetchAll(PDO::FETCH_COLUMN);
    if (!$held) {
        $workers[0]->signal(SIGCONT);
        usleep(random_int(1000, 10_000));
    }
}
$workers[0]->signal(SIGKILL);
$workers[0]->wait();
$killed = microtime(true);
echo $held ? '' : "nothing was in hand\n";
do {
    usleep(10_000);
    $s = $c->stats();
} while ($s->ready + $s->reserved > 0 && microtime(true) - $killed < 100);
echo $s->ready + $s->reserved, " left\n";
foreach (array_slice($workers, 1) as $w) {
    $w->signal(SIGTERM);
    $w->wait();
}
$runs = $after = [];
foreach (glob("$file-log-*") as $l) {
    foreach (file($l, FILE_IGNORE_NEW_LINES) as $line) {
        [$n, $at] = explode(' ', $line);
        $runs[$n] = ($runs[$n] ?? 0) + 1;
        $after[$n] = max($after[$n] ?? 0, $at - $killed);
    }
}
$slowest = $held ? max(array_map(fn ($n) => $after[$n], $held)) : 0;
echo $slowest < 20 ? 'taken over in time' : "taken over after $slowest s", "\n";
$doubles = array_sum($runs) - count($runs);
echo count($runs), ' handled, ', $doubles <= 256 ? 'doubles bounded' : "$doubles doubles", "\n";
exec('kill ' . implode(' ', file("$file-children", FILE_IGNORE_NEW_LINES)));
// Whoever is dead has been cleared away, or will be.
var_dump($pdo->query('SELECT count(*) FROM ecoq_messages')->fetchColumn(), $pdo->query("SELECT count(*) FROM ecoq_owners WHERE pid = {$workers[0]->pid}")->fetchColumn());
?>
--EXPECT--
0 left
taken over in time
6000 handled, doubles bounded
int(0)
int(0)
