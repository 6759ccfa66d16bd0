--TEST--
Routing: by class, parent, interface, union, pattern, #[MessageType] and plain type; ids, inherited and trait methods
--FILE--
<?php
require __DIR__ . '/describe.inc';
use Ecoq\Attribute\{Asynchronous, CommandHandler, Delayed, EventHandler, MessageType, Priority, QueryHandler, Retry, TimeToLive};

interface Event {}
interface Shouting extends Event {}
abstract class OrderEvent implements Event {}
#[MessageType('order.placed')] final class OrderPlaced extends OrderEvent {}
class OrderPaid extends OrderEvent implements Shouting {}
class Unrelated {}
#[MessageType('order.place')] class PlaceOrder {}
class CancelOrder {}
class GetOrder {}

trait Traced { #[EventHandler('traced')] public function traced() { echo static::class, '::', __FUNCTION__, "\n"; } }
class Basic { #[EventHandler] public function inherited(OrderEvent $e) { echo __FUNCTION__, "\n"; } }
final class Subscribers extends Basic
{
    use Traced;
    #[EventHandler] public function exact(OrderPlaced $e) { echo __FUNCTION__, "\n"; }
    #[EventHandler('order.placed')] public function byName(array $e) { echo __FUNCTION__, "\n"; }
    #[EventHandler(OrderPlaced::class)] public function byClassName($e) { echo __FUNCTION__, "\n"; }
    #[EventHandler('\OrderPaid')] public function byOtherCase($e) { echo __FUNCTION__, "\n"; }
    #[EventHandler] public function any(Event $e) { echo __FUNCTION__, "\n"; }
    #[EventHandler] public function shouting(?Shouting $e) { echo __FUNCTION__, "\n"; }
    #[EventHandler] public function union(Unrelated|OrderPaid|null $e) { echo __FUNCTION__, "\n"; }
    #[EventHandler('order.*')] public function star($e) { echo __FUNCTION__, "\n"; }
    #[EventHandler('*d')] public function ends($e) { echo __FUNCTION__, "\n"; }
    #[EventHandler('o*r*.*a*e')] public function many($e) { echo __FUNCTION__, "\n"; }
    #[EventHandler('x'), EventHandler('y'), EventHandler('z', endpointId: 'own')] public static function several() { echo __FUNCTION__, "\n"; }
}
class Commands
{
    #[CommandHandler] public function place(PlaceOrder|CancelOrder $c) { return get_class($c); }
    #[CommandHandler('a'), CommandHandler('B')] public function two(Ecoq\EventBus $bus, string $text = 'nothing') { return $text; }
    #[QueryHandler] public function get(GetOrder $q) { return 'got'; }
    #[QueryHandler('a')] public function sameTypeOtherBus() { return 'query a'; }
}
#[Asynchronous('q'), Priority(7), Retry(max: 1, jitter: 0), Delayed(10)]
class Settings
{
    const string_or_not = 'r';
    #[CommandHandler('s1')] public function fromClass() {}
    #[CommandHandler('s2'), Asynchronous([self::string_or_not, 'q']), Priority(0), Retry(delay: 5), TimeToLive(expression: 'headers.ttl'), Delayed(expression: [Settings::class, 'later'])]
    public function own() {}
    #[QueryHandler('s3')] public function query() {}
    public static function later(Ecoq\Message $message) { return 1; }
}

$called = [];
$handlers = [
    'called' => function ($payload) { echo "called ", json_encode($payload), "\n"; },
    Subscribers::class, 'order.p*' => 'Named::handle', new Commands(), 'OrderPaid' => [new Named(), 'instance'], '\Settings',
];
class Named
{
    public static function handle(array $payload, Ecoq\Message $message) { echo "named ", $message->type, "\n"; }
    public function instance(OrderPaid $paid) { echo "instance\n"; }
}
$ecoq = new Ecoq\Messaging(handlers: $handlers, channels: ['q' => 'memory:', 'r' => 'memory:']);
echo describe($ecoq);

foreach ([new OrderPlaced(), new OrderPaid(), new Unrelated()] as $event) {
    echo "-- publish ", get_class($event), "\n";
    $ecoq->publish($event);
}
foreach (['order.placed', 'ORDER.placed', 'order.', 'x', 'z', 'traced', 'called', 'or.ae', 'or.aX'] as $type) {
    echo "-- publishTo $type\n";
    attempt(fn () => $ecoq->publishTo($type, ['k' => 1]));
}
echo "-- commands and queries\n";
echo $ecoq->send(new PlaceOrder()), ' ', $ecoq->send(new CancelOrder()), ' ', $ecoq->sendTo('order.place', new PlaceOrder()), ' ', $ecoq->sendTo('\cancelORDER', new CancelOrder()), "\n";
echo $ecoq->sendTo('a', 'text'), ' ', $ecoq->sendTo('B', 'more'), ' ', $ecoq->queryTo('a'), ' ', $ecoq->queryTo('getorder', new GetOrder()), "\n";
attempt(fn () => $ecoq->sendTo('b'));
attempt(fn () => $ecoq->sendTo('Order.place'));
attempt(fn () => $ecoq->send(new OrderPaid()));
?>
--EXPECT--
called#callable: event called
Subscribers::exact: event OrderPlaced order.placed
Subscribers::byName: event order.placed
Subscribers::byClassName: event OrderPlaced order.placed
Subscribers::byOtherCase: event OrderPaid
Subscribers::any: event Event
Subscribers::shouting: event Shouting
Subscribers::union: event Unrelated OrderPaid
Subscribers::star: event order.*
Subscribers::ends: event *d
Subscribers::many: event o*r*.*a*e
Subscribers::several: event x y
own: event z
Subscribers::inherited: event OrderEvent
Subscribers::traced: event traced
order.p*#callable: event order.p*
Commands::place: command PlaceOrder order.place CancelOrder
Commands::two: command a B
Commands::get: query GetOrder
Commands::sameTypeOtherBus: query a
OrderPaid#callable: event OrderPaid
Settings::fromClass: command s1 channels=["q"] delay=10 priority=7 retry={"max":1,"jitter":0}
Settings::own: command s2 channels=["r","q"] delay="callable" timeToLive="headers.ttl" priority=0 retry={"delay":5}
Settings::query: query s3
-- publish OrderPlaced
exact
byName
byClassName
any
star
ends
inherited
named order.placed
-- publish OrderPaid
byOtherCase
any
shouting
union
ends
inherited
instance
-- publish Unrelated
union
ends
-- publishTo order.placed
exact
byName
byClassName
star
ends
named order.placed
no error
-- publishTo ORDER.placed
ends
no error
-- publishTo order.
star
no error
-- publishTo x
several
no error
-- publishTo z
several
no error
-- publishTo traced
ends
Subscribers::traced
no error
-- publishTo called
called {"k":1}
ends
no error
-- publishTo or.ae
many
no error
-- publishTo or.aX
no error
-- commands and queries
PlaceOrder CancelOrder PlaceOrder CancelOrder
text more query a got
HandlerNotFoundException: No command handler for "b": give a class with a method that has #[CommandHandler] for it in handlers:
HandlerNotFoundException: No command handler for "Order.place": give a class with a method that has #[CommandHandler] for it in handlers:
HandlerNotFoundException: No command handler for "OrderPaid": give a class with a method that has #[CommandHandler] for it in handlers:
