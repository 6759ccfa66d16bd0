--TEST--
Console: processes that share one SQLite file
--SKIPIF--
<?php if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite'); ?>
--FILE--
<?php
require __DIR__ . '/application.inc';
$file = queue_file();
$ecoq = application($file);

function worker(string ...$arguments): void
{
    global $file;
    [$code, $output, $errors] = run_worker($file, ...$arguments);
    echo '$ ', steady(implode(' ', $arguments)), " ($code)\n", steady($output), steady($errors);
}

function stats(): void
{
    global $file;
    [$code, $output] = run_worker($file, 'stats', 'orders', '--json');
    echo $code, ' ', json_encode(json_decode($output, true)['channels']['orders']), "\n";
}

worker('setup');
$ecoq->publishTo('order.placed', ['print' => 'from another process']);
$ecoq->publishTo('order.broken', []);
stats();
worker('consume', 'orders', '--limit=3', '--time-limit=300');
stats();
[, $output] = run_worker($file, 'failed', 'show', '--json');
$id = json_decode($output, true)['deadLetters'][0]['id'];
worker('failed', 'retry', $id);
stats();
worker('consume', '--all', '--failure-limit=2', '-t300', '-q');
worker('failed', 'show', '--stats');
worker('failed', 'remove', $id);
stats();

// an idle worker ends at once
$process = proc_open(worker_command($file, 'consume', '--all', '-v'), [['file', '/dev/null', 'r'], ['file', '/dev/null', 'w'], ['pipe', 'w']], $pipes);
while (($line = fgets($pipes[2])) !== false && !str_contains($line, 'Worker started')) {
}
usleep(200_000);
proc_terminate($process);
$sent = hrtime(true);
stream_get_contents($pipes[2]);
echo (hrtime(true) - $sent) / 1e6 < 25_000 ? 'at once' : 'late', ', ', proc_close($process), "\n";

[$code, $output, $errors] = run_worker('/nonexistent/queue.sqlite', 'stats', '-n');
echo $code, ' ', substr_count($output, "\n"), ' ', substr_count($errors, "error: channel"), "\n";
?>
--EXPECT--
$ setup (0)
[OK] The channel "orders" was set up successfully (pdo, queue "orders").
[OK] The channel "emails" was set up successfully (pdo, queue "mail").
0 {"queue":"orders","transport":"pdo","ready":2,"delayed":0,"reserved":0,"exact":true,"deadLetters":0}
$ consume orders --limit=3 --time-limit=300 (0)
from another process
 [OK] Consuming messages from channel "orders".
 // The worker stops once it has handled 3 messages, it has run for 300s, or at SIGTERM.
 // Quit the worker with CONTROL-C.
 // Run it with -vv to see every message.
<time> WARNING   [orders] Error thrown while handling order.broken (endpoint orders.broken, id <id>). Retry 1 of 1 in <n> ms: DomainException: never
<time> ERROR     [orders] Error thrown while handling order.broken (endpoint orders.broken, id <id>). Moved to the dead letters after 2 attempts: DomainException: never
handled 1, failed 2, retried 1, dead-lettered 1 in <n> s, stopped: message-limit
0 {"queue":"orders","transport":"pdo","ready":0,"delayed":0,"reserved":0,"exact":true,"deadLetters":1}
$ failed retry <id> (0)
1 message was sent again.
0 {"queue":"orders","transport":"pdo","ready":1,"delayed":0,"reserved":0,"exact":true,"deadLetters":0}
$ consume --all --failure-limit=2 -t300 -q (0)
<time> ERROR     [orders] Error thrown while handling order.broken (endpoint orders.broken, id <id>). Moved to the dead letters after 2 attempts: DomainException: never
$ failed show --stats (0)
There is 1 message in the dead letters.
 Type          Count
 order.broken      1
$ failed remove <id> (0)
1 message was removed.
0 {"queue":"orders","transport":"pdo","ready":0,"delayed":0,"reserved":0,"exact":true,"deadLetters":0}
at once, 0
1 3 2
