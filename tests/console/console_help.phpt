--TEST--
Console: overview, help of each command, version, commands that do not exist
--FILE--
<?php
require __DIR__ . '/application.inc';
$ecoq = application();

function captured(string ...$arguments): array
{
    global $ecoq;
    ob_start();
    $code = console($ecoq, ...$arguments);
    return [$code, ob_get_clean()];
}

echo captured()[1];
echo captured('help', 'failed', 'retry')[1];
var_dump(captured() === captured('list'), captured() === captured('help'), captured() === captured('-v', 'list'));
var_dump(captured('--version'), captured('-V'));

foreach (['consume', 'stats', 'setup', 'debug', 'failed show', 'failed retry', 'failed remove'] as $command) {
    $words = explode(' ', $command);
    $help = captured('help', ...$words);
    $same = $help === captured(...$words, ...['--help']) && $help === captured(...$words, ...['-h']);
    printf("%-15s %d %s %s\n", $command, $help[0], strtok($help[1], "\n"), $same ? 'same' : 'differs');
}
echo "help of a group: ", captured('failed', '--help')[0], ' ', substr_count(captured('help', 'failed')[1], '  failed '), "\n";
$missing = array_filter(
    ['--limit', '--max-jobs', '--handledMessageLimit', '--failure-limit', '--memory-limit', '--memory', '--time-limit', '--max-time', '--executionTimeLimit',
        '--stop-when-empty', '--finishWhenNoMessages', '--idle-limit', '--stopOnFailure', '--sleep', '--rest', '--fetch-size', '--queue', '--all', '--memory-exit-code'],
    fn ($option) => !preg_match("/$option\\b/", captured('help', 'consume')[1]));
echo 'consume does not tell of: ', implode(' ', $missing), "\n";

foreach (['stop-workers', 'pause', 'resume', 'statsu', 'schedule', 'consum', 'failed shwo', "x\x1b[31m"] as $command) {
    echo console($ecoq, ...explode(' ', $command)), "\n";
}
echo console($ecoq, 'failed'), "\n";
echo console($ecoq, 'help', 'nothing'), "\n";
?>
--EXPECT--
usage: worker.php <command> [options] [arguments]

Commands:
  consume         Handle the messages of channels
  relay           Send what the outbox holds on to its channels
  stats           Count the messages of channels
  status          Show the workers of this machine and what they are doing
  setup           Create what channels need at their brokers
  debug           Show handlers, channels and what is wrong with them
  failed show     Show the dead letters
  failed retry    Send dead letters to their channel again
  failed remove   Remove dead letters for good

Options of every command:
  -h, --help                    Show this help
  -V, --version                 Show the version
  -q, --quiet                   Only errors
  -v, --verbose                 -v more, -vv every message, -vvv everything
      --format=txt|json         How results are written
      --json                    The same as --format=json
      --ansi                    Colours although the output is no terminal
      --no-ansi                 No colours, no progress line
  -n, --no-interaction          Ask nothing

The options of one command: worker.php help <command>
usage: worker.php failed retry [options] [<id>...]

Send dead letters to their channel again.

To the handler that failed only, under the same message id, with no failed attempts. Those that cannot be
sent any more (their channel or handler does not exist) stay, and the exit code is 1.

Options:
      --all                     All of them
      --channel=NAME            With --all: only those of that channel (also --transport)
      --endpoint=ID             Only those of that endpoint
      --type=TYPE               With --all: only messages of that type (also --class-filter)
      --class=CLASS             With --all: only failures of exactly that class
      --since=TIME              With --all: only given up on then or later, as in "-1 hour"
      --until=TIME              With --all: only given up on before
      --ignore-record           Also where a record says that the handler was done with it
      --force                   Do not ask

Options of every command:
  -h, --help                    Show this help
  -V, --version                 Show the version
  -q, --quiet                   Only errors
  -v, --verbose                 -v more, -vv every message, -vvv everything
      --format=txt|json         How results are written
      --json                    The same as --format=json
      --ansi                    Colours although the output is no terminal
      --no-ansi                 No colours, no progress line
  -n, --no-interaction          Ask nothing
bool(true)
bool(true)
bool(true)
array(2) {
  [0]=>
  int(0)
  [1]=>
  string(11) "ecoq 0.1.0
"
}
array(2) {
  [0]=>
  int(0)
  [1]=>
  string(11) "ecoq 0.1.0
"
}
consume         0 usage: worker.php consume [options] [--] [<channel>...] same
stats           0 usage: worker.php stats [options] [--] [<channel>...] same
setup           0 usage: worker.php setup [options] [--] [<channel>...] same
debug           0 usage: worker.php debug [options] [<text>] same
failed show     0 usage: worker.php failed show [options] [<id>] same
failed retry    0 usage: worker.php failed retry [options] [<id>...] same
failed remove   0 usage: worker.php failed remove [options] [<id>...] same
help of a group: 0 3
consume does not tell of: 
error: Command "stop-workers" does not exist; "worker.php list" shows those that do.
usage: worker.php <command> [options] [arguments]
2
error: Command "pause" does not exist; "worker.php list" shows those that do.
usage: worker.php <command> [options] [arguments]
2
error: Command "resume" does not exist; "worker.php list" shows those that do.
usage: worker.php <command> [options] [arguments]
2
error: Command "statsu" does not exist. Did you mean "stats"?
usage: worker.php <command> [options] [arguments]
2
error: Command "schedule" does not exist; "worker.php list" shows those that do.
usage: worker.php <command> [options] [arguments]
2
error: Command "consum" does not exist. Did you mean "consume"?
usage: worker.php <command> [options] [arguments]
2
error: Command "failed shwo" does not exist. Did you mean "failed show"?
usage: worker.php <command> [options] [arguments]
2
error: Command "x\x1b[31m" does not exist; "worker.php list" shows those that do.
usage: worker.php <command> [options] [arguments]
2
usage: worker.php <command> [options] [arguments]

Commands:
  failed show     Show the dead letters
  failed retry    Send dead letters to their channel again
  failed remove   Remove dead letters for good

Options of every command:
  -h, --help                    Show this help
  -V, --version                 Show the version
  -q, --quiet                   Only errors
  -v, --verbose                 -v more, -vv every message, -vvv everything
      --format=txt|json         How results are written
      --json                    The same as --format=json
      --ansi                    Colours although the output is no terminal
      --no-ansi                 No colours, no progress line
  -n, --no-interaction          Ask nothing

The options of one command: worker.php help <command>
2
error: Command "nothing" does not exist; "worker.php list" shows those that do.
usage: worker.php <command> [options] [arguments]
2
