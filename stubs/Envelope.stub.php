<?php

/** @generate-class-entries */

namespace Ecoq;

/**
 * The wire format: the BabelQueue envelope, schema version 1, as UTF-8 JSON. Limits: 16 MiB, 512 levels, 256 headers.
 *
 * @strict-properties
 * @not-serializable
 */
final class Envelope
{
    private function __construct() {}

    /**
     * The bytes of a message: job, trace_id, data, meta and attempts, then headers if there are any. `data` is always an object: a scalar or list
     * travels as {"value": …} with the header `ecoq-payload: value`. `meta.lang` is always `php`.
     *
     * @throws Exception\ConversionException when the payload or a header cannot become JSON
     */
    public static function encode(Message $message): string {}

    /**
     * Reads a message. Integers beyond 64 bits become floats, as json_decode() has it. A message without an id gets one derived from its bytes.
     *
     * @param callable|null $onWarning `function (string $text, string $jsonPointer): void`, called for every key that is ignored; without it each
     *     is an E_WARNING
     * @throws Exception\EnvelopeException whose `reason` is too_large, malformed, missing_urn, missing_meta, unsupported_schema_version,
     *     invalid_data, missing_trace_id or invalid_attempts
     */
    public static function decode(string $bytes, ?callable $onWarning = null): Message {}

    /**
     * The same bytes with another number of attempts. Everything else stays byte for byte, unknown keys too; only the keys that the format
     * forbids (timestamp, meta.max_retries, meta.attempts, meta.source, meta.ts) are left out.
     *
     * @param int $attempts from 0 to 4294967295
     * @throws Exception\EnvelopeException as decode()
     * @throws \ValueError when attempts is out of range
     */
    public static function withAttempts(string $bytes, int $attempts): string {}
}
