--TEST--
MariaDB, MySQL: of four workers one is killed -9 and leaves a background child: nothing is lost, its messages are handled elsewhere
--SKIPIF--
<?php
if (!getenv('ECOQ_TEST_MYSQL_DSN')) die('skip no ECOQ_TEST_MYSQL_DSN');
if (getenv('SKIP_SLOW_TESTS')) die('skip slow');
?>
--FILE--
<?php
require __DIR__ . '/mysql.inc';
$table = mysql_table();
$file = database_file();
$c = (new Ecoq\Messaging(channels: ['x' => mysql_channel($table)]))->channel('x');
const MESSAGES = 3000;
for ($i = 0; $i < MESSAGES; $i += 500) {
    $c->send(array_map(fn ($n) => Ecoq\Message::create('t', ['n' => $n]), range($i, $i + 499)));
}

// Each leaves a background child, which inherits what is not close-on-exec and lives on; two go by a \PDO of their own.
$code = 'require ' . var_export(__DIR__ . '/mysql.inc', true) . ';' . <<<'PHP'
    [$table, $file, $number] = explode(' ', $file);
    $log = fopen("$file-log-" . getmypid(), 'a');
    $definition = $number % 2 ? mysql_channel($table) : new Ecoq\Channel(mysql_pdo(), options: ['table' => $table]);
    $ecoq = new Ecoq\Messaging(handlers: ['t' => function (array $d) use ($log, $file) {
        static $child;
        $child ??= [shell_exec("sleep 120 >/dev/null 2>&1 & echo \$! >>$file-children")];
        usleep(300);
        fwrite($log, "$d[n] " . microtime(true) . "\n");
    }], channels: ['x' => $definition]);
    echo "up\n";
    $ecoq->worker('x')->run();
    PHP;
$workers = array_map(fn ($n) => new Process($code, "$table $file $n"), range(1, 4));
foreach ($workers as $w) {
    $w->line();
}
$log = "$file-log-{$workers[0]->pid}";
while (!is_file($log) || count(file($log)) < 100) {
    usleep(5000);
}
$pdo = mysql_pdo();
// Killed with something in hand, as the database tells while it is stopped.
$held = [];
for ($until = microtime(true) + 60; !$held && microtime(true) < $until;) {
    $workers[0]->signal(19); // SIGSTOP
    usleep(20_000);
    $held = $pdo->query("SELECT CONVERT(body USING utf8mb4) FROM {$table}_messages m JOIN {$table}_owners o ON o.id = m.owner WHERE o.pid = {$workers[0]->pid}")->fetchAll(PDO::FETCH_COLUMN);
    if (!$held) {
        $workers[0]->signal(18); // SIGCONT
        usleep(3000);
    }
}
$workers[0]->signal(SIGKILL);
$workers[0]->wait();
$killed = microtime(true);
$held = array_map(fn ($body) => json_decode($body, true)['data']['n'], $held);
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
var_dump($pdo->query("SELECT count(*) FROM {$table}_messages")->fetchColumn(), $pdo->query("SELECT count(*) FROM {$table}_owners WHERE pid = {$workers[0]->pid}")->fetchColumn());
?>
--EXPECT--
0 left
taken over in time
3000 handled, doubles bounded
int(0)
int(0)
