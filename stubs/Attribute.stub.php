<?php

/** @generate-class-entries */

namespace Ecoq\Attribute;

/**
 * The method handles a command: exactly one handler per type.
 * On a method, also several times (several types, one endpoint unless their ids differ).
 *
 * @strict-properties
 */
class CommandHandler
{
    public readonly string $type;

    public readonly ?string $endpointId;

    /** @var list<string> */
    public readonly array $formerly;

    /**
     * @param string $type type string or class name; empty: the class of the first parameter, and its #[MessageType]
     * @param string|null $endpointId names the endpoint's messages and dead letters, so keep it when the method moves; default `Class::method`
     * @param string[] $formerly ids that the endpoint had before: messages and dead letters that name one of them still reach it
     * @throws \ValueError when the type holds `*`, or an id is empty or stands twice
     */
    public function __construct(string $type = '', ?string $endpointId = null, array $formerly = []) {}
}

/**
 * The method subscribes to an event; any number may. On a method, also several times.
 *
 * @strict-properties
 */
class EventHandler
{
    public readonly string $type;

    public readonly ?string $endpointId;

    /** @var list<string> */
    public readonly array $formerly;

    /**
     * @param string $type type string, class name, or a pattern whose `*` stands for any run of characters, dots included;
     *     empty: the class of the first parameter (a parent, an interface and a union count), and its #[MessageType]
     * @param string|null $endpointId names the endpoint's messages and dead letters, so keep it when the method moves; default `Class::method`
     * @param string[] $formerly ids that the endpoint had before: messages and dead letters that name one of them still reach it
     * @throws \ValueError when an id is empty or stands twice
     */
    public function __construct(string $type = '', ?string $endpointId = null, array $formerly = []) {}
}

/**
 * The method answers a query: exactly one handler per type, always synchronous.
 *
 * @strict-properties
 */
class QueryHandler
{
    public readonly string $type;

    /**
     * @param string $type type string or class name; empty: the class of the first parameter, and its #[MessageType]
     * @throws \ValueError when the type holds `*`
     */
    public function __construct(string $type = '') {}
}

/**
 * The command or event reaches the method through a channel. On a class: every command and event handler of it.
 *
 * @strict-properties
 */
class Asynchronous
{
    /** @var list<string> */
    public readonly array $channels;

    /**
     * @param string|string[] $channel a configured channel's name; several are passed through in turn
     * @throws \ValueError when there is no name, or an empty one, or one twice
     */
    public function __construct(string|array $channel) {}
}

/**
 * The handler's message becomes available only after this time. On a method or a class (the method's wins).
 *
 * @strict-properties
 */
class Delayed
{
    /** Milliseconds; null: the expression says. */
    public readonly ?int $milliseconds;

    /** @var string|callable|null */
    public readonly mixed $expression;

    /**
     * Exactly one of the two.
     *
     * @param int|\Ecoq\TimeSpan|\DateInterval|null $time milliseconds or a length of time, not negative
     * @param string|callable|null $expression a path (`payload.due`, `headers.delay`) or a callable(Ecoq\Message), giving a time, an instant
     *     (DateTimeInterface) or null for none
     * @throws \TypeError when the time is of another type
     * @throws \ValueError when none or both are given, the time is negative, or the expression is neither a path nor callable
     */
    public function __construct(int|\Ecoq\TimeSpan|\DateInterval|null $time = null, string|callable|null $expression = null) {}
}

/**
 * The handler's message is dropped when it has not been started within this time, a delay not counted. On a method or a class (the method's
 * wins).
 *
 * @strict-properties
 */
class TimeToLive
{
    /** Milliseconds; null: the expression says. */
    public readonly ?int $milliseconds;

    /** @var string|callable|null */
    public readonly mixed $expression;

    /**
     * Exactly one of the two.
     *
     * @param int|\Ecoq\TimeSpan|\DateInterval|null $time milliseconds or a length of time, at least 1 ms
     * @param string|callable|null $expression a path (`payload.ttl`, `headers.ttl`) or a callable(Ecoq\Message), giving a time or null for none
     * @throws \TypeError when the time is of another type
     * @throws \ValueError when none or both are given, the time is below 1 ms, or the expression is neither a path nor callable
     */
    public function __construct(int|\Ecoq\TimeSpan|\DateInterval|null $time = null, string|callable|null $expression = null) {}
}

/**
 * The order among messages of a channel: higher first; messages without one have 4. On a method or a class (the method's wins).
 *
 * @strict-properties
 */
class Priority
{
    public readonly int $priority;

    /**
     * @param int $priority 0 to 9
     * @throws \ValueError when it is not
     */
    public function __construct(int $priority) {}
}

/**
 * Replaces the channel's retry policy field by field; null leaves the channel's value. On a method or a class (the method's one
 * replaces the class's one as a whole).
 *
 * Exceptions that are not to be retried lead to the dead letter at once. They are told by class, parent or interface; `never` goes before
 * `only`. Exception\RetryLater and Exception\StopWorker are retried whatever the lists say.
 *
 *     #[Retry(max: 10, delay: 500, only: [\App\Unavailable::class])]
 *
 * @strict-properties
 */
class Retry
{
    public readonly ?int $max;

    /** Milliseconds. */
    public readonly ?int $delay;

    public readonly ?float $multiplier;

    /** Milliseconds. */
    public readonly ?int $maxDelay;

    public readonly ?float $jitter;

    /** @var list<string>|null */
    public readonly ?array $only;

    /** @var list<string>|null */
    public readonly ?array $never;

    /**
     * @param int|null $max tries after the first one; 0: none
     * @param int|\Ecoq\TimeSpan|\DateInterval|null $delay before the first retry, in milliseconds or as a length of time
     * @param float|null $multiplier applied to the delay per further retry, at least 1
     * @param int|\Ecoq\TimeSpan|\DateInterval|null $maxDelay caps the delay, in milliseconds or as a length of time
     * @param float|null $jitter 0 to 1; 0.1: the delay varies by up to 10 % either way
     * @param string[]|null $only only exceptions of these classes are retried; []: all are. The classes are not loaded
     * @param string[]|null $never exceptions of these classes are not retried; []: all are. The classes are not loaded
     * @throws \TypeError when a time is of another type, or a list holds something else than strings
     * @throws \ValueError when a value is out of its range, a list holds something that is no class name, or nothing is given
     */
    public function __construct(?int $max = null, int|\Ecoq\TimeSpan|\DateInterval|null $delay = null, ?float $multiplier = null, int|\Ecoq\TimeSpan|\DateInterval|null $maxDelay = null, ?float $jitter = null, ?array $only = null, ?array $never = null) {}
}

/**
 * The longest time the method may run for one message; instead of the channel's `timeout`. Then it is interrupted, which counts as a failure.
 * For asynchronous handlers, on a method or a class (the method's wins).
 *
 * @strict-properties
 */
class Timeout
{
    public readonly int $milliseconds;

    /**
     * @param int|\Ecoq\TimeSpan|\DateInterval $time milliseconds or a length of time, at least 1 ms
     * @throws \TypeError when the time is of another type
     * @throws \ValueError when it is below 1 ms
     */
    public function __construct(int|\Ecoq\TimeSpan|\DateInterval $time) {}
}

/**
 * A message whose key was handled by this method before is acknowledged without calling it again; two that arrive at the same time run one after
 * the other. Needs the `database:` of Ecoq\Messaging. For asynchronous handlers, on a method or a class (the method's wins).
 *
 * The key is a header or an expression, or, with neither, the message id. A message without the header, or for which the expression gives
 * null, fails: it is never handled without deduplication.
 *
 *     #[Deduplicated(header: 'payment-id')]
 *     #[Deduplicated(expression: 'payload.order.id')]
 *
 * @strict-properties
 */
class Deduplicated
{
    public readonly ?string $header;

    /** @var string|callable|null */
    public readonly mixed $expression;

    /**
     * At most one of the two.
     *
     * @param string|null $header name of the header that holds the key
     * @param string|callable|null $expression a path (`payload.order.id`, `headers.tenant`) or a callable(Ecoq\Message), giving the key: a string or an integer
     * @throws \ValueError when both are given, the header is empty, or the expression is neither a path nor callable
     */
    public function __construct(?string $header = null, string|callable|null $expression = null) {}
}

/**
 * The method runs outside of the transaction that ecoq otherwise opens on `database:`. For handlers that take long, or that must not hold a
 * transaction while they wait for something else. For asynchronous handlers, commands and queries, on a method or a class.
 *
 * The risk is the handler's: what it writes stands although it fails, and is written again by the retry; what it sends leaves after it has
 * returned, in a step of its own, so that a crash in between repeats the handler with its writes done. Deduplication is recorded after it as
 * well. A command that is sent within an open unit of work still takes part in that one.
 *
 * @strict-properties
 */
class WithoutTransaction
{
    public function __construct() {}
}

/**
 * When the synchronous command fails, it runs again at once, as a whole: its unit of work is rolled back and begun anew, with a new call of the
 * method. For conflicts that are gone a moment later, such as deadlocks and optimistic locks. Only the outermost command is repeated: within
 * another unit of work the exception passes through. On a method or a class (the method's wins).
 *
 * Unrecoverable, RetryLater, Drop and StopWorker are not repeated.
 *
 * @strict-properties
 */
class InstantRetry
{
    public readonly int $max;

    /** Milliseconds. */
    public readonly int $delay;

    /** @var list<string> */
    public readonly array $only;

    /**
     * @param int $max runs after the first one, 1 to 100
     * @param int|\Ecoq\TimeSpan|\DateInterval $delay time to wait before each, in milliseconds or as a length of time, at most one minute
     * @param string[] $only only after exceptions of these classes, their subclasses or interfaces; empty: after any. The classes are not loaded
     * @throws \TypeError when the time is of another type, or the list holds something else than strings
     * @throws \ValueError when a value is out of its range, or the list holds something that is no class name
     */
    public function __construct(int $max = 3, int|\Ecoq\TimeSpan|\DateInterval $delay = 0, array $only = []) {}
}

/**
 * The parameter takes a header, converted to the parameter's type. Missing: the default, null where the type allows it, else an error.
 *
 * @strict-properties
 */
class Header
{
    public readonly string $name;

    /**
     * @param string $name the header's name, as it was sent
     * @throws \ValueError when the name is empty
     */
    public function __construct(string $name) {}
}

/**
 * The type that messages of this class travel under, instead of the class name: `order.placed`, `urn:babel:orders:created`. Not inherited.
 *
 * @strict-properties
 */
class MessageType
{
    public readonly string $type;

    /**
     * @param string $type the type string
     * @throws \ValueError when it is empty or holds `*`
     */
    public function __construct(string $type) {}
}
