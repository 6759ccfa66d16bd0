<?php

/** @generate-class-entries */

namespace Ecoq;

/**
 * An open channel, used without handlers: messages are sent to it and received from it one by one. Made by Messaging::channel().
 *
 * @strict-properties
 * @not-serializable
 */
final class MessageChannel
{
    /** Name of the channel. */
    public readonly string $name;

    /** Name of the broker's queue behind it. */
    public readonly string $queue;

    private function __construct() {}

    /**
     * Sends one message or a list of them. When this returns, the broker has durably taken them all; those of an OutboxChannel are kept in the
     * outbox, as part of the transaction that is open on `database:`, if one is. An empty list sends nothing.
     *
     * @param Message|Message[] $messages
     * @param int|TimeSpan|\DateInterval|\DateTimeInterface|null $delay milliseconds, a length of time or an instant, before which they are not received
     * @param int|null $priority 0 to 9, higher first; null: 4
     * @param int|TimeSpan|\DateInterval|null $timeToLive milliseconds or a length of time, counted from the end of the delay, after which a worker drops them unhandled
     * @param string|null $group up to 255 bytes: messages of one group are received one at a time, in the order they were sent. Not together with a delay
     * @throws Exception\ConfigurationException when the channel's transport cannot do what is asked for, or the delay is above the channel's max-delay
     * @throws Exception\ConversionException when a payload has no JSON form
     * @throws Exception\ConnectionException when the broker cannot be reached
     * @throws Exception\TransportException when the broker refuses the messages, or the outcome is unknown
     * @throws \ValueError when the priority is not within 0 and 9, a time is negative, or the group is blank or too long
     */
    public function send(Message|array $messages, int|TimeSpan|\DateInterval|\DateTimeInterface|null $delay = null, ?int $priority = null, int|TimeSpan|\DateInterval|null $timeToLive = null, ?string $group = null): void {}

    /**
     * Receives messages. Each is reserved until it is acknowledged, retried, rejected or released, this process ends, or the channel's
     * timeout has passed. Returns as soon as there is one, and early without one when a signal arrives.
     *
     * @param int $max 1 to 10 000
     * @param int|TimeSpan|\DateInterval $wait how long to wait for the first one, in milliseconds or as a length of time
     * @return list<Delivery> in the order they are to be handled; empty: there was none
     * @throws Exception\ConnectionException when the broker cannot be reached
     * @throws Exception\TransportException
     * @throws \ValueError when $max is out of its range or $wait is negative
     */
    public function receive(int $max = 1, int|TimeSpan|\DateInterval $wait = 0): array {}

    /**
     * What the queue holds.
     *
     * @throws Exception\TransportException
     */
    public function stats(): QueueStats {}

    /**
     * Creates what the channel and its dead letter queue need at the broker. Done by itself on first use, too.
     *
     * @throws Exception\TransportException
     */
    public function setup(): void {}

    /**
     * Removes every message that nobody has received, and returns how many.
     *
     * @throws Exception\TransportException
     */
    public function purge(): int {}
}
