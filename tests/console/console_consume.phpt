--TEST--
Console: consume with limits; what it logs at each verbosity, and its report as JSON
--FILE--
<?php
require __DIR__ . '/application.inc';
$ecoq = application();

function orders(string ...$kinds): void
{
    global $ecoq;
    foreach ($kinds as $kind) {
        $ecoq->publishTo("order.$kind", ['card' => '4111-secret']);
    }
}

/** The arguments run in a process of its own, which fills its queue in memory itself. */
function consumed(array $kinds, string ...$arguments): void
{
    $errors = tmpfile();
    $command = worker_command('fill:' . implode(',', $kinds), 'consume', ...$arguments);
    $process = proc_open($command, [['file', '/dev/null', 'r'], ['pipe', 'w'], $errors], $pipes);
    $output = stream_get_contents($pipes[1]);
    $code = proc_close($process);
    rewind($errors);
    $text = stream_get_contents($errors);
    echo '== consume ', implode(' ', $arguments), ": exit code $code\n", steady($output), "-- stderr\n", steady($text);
    if (str_contains($output . $text, '4111') || str_contains($output . $text, "\x1b")) {
        echo "LEAKED\n";
    }
}

consumed(['placed', 'broken', 'placed'], 'orders', '--limit=4');
consumed(['placed', 'placed'], 'orders', '-vv', '--limit=1');
consumed(['broken'], 'orders', '-q', '-l2');
consumed(['broken'], '--queue=emails,orders', '--stopOnFailure', '-v');
consumed(['evil'], 'orders', '-f1');
consumed(['placed'], 'orders', '-m1M', '--memory-exit-code=12');
consumed([], '--all', '-t', '1', '-vvv');

// in this process: the report goes through PHP's output, one object; the log lines are objects, too
orders('placed', 'broken', 'placed');
ob_start();
$code = console($ecoq, 'consume', 'orders', '--limit=4', '--format=json', '-q');
$output = ob_get_clean();
$report = json_decode($output, true, flags: JSON_THROW_ON_ERROR);
printf("\n%d, %d line, %s\n", $code, substr_count($output, "\n"), implode(',', array_keys($report)));
printf("handled %d failed %d retried %d dead %d expired %d lost %d %s, %s\n", $report['handled'], $report['failed'], $report['retried'], $report['deadLettered'],
    $report['expired'], $report['lost'], $report['stopReason'], $report['memoryPeak'] > 100_000 && is_int($report['durationMs']) ? 'measured' : 'not measured');
?>
--EXPECTF--
== consume orders --limit=4: exit code 0
-- stderr
 [OK] Consuming messages from channel "orders".
 // The worker stops once it has handled 4 messages, or at SIGTERM.
 // Quit the worker with CONTROL-C.
 // Run it with -vv to see every message.
<time> WARNING   [orders] Error thrown while handling order.broken (endpoint orders.broken, id <id>). Retry 1 of 1 in <n> ms: DomainException: never
<time> ERROR     [orders] Error thrown while handling order.broken (endpoint orders.broken, id <id>). Moved to the dead letters after 2 attempts: DomainException: never
handled 2, failed 2, retried 1, dead-lettered 1 in <n> s, stopped: message-limit
== consume orders -vv --limit=1: exit code 0
-- stderr
 [OK] Consuming messages from channel "orders".
 // The worker stops once it has handled 1 message, or at SIGTERM.
 // Quit the worker with CONTROL-C.
<time> NOTICE    [worker] Worker started
<time> INFO      [orders] order.placed (endpoint orders.confirm, id <id>) handled in <n> ms
<time> NOTICE    [worker] Worker stopped: the maximum count of messages is processed
handled 1, failed 0 in <n> s, stopped: message-limit
== consume orders -q -l2: exit code 0
-- stderr
<time> ERROR     [orders] Error thrown while handling order.broken (endpoint orders.broken, id <id>). Moved to the dead letters after 2 attempts: DomainException: never
== consume --queue=emails,orders --stopOnFailure -v: exit code 0
-- stderr
 [OK] Consuming messages from channels "emails", "orders".
 // The worker stops once it has seen 1 failure, or at SIGTERM.
 // Quit the worker with CONTROL-C.
 // Run it with -vv to see every message.
<time> NOTICE    [worker] Worker started
<time> WARNING   [orders] Error thrown while handling order.broken (endpoint orders.broken, id <id>). Retry 1 of 1 in <n> ms: DomainException: never
<time> NOTICE    [worker] Worker stopped: the limit of failures is reached
handled 0, failed 1, retried 1 in <n> s, stopped: failure-limit
== consume orders -f1: exit code 0
-- stderr
 [OK] Consuming messages from channel "orders".
 // The worker stops once it has seen 1 failure, or at SIGTERM.
 // Quit the worker with CONTROL-C.
 // Run it with -vv to see every message.
<time> WARNING   [orders] evil\x1b[31m\nINFO (id <id>) postponed for <n> ms: no handler for type "evil\x1b[31m\nINFO"
<time> WARNING   [orders] Error thrown while handling order.broken (endpoint orders.broken, id <id>). Retry 1 of 1 in <n> ms: DomainException: \x1b]0;title\x07 \xff line\ntwo
handled 0, failed 1, retried 1, postponed 1 in <n> s, stopped: failure-limit
== consume orders -m1M --memory-exit-code=12: exit code 12
-- stderr
 [OK] Consuming messages from channel "orders".
 // The worker stops once it exceeds 1M of memory, or at SIGTERM.
 // Quit the worker with CONTROL-C.
 // Run it with -vv to see every message.
handled 0, failed 0 in <n> s, stopped: memory-limit
== consume --all -t 1 -vvv: exit code 0
-- stderr
 [OK] Consuming messages from channels "orders", "emails".
 // The worker stops once it has run for 1s, or at SIGTERM.
 // Quit the worker with CONTROL-C.
<time> NOTICE    [worker] Worker started
<time> DEBUG     [worker] Nothing to do, waiting
<time> NOTICE    [worker] Worker stopped: the time limit is exceeded
handled 0, failed 0 in <n> s, stopped: time-limit
{"time":"%s","level":"ERROR","channel":"orders","message":"Error thrown while handling order.broken (endpoint orders.broken, id %s). Moved to the dead letters after 2 attempts: DomainException: never","type":"order.broken","id":"%s","endpoint":"orders.broken","outcome":"dead-lettered","attempts":2,"ms":%f,"error":"DomainException: never"}

0, 1 line, handled,failed,retried,deadLettered,expired,duplicates,dropped,postponed,forwarded,lost,stopReason,durationMs,memoryPeak
handled 2 failed 2 retried 1 dead 1 expired 0 lost 0 message-limit, measured
