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
--EXPECT--
