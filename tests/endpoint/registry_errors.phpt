--TEST--
Registry: every mistake in handlers is named with class, method and attribute
--FILE--
<?php
require __DIR__ . '/describe.inc';
use Ecoq\Attribute\{Asynchronous, CommandHandler, Deduplicated, Delayed, EventHandler, Header, InstantRetry, MessageType, Priority, QueryHandler, Retry, TimeToLive, Timeout, WithoutTransaction};

interface Command {}
abstract class AbstractCommand implements Command {}
class Place implements Command {}
#[MessageType('')] class BadType {}
#[MessageType('same')] class SameA {}
#[MessageType('same')] class SameB {}

class None { public function a() {} }
class Hidden { #[CommandHandler('a')] private function a() {} }
class Constructor_ { #[CommandHandler('a')] public function __construct() {} }
class Generator_ { #[EventHandler('a')] public function a() { yield 1; } }
class LazyCommand { #[CommandHandler('lazy')] public function a() { yield 1; } }
class NoType { #[EventHandler] public function a(array $payload) {} }
class NoParameter { #[CommandHandler] public function a(Ecoq\EventBus $bus, #[Header('x')] Place $place) {} }
class Intersection { #[EventHandler] public function a(Countable&Command $e) {} }
class ForInterface { #[CommandHandler] public function a(Command $c) {} }
class ForAbstract { #[QueryHandler] public function a(AbstractCommand $c) {} }
class Twice { #[CommandHandler('a')] public function a() {} #[CommandHandler('a')] public function b() {} }
class TwiceByCase { #[CommandHandler] public function a(Place $p) {} #[CommandHandler('\PLACE')] public function b() {} }
class TwiceQuery { #[QueryHandler] public function a(SameA $p) {} #[QueryHandler] public function b(SameB $p) {} }
class Ids { #[EventHandler('a', 'id')] public function a() {} #[EventHandler('b', 'id')] public function b() {} }
class TwoKinds { #[EventHandler('a'), CommandHandler('a')] public function a() {} }
class Stray { #[CommandHandler('a')] public function a() {} #[Asynchronous('q')] public function b() {} }
class Sync { #[CommandHandler('a'), Delayed(5)] public function a() {} }
class SyncQuery { #[QueryHandler('a'), Asynchronous('q')] public function a() {} }
class BadValue { #[CommandHandler('a'), Asynchronous('q'), Delayed(-5)] public function a() {} }
class BadName { #[CommandHandler('a'), Asynchronous('q'), Delayed(milliseconds: 5)] public function a() {} }
class BadPath { #[CommandHandler('a'), Asynchronous('q'), TimeToLive(expression: 'payload..x')] public function a() {} }
class MissingClass { #[CommandHandler('a'), Asynchronous('q'), Delayed(new Missing\Span(5))] public function a() {} }
class MissingConstant { #[CommandHandler('a'), Asynchronous(self::NOWHERE)] public function a() {} }
#[Priority(10)] class BadOnClass { #[CommandHandler('a')] public function a() {} }
class BadMessage { #[EventHandler] public function a(BadType $e) {} }
class Unknown { #[CommandHandler('a'), NobodyKnows(new Missing())] public function a() { return 'unknown attributes are left alone'; } }
abstract class OnlyAbstract { #[CommandHandler('a')] abstract public function a(); }
enum Suit { case A; }
class FormerOwn { #[CommandHandler('a', formerly: ['FormerOwn::a'])] public function a() {} }
class FormerTaken { #[CommandHandler('a', 'x')] public function a() {} #[EventHandler('b', formerly: ['x'])] public function b() {} }
class FormerLater { #[CommandHandler('a', formerly: ['y'])] public function a() {} #[EventHandler('b', 'y')] public function b() {} }
class FormerTwice { #[CommandHandler('a', formerly: ['z'])] public function a() {} #[EventHandler('b', formerly: ['z'])] public function b() {} }
class SyncDeduplicated { #[CommandHandler('a'), Deduplicated] public function a() {} }
class SyncTimeout { #[EventHandler('a'), Timeout(5)] public function a() {} }
class SyncEventWithout { #[EventHandler('a'), WithoutTransaction] public function a() {} }
class QueryWithout { #[QueryHandler('a'), WithoutTransaction] public function a() {} }
class QueryInstant { #[QueryHandler('a'), InstantRetry] public function a() {} }
class EventInstant { #[EventHandler('a'), InstantRetry] public function a() {} }
class LaterInstant { #[CommandHandler('a'), Asynchronous('q'), InstantRetry] public function a() {} }
class StrayInstant { #[CommandHandler('a')] public function a() {} #[InstantRetry] public function b() {} }
class WithoutArguments { #[CommandHandler('a'), WithoutTransaction(true)] public function a() {} }

foreach ([
    [None::class], [Hidden::class], [Constructor_::class], [Generator_::class], [NoType::class], [NoParameter::class], [Intersection::class], [ForInterface::class],
    [ForAbstract::class], [Twice::class], [TwiceByCase::class], [TwiceQuery::class], [Ids::class], [TwoKinds::class], [Stray::class], [Sync::class],
    [SyncQuery::class], [BadValue::class], [BadName::class], [BadPath::class], [MissingClass::class], [MissingConstant::class], [BadOnClass::class],
    [BadMessage::class], [OnlyAbstract::class], [Suit::class], ['Nowhere\Class_'], [''], [5], [[]], [null], [fn () => 1], ['type' => 'nowhere'], ['type' => [1, 2]],
    ['' => 'strlen'], ['a' => Unknown::class], [Unknown::class, Unknown::class], [new Unknown(), 'UNKNOWN'], [Unknown::class, Twice::class],
    [FormerOwn::class], [FormerTaken::class], [FormerLater::class], [FormerTwice::class], [SyncDeduplicated::class], [SyncTimeout::class], [SyncEventWithout::class],
    [QueryWithout::class], [QueryInstant::class], [EventInstant::class], [LaterInstant::class], [StrayInstant::class], [WithoutArguments::class],
] as $handlers) {
    attempt(fn () => new Ecoq\Messaging(handlers: $handlers, channels: ['q' => 'memory:']));
}
echo (new Ecoq\Messaging(handlers: [Unknown::class], channels: []))->sendTo('a'), "\n";
var_dump((new Ecoq\Messaging(handlers: [LazyCommand::class], channels: []))->sendTo('lazy') instanceof Generator);

spl_autoload_register(function (string $class) { throw new LogicException("autoloading $class"); });
class Autoloads { #[EventHandler] public function a(Elsewhere $e) {} }
attempt(fn () => new Ecoq\Messaging(handlers: [Autoloads::class], channels: []));
attempt(fn () => new Ecoq\Messaging(handlers: ['Elsewhere'], channels: []));
?>
--EXPECT--
ConfigurationException: Class None has no handler: give a public method #[CommandHandler], #[EventHandler] or #[QueryHandler]
ConfigurationException: Hidden::a, #[CommandHandler]: a handler must be public
ConfigurationException: Constructor_::__construct, #[CommandHandler]: a constructor cannot be a handler
ConfigurationException: Generator_::a, #[EventHandler]: it is a generator, whose body would never run
ConfigurationException: NoType::a, #[EventHandler]: nothing says what it handles; write #[EventHandler('order.placed')], or give the method a first parameter of the message's class
ConfigurationException: NoParameter::a, #[CommandHandler]: nothing says what it handles; write #[CommandHandler('order.placed')], or give the method a first parameter of the message's class
ConfigurationException: Intersection::a, #[EventHandler]: nothing says what it handles; write #[EventHandler('order.placed')], or give the method a first parameter of the message's class
ConfigurationException: ForInterface::a, #[CommandHandler]: Command cannot be instantiated, and a command is found by its own class; name that, or a type
ConfigurationException: ForAbstract::a, #[QueryHandler]: AbstractCommand cannot be instantiated, and a query is found by its own class; name that, or a type
ConfigurationException: Command "a" has two handlers, Twice::a and Twice::b: it needs exactly one
ConfigurationException: Command "Place" has two handlers, TwiceByCase::a and TwiceByCase::b: it needs exactly one
ConfigurationException: Query "same" has two handlers, TwiceQuery::a and TwiceQuery::b: it needs exactly one
ConfigurationException: Endpoint id "id" is used by Ids::a and Ids::b; give one of them another endpointId
ConfigurationException: Endpoint id "TwoKinds::a" is used by TwoKinds::a and TwoKinds::a; give one of the method's handler attributes another endpointId
ConfigurationException: Stray::b, #[Asynchronous]: the method is no handler; give it #[CommandHandler] or #[EventHandler]
ConfigurationException: Sync::a, #[Delayed]: the handler is synchronous; give it #[Asynchronous('channel')]
ConfigurationException: SyncQuery::a, #[Asynchronous]: a query is always answered at once, it cannot be sent through a channel
ConfigurationException: BadValue::a, #[Delayed]: Ecoq\Attribute\Delayed::__construct(): Argument #1 ($time) must be at least 0 ms, -5 ms given
  caused by ValueError
ConfigurationException: BadName::a, #[Delayed]: Unknown named parameter $milliseconds
  caused by Error
ConfigurationException: BadPath::a, #[TimeToLive]: Ecoq\Attribute\TimeToLive::__construct(): Argument #2 ($expression) must be a path like "payload.customer.id" or "headers.tenant", or a callable (function "payload..x" not found or invalid function name)
  caused by ValueError
ConfigurationException: MissingClass::a, #[Delayed]: Class "Missing\Span" not found
  caused by Error
ConfigurationException: MissingConstant::a, #[Asynchronous]: Undefined constant self::NOWHERE
  caused by Error
ConfigurationException: BadOnClass, #[Priority]: Ecoq\Attribute\Priority::__construct(): Argument #1 ($priority) must be between 0 and 9, 10 given
  caused by ValueError
ConfigurationException: BadType, #[MessageType]: Ecoq\Attribute\MessageType::__construct(): Argument #1 ($type) must not be empty
  caused by ValueError
ConfigurationException: Class OnlyAbstract has no handler: give a public method #[CommandHandler], #[EventHandler] or #[QueryHandler]
ConfigurationException: Class Suit has no handler: give a public method #[CommandHandler], #[EventHandler] or #[QueryHandler]
ConfigurationException: handlers[0]: class "Nowhere\Class_" was not found
ConfigurationException: handlers[0]: class "" was not found
ConfigurationException: handlers[0]: expected a class name or an object, int given
ConfigurationException: handlers[0]: expected a class name or an object, array given
ConfigurationException: handlers[0]: expected a class name or an object, null given
ConfigurationException: handlers[0]: a callable needs the type it handles as its key: 'order.placed' => fn …
ConfigurationException: handlers["type"]: expected a callable for this type, string given; a handler class or object stands without a key
ConfigurationException: handlers["type"]: expected a callable for this type, array given; a handler class or object stands without a key
ConfigurationException: handlers[""]: a callable needs the type it handles as its key: 'order.placed' => …
ConfigurationException: handlers["a"]: expected a callable for this type, string given; a handler class or object stands without a key
ConfigurationException: Endpoint id "Unknown::a" is used by Unknown::a and Unknown::a: the class is given twice in handlers
ConfigurationException: Endpoint id "Unknown::a" is used by Unknown::a and Unknown::a: the class is given twice in handlers
ConfigurationException: Command "a" has two handlers, Unknown::a and Twice::a: it needs exactly one
ConfigurationException: FormerOwn::a: formerly: names "FormerOwn::a", which is its endpoint id now
ConfigurationException: Endpoint id "x" is used by FormerTaken::a and FormerTaken::b; what one names in formerly: must not be an id, or a former one, of another
ConfigurationException: Endpoint id "y" is used by FormerLater::a and FormerLater::b; what one names in formerly: must not be an id, or a former one, of another
ConfigurationException: Endpoint id "z" is used by FormerTwice::a and FormerTwice::b; what one names in formerly: must not be an id, or a former one, of another
ConfigurationException: SyncDeduplicated::a, #[Deduplicated]: the handler is synchronous; give it #[Asynchronous('channel')]
ConfigurationException: SyncTimeout::a, #[Timeout]: the handler is synchronous; give it #[Asynchronous('channel')]
ConfigurationException: SyncEventWithout::a, #[WithoutTransaction]: a synchronous subscriber is part of the publisher's transaction; make it #[Asynchronous]
no error
ConfigurationException: QueryInstant::a, #[InstantRetry]: only a command is run again at once; an #[Asynchronous] event handler can have #[Retry]
ConfigurationException: EventInstant::a, #[InstantRetry]: only a command is run again at once; an #[Asynchronous] event handler can have #[Retry]
ConfigurationException: LaterInstant::a, #[InstantRetry]: the handler is asynchronous; #[Retry] is for those
ConfigurationException: StrayInstant::b, #[InstantRetry]: the method is no handler; give it #[CommandHandler] or #[EventHandler]
ConfigurationException: WithoutArguments::a, #[WithoutTransaction]: Ecoq\Attribute\WithoutTransaction::__construct() expects exactly 0 arguments, 1 given
  caused by ArgumentCountError
unknown attributes are left alone
bool(true)
ConfigurationException: Autoloads::a, #[EventHandler]: autoloading Elsewhere
  caused by LogicException
LogicException: autoloading Elsewhere
