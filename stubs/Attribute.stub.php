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

    /**
     * @param string $type type string or class name; empty: the class of the first parameter, and its #[MessageType]
     * @param string|null $endpointId names the endpoint's messages and dead letters, so keep it when the method moves; default `Class::method`
     * @throws \ValueError when the type holds `*` or the id is empty
     */
    public function __construct(string $type = '', ?string $endpointId = null) {}
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

    /**
     * @param string $type type string, class name, or a pattern whose `*` stands for any run of characters, dots included;
     *     empty: the class of the first parameter (a parent, an interface and a union count), and its #[MessageType]
     * @param string|null $endpointId names the endpoint's messages and dead letters, so keep it when the method moves; default `Class::method`
     * @throws \ValueError when the id is empty
     */
    public function __construct(string $type = '', ?string $endpointId = null) {}
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

    /**
     * @param int|null $max tries after the first one; 0: none
     * @param int|\Ecoq\TimeSpan|\DateInterval|null $delay before the first retry, in milliseconds or as a length of time
     * @param float|null $multiplier applied to the delay per further retry, at least 1
     * @param int|\Ecoq\TimeSpan|\DateInterval|null $maxDelay caps the delay, in milliseconds or as a length of time
     * @param float|null $jitter 0 to 1; 0.1: the delay varies by up to 10 % either way
     * @throws \TypeError when a time is of another type
     * @throws \ValueError when a value is out of its range, or none is given
     */
    public function __construct(?int $max = null, int|\Ecoq\TimeSpan|\DateInterval|null $delay = null, ?float $multiplier = null, int|\Ecoq\TimeSpan|\DateInterval|null $maxDelay = null, ?float $jitter = null) {}
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
