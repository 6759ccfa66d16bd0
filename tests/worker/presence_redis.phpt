--TEST--
Redis: a worker that was stopped for so long that it counts as dead: its handlers are interrupted once they go on, their outcome is lost, their writes are rolled back
--SKIPIF--
<?php
if (!getenv('ECOQ_TEST_REDIS_DSN')) die('skip no ECOQ_TEST_REDIS_DSN');
if (!extension_loaded('pdo_sqlite') || !extension_loaded('posix')) die('skip pdo_sqlite and posix are needed');
if (getenv('SKIP_SLOW_TESTS')) die('skip takes seconds');
ob_start();
(new ReflectionExtension('ecoq'))->info();
if (!preg_match('/^transport redis/m', ob_get_clean())) die('skip no Redis transport');
?>
--FILE--
<?php
require __DIR__ . '/workers.inc';
require dirname(__DIR__) . '/transport/servers.inc';
$dsn = (new RedisSpace)->channel();
$file = database_file();
$pdo = new PDO("sqlite:$file", options: [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
$pdo->exec('CREATE TABLE effects (who INTEGER, n INTEGER)');
$lock = fopen("$file.lock", 'c');

// The first process to get a message waits for ever, in PHP code or in one C call; any other is quick.
$code = 'const DSN = ' . var_export($dsn, true) . ';' . <<<'PHP'
    $pdo = new PDO("sqlite:$file", options: [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
    $handler = function (array $d) use ($pdo, $file) {
        $isFirst = !is_file("$file.log");
        file_put_contents("$file.log", "$d[n] " . getmypid() . "\n", FILE_APPEND);
        try {
            if ($isFirst) {
                if ($d['in'] === 'call') flock(fopen("$file.lock", 'c'), LOCK_SH);
                for ($end = microtime(true) + 60; microtime(true) < $end;) usleep(1000);
                throw new LogicException('not interrupted');
            }
        } catch (Exception $e) {
            echo preg_replace('/[\da-f]{8}-[\da-f-]{27}/', '<id>', get_class($e) . ': ' . $e->getMessage()), "\n";
            if ($d['then'] === 'throw') throw $e;
        } finally {
            $pdo->exec('INSERT INTO effects VALUES (' . getmypid() . ", $d[n])");
        }
    };
    $ecoq = new Ecoq\Messaging(handlers: ['t' => $handler], channels: ['q' => DSN], database: $pdo);
    $report = $ecoq->worker('q')->run();
    echo "handled $report->handled, failed $report->failed, retried $report->retried, lost $report->lost\n";
PHP;
$ecoq = new Ecoq\Messaging(channels: ['q' => $dsn]);
$log = fn () => array_map(fn ($line) => explode(' ', $line), @file("$file.log", FILE_IGNORE_NEW_LINES) ?: []);

foreach ([['loop', 'return'], ['loop', 'throw'], ['call', 'return']] as $n => [$in, $then]) {
    flock($lock, LOCK_EX);
    @unlink("$file.log");
    $ecoq->channel('q')->send(Ecoq\Message::create('t', ['n' => $n, 'in' => $in, 'then' => $then]));
    $first = new WorkerProcess($code, $file);
    until(fn () => count($log()) === 1);
    $first->signal(SIGSTOP);
    $second = new WorkerProcess($code, $file);
    until(fn () => count($log()) === 2, 30);
    until(fn () => $pdo->query("SELECT count(*) FROM effects WHERE n = $n")->fetchColumn() > 0, 30);
    $first->signal(SIGCONT);
    flock($lock, LOCK_UN);
    echo "$in, $then: ", $first->line(), "\n";
    $first->signal(SIGTERM);
    $second->signal(SIGTERM);
    echo 'the first ', $first->rest(), 'the second ', $second->rest();
    $who = $pdo->query("SELECT who FROM effects WHERE n = $n")->fetchAll(PDO::FETCH_COLUMN);
    $stats = $ecoq->channel('q')->stats();
    echo $who == [$second->pid] ? 'effect by the second alone' : json_encode([$who, $first->pid, $second->pid]), ', ', $stats->ready + $stats->reserved + $stats->delayed, " left\n";
    $first->wait();
    $second->wait();
}

echo "without a worker\n";
$ecoq->channel('q')->send(Ecoq\Message::create('t', ['n' => 9]));
$first = new WorkerProcess('const DSN = ' . var_export($dsn, true) . ';' . <<<'PHP'
    $ecoq = new Ecoq\Messaging(channels: ['q' => DSN]);
    $delivery = $ecoq->channel('q')->receive(1, 10_000)[0];
    echo json_encode($delivery->stillMine()), "\n";
    posix_kill(getmypid(), SIGSTOP);
    usleep(100_000);
    echo json_encode($delivery->stillMine()), "\n";
    try { $delivery->ack(); } catch (Ecoq\Exception\OwnershipLostException) { echo "refused\n"; }
PHP, $file);
echo $first->line(), "\n";
$deliveries = [];
until(function () use ($ecoq, &$deliveries) { return $deliveries = $ecoq->channel('q')->receive(1, 500); }, 30);
$first->signal(SIGCONT);
echo $first->rest(), count($deliveries), "\n";
$deliveries[0]->ack();
?>
--EXPECT--
loop, return: Ecoq\Exception\OwnershipLostException: Handler t#callable is interrupted: message <id> of channel "q" belongs to another worker by now; what was done for it may be done twice
the first handled 0, failed 0, retried 0, lost 1
the second handled 1, failed 0, retried 0, lost 0
effect by the second alone, 0 left
loop, throw: Ecoq\Exception\OwnershipLostException: Handler t#callable is interrupted: message <id> of channel "q" belongs to another worker by now; what was done for it may be done twice
the first handled 0, failed 0, retried 0, lost 1
the second handled 1, failed 0, retried 0, lost 0
effect by the second alone, 0 left
call, return: Ecoq\Exception\OwnershipLostException: Handler t#callable is interrupted: message <id> of channel "q" belongs to another worker by now; what was done for it may be done twice
the first handled 0, failed 0, retried 0, lost 1
the second handled 1, failed 0, retried 0, lost 0
effect by the second alone, 0 left
without a worker
true
false
refused
1
