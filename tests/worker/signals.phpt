--TEST--
Signals: an idle worker ends at once, a busy one after its message; the second signal ends the process; handlers are put back
--SKIPIF--
<?php if (!extension_loaded('pdo_sqlite') || !extension_loaded('posix')) die('skip pdo_sqlite and posix are needed'); ?>
--FILE--
<?php
require __DIR__ . '/workers.inc';
$file = database_file();
$code = <<<'PHP'
    $handler = function (array $data) { echo "started {$data['n']}\n"; for ($end = microtime(true) + $data['seconds']; microtime(true) < $end;) usleep(10000); echo "finished {$data['n']}\n"; };
    $ecoq = new Ecoq\Messaging(handlers: ['t' => $handler], channels: ['q' => "sqlite:$file"]);
    $ecoq->channel('q')->stats();
    echo "ready\n";
    $report = $ecoq->worker('q')->run();
    echo "{$report->stopReason} handled {$report->handled}\n";
PHP;
$ecoq = new Ecoq\Messaging(channels: ['q' => "sqlite:$file"]);
$channel = $ecoq->channel('q');
$send = fn (int $n, float $seconds) => $channel->send(Ecoq\Message::create('t', ['n' => $n, 'seconds' => $seconds]));

foreach ([SIGTERM, SIGINT, SIGQUIT] as $signal) {
    $send(0, 0);
    $worker = new WorkerProcess($code, $file);
    $worker->line();
    // it has come to its loop when it has handled one; then it is idle
    $worker->line(); $worker->line();
    usleep(150000);
    $worker->signal($signal);
    [$status, $took] = $worker->wait();
    echo 'idle: ', $worker->rest(), "exit $status ", $took < 20 ? 'at once' : "after $took", "\n";
}

$send(1, 0.5);
$send(2, 0.5);
$worker = new WorkerProcess($code, $file);
$worker->line();
echo $worker->line(), "\n";
$worker->signal(SIGTERM);
[$status, $took] = $worker->wait();
echo $worker->rest(), "exit $status ", $took < 60 ? 'in time' : "after $took", "\n";
$stats = $channel->stats();
echo "{$stats->ready} ready, {$stats->reserved} reserved\n";
$channel->purge();

$send(3, 200);
$worker = new WorkerProcess($code, $file);
$worker->line();
echo $worker->line(), "\n";
// two that come at the same moment are one to the kernel
for ($i = 0; $i < 600 && $worker->isRunning(); $i++) {
    $worker->signal(SIGTERM);
    usleep(100000);
}
[$status] = $worker->wait();
echo "status $status ", $i >= 2 && $i < 600 ? 'at once' : "after $i signals", "\n";
// the message is free again, and was not charged
$deliveries = $channel->receive(1, 60_000);
echo count($deliveries), ' message, attempts ', $deliveries[0]->attempts, "\n";
$deliveries[0]->ack();

if (function_exists('pcntl_signal')) {
    pcntl_signal(SIGTERM, fn () => print("MUST NOT BE CALLED\n"));
    $ecoq->worker('q', timeLimit: 20)->run();
    $called = 0;
    pcntl_signal(SIGTERM, function () use (&$called) { $called++; });
    $sender = new WorkerProcess('while (!is_file("$file-idle")) usleep(10000); usleep(100000); posix_kill(' . getmypid() . ', 15);', $file);
    $application = new Ecoq\Messaging(handlers: ['t' => fn () => touch("$file-idle")], channels: ['q' => "sqlite:$file"]);
    $send(4, 0);
    $report = $application->worker('q', timeLimit: 100_000)->run();
    echo "{$report->stopReason} ", $called === 1 ? 'and the application was told' : "called $called", "\n";
} else {
    echo "signal and the application was told\n";
}
?>
--EXPECT--
idle: signal handled 1
exit 0 at once
idle: signal handled 1
exit 0 at once
idle: signal handled 1
exit 0 at once
started 1
finished 1
signal handled 1
exit 0 in time
1 ready, 0 reserved
started 3
status -15 at once
1 message, attempts 0
signal and the application was told
