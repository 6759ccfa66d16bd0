--TEST--
Attributes: what they hold, what they refuse, no second constructor call, subclasses
--FILE--
<?php
require __DIR__ . '/describe.inc';
use Ecoq\Attribute\{Asynchronous, CommandHandler, Deduplicated, Delayed, EventHandler, Header, InstantRetry, MessageType, Priority, QueryHandler, Retry, TimeToLive, Timeout, WithoutTransaction};

foreach ([
    new CommandHandler(), new CommandHandler('a', 'id'), new EventHandler('a.*'), new QueryHandler('q'), new Asynchronous('c'), new Asynchronous(['x' => 'a', 'b']),
    new Delayed(0), new Delayed(new Ecoq\TimeSpan(seconds: 2)), new Delayed(new DateInterval('PT1M')), new Delayed(expression: 'payload.a-b.0'),
    new Delayed(expression: 'strlen'), new TimeToLive(expression: 'headers'), new TimeToLive(1), new Priority(0), new Priority(9), new Retry(0),
    new Retry(delay: new Ecoq\TimeSpan(seconds: 1), multiplier: 1, maxDelay: 0, jitter: 1), new Header('x'), new MessageType('urn:a:b'),
    new CommandHandler(formerly: ['x' => 'a', 'b']), new Retry(only: ['\App\A', Nobody\Knows::class], never: []), new Timeout(new Ecoq\TimeSpan(minutes: 1)), new Timeout(1),
    new Deduplicated(), new Deduplicated('x'), new Deduplicated(expression: 'payload.order.id'), new WithoutTransaction(), new InstantRetry(), new InstantRetry(100, new DateInterval('PT1M'), ['A']),
] as $attribute) {
    echo (new ReflectionClass($attribute))->getShortName(), ' ', json_encode(get_object_vars($attribute)), "\n";
}
$closure = fn (Ecoq\Message $m) => 5;
var_dump((new Delayed(expression: $closure))->expression === $closure);

foreach ([
    fn () => new CommandHandler('a.*'), fn () => new CommandHandler('a', ''), fn () => new EventHandler('a', ''), fn () => new QueryHandler('*'),
    fn () => new Asynchronous(''), fn () => new Asynchronous([]), fn () => new Asynchronous(['a', 1]), fn () => new Asynchronous(['a', 'a']),
    fn () => new Delayed(), fn () => new Delayed(1, 'payload'), fn () => new Delayed(-1), fn () => new Delayed('5'), fn () => new Delayed(new DateTimeImmutable()),
    fn () => new Delayed(expression: 'payload.'), fn () => new Delayed(expression: 'payload..a'), fn () => new Delayed(expression: 'payloads.a'),
    fn () => new Delayed(expression: 'body.a'), fn () => new Delayed(expression: ['Nobody', 'there']), fn () => new Delayed(expression: ''),
    fn () => new TimeToLive(0), fn () => new TimeToLive(), fn () => new Priority(10), fn () => new Priority(-1), fn () => new Retry(), fn () => new Retry(-1),
    fn () => new Retry(1, -1), fn () => new Retry(1, 1, 0.9), fn () => new Retry(1, 1, INF), fn () => new Retry(1, 1, NAN), fn () => new Retry(maxDelay: -1),
    fn () => new Retry(jitter: 1.01), fn () => new Retry(jitter: NAN), fn () => new Retry(delay: '1s'), fn () => new Header(''), fn () => new MessageType(''), fn () => new MessageType('a*'),
    fn () => new CommandHandler('a', 'b', ['']), fn () => new EventHandler(formerly: ['a', 'a']), fn () => new EventHandler('a', 'b', ['b']), fn () => new EventHandler(formerly: [1]),
    fn () => new Retry(only: [1]), fn () => new Retry(never: ['A', 'B C']), fn () => new Retry(only: ['']), fn () => new Retry(only: ['A\\']), fn () => new Retry(only: ['1A']), fn () => new Retry(only: 'A'),
    fn () => new Timeout(0), fn () => new Timeout(null), fn () => new Timeout('5s'), fn () => new Deduplicated('x', 'payload.x'), fn () => new Deduplicated(''), fn () => new Deduplicated(expression: 'x.y'),
    fn () => new InstantRetry(0), fn () => new InstantRetry(101), fn () => new InstantRetry(delay: -1), fn () => new InstantRetry(delay: 60_001), fn () => new InstantRetry(delay: null),
    fn () => new InstantRetry(only: [new stdClass()]), fn () => (new InstantRetry())->__construct(), fn () => (new Timeout(1))->__construct(2), fn () => (new Deduplicated())->__construct('x'),
    fn () => (new Priority(1))->__construct(2), fn () => (new Retry(1))->__construct(2), fn () => (new Delayed(1))->__construct(expression: 'payload'),
    fn () => (new Asynchronous('a'))->__construct('b'), function () { $type = new MessageType('a'); $type->type = 'b'; }, function () { $header = new Header('a'); $header->other = 1; },
] as $call) {
    attempt($call);
}

#[Attribute(Attribute::TARGET_METHOD)]
class Patient extends Retry
{
    public function __construct(int $factor) { parent::__construct(max: 2 * $factor, delay: 100); }
}
#[Attribute(Attribute::TARGET_METHOD)]
class Lazy extends Priority
{
    public function __construct() {}
}
class Orders
{
    #[CommandHandler('a'), Asynchronous('q'), Patient(factor: 21)] public function a() {}
}
class Broken
{
    #[CommandHandler('a'), Asynchronous('q'), Lazy] public function a() {}
}
echo describe(new Ecoq\Messaging(handlers: [Orders::class], channels: ['q' => 'memory:']));
attempt(fn () => new Ecoq\Messaging(handlers: [Broken::class], channels: ['q' => 'memory:']));
var_dump((new ReflectionMethod('Orders', 'a'))->getAttributes(Retry::class, ReflectionAttribute::IS_INSTANCEOF)[0]->newInstance()->max);
?>
--EXPECT--
CommandHandler {"type":"","endpointId":null,"formerly":[]}
CommandHandler {"type":"a","endpointId":"id","formerly":[]}
EventHandler {"type":"a.*","endpointId":null,"formerly":[]}
QueryHandler {"type":"q"}
Asynchronous {"channels":["c"]}
Asynchronous {"channels":["a","b"]}
Delayed {"milliseconds":0,"expression":null}
Delayed {"milliseconds":2000,"expression":null}
Delayed {"milliseconds":60000,"expression":null}
Delayed {"milliseconds":null,"expression":"payload.a-b.0"}
Delayed {"milliseconds":null,"expression":"strlen"}
TimeToLive {"milliseconds":null,"expression":"headers"}
TimeToLive {"milliseconds":1,"expression":null}
Priority {"priority":0}
Priority {"priority":9}
Retry {"max":0,"delay":null,"multiplier":null,"maxDelay":null,"jitter":null,"only":null,"never":null}
Retry {"max":null,"delay":1000,"multiplier":1,"maxDelay":0,"jitter":1,"only":null,"never":null}
Header {"name":"x"}
MessageType {"type":"urn:a:b"}
CommandHandler {"type":"","endpointId":null,"formerly":["a","b"]}
Retry {"max":null,"delay":null,"multiplier":null,"maxDelay":null,"jitter":null,"only":["App\\A","Nobody\\Knows"],"never":[]}
Timeout {"milliseconds":60000}
Timeout {"milliseconds":1}
Deduplicated {"header":null,"expression":null}
Deduplicated {"header":"x","expression":null}
Deduplicated {"header":null,"expression":"payload.order.id"}
WithoutTransaction []
InstantRetry {"max":3,"delay":0,"only":[]}
InstantRetry {"max":100,"delay":60000,"only":["A"]}
bool(true)
ValueError: Ecoq\Attribute\CommandHandler::__construct(): Argument #1 ($type) must not hold "*": only an event handler takes patterns
ValueError: Ecoq\Attribute\CommandHandler::__construct(): Argument #2 ($endpointId) must not be empty
ValueError: Ecoq\Attribute\EventHandler::__construct(): Argument #2 ($endpointId) must not be empty
ValueError: Ecoq\Attribute\QueryHandler::__construct(): Argument #1 ($type) must not hold "*": only an event handler takes patterns
ValueError: Ecoq\Attribute\Asynchronous::__construct(): Argument #1 ($channel) must hold channel names, that is, strings that are not empty
ValueError: Ecoq\Attribute\Asynchronous::__construct(): Argument #1 ($channel) must name a channel
ValueError: Ecoq\Attribute\Asynchronous::__construct(): Argument #1 ($channel) must hold channel names, that is, strings that are not empty
ValueError: Ecoq\Attribute\Asynchronous::__construct(): Argument #1 ($channel) must not hold channel "a" twice
ValueError: Ecoq\Attribute\Delayed takes either a time or an expression, none given
ValueError: Ecoq\Attribute\Delayed takes either a time or an expression, both given
ValueError: Ecoq\Attribute\Delayed::__construct(): Argument #1 ($time) must be at least 0 ms, -1 ms given
TypeError: Ecoq\Attribute\Delayed::__construct(): Argument #1 ($time) must be of type int|Ecoq\TimeSpan|DateInterval|null, string given
TypeError: Ecoq\Attribute\Delayed::__construct(): Argument #1 ($time) must be of type int|Ecoq\TimeSpan|DateInterval|null, DateTimeImmutable given
ValueError: Ecoq\Attribute\Delayed::__construct(): Argument #2 ($expression) must be a path like "payload.customer.id" or "headers.tenant", or a callable (function "payload." not found or invalid function name)
ValueError: Ecoq\Attribute\Delayed::__construct(): Argument #2 ($expression) must be a path like "payload.customer.id" or "headers.tenant", or a callable (function "payload..a" not found or invalid function name)
ValueError: Ecoq\Attribute\Delayed::__construct(): Argument #2 ($expression) must be a path like "payload.customer.id" or "headers.tenant", or a callable (function "payloads.a" not found or invalid function name)
ValueError: Ecoq\Attribute\Delayed::__construct(): Argument #2 ($expression) must be a path like "payload.customer.id" or "headers.tenant", or a callable (function "body.a" not found or invalid function name)
ValueError: Ecoq\Attribute\Delayed::__construct(): Argument #2 ($expression) must be a path like "payload.customer.id" or "headers.tenant", or a callable (class "Nobody" not found)
ValueError: Ecoq\Attribute\Delayed::__construct(): Argument #2 ($expression) must be a path like "payload.customer.id" or "headers.tenant", or a callable (function "" not found or invalid function name)
ValueError: Ecoq\Attribute\TimeToLive::__construct(): Argument #1 ($time) must be at least 1 ms, 0 ms given
ValueError: Ecoq\Attribute\TimeToLive takes either a time or an expression, none given
ValueError: Ecoq\Attribute\Priority::__construct(): Argument #1 ($priority) must be between 0 and 9, 10 given
ValueError: Ecoq\Attribute\Priority::__construct(): Argument #1 ($priority) must be between 0 and 9, -1 given
ValueError: Ecoq\Attribute\Retry needs at least one of max, delay, multiplier, maxDelay, jitter, only and never
ValueError: Ecoq\Attribute\Retry::__construct(): Argument #1 ($max) must be between 0 and 2147483647, -1 given
ValueError: Ecoq\Attribute\Retry::__construct(): Argument #2 ($delay) must be at least 0 ms, -1 ms given
ValueError: Ecoq\Attribute\Retry::__construct(): Argument #3 ($multiplier) must be a finite number of at least 1
ValueError: Ecoq\Attribute\Retry::__construct(): Argument #3 ($multiplier) must be a finite number of at least 1
ValueError: Ecoq\Attribute\Retry::__construct(): Argument #3 ($multiplier) must be a finite number of at least 1
ValueError: Ecoq\Attribute\Retry::__construct(): Argument #4 ($maxDelay) must be at least 0 ms, -1 ms given
ValueError: Ecoq\Attribute\Retry::__construct(): Argument #5 ($jitter) must be between 0 and 1
ValueError: Ecoq\Attribute\Retry::__construct(): Argument #5 ($jitter) must be between 0 and 1
TypeError: Ecoq\Attribute\Retry::__construct(): Argument #2 ($delay) must be of type int|Ecoq\TimeSpan|DateInterval|null, string given
ValueError: Ecoq\Attribute\Header::__construct(): Argument #1 ($name) must not be empty
ValueError: Ecoq\Attribute\MessageType::__construct(): Argument #1 ($type) must not be empty
ValueError: Ecoq\Attribute\MessageType::__construct(): Argument #1 ($type) must not hold "*": a message has one type
ValueError: Ecoq\Attribute\CommandHandler::__construct(): Argument #3 ($formerly) must hold endpoint ids, that is, strings that are not empty
ValueError: Ecoq\Attribute\EventHandler::__construct(): Argument #3 ($formerly) must not hold the id "a", which the endpoint has already
ValueError: Ecoq\Attribute\EventHandler::__construct(): Argument #3 ($formerly) must not hold the id "b", which the endpoint has already
ValueError: Ecoq\Attribute\EventHandler::__construct(): Argument #3 ($formerly) must hold endpoint ids, that is, strings that are not empty
TypeError: Ecoq\Attribute\Retry::__construct(): Argument #6 ($only) must hold class names, int given
ValueError: Ecoq\Attribute\Retry::__construct(): Argument #7 ($never) must hold class names, "B C" given
ValueError: Ecoq\Attribute\Retry::__construct(): Argument #6 ($only) must hold class names, "" given
ValueError: Ecoq\Attribute\Retry::__construct(): Argument #6 ($only) must hold class names, "A\" given
ValueError: Ecoq\Attribute\Retry::__construct(): Argument #6 ($only) must hold class names, "1A" given
TypeError: Ecoq\Attribute\Retry::__construct(): Argument #6 ($only) must be of type array, string given
ValueError: Ecoq\Attribute\Timeout::__construct(): Argument #1 ($time) must be at least 1 ms, 0 ms given
TypeError: Ecoq\Attribute\Timeout::__construct(): Argument #1 ($time) must be of type int|Ecoq\TimeSpan|DateInterval, null given
TypeError: Ecoq\Attribute\Timeout::__construct(): Argument #1 ($time) must be of type int|Ecoq\TimeSpan|DateInterval|null, string given
ValueError: Ecoq\Attribute\Deduplicated takes either a header or an expression, both given
ValueError: Ecoq\Attribute\Deduplicated::__construct(): Argument #1 ($header) must not be empty
ValueError: Ecoq\Attribute\Deduplicated::__construct(): Argument #2 ($expression) must be a path like "payload.customer.id" or "headers.tenant", or a callable (function "x.y" not found or invalid function name)
ValueError: Ecoq\Attribute\InstantRetry::__construct(): Argument #1 ($max) must be between 1 and 100, 0 given
ValueError: Ecoq\Attribute\InstantRetry::__construct(): Argument #1 ($max) must be between 1 and 100, 101 given
ValueError: Ecoq\Attribute\InstantRetry::__construct(): Argument #2 ($delay) must be at least 0 ms, -1 ms given
ValueError: Ecoq\Attribute\InstantRetry::__construct(): Argument #2 ($delay) must be at most 60000 ms: the caller waits for it; for longer ones make the handler #[Asynchronous]
TypeError: Ecoq\Attribute\InstantRetry::__construct(): Argument #2 ($delay) must be of type int|Ecoq\TimeSpan|DateInterval, null given
TypeError: Ecoq\Attribute\InstantRetry::__construct(): Argument #3 ($only) must hold class names, stdClass given
Error: Cannot call Ecoq\Attribute\InstantRetry::__construct() twice, the object is immutable
Error: Cannot call Ecoq\Attribute\Timeout::__construct() twice, the object is immutable
Error: Cannot call Ecoq\Attribute\Deduplicated::__construct() twice, the object is immutable
Error: Cannot call Ecoq\Attribute\Priority::__construct() twice, the object is immutable
Error: Cannot call Ecoq\Attribute\Retry::__construct() twice, the object is immutable
Error: Cannot call Ecoq\Attribute\Delayed::__construct() twice, the object is immutable
Error: Cannot call Ecoq\Attribute\Asynchronous::__construct() twice, the object is immutable
Error: Cannot modify readonly property Ecoq\Attribute\MessageType::$type
Error: Cannot create dynamic property Ecoq\Attribute\Header::$other
Orders::a: command a channels=["q"] retry={"max":42,"delay":100}
ConfigurationException: Broken::a, #[Lazy]: Lazy::__construct() does not call its parent's constructor
  caused by Error
int(42)
