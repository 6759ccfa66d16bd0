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
    new Channel('memory:', timeout: null, queue: null, prefix: null, unknown: null, ack: null, maxDelay: null),
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
    'retry.delay=2m', 'timeout=', 'queue=', 'queue=a%0ab', 'unknown=drop', 'ack=never', 'ack=', 'max-body=0', 'max-depth=5000', 'max-headers=many', 'timeout=1&timeout=2'] as $option) {
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
] as $definition) {
    echo attempt($definition), "\n";
}
?>
--EXPECT--
