--TEST--
Console: progress line and colours on a terminal, and how to be rid of them
--SKIPIF--
<?php
if (!@is_executable('/usr/bin/script')) die('skip no script command to make a terminal with');
exec('script -qec true /dev/null 2>/dev/null', $output, $status);
if ($status !== 0) die('skip no pseudo terminals here (is /dev/pts mounted?)');
?>
--FILE--
<?php
require __DIR__ . '/application.inc';

/** What a terminal would receive. */
function on_terminal(string $fill, array $environment, string ...$arguments): string
{
    $command = implode(' ', array_map('escapeshellarg', worker_command("fill:$fill", ...$arguments)));
    $process = proc_open(['script', '-qec', $command, '/dev/null'], [['pipe', 'r'], ['pipe', 'w'], ['file', '/dev/null', 'w']], $pipes, null,
        ['TERM' => 'xterm', ...$environment] + array_diff_key(getenv(), ['NO_COLOR' => 1]));
    fwrite($pipes[0], $environment['INPUT'] ?? '');
    $text = stream_get_contents($pipes[1]);
    proc_close($process);
    return $text;
}

$started = hrtime(true);
$text = on_terminal('broken,printing', [], 'consume', 'orders', '--limit=21');
$most = 3 + 10 * (hrtime(true) - $started) / 1e9;
$draws = preg_match_all('/\r\e\[2Khandled (\d+), failed \d+, \d+\/s(, waiting \d+)?/', $text, $found);
printf("drawn %s, %s, %s\n", $draws >= 2 && $draws <= $most ? 'sometimes' : "$draws times", max($found[1]) > 5 ? 'counting' : 'not counting',
    in_array('', $found[2], true) ? 'waiting unknown' : 'waiting known');
echo preg_match_all('/(?<=\n|\e\[2K)printed \d+(?=\r?\n)/', $text), " lines of the handlers stand alone\n";
var_dump(str_contains($text, "\e[33mWARNING"), str_contains($text, "\e[32m [OK]"), preg_match('/handled \d+, failed \d+.*stopped: message-limit\s*$/', $text));

foreach ([[['NO_COLOR' => '1']], [[], '--no-ansi'], [['TERM' => 'dumb']], [[], '--json'], [[], '-q']] as $way) {
    $text = on_terminal('broken,printing', $way[0], 'consume', 'orders', '--limit=21', ...array_slice($way, 1));
    printf("%s: %s, %s\n", trim(implode(' ', array_keys($way[0])) . ' ' . ($way[1] ?? '')), str_contains($text, "\e[3") ? 'colours' : 'no colours',
        str_contains($text, "\e[2K") ? 'progress' : 'no progress');
}

// output of PHP after the worker was torn down
$text = on_terminal('printing,fatal', [], 'consume', 'orders');
var_dump(preg_match('/boom[^\e]*\e\[2K(ecoq: a handler ended [^\n]*\n)at shutdown\s*$/', $text));

echo "== questions\n";
foreach ([["\n", 'remove', '--all'], ["n\n", 'retry', '--all'], ["yes\n", 'remove', 'x'], ["y\n", 'remove', '--all']] as [$answer, $command, $argument]) {
    $text = on_terminal('dead', ['INPUT' => $answer], 'failed', $command, $argument, '--no-ansi');
    echo preg_replace('/^.*(?=(Remove|Send) )/s', '', trim(str_replace(["\r", "\n"], ['', ' '], $text))), "\n";
}
echo trim(on_terminal('dead', [], 'failed', 'retry', '--no-ansi')), "\n";
?>
--EXPECT--
drawn sometimes, counting, waiting known
20 lines of the handlers stand alone
bool(true)
bool(true)
int(1)
NO_COLOR: no colours, progress
--no-ansi: no colours, no progress
TERM: no colours, no progress
--json: no colours, no progress
-q: no colours, no progress
int(1)
== questions
Remove the one message for good? (yes/no) [no]: 0 messages were removed.
Send the one message again? (yes/no) [yes]: 0 messages were sent again.
Remove this message for good? (yes/no) [no]: error: There is no dead letter with id "x". 0 messages were removed.
Remove the one message for good? (yes/no) [no]: 1 message was removed.
error: Pass message ids ("worker.php failed show" lists them), or "--all".
usage: worker.php failed retry [options] [<id>...]
