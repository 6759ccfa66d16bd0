--TEST--
Console: exit codes of real processes, signals, no escape sequences where there is no terminal
--SKIPIF--
<?php if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite'); ?>
--FILE--
<?php
require __DIR__ . '/application.inc';
$file = queue_file();
$ecoq = application($file);

/** Runs consume until its log shows the text, then sends the signal. */
function signalled(string $until, int $signal, string ...$arguments): void
{
    global $file;
    $process = proc_open(worker_command($file, 'consume', ...$arguments), [['file', '/dev/null', 'r'], ['pipe', 'w'], ['pipe', 'w']], $pipes);
    $log = '';
    while (!str_contains($log, $until) && ($line = fgets($pipes[2])) !== false) {
        $log .= $line;
    }
    usleep(100_000);
    proc_terminate($process, $signal);
    $sent = hrtime(true);
    $log .= stream_get_contents($pipes[2]);
    $output = stream_get_contents($pipes[1]);
    $taken = (hrtime(true) - $sent) / 1e6;
    $code = proc_close($process);
    echo "exit code $code, ", $taken < 1000 ? 'at once' : "after $taken ms", ', ', str_contains($log . $output, "\x1b") ? 'escapes' : 'plain', "\n", $output;
    echo preg_replace('/^handled.*/m', '', ''), implode("\n", preg_grep('/^handled|Received|stopped:/', explode("\n", steady($log)))), "\n";
}

signalled('Worker started', SIGTERM, 'orders', '-v');
signalled('Worker started', SIGINT, 'orders', '-v');
$ecoq->publishTo('order.placed', ['sleep' => 400, 'print' => 'woken']);
signalled('Worker started', SIGTERM, 'orders', '-v');
$ecoq->publishTo('order.placed', ['print' => "to stdout"]);
[$code, $output, $errors] = run_worker($file, 'consume', 'orders', '--stop-when-empty', '--json', '-vv');
$lines = explode("\n", rtrim($output));
echo $code, ' ', $lines[0], ' ', json_decode($lines[1])->stopReason, ' ', count($lines), "\n";
foreach (explode("\n", rtrim($errors)) as $line) {
    $entry = json_decode($line, true, flags: JSON_THROW_ON_ERROR);
    echo implode(',', array_keys($entry)), ' ', steady($entry['message']), "\n";
}

foreach ([['stats'], ['consume', '--stop-when-empty', '--all'], ['consume'], ['nope'], ['failed', 'show', 'x'], ['consume', 'orders', '--time-limit=0.05']] as $arguments) {
    printf("%s: %d\n", implode(' ', $arguments), run_worker($file, ...$arguments)[0]);
}
[$code, $output, $errors] = run_worker('/nonexistent/queue.sqlite', 'failed', 'show', '-v');
printf("%d %s\n%s%s", $code, $output === '' ? 'nothing on stdout' : $output, strtok($errors, "\n"), preg_match('/^  #\d+ .*worker|^  at /m', $errors) ? "\nwith a trace\n" : "\nwithout a trace\n");
[$code, $output, $errors] = run_worker($file, 'stats', '--ansi');
var_dump(str_contains($output, "\x1b[1m"));
?>
--EXPECT--
