<?php

/** @generate-class-entries */

namespace Ecoq\Exception;

/** Everything that ecoq throws implements it. */
interface EcoqException extends \Throwable
{
}

/**
 * Something is set up wrongly: an unknown channel or option, a handler that cannot be called, a feature that a channel cannot offer.
 * Repeating will not help; the text says what to change.
 */
class ConfigurationException extends \LogicException implements EcoqException
{
}

/** Bytes that are no acceptable envelope, or a message that cannot be made into one. */
class EnvelopeException extends \RuntimeException implements EcoqException
{
    /**
     * Machine-readable: too_large, malformed, missing_urn, missing_meta, unsupported_schema_version, invalid_data, missing_trace_id or
     * invalid_attempts.
     */
    public readonly string $reason;
}

/** A payload that does not fit its type. The text names the path: `data.items[2].qty: expected int, got string "two"`. Never retried. */
class ConversionException extends \RuntimeException implements EcoqException
{
}

/** A broker refused something, or its answer could not be understood. */
class TransportException extends \RuntimeException implements EcoqException
{
}

/** A broker could not be reached, or is busy, or the connection was lost before its answer (the text then says that the outcome is not known); the same call may succeed later. */
class ConnectionException extends TransportException
{
}

/** A command or query that no handler is for. */
class HandlerNotFoundException extends \LogicException implements EcoqException
{
}

/** The delivery belongs to someone else by now, so it could not be acknowledged, retried or rejected. */
class OwnershipLostException extends \RuntimeException implements EcoqException
{
}

/**
 * Thrown into a handler that reached its time-out (the channel's `timeout`, or its own #[Timeout]), at its next opcode and again every 100 ms until it has
 * returned: an ordinary failure of the message. A handler that has not returned 1 s later is ended together with its process.
 */
class HandlerTimeoutException extends \RuntimeException implements EcoqException
{
}

/** Several synchronous subscribers of one event failed; all subscribers were run. */
class HandlersFailedException extends \RuntimeException implements EcoqException
{
    /** @var array<string, \Throwable> endpoint id => what it threw */
    public readonly array $failures;
}

/** Thrown by a handler: never retry this message, store it in the dead letters now. */
class Unrecoverable extends \RuntimeException implements EcoqException
{
}

/** Thrown by a handler: retry this message after a delay of the handler's own choice. */
class RetryLater extends \RuntimeException implements EcoqException
{
    /** Milliseconds. */
    public readonly int $delay;

    /**
     * @param int|\Ecoq\TimeSpan|\DateInterval $delay milliseconds, or a length of time
     * @throws \ValueError when the delay is negative
     */
    public function __construct(int|\Ecoq\TimeSpan|\DateInterval $delay, string $message = "", ?\Throwable $previous = null) {}
}

/** Thrown by a handler: nothing more is to be done with this message; it is acknowledged and counted as dropped. */
class Drop extends \RuntimeException implements EcoqException
{
}

/** Thrown by a handler: this message failed (and is retried as usual), and this worker is to stop. */
class StopWorker extends \RuntimeException implements EcoqException
{
}
