--TEST--
However a process ends while the keeper's thread runs, it ends without a signal; forked children are no workers
--SKIPIF--
<?php
if (!extension_loaded('pdo_sqlite') || !extension_loaded('posix') || !extension_loaded('pcntl')) die('skip pdo_sqlite, posix and pcntl are needed');
if (getenv('USE_ZEND_ALLOC') === '0') die('skip what a bailout leaves behind, only the memory manager of the engine frees');
?>
--FILE--
<?php
require __DIR__ . '/workers.inc';
// the module is unloaded as in every other process: a thread that is still in it would crash
putenv('ZEND_DONT_UNLOAD_MODULES');

$code = <<<'PHP'
    ini_set('display_errors', 0); ini_set('ecoq.scoreboard', "$file.scoreboard");
    $threads = fn () => count(glob('/proc/self/task/*'));
    final class Handlers {
        public static Closure $act;
        #[Ecoq\Attribute\Asynchronous('q'), Ecoq\Attribute\CommandHandler('act', endpointId: 'act')] public function act(int $n): void { (self::$act)($n); }
    }
    $ecoq = new Ecoq\Messaging(handlers: [Handlers::class], channels: ['q' => "sqlite:$file?timeout=60s&retry.max=0"]);
    for ($n = 0; $n < 3; $n++) $ecoq->sendTo('act', $n);
    $run = fn () => $ecoq->worker('q', stopWhenEmpty: true)->run();
    register_shutdown_function(fn () => print("shutdown\n"));
PHP;
$ends = [
    'returns' => 'Handlers::$act = fn () => print($threads() . " threads\n"); $r = $run(); echo "$r->handled handled, ", $threads(), " thread\n";',
    'exit in a handler' => 'Handlers::$act = fn () => exit(5); echo $run()->failed, " failed\n"; exit(4);',
    'fatal error in a handler' => 'Handlers::$act = fn () => eval("class Handlers {}"); $run();',
    'memory limit in a handler' => 'ini_set("memory_limit", "16M"); Handlers::$act = fn () => str_repeat("x", 1 << 25); $run();',
    'uncaught exception' => 'pcntl_signal(SIGTERM, fn () => throw new Exception("by signal")); Handlers::$act = fn () => posix_kill(getmypid(), SIGTERM); $run();',
    'exit by signal' => 'pcntl_signal(SIGTERM, fn () => exit(6)); Handlers::$act = fn () => posix_kill(getmypid(), SIGTERM); $run();',
    'worker in a worker' => 'Handlers::$act = function ($n) use ($run, $threads) { echo "$n: ", $threads(), " threads\n"; if ($n < 2) $run(); else eval("class Handlers {}"); }; $run();',
    'killed' => 'Handlers::$act = fn () => posix_kill(getmypid(), SIGKILL); $run();',
];
foreach ($ends as $how => $end) {
    $worker = new WorkerProcess($code . $end, database_file());
    $output = $worker->rest();
    echo "$how: ", $worker->wait()[0], "\n", preg_replace('/^/m', '  ', rtrim($output)), "\n";
}

// a child that a handler forks: whatever it does, it ends, and the message, the worker's place and its connections are its parent's
$fork = <<<'PHP'
    Handlers::$act = function (int $n) use ($ecoq, $file) {
        echo "$n\n";
        if (pcntl_fork() === 0) {
            if ($n === 0) exit(7);
            if ($n === 1) throw new Exception('in the child');
            return;
        }
        pcntl_wait($status);
        file_put_contents("$file.log", "$n: child " . (pcntl_wifexited($status) ? 'ended ' . pcntl_wexitstatus($status) : 'killed ' . pcntl_wtermsig($status)) . "\n", FILE_APPEND);
    };
    $r = $run();
    echo "handled $r->handled, failed $r->failed, lost $r->lost\n";
    ob_start(); (new Ecoq\Console($ecoq))->run(['w', 'status']); echo ob_get_clean();
PHP;
$worker = new WorkerProcess($code . $fork, $file = database_file());
$output = $worker->rest();
echo 'forks: ', $worker->wait()[0], "\n", preg_replace('/^shutdown\n/m', '', $output), file_get_contents("$file.log");
?>
--EXPECT--
returns: 0
  2 threads
  2 threads
  2 threads
  3 handled, 1 thread
  shutdown
exit in a handler: 4
  3 failed
  shutdown
fatal error in a handler: 255
  shutdown
memory limit in a handler: 255
  shutdown
uncaught exception: 255
  shutdown
exit by signal: 6
  shutdown
worker in a worker: 255
  0: 2 threads
  1: 3 threads
  2: 4 threads
  shutdown
killed: -9
  
forks: 0
0
1
2
handled 3, failed 0, lost 0
 No worker of this user runs on this machine.
0: child ended 7
1: child ended 255
2: child ended 0
