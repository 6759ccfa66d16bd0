--TEST--
Killed with -9 between commit and send, again and again, channel and target off the database: every follow-up arrives, effects happen once
--SKIPIF--
<?php
if (!extension_loaded('pdo_sqlite') || !extension_loaded('posix')) die('skip pdo_sqlite and posix are needed');
if (getenv('SKIP_SLOW_TESTS')) die('skip slow');
?>
--FILE--
<?php
require __DIR__ . '/workers.inc';
// ECOQ_STORM=1000 is the full figure
$count = (int) (getenv('ECOQ_STORM') ?: 24);
$file = database_file();
$pdo = new PDO("sqlite:$file");
$pdo->exec('PRAGMA journal_mode = WAL');
$pdo->exec('CREATE TABLE effects (n)');
$code = <<<'PHP'
    $pdo = new PDO("sqlite:$file");
    $pdo->exec('PRAGMA synchronous = NORMAL');
    $ecoq = null;
    $handler = function (array $d) use ($pdo, &$ecoq) {
        $pdo->exec("INSERT INTO effects VALUES ($d[n])");
        $ecoq->send(new FollowUp($d['n']));
    };
    final class FollowUp { public function __construct(public int $n) {} }
    final class Target
    {
        #[Ecoq\Attribute\Asynchronous('target'), Ecoq\Attribute\CommandHandler]
        public function take(FollowUp $f): void { echo "$f->n\n"; }
    }
    $target = "sqlite:$file-target?synchronous=normal";
    $ecoq = new Ecoq\Messaging(handlers: ['work' => $handler, Target::class], channels: ['work' => "sqlite:$file-work?synchronous=normal", 'target' => $target], database: $pdo);
PHP;
// The target's file is locked by somebody else when the message is to be sent: that is where the worker is killed.
$work = new Ecoq\Messaging(channels: ['work' => "sqlite:$file-work?synchronous=normal", 'target' => "sqlite:$file-target?synchronous=normal"]);
$work->channel('target')->setup();
$work->channel('work')->send(array_map(fn ($n) => Ecoq\Message::create('work', ['n' => $n]), range(1, $count)));
$lock = new PDO("sqlite:$file-target");
$lock->exec('BEGIN IMMEDIATE');
$committed = fn () => (int) $pdo->query('SELECT count(*) FROM effects')->fetchColumn();
$killed = 0;
while ($committed() < $count && $killed < 3 * $count) {
    $workers = [];
    $before = $committed();
    for ($i = 0; $i < 3; $i++) {
        $workers[] = new WorkerProcess($code . ' $ecoq->worker("work")->run();', $file);
    }
    until(fn () => $committed() >= min($before + 3, $count));
    foreach ($workers as $worker) {
        $worker->signal(9);
        $worker->wait();
        $killed++;
    }
}
$lock->exec('ROLLBACK');
echo $committed() === $count ? 'all' : $committed(), ' committed, ', $work->channel('target')->stats()->ready, " sent\n";
$end = $code . <<<'PHP'
    for ($until = microtime(true) + 100; microtime(true) < $until; usleep(100_000)) {
        $report = $ecoq->worker('work', stopWhenEmpty: true)->run();
        $stats = $ecoq->channel('work')->stats();
        if ($stats->ready + $stats->reserved + $stats->delayed === 0 && $ecoq->channel('target')->stats()->ready >= COUNT) break;
    }
PHP;
echo (new WorkerProcess(str_replace('COUNT', (string) $count, $end), $file))->rest();
ob_start();
echo (new WorkerProcess($code . '$ecoq->worker("target", stopWhenEmpty: true)->run();', $file))->rest();
$arrived = array_count_values(explode("\n", trim(ob_get_clean())));
printf("%s follow-ups arrived, effects %s\n", count($arrived) === $count ? 'all' : count($arrived), $committed() === $count ? 'once' : $committed());
?>
--EXPECT--
all committed, 0 sent
all follow-ups arrived, effects once
