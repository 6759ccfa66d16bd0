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
foreach (['', 'orders', ':', '?queue=q', 'bogus:x', 'redis://user:s3cret@localhost/q', 'amqps://localhost', 'sqs://x', 'kafka://x', 'pgsql:host=x;password=s3cret', 'memory:?s3cret'] as $dsn) {
    $text = attempt(fn () => $dsn);
    echo str_contains($text, 's3cret') && $dsn !== 'memory:?s3cret' ? "SECRET SHOWN: " : '', $text, "\n";
}

echo "-- types\n";
class ForeignTransport {}
foreach ([42, null, [], new ForeignTransport(), (new ReflectionClass(Channel::class))->newInstanceWithoutConstructor(), new Ecoq\RetryPolicy()] as $definition) {
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
    fn () => (new ReflectionClass(Ecoq\MessageChannel::class))->newInstanceWithoutConstructor()->stats(),
    fn () => (new ReflectionClass(Ecoq\Delivery::class))->newInstanceWithoutConstructor()->ack(),
    fn () => new Ecoq\MessageChannel(),
] as $make) {
    echo attempt($make), "\n";
}

echo "-- a transport written in PHP has no timeout\n";
require __DIR__ . '/../transport/userland.inc';
echo attempt(fn () => new Channel(new ArrayTransport(), timeout: 5000)), "\n";
echo attempt(fn () => new Channel(new ArrayTransport(), timeout: 0, options: ['busy-timeout' => 1])), "\n";
?>
--EXPECT--
