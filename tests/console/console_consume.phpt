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
consumed(['evil'], 'orders', '--stop-when-empty');
consumed(['placed'], 'orders', '-m1M', '--memory-exit-code=12');
consumed([], '--all', '-t', '0.05', '-vvv');

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
--EXPECT--
