--TEST--
What ends a worker: limits, an empty queue, stop(), StopWorker; what was reserved goes back in order
--FILE--
<?php
$calls = [];
$handler = function (array $data) use (&$calls, &$worker) {
    $calls[] = $data['n'];
    if (isset($data['usleep'])) usleep($data['usleep']);
    if (isset($data['fail'])) throw new RuntimeException('fail');
    if (isset($data['stop'])) $worker->stop();
    if (isset($data['eat'])) $GLOBALS['eaten'] = str_repeat('x', $data['eat']);
};
$ecoq = new Ecoq\Messaging(handlers: ['t' => $handler], channels: ['q' => 'memory:?retry.max=0', 'r' => 'memory:']);
$fill = function (array ...$data) use ($ecoq) {
    foreach ($data as $i => $item) { $ecoq->channel('q')->send(Ecoq\Message::create('t', $item + ['n' => $i])); }
};
$run = function (mixed ...$limits) use ($ecoq, &$calls, &$worker) {
    $calls = [];
    $worker = $ecoq->worker('r', 'q', ...$limits);
    $start = microtime(true);
    $report = $worker->run();
    printf("%s: [%s] handled %d failed %d, %d left%s\n", $report->stopReason, implode(' ', $calls), $report->handled, $report->failed, $ecoq->channel('q')->stats()->ready,
        microtime(true) - $start < 60 && $report->duration < 60_000 ? '' : ', late');
    $ecoq->channel('q')->purge();
};
$many = array_fill(0, 20, []);
$fill(...$many); $run(limit: 7);
$fill(...$many); $run(stopWhenEmpty: true);
$fill([], ['fail' => 1], [], ['fail' => 1], []); $run(failureLimit: 2);
$fill([], [], [], ['stop' => 1], [], []); $run(stopWhenEmpty: true);
$fill(...array_fill(0, 1000, ['usleep' => 2000])); $calls = []; $worker = $ecoq->worker('q', timeLimit: 500); $report = $worker->run();
echo $report->stopReason, ' ', count($calls) <= 251 && count($calls) > 0 ? 'some' : count($calls), ' ', $ecoq->channel('q')->stats()->ready + count($calls), "\n"; $ecoq->channel('q')->purge();
$fill([]); $run(idleLimit: new Ecoq\TimeSpan(milliseconds: 60));
$fill([], ['eat' => 64 << 20], [], []); $run(memoryLimit: 48 << 20);
unset($eaten);
$run(timeLimit: 50);
$fill(...$many); $run(limit: 3, fetchSize: 1, rest: 1);
?>
--EXPECT--
message-limit: [0 1 2 3 4 5 6] handled 7 failed 0, 13 left
empty: [0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19] handled 20 failed 0, 0 left
failure-limit: [0 1 2 3] handled 2 failed 2, 1 left
requested: [0 1 2 3] handled 4 failed 0, 2 left
time-limit some 1000
idle-limit: [0] handled 1 failed 0, 0 left
memory-limit: [0 1] handled 2 failed 0, 2 left
time-limit: [] handled 0 failed 0, 0 left
message-limit: [0 1 2] handled 3 failed 0, 17 left
