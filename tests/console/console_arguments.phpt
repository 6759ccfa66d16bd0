--TEST--
Console: every notation of options, and every way to get one wrong
--FILE--
<?php
require __DIR__ . '/application.inc';
$ecoq = application();

// On empty channels in memory: the banner tells how the options were understood.
function understood(string ...$arguments): string
{
    [$code, , $errors] = run_worker('', ...$arguments);
    preg_match_all('/^ (?:\[OK\] Consuming messages from|\/\/ The worker stops once) (.*)$/m', $errors, $found);
    return "$code " . implode(' | ', $found[1]);
}

foreach ([
    ['consume', '--stop-when-empty', 'orders', '--limit=10', '--failure-limit=2'],
    ['consume', '--stop-when-empty', '--limit', '10', 'orders', '-f', '2'],
    ['consume', '--stop-when-empty', '-l10', '-f2', 'orders'],
    ['-q', '-v', 'consume', '--stop-when-empty', '-vl10', 'orders'],
    ['consume', '--stop-when-empty', '--max-jobs=7', '--memory=32M', '--max-time=2.5', 'orders', 'emails', 'orders'],
    ['consume', '--stop-when-empty', '--handledMessageLimit=7', '--memoryLimit=64', '--executionTimeLimit=2500', '--stopOnFailure', '--queue=emails,orders'],
    ['consume', '--finishWhenNoMessages', '--queue', 'emails', '--queue=orders'],
    ['consume', '--stop-when-empty', '-m', '1t', '-t', '.5', '--idle-limit=0.0001', '--sleep=0', '--rest=0.001', '--fetch-size=1', '--all'],
    ['--no-interaction', '--no-ansi', 'consume', '--stop-when-empty', '-n', '--memory-limit=1048576', '--memory-exit-code=12', '--', 'orders'],
] as $arguments) {
    echo implode(' ', $arguments), "\n    ", understood(...$arguments), "\n";
}

echo "Wrong:\n";
foreach ([
    'consume --limit=abc', 'consume --limit=0', 'consume --limit -1', 'consume --limit=', 'consume --limit', 'consume -l --all', 'consume -lx', 'consume -l=5',
    'consume --limit=0x10', 'consume --limit=99999999999999999999', 'consume --max-jobs=1.5', 'consume --handledMessageLimit=x', 'consume -f0',
    'consume -m 128', 'consume -m 1.5G', 'consume -m M', 'consume -m 9999999999T', 'consume -m 0', 'consume --memoryLimit=0',
    'consume -t 0', 'consume -t 1e3', 'consume -t 1.2.3', 'consume -t .', 'consume --time-limit=5s', 'consume --executionTimeLimit=1.5', 'consume --idle-limit=-1',
    'consume --sleep=x', 'consume --rest -1', 'consume --fetch-size=0', 'consume --memory-exit-code=256',
    'consume --all=1', 'consume --json=yes', 'consume --limi=5', 'consume --finishwhennomessages', 'consume --zzz', 'consume -x', 'consume --queue=,',
    'consume nope', 'consume orders --queue=nope', 'consume', 'consume --all orders', 'consume -- --all',
    'stats --format=xml', '--format=xml stats', '--limit=5 consume', 'stats nope', 'stats --limit=5', 'setup --exclude=nope', 'debug a b',
    'failed show a b', 'failed show --max=0', 'failed show --channel=nope', 'failed show --channel=', 'failed retry', 'failed retry --channel=orders',
    'failed retry --all a', 'failed remove', 'failed remove --all', 'failed remove --all --channel=nope --force',
] as $line) {
    $code = console($ecoq, ...explode(' ', $line));
    if ($code !== 2) {
        echo "$line: exit code $code\n";
    }
}
console($ecoq, 'consume', "--limit=\x1b[2J\n\xff\u{202e}");
console($ecoq, 'stats', '--json', '--format=yaml');
console(new Ecoq\Messaging(), 'consume');
console(new Ecoq\Messaging(channels: ['only' => 'memory:']), 'consume', '--stop-when-empty');
try {
    (new Ecoq\Console($ecoq))->run(['worker.php', 5]);
} catch (TypeError $e) {
    echo $e->getMessage(), "\n";
}
?>
--EXPECTF--
consume --stop-when-empty orders --limit=10 --failure-limit=2
    0 channel "orders". | it has handled 10 messages, it has seen 2 failures, no message is ready, or at SIGTERM.
consume --stop-when-empty --limit 10 orders -f 2
    0 channel "orders". | it has handled 10 messages, it has seen 2 failures, no message is ready, or at SIGTERM.
consume --stop-when-empty -l10 -f2 orders
    0 channel "orders". | it has handled 10 messages, it has seen 2 failures, no message is ready, or at SIGTERM.
-q -v consume --stop-when-empty -vl10 orders
    0 
consume --stop-when-empty --max-jobs=7 --memory=32M --max-time=2.5 orders emails orders
    0 channels "orders", "emails". | it has handled 7 messages, it exceeds 32M of memory, it has run for 2.5s, no message is ready, or at SIGTERM.
consume --stop-when-empty --handledMessageLimit=7 --memoryLimit=64 --executionTimeLimit=2500 --stopOnFailure --queue=emails,orders
    0 channels "emails", "orders". | it has handled 7 messages, it has seen 1 failure, it exceeds 64M of memory, it has run for 2.5s, no message is ready, or at SIGTERM.
consume --finishWhenNoMessages --queue emails --queue=orders
    0 channels "emails", "orders". | no message is ready, or at SIGTERM.
consume --stop-when-empty -m 1t -t .5 --idle-limit=0.0001 --sleep=0 --rest=0.001 --fetch-size=1 --all
    0 channels "orders", "emails". | it exceeds 1T of memory, it has run for 0.5s, it has been idle for 0.001s, no message is ready, or at SIGTERM.
--no-interaction --no-ansi consume --stop-when-empty -n --memory-limit=1048576 --memory-exit-code=12 -- orders
    12 channel "orders". | it exceeds 1M of memory, no message is ready, or at SIGTERM.
Wrong:
error: Option "--limit" must be a positive integer, "abc" given.
usage: worker.php consume [options] [--] [<channel>...]
error: Option "--limit" must be a positive integer, "0" given.
usage: worker.php consume [options] [--] [<channel>...]
error: Option "--limit" must be a positive integer, "-1" given.
usage: worker.php consume [options] [--] [<channel>...]
error: Option "--limit" must be a positive integer, "" given.
usage: worker.php consume [options] [--] [<channel>...]
error: Option "--limit" requires a value (N).
usage: worker.php consume [options] [--] [<channel>...]
error: Option "-l" requires a value (N).
usage: worker.php consume [options] [--] [<channel>...]
error: Option "-l" must be a positive integer, "x" given.
usage: worker.php consume [options] [--] [<channel>...]
error: Option "-l" must be a positive integer, "=5" given.
usage: worker.php consume [options] [--] [<channel>...]
error: Option "--limit" must be a positive integer, "0x10" given.
usage: worker.php consume [options] [--] [<channel>...]
error: Option "--limit" must be a positive integer, "99999999999999999999" given.
usage: worker.php consume [options] [--] [<channel>...]
error: Option "--max-jobs" must be a positive integer, "1.5" given.
usage: worker.php consume [options] [--] [<channel>...]
error: Option "--handledMessageLimit" must be a positive integer, "x" given.
usage: worker.php consume [options] [--] [<channel>...]
error: Option "-f" must be a positive integer, "0" given.
usage: worker.php consume [options] [--] [<channel>...]
error: Option "-m" must be a size such as 128M (K, M, G, T; a bare number is bytes, at least 1048576), "128" given.
usage: worker.php consume [options] [--] [<channel>...]
error: Option "-m" must be a size such as 128M (K, M, G, T; a bare number is bytes, at least 1048576), "1.5G" given.
usage: worker.php consume [options] [--] [<channel>...]
error: Option "-m" must be a size such as 128M (K, M, G, T; a bare number is bytes, at least 1048576), "M" given.
usage: worker.php consume [options] [--] [<channel>...]
error: Option "-m" must be a size such as 128M (K, M, G, T; a bare number is bytes, at least 1048576), "9999999999T" given.
usage: worker.php consume [options] [--] [<channel>...]
error: Option "-m" must be a size such as 128M (K, M, G, T; a bare number is bytes, at least 1048576), "0" given.
usage: worker.php consume [options] [--] [<channel>...]
error: Option "--memoryLimit" must be a positive number of megabytes, "0" given.
usage: worker.php consume [options] [--] [<channel>...]
error: Option "-t" must be a positive number of seconds, "0" given.
usage: worker.php consume [options] [--] [<channel>...]
error: Option "-t" must be a positive number of seconds, "1e3" given.
usage: worker.php consume [options] [--] [<channel>...]
error: Option "-t" must be a positive number of seconds, "1.2.3" given.
usage: worker.php consume [options] [--] [<channel>...]
error: Option "-t" must be a positive number of seconds, "." given.
usage: worker.php consume [options] [--] [<channel>...]
error: Option "--time-limit" must be a positive number of seconds, "5s" given.
usage: worker.php consume [options] [--] [<channel>...]
error: Option "--executionTimeLimit" must be a positive integer, "1.5" given.
usage: worker.php consume [options] [--] [<channel>...]
error: Option "--idle-limit" must be a positive number of seconds, "-1" given.
usage: worker.php consume [options] [--] [<channel>...]
error: Option "--sleep" must be a number of seconds, 0 or more, "x" given.
usage: worker.php consume [options] [--] [<channel>...]
error: Option "--rest" must be a number of seconds, 0 or more, "-1" given.
usage: worker.php consume [options] [--] [<channel>...]
error: Option "--fetch-size" must be a positive integer, "0" given.
usage: worker.php consume [options] [--] [<channel>...]
error: Option "--memory-exit-code" must be an integer from 0 to 255, "256" given.
usage: worker.php consume [options] [--] [<channel>...]
error: Option "--all" takes no value.
usage: worker.php consume [options] [--] [<channel>...]
error: Option "--json" takes no value.
usage: worker.php consume [options] [--] [<channel>...]
error: Option "--limi" does not exist. Did you mean "--limit"?
usage: worker.php consume [options] [--] [<channel>...]
error: Option "--finishwhennomessages" does not exist. Did you mean "--finishWhenNoMessages"?
usage: worker.php consume [options] [--] [<channel>...]
error: Option "--zzz" does not exist.
usage: worker.php consume [options] [--] [<channel>...]
error: Option "-x" does not exist.
usage: worker.php consume [options] [--] [<channel>...]
error: Option "--queue" must be a name, or several with commas between them, "," given.
usage: worker.php consume [options] [--] [<channel>...]
error: Channel "nope" does not exist. Configured channels: "orders", "emails".
usage: worker.php consume [options] [--] [<channel>...]
error: Channel "nope" does not exist. Configured channels: "orders", "emails".
usage: worker.php consume [options] [--] [<channel>...]
error: Which channels? Name some of "orders", "emails", or give "--all".
usage: worker.php consume [options] [--] [<channel>...]
error: Name channels or give "--all", not both.
usage: worker.php consume [options] [--] [<channel>...]
error: Channel "--all" does not exist. Configured channels: "orders", "emails".
usage: worker.php consume [options] [--] [<channel>...]
error: Option "--format" must be txt or json, "xml" given.
usage: worker.php stats [options] [--] [<channel>...]
error: Option "--format" must be txt or json, "xml" given.
usage: worker.php <command> [options] [arguments]
error: Option "--limit" does not exist.
usage: worker.php <command> [options] [arguments]
error: Channel "nope" does not exist. Configured channels: "orders", "emails".
usage: worker.php stats [options] [--] [<channel>...]
error: Option "--limit" does not exist.
usage: worker.php stats [options] [--] [<channel>...]
error: Channel "nope" does not exist. Configured channels: "orders", "emails".
usage: worker.php setup [options] [--] [<channel>...]
error: Too many arguments, beginning with "b".
usage: worker.php debug [options] [<text>]
error: Too many arguments, beginning with "b".
usage: worker.php failed show [options] [<id>]
error: Option "--max" must be a positive integer, "0" given.
usage: worker.php failed show [options] [<id>]
error: Channel "nope" does not exist. Configured channels: "orders", "emails".
usage: worker.php failed show [options] [<id>]
error: Option "--channel" must be a text that is not empty, "" given.
usage: worker.php failed show [options] [<id>]
error: Message id must be passed when in non-interactive mode.
usage: worker.php failed retry [options] [<id>...]
error: Option "--channel" goes with "--all".
usage: worker.php failed retry [options] [<id>...]
error: Pass message ids or "--all", not both.
usage: worker.php failed retry [options] [<id>...]
error: Message id must be passed when in non-interactive mode.
usage: worker.php failed remove [options] [<id>...]
error: "--all" needs "--force" when in non-interactive mode.
usage: worker.php failed remove [options] [<id>...]
error: Channel "nope" does not exist. Configured channels: "orders", "emails".
usage: worker.php failed remove [options] [<id>...]
error: Option "--limit" must be a positive integer, "\x1b[2J\n\xff\u{202e}" given.
usage: worker.php consume [options] [--] [<channel>...]
{"time":"%s","level":"ERROR","message":"Option \"--format\" must be txt or json, \"yaml\" given."}
error: No channel is configured: pass channels: to the constructor of Ecoq\Messaging.
usage: worker.php consume [options] [--] [<channel>...]
 [OK] Consuming messages from channel "only".
 // The worker stops once no message is ready, or at SIGTERM.
 // Quit the worker with CONTROL-C.
 // Run it with -vv to see every message.
handled 0, failed 0 in %f s, stopped: empty
Ecoq\Console::run(): Argument #1 ($argv) must hold strings only, int given
