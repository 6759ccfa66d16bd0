<?php

/** @generate-class-entries */

namespace Ecoq;

/**
 * A received message, to be settled once: ack(), retry(), reject() or release(). One that is never settled stays reserved until this process
 * ends or the channel's timeout has passed, also when this object is gone: it may have been handled, so it is not handed back by itself.
 *
 * @strict-properties
 * @not-serializable
 */
final class Delivery
{
    /** The message; null when the bytes are no envelope. */
    public readonly ?Message $message;

    /** The bytes as they were received. */
    public readonly string $body;

    /** Failed executions before this one. */
    public readonly int $attempts;

    /** Why there is no message: the reason ("malformed", "missing_urn" …), a colon and what is wrong. */
    public readonly ?string $fault;

    private function __construct() {}

    /**
     * The message was handled: removes it for good.
     *
     * @throws Exception\OwnershipLostException when it belongs to another process by now
     * @throws Exception\TransportException when the broker failed; the call may be repeated
     * @throws \Error when this delivery was settled before
     */
    public function ack(): void {}

    /**
     * Handling it failed: stores it again, with one more attempt, to be received after $delay. Nothing limits how often.
     *
     * @param int|TimeSpan|\DateInterval|\DateTimeInterface $delay milliseconds, a length of time or an instant
     * @throws Exception\ConfigurationException when the channel's transport cannot delay
     * @throws Exception\OwnershipLostException when it belongs to another process by now
     * @throws Exception\TransportException when the broker failed; the call may be repeated
     * @throws \Error when this delivery was settled before
     */
    public function retry(int|TimeSpan|\DateInterval|\DateTimeInterface $delay = 0): void {}

    /**
     * Gives up on it: stores it in the channel's dead letter queue, with the failure in its `dead_letter` block. Bytes that are no envelope are
     * stored as they are.
     *
     * @throws Exception\OwnershipLostException when it belongs to another process by now
     * @throws Exception\TransportException when the broker failed; the call may be repeated
     * @throws \Error when this delivery was settled before
     */
    public function reject(string $reason = ''): void {}

    /**
     * It was not handled: gives it back to the head of the queue, without counting an attempt.
     *
     * @throws Exception\TransportException when the broker failed; the call may be repeated
     * @throws \Error when this delivery was settled before
     */
    public function release(): void {}

    /**
     * Asks the broker whether the message still belongs to this process. False once it is settled.
     *
     * @throws Exception\TransportException when the broker cannot be asked
     */
    public function stillMine(): bool {}
}
