<?php

/** @generate-class-entries */

namespace Ecoq;

/**
 * A broker that is spoken to in PHP. An object of such a class is a channel's transport like any other:
 *
 *     channels: ['orders' => new MyTransport($connection)]
 *
 * Queues are told apart by name only; a channel "orders" uses the queue "orders" and, for what it gives up on, "orders.dlq".
 * Every method works on arrays, so that a broker that can batch is used in batches.
 *
 * Failures are thrown. A Ecoq\Exception\ConfigurationException means that it can never work; any other \Exception means that the broker
 * cannot be reached now: workers wait with growing pauses and go on, and no message is charged for it. An \Error is a bug of the
 * transport and is passed on as it is.
 */
interface Transport
{
    /**
     * Stores the messages in their order and returns when they are durably stored. When it throws, some of them may be stored all the
     * same; they are then sent again under the same ids.
     *
     * @param string $queue
     * @param OutgoingMessage[] $messages at least one
     */
    public function send(string $queue, array $messages): void;

    /**
     * Reserves up to $max messages for this process, in the order they are to be handled, without waiting for one to come. Nobody else gets
     * them while this process lives, or until it settles or releases them. What is not due yet is passed over.
     *
     * @param string $queue
     * @param int $max at least 1
     * @return list<ReservedMessage> empty: nothing is ready
     */
    public function reserve(string $queue, int $max): array;

    /**
     * Removes reserved messages for good.
     *
     * @param string $queue
     * @param string[] $tokens of reserve()
     * @return list<string> those of the tokens that no longer belong to this process: their messages were not removed
     */
    public function acknowledge(string $queue, array $tokens): array;

    /**
     * Gives reserved messages back that were not handled: to the head of the queue, in this order. Tokens that no longer belong to this
     * process are passed over.
     *
     * @param string $queue
     * @param string[] $tokens of reserve()
     */
    public function release(string $queue, array $tokens): void;

    /** Whether the reservation still stands: nobody else can have been given the message. */
    public function owns(string $queue, string $token): bool;

    /** What the queue holds. */
    public function stats(string $queue): QueueStats;

    /** Removes every message that nobody has reserved, and returns how many. */
    public function purge(string $queue): int;

    /** Creates what the queue needs at the broker; called again, it does nothing. */
    public function setup(string $queue): void;

    /**
     * What this transport honours in an OutgoingMessage: "delay" (deliverAt) and "priority". Asked once, when the channel is opened. Sending
     * something that is not named here is refused with a ConfigurationException. A retry is stored with its due time all the same:
     * without "delay" it comes back at once, so the worker leaves the channel alone for up to a second then.
     *
     * @return list<string>
     */
    public function capabilities(): array;
}

/**
 * A message on its way to a Transport.
 *
 * @strict-properties
 * @not-serializable
 */
final class OutgoingMessage
{
    /** The envelope, to be stored and given back byte for byte. */
    public readonly string $body;

    /** Message id. A message that is sent twice has the same id both times. */
    public readonly string $id;

    /** What the message is about. */
    public readonly string $type;

    /** 0 to 9, higher first; 4 is the default. */
    public readonly int $priority;

    /** When it may be received first, in milliseconds since the epoch; 0: at once. */
    public readonly int $deliverAt;

    /** When it loses its meaning, in milliseconds since the epoch; 0: never. Workers judge this, a transport must not drop it by itself. */
    public readonly int $expiresAt;

    /** @throws \ValueError when the priority is not within 0 and 9 or a time is negative */
    public function __construct(string $body, string $id = '', string $type = '', int $priority = 4, int $deliverAt = 0, int $expiresAt = 0) {}

    /** @internal for var_export() */
    public static function __set_state(array $properties): OutgoingMessage {}
}

/**
 * A message that a Transport has reserved.
 *
 * @strict-properties
 * @not-serializable
 */
final class ReservedMessage
{
    /** The bytes that were sent. */
    public readonly string $body;

    /** What the transport knows this reservation by. It must not fit an earlier or later reservation of the same message. */
    public readonly string $token;

    /** How many processes died while they handled it. */
    public readonly int $crashes;

    /** Its last owner died with it: it was reserved alone, and that it is being handled is durably noted. */
    public readonly bool $suspect;

    /** 0 to 9, as it was sent. */
    public readonly int $priority;

    /** Whether it was reserved before. */
    public readonly bool $redelivered;

    /** @throws \ValueError when the token is empty, the priority is not within 0 and 9 or the crashes are negative */
    public function __construct(string $body, string $token, int $crashes = 0, bool $suspect = false, int $priority = 4, bool $redelivered = false) {}

    /** @internal for var_export() */
    public static function __set_state(array $properties): ReservedMessage {}
}
