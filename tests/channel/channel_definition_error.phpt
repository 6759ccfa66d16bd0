--TEST--
Channel definitions: what is not a DSN, a \PDO, a transport or a Channel is refused by name, without showing secrets
--FILE--
<?php
use Ecoq\Channel;

function attempt(callable $make): string
{
    try {
        new Ecoq\Messaging(channels: ['orders' => $make()]);
        return 'ok';
    } catch (Throwable $e) {
        return $e::class . ': ' . $e->getMessage();
    }
}

echo "-- DSN\n";
foreach (['', 'orders', ':', '?queue=q', 'bogus:x', 'sqs://user:s3cret@localhost/q', 'kafka://x', 'pgsql:host=x;password=s3cret', 'memory:?s3cret', 'memory:?retry.delay=s3cret/%25', 'memory:?queu=s3cret'] as $dsn) {
    $text = attempt(fn () => $dsn);
    // which brokers there are depends on the build
    echo str_contains($text, 's3cret') ? "SECRET SHOWN: " : '', preg_replace('/(?<=mariadb), [a-z+, ]+$/', '', $text), "\n";
}

echo "-- types\n";
class ForeignTransport {}
foreach ([42, null, [], new ForeignTransport(), new Ecoq\RetryPolicy()] as $definition) {
    echo attempt(fn () => $definition), "\n";
}

echo "-- constructor\n";
foreach ([
    fn () => new Channel(42),
    fn () => new Channel(new ForeignTransport()),
    fn () => new Channel('memory:', retry: 5),
    fn () => new Channel('memory:', timeout: '5s'),
    fn () => new Channel('memory:', timeout: -1),
    fn () => new Channel('memory:', maxDelay: new DateTimeImmutable()),
    fn () => new Channel('memory:', options: ['max-body']),
    fn () => new Channel('memory:', options: ['max-body' => []]),
    fn () => new Channel('memory:', options: ['max-body' => null]),
    function () { $channel = new Channel('memory:'); $channel->__construct('memory:'); },
    fn () => clone new Channel('memory:?queue=q', options: ['max-body' => 5]),
    fn () => (new ReflectionClass(Ecoq\MessageChannel::class))->newInstanceWithoutConstructor(),
    fn () => (new ReflectionClass(Ecoq\Delivery::class))->newInstanceWithoutConstructor(),
    fn () => new Ecoq\MessageChannel(),
    fn () => new Ecoq\Delivery(),
] as $make) {
    echo attempt($make), "\n";
}

echo "-- a transport written in PHP has no timeout\n";
require __DIR__ . '/../transport/userland.inc';
echo attempt(fn () => new Channel(new ArrayTransport(), timeout: 5000)), "\n";
echo attempt(fn () => new Channel(new ArrayTransport(), timeout: 0, options: ['busy-timeout' => 1])), "\n";
?>
--EXPECT--
-- DSN
Ecoq\Exception\ConfigurationException: channel "orders": Reading a DSN: it is empty; expected for example "sqlite:/var/queue.sqlite" or "redis://localhost/orders"
Ecoq\Exception\ConfigurationException: channel "orders": Reading a DSN: it does not begin with a scheme and a colon; expected for example "sqlite:/var/queue.sqlite", "redis://localhost/orders" or "memory:"
Ecoq\Exception\ConfigurationException: channel "orders": Reading a DSN: it does not begin with a scheme and a colon; expected for example "sqlite:/var/queue.sqlite", "redis://localhost/orders" or "memory:"
Ecoq\Exception\ConfigurationException: channel "orders": Reading a DSN: it does not begin with a scheme and a colon; expected for example "sqlite:/var/queue.sqlite", "redis://localhost/orders" or "memory:"
Ecoq\Exception\ConfigurationException: channel "orders": unknown scheme "bogus"; known schemes: memory, sqlite, pgsql, postgres, postgresql, mysql, mariadb
Ecoq\Exception\ConfigurationException: channel "orders": this build of ecoq has no transport for SQS (scheme "sqs"); schemes it has: memory, sqlite, pgsql, postgres, postgresql, mysql, mariadb
Ecoq\Exception\ConfigurationException: channel "orders": this build of ecoq has no transport for Kafka (scheme "kafka"); schemes it has: memory, sqlite, pgsql, postgres, postgresql, mysql, mariadb
ok
Ecoq\Exception\ConfigurationException: channel "orders": Reading a DSN: option number 1 behind the ? is not of the form name=value
Ecoq\Exception\ConfigurationException: channel "orders": Option "retry.delay": expected a length of time: milliseconds, or a number with ms, s, m, h or d, such as 500, 10ms, 1.5s, 24h
Ecoq\Exception\ConfigurationException: channel "orders": unknown option "queu" (did you mean "queue"?); known options: ack, dead-letter, error-channel, group-on-failure, in-transaction, max-attempts, max-body, max-delay, max-depth, max-headers, prefix, queue, retry.delay, retry.jitter, retry.max, retry.max-delay, retry.multiplier, retry.never, retry.only, timeout, unknown
-- types
Ecoq\Exception\ConfigurationException: channel "orders": expected a DSN string, a \PDO, an Ecoq\Transport or an Ecoq\Channel, got int
Ecoq\Exception\ConfigurationException: channel "orders": expected a DSN string, a \PDO, an Ecoq\Transport or an Ecoq\Channel, got null
Ecoq\Exception\ConfigurationException: channel "orders": expected a DSN string, a \PDO, an Ecoq\Transport or an Ecoq\Channel, got array
Ecoq\Exception\ConfigurationException: channel "orders": expected a DSN string, a \PDO, an Ecoq\Transport or an Ecoq\Channel, got ForeignTransport
Ecoq\Exception\ConfigurationException: channel "orders": expected a DSN string, a \PDO, an Ecoq\Transport or an Ecoq\Channel, got Ecoq\RetryPolicy
-- constructor
TypeError: Ecoq\Channel::__construct(): Argument #1 ($transport) must be of type string|PDO|Ecoq\Transport, int given
TypeError: Ecoq\Channel::__construct(): Argument #1 ($transport) must be of type string|PDO|Ecoq\Transport, ForeignTransport given
TypeError: Ecoq\Channel::__construct(): Argument #2 ($retry) must be of type ?Ecoq\RetryPolicy, int given
TypeError: Ecoq\Channel::__construct(): Argument #3 ($timeout) must be an int of milliseconds, an Ecoq\TimeSpan or a DateInterval, string given
ValueError: Ecoq\Channel::__construct(): Argument #3 ($timeout) must not be negative
TypeError: Ecoq\Channel::__construct(): Argument #8 ($maxDelay) must be an int of milliseconds, an Ecoq\TimeSpan or a DateInterval, DateTimeImmutable given
ValueError: Ecoq\Channel::__construct(): Argument #9 ($options) must have the options' names as keys, ["retry.max" => 5]
TypeError: Ecoq\Channel::__construct(): Argument #9 ($options) must hold string, int, float, bool, Ecoq\TimeSpan or DateInterval values, array given for "max-body"
TypeError: Ecoq\Channel::__construct(): Argument #9 ($options) must hold string, int, float, bool, Ecoq\TimeSpan or DateInterval values, null given for "max-body"
Error: Cannot call Ecoq\Channel::__construct() twice, the object is immutable
ok
ReflectionException: Class Ecoq\MessageChannel is an internal class marked as final that cannot be instantiated without invoking its constructor
ReflectionException: Class Ecoq\Delivery is an internal class marked as final that cannot be instantiated without invoking its constructor
Error: Call to private Ecoq\MessageChannel::__construct() from global scope
Error: Call to private Ecoq\Delivery::__construct() from global scope
-- a transport written in PHP has no timeout
Ecoq\Exception\ConfigurationException: channel "orders": a transport written in PHP knows no timeout; leave it out
Ecoq\Exception\ConfigurationException: channel "orders": unknown option "busy-timeout"; known options: ack, dead-letter, error-channel, group-on-failure, in-transaction, max-attempts, max-body, max-delay, max-depth, max-headers, prefix, queue, retry.delay, retry.jitter, retry.max, retry.max-delay, retry.multiplier, retry.never, retry.only, timeout, unknown
