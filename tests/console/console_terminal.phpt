--TEST--
Console: progress line and colours on a terminal, and how to be rid of them
--SKIPIF--
<?php
if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite');
if (!@is_executable('/usr/bin/script')) die('skip no script command to make a terminal with');
?>
--FILE--
<?php
require __DIR__ . '/application.inc';
$file = queue_file();
$ecoq = application($file);

/** What a terminal would receive. */
function on_terminal(array $environment, string ...$arguments): string
{
    global $file;
    $command = implode(' ', array_map('escapeshellarg', worker_command($file, ...$arguments)));
    $process = proc_open(['script', '-qec', $command, '/dev/null'], [['pipe', 'r'], ['pipe', 'w'], ['file', '/dev/null', 'w']], $pipes, null,
        ['TERM' => 'xterm', ...$environment] + array_diff_key(getenv(), ['NO_COLOR' => 1]));
    $text = stream_get_contents($pipes[1]);
    proc_close($process);
    return $text;
}

function orders(): void
{
    global $ecoq;
    $ecoq->publishTo('order.broken', []);
    for ($i = 0; $i < 20; $i++) {
        $ecoq->publishTo('order.placed', ['sleep' => 20, 'print' => "printed $i"]);
    }
}

orders();
$text = on_terminal([], 'consume', 'orders', '--limit=21');
$draws = preg_match_all('/\r\e\[2Khandled (\d+), failed \d+, \d+\/s(, waiting \d+)?/', $text, $found);
printf("drawn %s, %s, %s\n", $draws >= 2 && $draws <= 15 ? 'sometimes' : "$draws times", max($found[1]) > 5 ? 'counting' : 'not counting',
    in_array('', $found[2], true) ? 'waiting unknown' : 'waiting known');
echo preg_match_all('/(^|\n|\e\[2K)printed \d+\r?\n/', $text), " lines of the handlers stand alone\n";
var_dump(str_contains($text, "\e[33mWARNING"), str_contains($text, "\e[32m [OK]"), preg_match('/handled \d+, failed \d+.*stopped: message-limit\s*$/', $text));

foreach ([[['NO_COLOR' => '1']], [[], '--no-ansi'], [['TERM' => 'dumb']], [[], '--json'], [[], '-q']] as $way) {
    $ecoq->channel('orders')->purge();
    orders();
    $text = on_terminal($way[0], 'consume', 'orders', '--limit=21', ...array_slice($way, 1));
    printf("%s: %s, %s\n", trim(implode(' ', array_keys($way[0])) . ' ' . ($way[1] ?? '')), str_contains($text, "\e[3") ? 'colours' : 'no colours',
        str_contains($text, "\e[2K") ? 'progress' : 'no progress');
}
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
