--TEST--
A channel used bare on memory: send, schedule, receive with bounds, limits, settle
--FILE--
<?php
use Ecoq\Message;

$ecoq = new Ecoq\Messaging(channels: ['orders' => 'memory:?prefix=shop-&max-delay=1h&max-body=2000&max-depth=5&max-headers=4', 'other' => 'memory:']);
$c = $ecoq->channel('orders');
function thrown(callable $call): string
{
    try {
        $call();
        return 'nothing thrown';
    } catch (Throwable $e) {
        return $e::class . ': ' . $e->getMessage();
    }
}
function took(float $from): int { return (int) ((microtime(true) - $from) * 1000); }

echo $c->name, ' ', $c->queue, "\n";
echo "-- the envelope\n";
$m = Message::create('order.placed', [1, 2], headers: ['tenant' => 'acme']);
$c->send($m, priority: 7, timeToLive: new Ecoq\TimeSpan(minutes: 1));
[$d] = $c->receive();
$wire = json_decode($d->body, true);
echo json_encode([$wire['data'], $wire['meta']['queue'], array_diff_key($wire['headers'], ['ecoq-expires-at' => 1])]), ' ',
    $wire['headers']['ecoq-expires-at'] - microtime(true) * 1000 > 50_000 ? 'expires' : 'no expiry', ' ', json_encode($d->message->payload), "\n";
$d->ack();

echo "-- order, batches, isolation\n";
$c->send(array_map(fn ($n) => Message::create("m$n", ['n' => $n]), range(1, 5)));
$c->send(Message::create('urgent', []), priority: 9);
echo implode(' ', array_map(fn ($d) => $d->message->type, $c->receive(3))), ' / ', implode(' ', array_map(fn ($d) => $d->message->type, $c->receive(10))),
    ' / ', count($c->receive(10)), ' ', count($ecoq->channel('other')->receive()), "\n";

echo "-- waiting\n";
$from = microtime(true);
echo count($c->receive(wait: 120)), ' ', took($from) >= 119 && took($from) < 15_000 ? 'waited' : took($from), "\n";
$from = microtime(true);
echo count($c->receive()), ' ', took($from) < 15_000 ? 'at once' : took($from), "\n";
$from = microtime(true);
$c->send(Message::create('later', []), delay: 150);
[$d] = $c->receive(wait: new Ecoq\TimeSpan(seconds: 20));
echo $d->message->type, ' ', took($from) >= 140 && took($from) < 15_000 ? 'when due' : took($from), "\n";
$from = microtime(true);
$d->retry(new DateTimeImmutable('+200 milliseconds'));
[$d] = $c->receive(wait: 20_000);
echo $d->attempts, ' ', took($from) >= 150 && took($from) < 15_000 ? 'when due' : took($from), "\n";
$d->release();
[$d] = $c->receive();
echo $d->attempts, ' ', $d->stillMine() ? 'mine' : 'not mine', "\n";
$d->reject();
echo json_encode($c->stats()), "\n";

echo "-- a lost delivery object leaves the message reserved\n";
$c->purge();
$c->send(Message::create('a', []));
$before = $c->stats()->reserved;
$c->receive();
gc_collect_cycles();
echo $c->stats()->reserved - $before, ' more reserved, ', count($c->receive()), " received\n";

echo "-- limits of what is accepted\n";
echo thrown(fn () => $c->send(Message::create('big', ['x' => str_repeat('x', 3000)]))), "\n";
foreach ([Message::create('deep', ['x' => [[[[[[1]]]]]]]), Message::create('headers', [], headers: ['a' => 1, 'b' => 2, 'c' => 3, 'd' => 4, 'e' => 5])] as $m) {
    $c->send($m);
    [$d] = $c->receive();
    echo json_encode($d->message), ' ', strtok($d->fault, ':'), ' ', strlen($d->fault) > 15 ? 'explained' : $d->fault, ' ', strlen($d->body) > 100 ? 'bytes kept' : 'no bytes', "\n";
    $d->reject();
}

echo "-- refused\n";
$a = Message::create('a', []);
foreach ([
    fn () => $c->send($a, delay: 3_600_001),
    fn () => $c->send($a, delay: -1),
    fn () => $c->send($a, delay: 'soon'),
    fn () => $c->send($a, priority: 10),
    fn () => $c->send($a, priority: -1),
    fn () => $c->send($a, timeToLive: -1),
    fn () => $c->send($a, timeToLive: new DateTimeImmutable()),
    fn () => $c->send('a'),
    fn () => $c->send([$a, 'x' => 5]),
    fn () => $c->send([new stdClass()]),
    fn () => $c->receive(0),
    fn () => $c->receive(10_001),
    fn () => $c->receive(1, -1),
    fn () => $c->receive(1, null),
    fn () => clone $c,
    fn () => clone $d,
    fn () => serialize($c),
] as $call) {
    echo thrown($call), "\n";
}
echo $c->stats()->ready, " ready\n";
?>
--EXPECT--
orders shop-orders
-- the envelope
[{"value":[1,2]},"shop-orders",{"ecoq-payload":"value","ecoq-priority":7,"tenant":"acme"}] expires [1,2]
-- order, batches, isolation
urgent m1 m2 / m3 m4 m5 / 0 0
-- waiting
0 waited
0 at once
later when due
1 when due
1 mine
{"ready":0,"delayed":0,"reserved":6,"exact":true}
-- a lost delivery object leaves the message reserved
1 more reserved, 0 received
-- limits of what is accepted
Ecoq\Exception\TransportException: Sending to channel "orders": a message of 3226 bytes is above what channel "orders" accepts, max-body is 2000 bytes
null malformed explained bytes kept
null malformed explained bytes kept
-- refused
Ecoq\Exception\ConfigurationException: Sending to channel "orders": a delay of 3600001 ms is above what channel "orders" accepts, max-delay is 3600000 ms
ValueError: Ecoq\MessageChannel::send(): Argument #2 ($delay) must not be negative
TypeError: Ecoq\MessageChannel::send(): Argument #2 ($delay) must be an int of milliseconds, an Ecoq\TimeSpan, a DateInterval or a DateTimeInterface, string given
ValueError: Ecoq\MessageChannel::send(): Argument #3 ($priority) must be between 0 and 9, 10 given
ValueError: Ecoq\MessageChannel::send(): Argument #3 ($priority) must be between 0 and 9, -1 given
ValueError: Ecoq\MessageChannel::send(): Argument #4 ($timeToLive) must not be negative
TypeError: Ecoq\MessageChannel::send(): Argument #4 ($timeToLive) must be an int of milliseconds, an Ecoq\TimeSpan or a DateInterval, DateTimeImmutable given
TypeError: Ecoq\MessageChannel::send(): Argument #1 ($messages) must be of type Ecoq\Message|array, string given
TypeError: Ecoq\MessageChannel::send(): Argument #1 ($messages) must be an Ecoq\Message or a list of them, int given for key x
TypeError: Ecoq\MessageChannel::send(): Argument #1 ($messages) must be an Ecoq\Message or a list of them, stdClass given for key 0
ValueError: Ecoq\MessageChannel::receive(): Argument #1 ($max) must be between 1 and 10000, 0 given
ValueError: Ecoq\MessageChannel::receive(): Argument #1 ($max) must be between 1 and 10000, 10001 given
ValueError: Ecoq\MessageChannel::receive(): Argument #2 ($wait) must not be negative
TypeError: Ecoq\MessageChannel::receive(): Argument #2 ($wait) must be an int of milliseconds, an Ecoq\TimeSpan or a DateInterval, null given
Error: Trying to clone an uncloneable object of class Ecoq\MessageChannel
Error: Trying to clone an uncloneable object of class Ecoq\Delivery
Exception: Serialization of 'Ecoq\MessageChannel' is not allowed
0 ready
