<?php

/** @generate-class-entries */

namespace Ecoq;

/**
 * The messages that were given up on, over all channels: in the table `ecoq_dead_letters` of Messaging's `database`, else, and for channels with
 * `deadLetter: queue`, in the queue `<queue>.dlq` of the channel's own broker. What stands in both (`deadLetter: both`) is shown from the database.
 *
 * Most methods take filters, which all have to fit; null: any. `type` and `errorClass` are compared exactly (subclasses do not count). `since` is the
 * first instant meant, `until` the first one not meant any more; both as DateTimeInterface or milliseconds since the epoch.
 *
 * Every method throws Exception\TransportException when a database or broker cannot be reached, and Exception\ConfigurationException for an unknown
 * channel or one whose broker cannot look into a queue.
 *
 * @strict-properties
 * @not-serializable
 */
final class DeadLetters
{
    private function __construct() {}

    /**
     * Oldest first; those in the database before those in queues.
     *
     * @param string|null $channel only this channel's; default: all channels', in the order they are configured
     * @param int $limit at most so many
     * @param int $offset pass so many over
     * @param string|null $endpoint endpoint id; "relay": what the relay of an outbox gave up on; "": what never reached an endpoint
     * @param string|null $type message type
     * @param string|null $errorClass class of the failure
     * @param \DateTimeInterface|int|null $since given up on then or later
     * @param \DateTimeInterface|int|null $until given up on before
     * @return DeadLetter[]
     */
    public function list(?string $channel = null, int $limit = 50, int $offset = 0, ?string $endpoint = null, ?string $type = null, ?string $errorClass = null, \DateTimeInterface|int|null $since = null, \DateTimeInterface|int|null $until = null): array {}

    /**
     * The one of that message id, or null.
     *
     * @param string|null $endpoint where several endpoints failed with one message id; default: the oldest
     */
    public function show(string $id, ?string $endpoint = null): ?DeadLetter {}

    /**
     * @param \DateTimeInterface|int|null $since
     * @param \DateTimeInterface|int|null $until
     */
    public function count(?string $channel = null, ?string $endpoint = null, ?string $type = null, ?string $errorClass = null, \DateTimeInterface|int|null $since = null, \DateTimeInterface|int|null $until = null): int {}

    /**
     * Sends it back to its channel, for the handler that failed only, under its message id, with attempts 0 and without its old due and expiry times. False:
     * there is none of that id. In one transaction where the channel is on the database; else it is sent first and removed then.
     *
     * @param bool $force also where a record says that this handler was done with this message: the record is removed
     * @param string|null $endpoint where several endpoints failed with one message id; default: all of them
     * @throws Exception\ConfigurationException its channel or its handler does not exist any more: it stays
     */
    public function replay(string $id, bool $force = false, ?string $endpoint = null): bool {}

    /**
     * Replays those that are there now, a batch at a time; how many that were. One that cannot be sent (its channel or handler does not exist any more, the
     * broker refuses it) is logged as a warning and stays; the others go on.
     *
     * @param \DateTimeInterface|int|null $since
     * @param \DateTimeInterface|int|null $until
     * @param bool $force as for replay()
     */
    public function replayAll(?string $channel = null, ?string $endpoint = null, ?string $type = null, ?string $errorClass = null, \DateTimeInterface|int|null $since = null, \DateTimeInterface|int|null $until = null, bool $force = false): int {}

    /**
     * Removes it for good. False: there is none of that id.
     *
     * @param string|null $endpoint where several endpoints failed with one message id; default: all of them
     */
    public function delete(string $id, ?string $endpoint = null): bool {}

    /**
     * Removes all for good; how many that were.
     *
     * @param \DateTimeInterface|int|null $since
     * @param \DateTimeInterface|int|null $until
     */
    public function purge(?string $channel = null, ?string $endpoint = null, ?string $type = null, ?string $errorClass = null, \DateTimeInterface|int|null $since = null, \DateTimeInterface|int|null $until = null): int {}
}

/**
 * A message that was given up on.
 *
 * @strict-properties
 */
final class DeadLetter
{
    /** Message id. */
    public readonly string $id;
    /** The endpoint that failed; null: the message never reached one; "relay": the relay of an outbox could not send it. */
    public readonly ?string $endpointId;
    /** Message type; empty when the bytes are no envelope. */
    public readonly string $type;
    /** The channel it was consumed from. */
    public readonly string $channel;
    /** Failed executions. */
    public readonly int $attempts;
    /** failed, unknown_urn (nothing answered it), crashed (its worker died while it ran) or poison (the bytes are no envelope). */
    public readonly string $reason;
    /** Class of the failure; null when ecoq itself gave up on it. */
    public readonly ?string $errorClass;
    /** Text of the failure. */
    public readonly string $error;
    /** When it was given up on, UTC, to the millisecond; null: not known. */
    public readonly ?\DateTimeImmutable $failedAt;
    /** What was sent, decoded: an array, or the value itself; null when the bytes are no envelope. */
    public readonly mixed $payload;
    /** Headers it was sent with, decoded. */
    public readonly array $headers;
    /** The bytes as they are stored. */
    public readonly string $body;
    /** Where the failure came from: class, method, file and line per frame, never arguments. */
    public readonly ?string $trace;

    private function __construct() {}
}
