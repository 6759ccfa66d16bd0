--TEST--
Console: exit codes of real processes, signals, log lines as JSON, no escape sequences where there is no terminal
--FILE--
<?php
require __DIR__ . '/application.inc';

/** Runs consume until its log shows that it came that far, then sends the signal. */
function signalled(string $fill, string $until, int $signal, string ...$arguments): void
{
    $process = proc_open(worker_command("fill:$fill", 'consume', 'orders', ...$arguments), [['file', '/dev/null', 'r'], ['pipe', 'w'], ['pipe', 'w']], $pipes);
    $log = '';
    while (!str_contains($log, $until) && ($line = fgets($pipes[2])) !== false) {
        $log .= $line;
    }
    usleep(300_000);
    proc_terminate($process, $signal);
    $sent = hrtime(true);
    $log .= stream_get_contents($pipes[2]);
    $output = stream_get_contents($pipes[1]);
    $taken = (hrtime(true) - $sent) / 1e6;
    $code = proc_close($process);
    echo "exit code $code, ", $taken < 25_000 ? 'at once' : "after $taken ms", ', ', str_contains($log . $output, "\x1b") ? 'escapes' : 'plain', "\n", $output;
    echo implode("\n", preg_grep('/stopped|Received/', explode("\n", steady($log)))), "\n";
}

signalled('', 'Worker started', SIGTERM, '-v');
signalled('', 'Worker started', SIGINT, '-v', '--sleep=60');
signalled('sleeping,placed', 'asleep', SIGTERM, '-v');

[$code, $output, $errors] = run_worker('fill:slow,broken', 'consume', 'orders', '--stop-when-empty', '--json', '-vv', '-l2');
$lines = explode("\n", rtrim($output));
echo $code, ' ', $lines[0], ' ', json_decode($lines[1])->stopReason, ' ', count($lines), "\n";
foreach (explode("\n", rtrim($errors)) as $line) {
    $entry = json_decode($line, true, flags: JSON_THROW_ON_ERROR);
    echo implode(',', array_keys($entry)), ' ', steady($entry['message']), "\n";
}

foreach ([['stats'], ['consume', '--stop-when-empty', '--all'], ['consume'], ['nope'], ['failed', 'show', 'x'], ['consume', 'orders', '--time-limit=0.05']] as $arguments) {
    printf("%s: %d\n", implode(' ', $arguments), run_worker('', ...$arguments)[0]);
}
[, $output] = run_worker('', 'stats', '--ansi');
var_dump(str_contains($output, "\x1b[1m"));
?>
--EXPECT--
exit code 0, at once, plain
<time> NOTICE    [worker] Received SIGTERM
<time> NOTICE    [worker] Worker stopped: a signal came
handled 0, failed 0 in <n> s, stopped: signal
exit code 0, at once, plain
<time> NOTICE    [worker] Received SIGINT
<time> NOTICE    [worker] Worker stopped: a signal came
handled 0, failed 0 in <n> s, stopped: signal
exit code 0, at once, plain
woken
<time> NOTICE    [worker] Received SIGTERM
<time> NOTICE    [worker] Worker stopped: a signal came
handled 1, failed 0 in <n> s, stopped: signal
0 woken message-limit 2
time,level,message Worker started
time,level,channel,message,type,id,endpoint,outcome,attempts,ms order.placed (endpoint orders.confirm, id <id>) handled in <n> ms
time,level,channel,message,type,id,endpoint,outcome,attempts,ms,delayMs,error Error thrown while handling order.broken (endpoint orders.broken, id <id>). Retry 1 of 1 in <n> ms: DomainException: never
time,level,message Worker stopped: the maximum count of messages is processed
stats: 0
consume --stop-when-empty --all: 0
consume: 2
nope: 2
failed show x: 1
consume orders --time-limit=0.05: 0
bool(true)
