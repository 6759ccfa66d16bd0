--TEST--
Buses: commands have one handler, events any number, queries are always synchronous
--FILE--
<?php
use Ecoq\Attribute\{Asynchronous, CommandHandler, EventHandler, QueryHandler};

class Place { public function __construct(public int $id) {} }
class Placed { public function __construct(public int $id) {} }
class Find { public function __construct(public int $id) {} }

class Shop
{
    #[CommandHandler] public function place(Place $command, Ecoq\EventBus $events): string
    {
        $events->publish(new Placed($command->id));
        return "placed {$command->id}";
    }
    #[EventHandler(endpointId: 'sync')] public function now(Placed $event): void { echo "now {$event->id}\n"; }
    #[Asynchronous('q'), EventHandler(endpointId: 'later')] public function later(Placed $event): void { echo "later {$event->id}\n"; }
    #[Asynchronous('q'), CommandHandler('ship')] public function ship(array $data): string { echo "ship {$data['id']}\n"; return 'ignored'; }
    #[QueryHandler] public function find(Find $query, Ecoq\QueryBus $queries): string { return "order {$query->id} " . $queries->queryTo('status', $query->id); }
    #[QueryHandler('status')] public function status(int $id): string { return "status of $id"; }
}

$ecoq = new Ecoq\Messaging(handlers: [Shop::class], channels: ['q' => 'memory:']);
var_dump($ecoq->send(new Place(1)));
var_dump($ecoq->query(new Find(2)));
$id = $ecoq->sendTo('ship', ['id' => 3]);
var_dump(preg_match('/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/', $id));
echo $ecoq->channel('q')->stats()->ready, " waiting\n";
$ecoq->worker('q', stopWhenEmpty: true)->run();
$ecoq->publishTo('nobody.listens');

foreach ([
    fn () => $ecoq->sendTo('nothing'),
    fn () => $ecoq->query(new Place(1)),
    fn () => $ecoq->send(new Place(1), delay: 5),
    fn () => $ecoq->sendTo('ship', ['id' => 1], priority: 10),
    fn () => $ecoq->sendTo('ship', ['id' => 1], delay: -1),
    fn () => $ecoq->sendTo('ship', ['id' => 1], headers: ['ecoq-endpoint' => 'x']),
    fn () => $ecoq->sendTo('ship', ['id' => 1], headers: ['a' => new stdClass()]),
    fn () => $ecoq->sendTo('ship', ['id' => 1], headers: ['plain']),
    fn () => $ecoq->sendTo('ship', ['id' => NAN]),
    fn () => $ecoq->sendTo(''),
    fn () => $ecoq->channel('nope'),
    fn () => $ecoq->worker('nope'),
    fn () => $ecoq->worker(),
    fn () => $ecoq->worker('q', limits: 3),
    fn () => $ecoq->worker('q', limit: 'many'),
    fn () => $ecoq->worker('q', limit: 0),
    fn () => $ecoq->__construct(),
    fn () => clone $ecoq,
    fn () => serialize($ecoq),
] as $call) {
    try {
        $call();
        echo "no error\n";
    } catch (Throwable $e) {
        echo get_class($e), ': ', $e->getMessage(), "\n";
    }
}
echo $ecoq->channel('q')->stats()->ready, " waiting\n";
?>
--EXPECTF--
now 1
string(8) "placed 1"
string(19) "order 2 status of 2"
int(1)
2 waiting
later 1
ship 3
Ecoq\Exception\HandlerNotFoundException: No command handler for "nothing": give a class with a method that has #[CommandHandler] for it in handlers:
Ecoq\Exception\HandlerNotFoundException: No query handler for "Place": give a class with a method that has #[QueryHandler] for it in handlers:
Ecoq\Exception\ConfigurationException: delay: was given for "Place", which is handled synchronously, so it would have no effect: make a handler #[Asynchronous], or leave it out
ValueError: Ecoq\Messaging::sendTo(): Argument #5 ($priority) must be between 0 and 9
ValueError: Ecoq\Messaging::sendTo(): Argument #4 ($delay) must not be negative
ValueError: Ecoq\Messaging::sendTo(): Argument #3 ($headers) must not hold "ecoq-endpoint": names that begin with ecoq- are ecoq's own
TypeError: Ecoq\Messaging::sendTo(): Argument #3 ($headers) must hold scalars, null and arrays only, "a" is stdClass
ValueError: Ecoq\Messaging::sendTo(): Argument #3 ($headers) must have non-empty string keys
Ecoq\Exception\ConversionException: data.id: %s
ValueError: Ecoq\Messaging::sendTo(): Argument #1 ($type) must not be empty: a message type tells what the message is about
Ecoq\Exception\ConfigurationException: no channel "nope" is configured; configured channels: q
Ecoq\Exception\ConfigurationException: no channel "nope" is configured; configured channels: q
Ecoq\Exception\ConfigurationException: worker(): name the channels to consume; configured channels: q
Ecoq\Exception\ConfigurationException: worker(): unknown limit "limits"; known limits: limit, failureLimit, memoryLimit, timeLimit, idleLimit, sleep, rest, fetchSize, stopWhenEmpty
Ecoq\Exception\ConfigurationException: worker(): limit: must be an int, string given
Ecoq\Exception\ConfigurationException: worker(): limit: must be positive, 0 given; leave it out for no limit
Error: Cannot call constructor of Ecoq\Messaging twice
Error: Trying to clone an uncloneable object of class Ecoq\Messaging
Exception: Serialization of 'Ecoq\Messaging' is not allowed
0 waiting
