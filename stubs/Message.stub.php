<?php

/** @generate-class-entries */

namespace Ecoq;

/**
 * One message: what happened or shall be done, with its identity. Immutable; withHeader() gives a changed copy.
 *
 * @strict-properties
 * @not-serializable
 */
final class Message
{
    /** Identity of this message (a UUID unless the sender chose otherwise): the same over retries, relays and replays. */
    public readonly string $id;

    /** What it is about: `order.placed`, `urn:babel:orders:created`. */
    public readonly string $type;

    /** As given to create(); in a received message an array (JSON objects as arrays), or the scalar or list that was sent. */
    public readonly mixed $payload;

    /** @var array<string, scalar|array|null> names beginning with `ecoq-` belong to ecoq and are never sent from here */
    public readonly array $headers;

    /** Shared by all messages of one causal chain. */
    public readonly string $traceId;

    /** How many executions have failed so far. */
    public readonly int $attempts;

    /** When it was made, in milliseconds since the Unix epoch, UTC; 0 where a foreign sender did not say. */
    public readonly int $createdAt;

    /** Logical queue that the sender named, or null. */
    public readonly ?string $queue;

    /** Language of the sender: `php`, `go`, `python` … */
    public readonly string $lang;

    private function __construct() {}

    /**
     * @param string $type not blank; blanks around it are cut off
     * @param mixed $payload array, object, scalar or null; how it becomes JSON is the channel's matter, not checked here
     * @param array $headers name => scalar, array of such, or null
     * @param string|null $queue logical queue name for the envelope
     * @param string|null $traceId null or blank: a new one
     * @param string|null $id null or blank: a new UUIDv7
     * @param int $attempts from 0 to 4294967295
     * @param int|null $createdAt milliseconds since the Unix epoch; null: now
     * @throws Exception\EnvelopeException with reason missing_urn when the type is blank
     * @throws \ValueError when attempts or createdAt is out of range
     * @throws \TypeError when a header holds an object or a resource
     */
    public static function create(string $type, mixed $payload = [], array $headers = [], ?string $queue = null, ?string $traceId = null, ?string $id = null, int $attempts = 0, ?int $createdAt = null): Message {}

    /** A header's value, or `$default` when there is none of that name. Names are case-sensitive. */
    public function header(string $name, mixed $default = null): mixed {}

    /**
     * A key to pass to external systems: the same for every execution of this message by the same endpoint, another one for every other endpoint.
     * It is the UUIDv5 of the message's id and the id of the endpoint that handles it; outside of a handler, of the id alone.
     */
    public function idempotencyKey(): string {}

    /**
     * A copy with one more, or another, header.
     *
     * @param mixed $value scalar, array or null
     * @throws \TypeError when the value is an object or a resource
     */
    public function withHeader(string $name, mixed $value): Message {}
}
