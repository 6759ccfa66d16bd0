--TEST--
Handlers that end the worker: a restart loop of three shell lines goes on with the others; a child process left behind keeps nothing alive
--SKIPIF--
<?php
if (!extension_loaded('pdo_sqlite') || !extension_loaded('posix')) die('skip pdo_sqlite and posix are needed');
if (getenv('SKIP_SLOW_TESTS')) die('skip slow');
?>
--FILE--
<?php
require __DIR__ . '/workers.inc';
$worker = <<<'PHP'
    <?php
    $log = fn (string $line) => file_put_contents(getenv('QUEUE') . '.log', "$line\n", FILE_APPEND);
    $ecoq = new Ecoq\Messaging(handlers: [
        'ok' => fn (array $data) => $log($data['n']),
        'segfault' => function () use ($log) { $log('segfault'); posix_kill(getmypid(), 11); },
        'child' => function () use ($log) {
            static $child;
            $child = proc_open(['sleep', '300'], [['file', '/dev/null', 'r'], ['file', '/dev/null', 'w'], ['file', '/dev/null', 'w']], $pipes);
            $log('child ' . proc_get_status($child)['pid']);
        },
        'killed' => function (array $data, Ecoq\Message $m) use ($log) { $log('killed'); posix_kill(getmypid(), 9); },
        'buffer' => function () use ($log) { $log('buffer'); ob_start(function () { ob_start(); }); echo 'not allowed in a callback: a fatal error, after the handler has returned'; },
        'hooked' => fn () => $log('hooked'),
    ], channels: ['q' => 'sqlite:' . getenv('QUEUE') . '?retry.max=2']);
    ini_set('display_errors', 0);
    $ecoq->hooks(after: fn (Ecoq\Message $m) => $m->type === 'hooked' && eval('function hooks() {} function hooks() {}'));
    exit((new Ecoq\Console($ecoq))->run($argv));
    PHP;
// (what a dead worker had in hand is not "ready" before it was missed: --stop-when-empty would not wait for it)
$loop = <<<'SH'
    until "$@" consume q --idle-limit=5 -q; do
        starts=$((starts + 1)); [ "$starts" -lt 20 ] || exit 1
    done
    echo "started again ${starts:-0} times"
    SH;

/** The restart loop over a queue that holds the messages; what the handlers logged. */
function restarted(string $file, array $messages): array
{
    global $worker, $loop, $ecoq;
    file_put_contents("$file.php", $worker);
    $ecoq = new Ecoq\Messaging(channels: ['q' => "sqlite:$file"]);
    $ecoq->channel('q')->send($messages);
    $command = ['sh', '-c', $loop, 'sh', ...WorkerProcess::php(), "$file.php"];
    $shell = proc_open($command, [['file', '/dev/null', 'r'], ['pipe', 'w'], ['file', "$file.err", 'w']], $pipes, null, ['QUEUE' => $file] + getenv());
    $output = stream_get_contents($pipes[1]);
    proc_close($shell);
    echo preg_replace('/ [1-9] times/', ' few times', $output);
    return file("$file.log", FILE_IGNORE_NEW_LINES);
}
$ok = fn (int $from, int $to) => array_map(fn ($n) => Ecoq\Message::create('ok', ['n' => $n]), range($from, $to));
$numbers = fn (array $log) => array_filter($log, is_numeric(...));

$log = restarted(database_file(), [...$ok(1, 50), Ecoq\Message::create('segfault'), ...$ok(51, 100)]);
$letters = $ecoq->deadLetters()->list();
printf("segfault: %d handled, run %d times, %d dead letter: %s %s\n", count(array_unique($numbers($log))), count(preg_grep('/segfault/', $log)), count($letters),
    $letters[0]->type ?? '-', strstr(($letters[0]->error ?? '-') . ':', ':', true));

// The engine unwinds where the message's outcome is known already: in what is cleared away after the handler, and in a hook.
foreach (['buffer', 'hooked'] as $type) {
    $log = restarted(database_file(), [...$ok(1, 50), Ecoq\Message::create($type), ...$ok(51, 100)]);
    $letters = $ecoq->deadLetters()->list();
    printf("%s: %d handled, run %d times, %d dead letter: %s\n", $type, count(array_unique($numbers($log))), count(preg_grep("/$type/", $log)), count($letters),
        strstr(($letters[0]->error ?? '-') . ':', ':', true));
}

// The child outlives its worker; what the worker had in hand comes back all the same, long before the child ends.
$started = microtime(true);
$log = restarted(database_file(), [Ecoq\Message::create('child'), ...$ok(1, 50), Ecoq\Message::create('killed'), ...$ok(51, 100)]);
$children = array_map(fn ($line) => (int) substr($line, 6), preg_grep('/^child/', $log));
$alive = array_filter($children, fn ($pid) => posix_kill($pid, 0));
printf("child: %d handled, %d dead letter, %s, %s\n", count(array_unique($numbers($log))), $ecoq->deadLetters()->count(), $alive ? 'the child lives' : 'no child',
    microtime(true) - $started < 250 ? 'not waited for' : 'waited for');
array_map(fn ($pid) => posix_kill($pid, 9), $alive);
?>
--EXPECT--
started again few times
segfault: 100 handled, run 3 times, 1 dead letter: segfault crashed
started again 0 times
buffer: 100 handled, run 3 times, 1 dead letter: crashed
started again 0 times
hooked: 100 handled, run 3 times, 1 dead letter: crashed
started again few times
child: 100 handled, 1 dead letter, the child lives, not waited for
