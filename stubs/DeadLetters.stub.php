<?php

/** @generate-class-entries */

namespace Ecoq;

/**
 * The messages that were given up on, over all channels: each channel keeps them in the queue `<queue>.dlq` of its own broker.
 *
 * Every method throws Exception\TransportException when a broker cannot be reached, and Exception\ConfigurationException for an unknown
 * channel or one whose broker cannot look into a queue.
 *
 * @strict-properties
 * @not-serializable
 */
final class DeadLetters
{
    private function __construct() {}

    /**
     * Oldest first.
     *
     * @param string|null $channel only this channel's; default: all channels', in the order they are configured
     * @return DeadLetter[]
     */
    public function list(?string $channel = null, int $limit = 50, int $offset = 0): array {}

    /** The one of that message id, or null. */
    public function show(string $id): ?DeadLetter {}

    public function count(?string $channel = null): int {}

    /**
     * Sends it back to its channel, for the handler that failed only, with attempts 0 and without its old due and expiry times. False: there
     * is none of that id.
     */
    public function replay(string $id): bool {}

    /** Replays those that are there now; how many that were. */
    public function replayAll(?string $channel = null): int {}

    /** Removes it for good. False: there is none of that id. */
    public function delete(string $id): bool {}

    /** Removes all for good; how many that were. */
    public function purge(?string $channel = null): int {}
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
    /** The endpoint that failed; null: the message never reached one. */
    public readonly ?string $endpointId;
    /** Message type; empty when the bytes are no envelope. */
    public readonly string $type;
    /** The channel it was consumed from. */
    public readonly string $channel;
    /** Failed executions. */
    public readonly int $attempts;
    /** failed, unknown_urn (nothing answered it) or poison (the bytes are no envelope). */
    public readonly string $reason;
    /** Class of the failure; null when ecoq itself gave up on it. */
    public readonly ?string $errorClass;
    /** Text of the failure. */
    public readonly string $error;
    /** When it was given up on, in milliseconds since the epoch; 0: not known. */
    public readonly int $failedAt;
    /** The bytes as they are stored. */
    public readonly string $body;
    /** Where the failure came from: class, method, file and line per frame, never arguments. */
    public readonly ?string $trace;

    private function __construct() {}
}
