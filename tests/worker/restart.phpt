--TEST--
consume starts itself again after a handler ended the process: everything else is handled, as if by one process
--SKIPIF--
<?php
if (!extension_loaded('pdo_sqlite') || !extension_loaded('posix')) die('skip pdo_sqlite and posix are needed');
if (getenv('SKIP_SLOW_TESTS')) die('skip takes 10 s');
?>
--FILE--
<?php
require __DIR__ . '/workers.inc';
require __DIR__ . '/misbehaving.inc';

// side by side, since a process that died within a second of its start waits
$kinds = ['fatal', 'memory', 'exit', 'hang'];
foreach ($kinds as $kind) {
    $files[$kind] = database_file();
    fill(misbehaving($files[$kind]), $kind);
    $consumers[$kind] = new Consumer($files[$kind], 'consume', 'q', '--stop-when-empty', '--json');
}
// limits hold over all of its lives: here the failure of the first
$limited = database_file();
fill(misbehaving($limited), 'fatal');
$consumers['limit'] = new Consumer($limited, 'consume', 'q', '--failure-limit=1');
foreach ($kinds as $kind) {
    [$code, $output, $errors] = $consumers[$kind]->end();
    $report = json_decode($output);
    $lines = array_map(fn (string $line): array => explode(' ', $line), file("$files[$kind].log", FILE_IGNORE_NEW_LINES));
    $letters = misbehaving($files[$kind])->deadLetters()->list();
    printf("%s: exit code %d, %d of 100, %s, ended %s; report: handled %d, failed %d, stopped: %s; restarts: %d; later: %d; dead: %s\n", $kind, $code,
        count(array_unique(array_column($lines, 0))), count($lines) === 100 ? 'none twice' : 'some twice', count(array_unique(array_map(fn ($line) => end($line), $lines))) === 1 ? 'by one process' : 'by several',
        $report->handled ?? -1, $report->failed ?? -1, $report->stopReason ?? $errors, substr_count($errors, 'it was started again'),
        ($stats = misbehaving($files[$kind])->channel('q')->stats())->delayed + $stats->ready,
        implode(', ', array_map(fn ($letter) => $letter->type . ' ' . strstr("$letter->error:", ':', true), $letters)));
    echo '  what differs, and an option: ', implode(', ', array_unique(array_map(fn ($line) => implode(' ', array_slice($line, 1, -1)), $lines))), "\n";
}
[$code, $output, $errors] = $consumers['limit']->end();
echo "limit: exit code $code, ", preg_replace('/[\d.]+ s/', '<n> s', strrchr(rtrim($errors), "\n")), "\n";

// where it cannot: code that is in no file, or nothing left to consume
$command = [PHP_BINARY, ...php_options(), '-d', 'display_errors=0', '-r'];
$start = "require '" . __DIR__ . "/misbehaving.inc'; \$file = '$limited';";
foreach ([
    "$start exit((new Ecoq\\Console(misbehaving(\$file)))->run(['x', 'consume']));",
    "$start \$e = new Ecoq\\Messaging(handlers: [Misbehaving::class], channels: ['q' => 'memory:']); fill(\$e, 'fatal'); exit((new Ecoq\\Console(\$e))->run(['x', 'consume', '--stop-when-empty']));",
] as $code) {
    fill(misbehaving($limited), 'fatal');
    $process = proc_open([...$command, $code], [['file', '/dev/null', 'r'], ['pipe', 'w'], ['pipe', 'w']], $pipes);
    preg_match_all('/^ecoq:.*$/m', stream_get_contents($pipes[2]), $said);
    echo implode("\n", $said[0]), ' ', proc_close($process), "\n";
}
?>
--EXPECT--
fatal: exit code 0, 100 of 100, none twice, ended by one process; report: handled 100, failed 3, stopped: empty; restarts: 2; later: 0; dead: fatal crashed
  what differs, and an option: 11
memory: exit code 0, 100 of 100, none twice, ended by one process; report: handled 100, failed 3, stopped: empty; restarts: 2; later: 0; dead: memory crashed
  what differs, and an option: 11
exit: exit code 0, 100 of 100, none twice, ended by one process; report: handled 100, failed 1, stopped: empty; restarts: 0; later: 1; dead: 
  what differs, and an option: 11
hang: exit code 0, 100 of 100, none twice, ended by one process; report: handled 100, failed 3, stopped: empty; restarts: 2; later: 0; dead: hang crashed
  what differs, and an option: 11
limit: exit code 0, 
handled 50, failed 1 in <n> s, stopped: failure-limit
ecoq: a handler ended the process, and it cannot start itself again: its code is not in a file 255
ecoq: a handler ended the process, and it cannot start itself again: its channels are in memory 255
