--TEST--
Channel options: one table for DSN, options: and named arguments; every wrong one is named with what is expected
--FILE--
<?php
use Ecoq\Channel;
use Ecoq\RetryPolicy;

function attempt(mixed $definition): string
{
    try {
        $channel = (new Ecoq\Messaging(channels: ['orders' => $definition]))->channel('orders');
        return "ok, queue {$channel->queue}";
    } catch (Throwable $e) {
        return $e::class . ': ' . $e->getMessage();
    }
}

echo "-- accepted\n";
foreach ([
    'memory:',
    'memory:?retry.max=0&retry.delay=10ms&retry.multiplier=1&retry.max-delay=1.5s&retry.jitter=0&timeout=2h&queue=q&prefix=shop-&unknown=ignore&ack=each&max-delay=30d&max-body=100&max-depth=4&max-headers=0',
    'memory:?max-attempts=1',
    'memory:?queue=a%20b%2Fc',
    new Channel('memory:', new RetryPolicy(), new Ecoq\TimeSpan(hours: 1), 'q', 'p.', 'dead-letter', 'batch', new DateInterval('P1D'), ['max-body' => 10, 'max-depth' => '7']),
    new Channel('memory:?queue=q', options: ['prefix' => 'p-', 'retry.delay' => new Ecoq\TimeSpan(seconds: 1), 'retry.jitter' => 0.25]),
    new Channel('memory:', timeout: null, queue: null, prefix: null, unknown: null, ack: null, maxDelay: null, deadLetter: null, errorChannel: null, inTransaction: null),
    'memory:?retry.only=App%5CA,%20%5CApp%5CB&retry.never=&dead-letter=queue&in-transaction=immediate',
    new Channel('memory:', new RetryPolicy(only: ['A']), deadLetter: 'queue', inTransaction: 'outbox'),
] as $definition) {
    echo attempt($definition), "\n";
}

echo "-- unknown\n";
foreach (['rety.max=1', 'Timeout=1', 'zzzzzz=1', 'x=1'] as $option) {
    echo attempt("memory:?$option"), "\n";
}
echo attempt(new Channel('memory:', options: ['queu' => 1])), "\n";

echo "-- wrong values\n";
foreach (['retry.max=-1', 'retry.max=1e3', 'retry.max=1000001', 'max-attempts=0', 'retry.delay=soon', 'retry.delay=-5', 'retry.multiplier=0.5', 'retry.jitter=1.1',
    'retry.delay=2m', 'timeout=', 'queue=', 'queue=a%0ab', 'unknown=drop', 'ack=never', 'ack=', 'max-body=0', 'max-depth=5000', 'max-headers=many', 'timeout=1&timeout=2',
    'retry.only=A,,B', 'retry.never=A,B%20C', 'retry.only=%5C', 'dead-letter=table', 'dead-letter=', 'in-transaction=later', 'error-channel='] as $option) {
    echo attempt("memory:?$option"), "\n";
}
echo attempt(new Channel('memory:', unknown: 'nothing')), "\n";
echo attempt(new Channel('memory:', options: ['max-body' => false])), "\n";
echo attempt(new Channel('memory:', options: ['max-body' => 1.5])), "\n";

echo "-- twice\n";
foreach ([
    'memory:?max-attempts=3&retry.max=2',
    new Channel('memory:?timeout=5s', timeout: 5000),
    new Channel('memory:?retry.delay=5s', new RetryPolicy()),
    new Channel('memory:', new RetryPolicy(), options: ['max-attempts' => 2]),
    new Channel('memory:?queue=a', options: ['queue' => 'a']),
    new Channel('memory:', maxDelay: 5, options: ['max-delay' => 5]),
    new Channel('memory:?retry.only=A', new RetryPolicy()),
    new Channel('memory:?dead-letter=queue', deadLetter: 'queue'),
    new Channel('memory:', errorChannel: 'a', options: ['error-channel' => 'a']),
] as $definition) {
    echo attempt($definition), "\n";
}

echo "-- what they need\n";
foreach ([
    new Channel('memory:', deadLetter: 'database'),
    'memory:?dead-letter=both',
    'memory:?error-channel=errors',
    'memory:?error-channel=orders',
] as $definition) {
    echo attempt($definition), "\n";
}
$chain = fn (array $to) => new Ecoq\Messaging(channels: array_map(fn ($name) => $name ? "memory:?error-channel=$name" : 'memory:', $to));
$chain(['a' => 'b', 'b' => 'c', 'c' => null, 'd' => 'c']);
try {
    $chain(['x' => 'b', 'b' => 'c', 'c' => 'b']);
} catch (Ecoq\Exception\ConfigurationException $e) {
    echo $e->getMessage(), "\n";
}
?>
--EXPECT--
-- accepted
ok, queue orders
ok, queue shop-q
ok, queue orders
ok, queue a b/c
ok, queue p.q
ok, queue p-q
ok, queue orders
ok, queue orders
ok, queue orders
-- unknown
Ecoq\Exception\ConfigurationException: channel "orders": unknown option "rety.max" (did you mean "retry.max"?); known options: ack, dead-letter, error-channel, group-on-failure, in-transaction, max-attempts, max-body, max-delay, max-depth, max-headers, prefix, queue, retry.delay, retry.jitter, retry.max, retry.max-delay, retry.multiplier, retry.never, retry.only, timeout, unknown
Ecoq\Exception\ConfigurationException: channel "orders": unknown option "Timeout" (did you mean "timeout"?); known options: ack, dead-letter, error-channel, group-on-failure, in-transaction, max-attempts, max-body, max-delay, max-depth, max-headers, prefix, queue, retry.delay, retry.jitter, retry.max, retry.max-delay, retry.multiplier, retry.never, retry.only, timeout, unknown
Ecoq\Exception\ConfigurationException: channel "orders": unknown option "zzzzzz"; known options: ack, dead-letter, error-channel, group-on-failure, in-transaction, max-attempts, max-body, max-delay, max-depth, max-headers, prefix, queue, retry.delay, retry.jitter, retry.max, retry.max-delay, retry.multiplier, retry.never, retry.only, timeout, unknown
Ecoq\Exception\ConfigurationException: channel "orders": unknown option "x"; known options: ack, dead-letter, error-channel, group-on-failure, in-transaction, max-attempts, max-body, max-delay, max-depth, max-headers, prefix, queue, retry.delay, retry.jitter, retry.max, retry.max-delay, retry.multiplier, retry.never, retry.only, timeout, unknown
Ecoq\Exception\ConfigurationException: channel "orders": unknown option "queu" (did you mean "queue"?); known options: ack, dead-letter, error-channel, group-on-failure, in-transaction, max-attempts, max-body, max-delay, max-depth, max-headers, prefix, queue, retry.delay, retry.jitter, retry.max, retry.max-delay, retry.multiplier, retry.never, retry.only, timeout, unknown
-- wrong values
Ecoq\Exception\ConfigurationException: channel "orders": Option "retry.max": expected an integer from 0 to 1000000, got "-1"
Ecoq\Exception\ConfigurationException: channel "orders": Option "retry.max": expected an integer from 0 to 1000000, got "1e3"
Ecoq\Exception\ConfigurationException: channel "orders": Option "retry.max": expected an integer from 0 to 1000000, got "1000001"
Ecoq\Exception\ConfigurationException: channel "orders": Option "max-attempts": expected an integer from 1 to 1000001, got "0"
Ecoq\Exception\ConfigurationException: channel "orders": Option "retry.delay": expected a length of time: milliseconds, or a number with ms, s, m, h or d, such as 500, 10ms, 1.5s, 24h, got "soon"
Ecoq\Exception\ConfigurationException: channel "orders": Option "retry.delay": expected a length of time: milliseconds, or a number with ms, s, m, h or d, such as 500, 10ms, 1.5s, 24h, got "-5"
Ecoq\Exception\ConfigurationException: channel "orders": Option "retry.multiplier": expected a number from 1 to 1000, such as 0.5, got "0.5"
Ecoq\Exception\ConfigurationException: channel "orders": Option "retry.jitter": expected a number from 0 to 1, such as 0.5, got "1.1"
Ecoq\Exception\ConfigurationException: channel "orders": retry.delay (120000 ms) is above retry.max-delay (60000 ms), which would cut it; raise retry.max-delay
Ecoq\Exception\ConfigurationException: channel "orders": Option "timeout": expected a length of time: milliseconds, or a number with ms, s, m, h or d, such as 500, 10ms, 1.5s, 24h, got ""
Ecoq\Exception\ConfigurationException: channel "orders": Option "queue": expected a name, got an empty text; leave it out to use the channel's name
Ecoq\Exception\ConfigurationException: channel "orders": Option "queue": expected a name, got one with a control character
Ecoq\Exception\ConfigurationException: channel "orders": Option "unknown": expected one of "retry", "dead-letter", "ignore", got "drop"
Ecoq\Exception\ConfigurationException: channel "orders": Option "ack": expected one of "batch", "each", got "never"
Ecoq\Exception\ConfigurationException: channel "orders": Option "ack": expected one of "batch", "each", got ""
Ecoq\Exception\ConfigurationException: channel "orders": Option "max-body": expected an integer from 1 to 2147483647, got "0"
Ecoq\Exception\ConfigurationException: channel "orders": Option "max-depth": expected an integer from 1 to 4096, got "5000"
Ecoq\Exception\ConfigurationException: channel "orders": Option "max-headers": expected an integer from 0 to 65536, got "many"
Ecoq\Exception\ConfigurationException: channel "orders": Reading a DSN: option "timeout" is given twice
Ecoq\Exception\ConfigurationException: channel "orders": Option "retry.only": expected class names separated by commas, got ""
Ecoq\Exception\ConfigurationException: channel "orders": Option "retry.never": expected class names separated by commas, got "B C"
Ecoq\Exception\ConfigurationException: channel "orders": Option "retry.only": expected class names separated by commas, got "\"
Ecoq\Exception\ConfigurationException: channel "orders": Option "dead-letter": expected one of "database", "queue", "both", got "table"
Ecoq\Exception\ConfigurationException: channel "orders": Option "dead-letter": expected one of "database", "queue", "both", got ""
Ecoq\Exception\ConfigurationException: channel "orders": Option "in-transaction": expected one of "outbox", "immediate", got "later"
Ecoq\Exception\ConfigurationException: channel "orders": Option "error-channel": expected a channel's name, got an empty text; leave it out to use the dead letters
Ecoq\Exception\ConfigurationException: channel "orders": Option "unknown": expected one of "retry", "dead-letter", "ignore", got "nothing"
Ecoq\Exception\ConfigurationException: channel "orders": Option "max-body": expected an integer from 1 to 2147483647, got "0"
Ecoq\Exception\ConfigurationException: channel "orders": Option "max-body": expected an integer from 1 to 2147483647, got "1.5"
-- twice
Ecoq\Exception\ConfigurationException: channel "orders": the DSN option "max-attempts" and the DSN option "retry.max" set the same thing; keep one of them
Ecoq\Exception\ConfigurationException: channel "orders": the DSN option "timeout" and the argument timeout: set the same thing; keep one of them
Ecoq\Exception\ConfigurationException: channel "orders": the DSN option "retry.delay" and the argument retry: set the same thing; keep one of them
Ecoq\Exception\ConfigurationException: channel "orders": the argument retry: and "max-attempts" in options: set the same thing; keep one of them
Ecoq\Exception\ConfigurationException: channel "orders": the DSN option "queue" and "queue" in options: set the same thing; keep one of them
Ecoq\Exception\ConfigurationException: channel "orders": the argument maxDelay: and "max-delay" in options: set the same thing; keep one of them
Ecoq\Exception\ConfigurationException: channel "orders": the DSN option "retry.only" and the argument retry: set the same thing; keep one of them
Ecoq\Exception\ConfigurationException: channel "orders": the DSN option "dead-letter" and the argument deadLetter: set the same thing; keep one of them
Ecoq\Exception\ConfigurationException: channel "orders": the argument errorChannel: and "error-channel" in options: set the same thing; keep one of them
-- what they need
Ecoq\Exception\ConfigurationException: channel "orders": the option "dead-letter" is "database", but Ecoq\Messaging has no database; give it database: $pdo, or use "queue"
Ecoq\Exception\ConfigurationException: channel "orders": the option "dead-letter" is "both", but Ecoq\Messaging has no database; give it database: $pdo, or use "queue"
Ecoq\Exception\ConfigurationException: channel "orders": its error channel "errors" is not configured; configured channels: orders
Ecoq\Exception\ConfigurationException: channel "orders": its error channel leads back to it (orders -> orders), so a failure would go round for ever; leave one of them out
channel "b": its error channel leads back to it (b -> c -> b), so a failure would go round for ever; leave one of them out
