<?php

/** @generate-class-entries */

namespace Ecoq;

/**
 * The configured application: handlers, channels, and the three buses over them.
 *
 * @strict-properties
 * @not-serializable
 */
final class Messaging
{
    /**
     * @param array $handlers classes or objects with attributed methods, and `'type' => callable`
     *        for subscribers without attributes
     * @param array $channels channel name => DSN, \PDO, userland transport, or a Channel with policy
     * @param \PDO|callable|null $database makes handlers and bus calls transactional; the outbox, deduplication records and dead letters live in it. A callable
     *        returns a new \PDO each time it is called: once when it is first needed, and again when a connection was lost
     * @param object|null $container PSR-11 container: makes handler objects and class-typed handler parameters
     * @param object|null $logger PSR-3 logger: told of retries, dead letters and unreachable channels
     * @param string|null $service this service's name towards other services
     * @throws Exception\ConfigurationException when a handler, an attribute, a channel or an option is wrong; the text names the place
     */
    public function __construct(array $handlers = [], array $channels = [], \PDO|callable|null $database = null, ?object $container = null, ?object $logger = null, ?string $service = null) {}

    /**
     * Sends a command to its one handler: the handler's result, or the message id when the handler is asynchronous. Null when `dedupKey` was used for
     * this type before: then nothing is done.
     *
     * @param array $headers name => value: scalars, null or arrays of them; headers of the message being handled are passed on
     * @param int|TimeSpan|\DateInterval|\DateTimeInterface|null $delay milliseconds, a length of time, or the instant it is due
     * @param int|null $priority 0 to 9, higher first; default: the handler's #[Priority], else 4
     * @param int|TimeSpan|\DateInterval|null $timeToLive counted from when it is due; after that it is dropped unless it has run before
     * @param string|null $dedupKey names what the command is about (a request's id, say): it is sent once per key and type. Recorded in the sender's
     *        transaction, so a send that is rolled back does not count; kept for 7 days. Needs `database`
     * @param bool $immediately the message leaves now, around unit of work and outbox: it is sent although the transaction may be rolled back, and a unit that is
     *        run again sends it again. Not for a channel on the database within a transaction
     * @param string|null $group up to 255 bytes, "customer-42": messages of one group for the same handler are handled one at a time, in the order they were
     *        sent. Only where the channel's transport can do that, and not together with a delay
     * @throws Exception\HandlerNotFoundException when no handler is for it
     * @throws Exception\ConfigurationException when `dedupKey` is given without a `database`, a delay, priority, time to live or group for a synchronous
     *         handler, or what the channel's transport cannot do
     * @throws Exception\TransportException when the channel did not take it
     * @throws Exception\ConversionException when the payload cannot be expressed in JSON
     */
    public function send(object $command, array $headers = [], int|TimeSpan|\DateInterval|\DateTimeInterface|null $delay = null, ?int $priority = null, int|TimeSpan|\DateInterval|null $timeToLive = null, ?string $dedupKey = null, bool $immediately = false, ?string $group = null): mixed {}

    /**
     * Publishes an event to every subscriber: synchronous ones are run, each asynchronous one gets a message of its own. A failing
     * subscriber does not keep the others from being run. Does nothing when `dedupKey` was used for this type before.
     *
     * @param array $headers as in send()
     * @param int|TimeSpan|\DateInterval|\DateTimeInterface|null $delay for the asynchronous subscribers; wins over their #[Delayed]
     * @param string|null $dedupKey as in send()
     * @param bool $immediately as in send(); for the asynchronous subscribers
     * @param string|null $group as in send(); subscribers do not wait for each other
     * @throws Exception\HandlersFailedException when several synchronous subscribers failed; a single failure is thrown as it is
     * @throws Exception\TransportException when a channel did not take its copy
     */
    public function publish(object $event, array $headers = [], int|TimeSpan|\DateInterval|\DateTimeInterface|null $delay = null, ?int $priority = null, int|TimeSpan|\DateInterval|null $timeToLive = null, ?string $dedupKey = null, bool $immediately = false, ?string $group = null): void {}

    /**
     * Asks the one query handler, always synchronously.
     *
     * @param array $headers as in send()
     * @throws Exception\HandlerNotFoundException when no handler is for it
     */
    public function query(object $query, array $headers = []): mixed {}

    /** As send(), by type, with any payload: array, object, scalar or null. */
    public function sendTo(string $type, mixed $payload = [], array $headers = [], int|TimeSpan|\DateInterval|\DateTimeInterface|null $delay = null, ?int $priority = null, int|TimeSpan|\DateInterval|null $timeToLive = null, ?string $dedupKey = null, bool $immediately = false, ?string $group = null): mixed {}

    /** As publish(), by type, with any payload. */
    public function publishTo(string $type, mixed $payload = [], array $headers = [], int|TimeSpan|\DateInterval|\DateTimeInterface|null $delay = null, ?int $priority = null, int|TimeSpan|\DateInterval|null $timeToLive = null, ?string $dedupKey = null, bool $immediately = false, ?string $group = null): void {}

    /** As query(), by type, with any payload. */
    public function queryTo(string $type, mixed $payload = [], array $headers = []): mixed {}

    /**
     * Runs the function as one unit of work: what it sends leaves together when it returns, and nothing of it when it throws. With `database` it is a
     * transaction on it: begin, commit and rollBack of that \PDO act on savepoints meanwhile. Within a unit of work that is open already it is a part of that.
     *
     * Where the engine reports that another transaction was in the way (SQLite: locked; PostgreSQL 40001, 40P01; MariaDB 1205, 1213) and this is the
     * outermost, the function is called again, up to five times.
     *
     * @return mixed what the function returned
     * @throws Exception\TransportException when a channel did not take its messages; the text tells which were not sent. Those for a broker outside of the
     *         database leave after the commit: then the transaction stands
     */
    public function transactional(callable $function): mixed {}

    /**
     * The open unit of work, or a new one that stays open until its flush() or discard(): for a framework's request and response hooks.
     */
    public function unitOfWork(): UnitOfWork {}

    /**
     * The channel itself, for use without handlers. With `database:` there is also "outbox", which stands for what waits to be relayed: it is counted,
     * set up and purged here, and consumed by worker('outbox').
     *
     * @throws Exception\ConfigurationException when no channel of that name is configured
     */
    public function channel(string $name): MessageChannel {}

    /**
     * A worker for the channels, in order of preference: worker('orders', 'emails', stopWhenEmpty: true). The channel "outbox" is relayed: what was sent
     * to OutboxChannels is sent on to their brokers; the report counts it as handled.
     *
     * Named arguments (all times in milliseconds or as TimeSpan): int limit (messages), int failureLimit, int memoryLimit (bytes),
     * timeLimit, idleLimit, sleep, rest, int fetchSize, bool stopWhenEmpty.
     *
     * @param mixed $channelsAndLimits names by position, limits by name
     * @throws Exception\ConfigurationException for an unknown channel or limit
     */
    public function worker(mixed ...$channelsAndLimits): Worker {}

    /**
     * Code that a worker, Worker::run() or the command line's `consume`, runs between messages, in the order it was given. May be called several times; all of
     * it is kept. What a hook throws (or its exit()) is logged as a warning and changes nothing about the message. Hooks run outside of the message's unit of
     * work and transaction.
     *
     * Handler objects that implement Symfony\Contracts\Service\ResetInterface are reset after each message without being named here; that is so for objects
     * in `handlers:` and for those that ecoq had made by the container. Of the container's other services ecoq knows nothing: name those with a state in
     * `reset`, or the one that resets them all (Symfony: `reset: $container->get('services_resetter')`).
     *
     * @param callable|null $before called with (Message $message, string $channel, string $endpoint) before a handler is run
     * @param callable|null $after called with (Message $message, string $channel, string $endpoint, string $outcome) when the outcome is decided: handled,
     *        retried, dead-lettered, dropped, duplicate, postponed, or lost (another worker has taken the message over; a transaction was rolled back). The
     *        acknowledgement may still be outstanding
     * @param callable|null $failure called with (\Throwable $error, Message $message, int $attempt, bool $willRetry), before `after`, when the handler failed
     *        for the $attempt-th time (1: the first). exit() is given as an \Error. Not for messages that were given up on without a handler being run
     * @param callable|null $idle called once each time the worker runs out of messages
     * @param object|array $reset an object or a list of them, whose reset() is called after each message
     * @throws Exception\ConfigurationException when an object of `reset` has no public method reset() that can be called without arguments
     */
    public function hooks(?callable $before = null, ?callable $after = null, ?callable $failure = null, ?callable $idle = null, object|array $reset = []): static {}

    /** The messages that were given up on, over all channels. */
    public function deadLetters(): DeadLetters {}
}

/**
 * Sends commands. Injected into handlers that ask for it by type.
 *
 * @strict-properties
 * @not-serializable
 */
final class CommandBus
{
    private function __construct() {}

    /** As Messaging::send(). */
    public function send(object $command, array $headers = [], int|TimeSpan|\DateInterval|\DateTimeInterface|null $delay = null, ?int $priority = null, int|TimeSpan|\DateInterval|null $timeToLive = null, ?string $dedupKey = null, bool $immediately = false, ?string $group = null): mixed {}

    /** As Messaging::sendTo(). */
    public function sendTo(string $type, mixed $payload = [], array $headers = [], int|TimeSpan|\DateInterval|\DateTimeInterface|null $delay = null, ?int $priority = null, int|TimeSpan|\DateInterval|null $timeToLive = null, ?string $dedupKey = null, bool $immediately = false, ?string $group = null): mixed {}
}

/**
 * Publishes events. Injected into handlers that ask for it by type.
 *
 * @strict-properties
 * @not-serializable
 */
final class EventBus
{
    private function __construct() {}

    /** As Messaging::publish(). */
    public function publish(object $event, array $headers = [], int|TimeSpan|\DateInterval|\DateTimeInterface|null $delay = null, ?int $priority = null, int|TimeSpan|\DateInterval|null $timeToLive = null, ?string $dedupKey = null, bool $immediately = false, ?string $group = null): void {}

    /** As Messaging::publishTo(). */
    public function publishTo(string $type, mixed $payload = [], array $headers = [], int|TimeSpan|\DateInterval|\DateTimeInterface|null $delay = null, ?int $priority = null, int|TimeSpan|\DateInterval|null $timeToLive = null, ?string $dedupKey = null, bool $immediately = false, ?string $group = null): void {}
}

/**
 * Asks queries. Injected into handlers that ask for it by type.
 *
 * @strict-properties
 * @not-serializable
 */
final class QueryBus
{
    private function __construct() {}

    /** As Messaging::query(). */
    public function query(object $query, array $headers = []): mixed {}

    /** As Messaging::queryTo(). */
    public function queryTo(string $type, mixed $payload = [], array $headers = []): mixed {}
}
