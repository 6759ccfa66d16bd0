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
     * @param object|null $container PSR-11 container: makes handler objects and class-typed handler parameters
     * @param object|null $logger PSR-3 logger: told of retries, dead letters and unreachable channels
     * @throws Exception\ConfigurationException when a handler, an attribute, a channel or an option is wrong; the text names the place
     */
    public function __construct(array $handlers = [], array $channels = [], ?object $container = null, ?object $logger = null) {}

    /**
     * Sends a command to its one handler: the handler's result, or the message id when the handler is asynchronous.
     *
     * @param array $headers name => value: scalars, null or arrays of them; headers of the message being handled are passed on
     * @param int|TimeSpan|\DateInterval|\DateTimeInterface|null $delay milliseconds, a length of time, or the instant it is due
     * @param int|null $priority 0 to 9, higher first; default: the handler's #[Priority], else 4
     * @param int|TimeSpan|\DateInterval|null $timeToLive counted from when it is due; after that it is dropped unless it has run before
     * @throws Exception\HandlerNotFoundException when no handler is for it
     * @throws Exception\TransportException when the channel did not take it
     * @throws Exception\ConversionException when the payload cannot be expressed in JSON
     */
    public function send(object $command, array $headers = [], int|TimeSpan|\DateInterval|\DateTimeInterface|null $delay = null, ?int $priority = null, int|TimeSpan|\DateInterval|null $timeToLive = null): mixed {}

    /**
     * Publishes an event to every subscriber: synchronous ones are run, each asynchronous one gets a message of its own. A failing
     * subscriber does not keep the others from being run.
     *
     * @param array $headers as in send()
     * @param int|TimeSpan|\DateInterval|\DateTimeInterface|null $delay for the asynchronous subscribers; wins over their #[Delayed]
     * @throws Exception\HandlersFailedException when several synchronous subscribers failed; a single failure is thrown as it is
     * @throws Exception\TransportException when a channel did not take its copy
     */
    public function publish(object $event, array $headers = [], int|TimeSpan|\DateInterval|\DateTimeInterface|null $delay = null, ?int $priority = null, int|TimeSpan|\DateInterval|null $timeToLive = null): void {}

    /**
     * Asks the one query handler, always synchronously.
     *
     * @param array $headers as in send()
     * @throws Exception\HandlerNotFoundException when no handler is for it
     */
    public function query(object $query, array $headers = []): mixed {}

    /** As send(), by type, with any payload: array, object, scalar or null. */
    public function sendTo(string $type, mixed $payload = [], array $headers = [], int|TimeSpan|\DateInterval|\DateTimeInterface|null $delay = null, ?int $priority = null, int|TimeSpan|\DateInterval|null $timeToLive = null): mixed {}

    /** As publish(), by type, with any payload. */
    public function publishTo(string $type, mixed $payload = [], array $headers = [], int|TimeSpan|\DateInterval|\DateTimeInterface|null $delay = null, ?int $priority = null, int|TimeSpan|\DateInterval|null $timeToLive = null): void {}

    /** As query(), by type, with any payload. */
    public function queryTo(string $type, mixed $payload = [], array $headers = []): mixed {}

    /**
     * The channel itself, for use without handlers.
     *
     * @throws Exception\ConfigurationException when no channel of that name is configured
     */
    public function channel(string $name): MessageChannel {}

    /**
     * A worker for the channels, in order of preference: worker('orders', 'emails', stopWhenEmpty: true).
     *
     * Named arguments (all times in milliseconds or as TimeSpan): int limit (messages), int failureLimit, int memoryLimit (bytes),
     * timeLimit, idleLimit, sleep, rest, int fetchSize, bool stopWhenEmpty.
     *
     * @param mixed $channelsAndLimits names by position, limits by name
     * @throws Exception\ConfigurationException for an unknown channel or limit
     */
    public function worker(mixed ...$channelsAndLimits): Worker {}

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
    public function send(object $command, array $headers = [], int|TimeSpan|\DateInterval|\DateTimeInterface|null $delay = null, ?int $priority = null, int|TimeSpan|\DateInterval|null $timeToLive = null): mixed {}

    /** As Messaging::sendTo(). */
    public function sendTo(string $type, mixed $payload = [], array $headers = [], int|TimeSpan|\DateInterval|\DateTimeInterface|null $delay = null, ?int $priority = null, int|TimeSpan|\DateInterval|null $timeToLive = null): mixed {}
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
    public function publish(object $event, array $headers = [], int|TimeSpan|\DateInterval|\DateTimeInterface|null $delay = null, ?int $priority = null, int|TimeSpan|\DateInterval|null $timeToLive = null): void {}

    /** As Messaging::publishTo(). */
    public function publishTo(string $type, mixed $payload = [], array $headers = [], int|TimeSpan|\DateInterval|\DateTimeInterface|null $delay = null, ?int $priority = null, int|TimeSpan|\DateInterval|null $timeToLive = null): void {}
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
