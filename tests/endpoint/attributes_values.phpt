--TEST--
Attributes: what they hold, what they refuse, no second constructor call, subclasses
--FILE--
<?php
require __DIR__ . '/describe.inc';
use Ecoq\Attribute\{Asynchronous, CommandHandler, Delayed, EventHandler, Header, MessageType, Priority, QueryHandler, Retry, TimeToLive};

foreach ([
    new CommandHandler(), new CommandHandler('a', 'id'), new EventHandler('a.*'), new QueryHandler('q'), new Asynchronous('c'), new Asynchronous(['x' => 'a', 'b']),
    new Delayed(0), new Delayed(new Ecoq\TimeSpan(seconds: 2)), new Delayed(new DateInterval('PT1M')), new Delayed(expression: 'payload.a-b.0'),
    new Delayed(expression: 'strlen'), new TimeToLive(expression: 'headers'), new TimeToLive(1), new Priority(0), new Priority(9), new Retry(0),
    new Retry(delay: new Ecoq\TimeSpan(seconds: 1), multiplier: 1, maxDelay: 0, jitter: 1), new Header('x'), new MessageType('urn:a:b'),
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
CommandHandler {"type":"","endpointId":null}
CommandHandler {"type":"a","endpointId":"id"}
EventHandler {"type":"a.*","endpointId":null}
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
Retry {"max":0,"delay":null,"multiplier":null,"maxDelay":null,"jitter":null}
Retry {"max":null,"delay":1000,"multiplier":1,"maxDelay":0,"jitter":1}
Header {"name":"x"}
MessageType {"type":"urn:a:b"}
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
ValueError: Ecoq\Attribute\Retry needs at least one of max, delay, multiplier, maxDelay and jitter
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
