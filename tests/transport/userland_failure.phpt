--TEST--
What a transport written in PHP throws or returns wrongly: class, method and text are named, and nothing is settled
--FILE--
<?php
require __DIR__ . '/userland.inc';
use Ecoq\Message;

function channel(Ecoq\Transport $t): Ecoq\MessageChannel
{
    return (new Ecoq\Messaging(channels: ['orders' => $t]))->channel('orders');
}
$fail = fn (string $class, string $text) => fn () => throw new $class($text);

echo "-- exceptions are the broker's failure, errors are bugs\n";
$t = new ArrayTransport();
$c = channel($t);
foreach (['send', 'reserve', 'stats', 'purge', 'setup'] as $method) {
    $t->before = [$method => $fail('RuntimeException', 'refused by 10.0.0.7')];
    echo thrown(fn () => match ($method) {
        'send' => $c->send(Message::create('a', [])),
        'reserve' => $c->receive(),
        default => $c->$method(),
    }), "\n";
}
$t->before = ['send' => $fail('TypeError', 'a bug')];
echo thrown(fn () => $c->send(Message::create('a', []))), "\n";
$t->before = ['send' => $fail('Ecoq\Exception\ConfigurationException', 'no such exchange')];
echo thrown(fn () => $c->send(Message::create('a', []))), "\n";

echo "-- a failing settlement may be repeated; a lost one may not\n";
$t->before = [];
$c->send([Message::create('a', []), Message::create('b', [])]);
[$a, $b] = $c->receive(2);
$t->before = ['acknowledge' => $fail('RuntimeException', 'gone')];
echo thrown(fn () => $a->ack()), "\n";
$t->before = [];
$a->ack();
echo thrown(fn () => $a->ack()), "\n", thrown(fn () => $a->retry()), "\n", thrown(fn () => $a->reject()), "\n", thrown(fn () => $a->release()), "\n";
var_dump($a->stillMine(), $b->stillMine());
$t->steal('orders');
var_dump($b->stillMine());
echo thrown(fn () => $b->ack()), "\n", thrown(fn () => $b->ack()), "\n";
$t->before = ['release' => $fail('LogicException', 'later'), 'owns' => $fail('LogicException', 'never')];
$c->send(Message::create('c', []));
[$d] = $c->receive();
echo thrown(fn () => $d->release()), "\n", thrown(fn () => $d->stillMine()), "\n";
$t->before = ['send' => $fail('LogicException', 'full')];
echo thrown(fn () => $d->retry()), "\n", thrown(fn () => $d->reject()), "\n";
$t->before = [];
$d->ack();

echo "-- wrong answers\n";
class Wrong extends ArrayTransport
{
    public mixed $answer = [];
    public function reserve(string $queue, int $max): array { return $this->answer; }
    public function acknowledge(string $queue, array $tokens): array { return $this->answer; }
    public function stats(string $queue): Ecoq\QueueStats { return $this->answer; }
    public function purge(string $queue): int { return $this->answer; }
}
$w = new Wrong();
$c = channel($w);
$hollow = fn (string $class) => (new ReflectionClass($class))->newInstanceWithoutConstructor();
foreach ([[1], [new stdClass()], ['t'], [$hollow(Ecoq\ReservedMessage::class)], [new Ecoq\ReservedMessage('b', 't'), new Ecoq\ReservedMessage('b', 't')]] as $w->answer) {
    echo thrown(fn () => $c->receive()), "\n";
}
$w->answer = $hollow(Ecoq\QueueStats::class);
echo thrown(fn () => $c->stats()), "\n";
$w->answer = -1;
echo thrown(fn () => $c->purge()), "\n";
$w->answer = [new Ecoq\ReservedMessage('b', 't')];
[$d] = $c->receive();
$w->answer = [7];
echo thrown(fn () => $d->ack()), "\n";
$w->answer = ['another token'];
$d->ack();

echo "-- capabilities\n";
foreach ([['delay', 'teleport'], [3]] as $capabilities) {
    echo thrown(fn () => channel(new ArrayTransport($capabilities))->stats()), "\n";
}
$t = new ArrayTransport([]);
$t->before = ['capabilities' => $fail('RuntimeException', 'not yet')];
$c = channel($t);
echo thrown(fn () => $c->stats()), "\n";
$t->before = [];
echo thrown(fn () => $c->send(Message::create('a', []), delay: 60_000)), "\n";
echo thrown(fn () => $c->send([Message::create('a', []), Message::create('a', [])], priority: 5)), "\n";
echo thrown(fn () => $c->send(Message::create('a', []), delay: 0, priority: 4)), "\n";
[$d] = $c->receive();
echo thrown(fn () => $d->retry(60_000)), "\n";
$d->retry();
echo count($t->queues['orders']), " there\n";
?>
--EXPECT--
-- exceptions are the broker's failure, errors are bugs
Ecoq\Exception\ConnectionException: Sending to channel "orders": ArrayTransport::send() threw RuntimeException: refused by 10.0.0.7
Ecoq\Exception\ConnectionException: Receiving from channel "orders": ArrayTransport::reserve() threw RuntimeException: refused by 10.0.0.7
Ecoq\Exception\ConnectionException: Counting the messages of channel "orders": ArrayTransport::stats() threw RuntimeException: refused by 10.0.0.7
Ecoq\Exception\ConnectionException: Purging channel "orders": ArrayTransport::purge() threw RuntimeException: refused by 10.0.0.7
Ecoq\Exception\ConnectionException: Setting up channel "orders": ArrayTransport::setup() threw RuntimeException: refused by 10.0.0.7
TypeError: a bug
Ecoq\Exception\ConfigurationException: Sending to channel "orders": ArrayTransport::send() threw Ecoq\Exception\ConfigurationException: no such exchange
-- a failing settlement may be repeated; a lost one may not
Ecoq\Exception\ConnectionException: Acknowledging a delivery of channel "orders": ArrayTransport::acknowledge() threw RuntimeException: gone
Error: This delivery of channel "orders" was already settled
Error: This delivery of channel "orders" was already settled
Error: This delivery of channel "orders" was already settled
Error: This delivery of channel "orders" was already settled
bool(false)
bool(true)
bool(false)
Ecoq\Exception\OwnershipLostException: Acknowledging a delivery of channel "orders": it belongs to another worker by now; what was done for it may be done twice
Error: This delivery of channel "orders" was already settled
Ecoq\Exception\ConnectionException: Releasing a delivery of channel "orders": ArrayTransport::release() threw LogicException: later
Ecoq\Exception\ConnectionException: Asking for a delivery of channel "orders": ArrayTransport::owns() threw LogicException: never
Ecoq\Exception\ConnectionException: Retrying a delivery of channel "orders": ArrayTransport::send() threw LogicException: full
Ecoq\Exception\ConnectionException: Rejecting a delivery of channel "orders": ArrayTransport::send() threw LogicException: full
-- wrong answers
Ecoq\Exception\TransportException: Receiving from channel "orders": Wrong::reserve() must return a list of Ecoq\ReservedMessage, the list holds int
Ecoq\Exception\TransportException: Receiving from channel "orders": Wrong::reserve() must return a list of Ecoq\ReservedMessage, the list holds stdClass
Ecoq\Exception\TransportException: Receiving from channel "orders": Wrong::reserve() must return a list of Ecoq\ReservedMessage, the list holds string
Ecoq\Exception\TransportException: Receiving from channel "orders": Wrong::reserve() returned an Ecoq\ReservedMessage whose constructor was not called
Ecoq\Exception\TransportException: Receiving from channel "orders": Wrong::reserve() was asked for at most 1 messages and returned 2
Ecoq\Exception\TransportException: Counting the messages of channel "orders": Wrong::stats() must return an Ecoq\QueueStats that was constructed, it returned Ecoq\QueueStats
Ecoq\Exception\TransportException: Purging channel "orders": Wrong::purge() must return a count that is not negative, it returned int
Ecoq\Exception\TransportException: Acknowledging a delivery of channel "orders": Wrong::acknowledge() must return a list of string tokens, the list holds int
-- capabilities
Ecoq\Exception\ConfigurationException: Counting the messages of channel "orders": ArrayTransport::capabilities() names "teleport"; known are "delay" and "priority"
Ecoq\Exception\TransportException: Counting the messages of channel "orders": ArrayTransport::capabilities() must return a list of strings, the list holds int
Ecoq\Exception\ConnectionException: Counting the messages of channel "orders": ArrayTransport::capabilities() threw RuntimeException: not yet
Ecoq\Exception\ConfigurationException: Sending to channel "orders": the transport "userland" of channel "orders" cannot honour a delay; send it without one, or to a channel that can delay
Ecoq\Exception\ConfigurationException: Sending to channel "orders": the transport "userland" of channel "orders" cannot honour a priority; send it without one, or to a channel that knows priorities
nothing thrown
Ecoq\Exception\ConfigurationException: Retrying a delivery of channel "orders": the transport "userland" of channel "orders" cannot honour a delay; send it without one, or to a channel that can delay
1 there
