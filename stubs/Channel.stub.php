<?php

/** @generate-class-entries */

namespace Ecoq;

/**
 * The definition of a channel: where its messages go, and the policy for them. An entry of `channels:` may be a DSN string, a \PDO or an
 * Ecoq\Transport alone; this class adds what does not fit in there.
 *
 *     'orders' => new Ecoq\Channel('sqlite:/var/lib/shop/queue.sqlite', retry: new Ecoq\RetryPolicy(maxRetries: 5), timeout: 60_000)
 *
 * Every argument may also be written as an option, after the `?` of a DSN or in $options:
 *
 *     retry.max, retry.delay, retry.multiplier, retry.max-delay, retry.jitter   the RetryPolicy
 *     retry.only, retry.never                                                   its lists, class names separated by commas
 *     max-attempts                                                              retry.max + 1
 *     timeout, queue, prefix, unknown, ack, max-delay                           the arguments
 *     dead-letter, error-channel, in-transaction, group-on-failure              the arguments
 *     max-body, max-depth, max-headers                                          limits of what is accepted: bytes, nesting, headers
 *
 * beside those of the transport itself. Times are milliseconds or a number with ms, s, m, h or d: `retry.delay=1.5s`. One thing may be set
 * in one way only. The definition is checked when Ecoq\Messaging is made from it, where the channel's name is known.
 *
 * With an error channel, a message that is given up on becomes a new message of the type `ecoq.failed` there, instead of a dead letter. Its
 * handler is any of that type: `#[EventHandler('ecoq.failed')]`, or `'ecoq.failed' => function (array $failure) {…}` in `handlers:`. The payload:
 *
 *     id          string   the message's id
 *     type        string   its type; empty: its bytes were no envelope
 *     endpoint    ?string  the endpoint that failed; null: it never reached one
 *     channel     string   the channel that it was on
 *     attempts    int      failed executions
 *     reason      string   failed, unknown_urn (nothing answered it), poison (no envelope) or crashed
 *     error       string   text of the failure
 *     errorClass  ?string  class of the exception
 *     trace       ?string  where it came from, without arguments
 *     failedAt    string   RFC 3339, with milliseconds, UTC
 *     payload     mixed    as it was sent
 *     headers     array    as they were sent, those of ecoq included
 *     body        string   only where the bytes were no envelope: they, as base64
 *
 * Its id is derived from those of message and endpoint, its trace id is that of the message. While the error channel cannot be reached, the
 * failed message is tried again every 5 seconds, uncharged; when it refuses, there is a dead letter after all.
 *
 * @strict-properties
 * @not-serializable
 */
final class Channel
{
    /**
     * @param string|\PDO|Transport $transport a DSN, an open connection (SQLite), or an object that speaks to a broker
     * @param RetryPolicy|null $retry null: 3 retries, 1 s doubling to at most 60 s, 10 % jitter
     * @param int|TimeSpan|\DateInterval|null $timeout longest time a message may be handled, in milliseconds; then it is given to another worker. 0 or null: no limit
     * @param string|null $queue name of the broker's queue; null: the channel's name
     * @param string|null $prefix put in front of the queue's name
     * @param string|null $unknown what happens to a message that no handler is found for: 'retry' (default; a dead letter after 1 h), 'dead-letter' or 'ignore'
     * @param string|null $ack 'batch' (default): acknowledgements are collected for some milliseconds; 'each': they are not
     * @param int|TimeSpan|\DateInterval|null $maxDelay a message delayed by more is refused; null: 365 days
     * @param array $options options of the transport and of the channel, name => string|int|float|bool|TimeSpan|\DateInterval
     * @param string|null $deadLetter where messages go that were given up on: 'database' (a table in the `database:` of Ecoq\Messaging), 'queue' (the
     *     queue `<queue>.dlq` of the same broker) or 'both'; null: the database where there is one, else the queue
     * @param string|null $errorChannel name of another configured channel, which gets a message about each one that was given up on, instead of the
     *     dead letters
     * @param string|null $inTransaction what becomes of a message that is sent while the application itself has a transaction open on `database:`:
     *     'outbox' (default): it leaves if the transaction is committed; 'immediate': it leaves at once, whatever becomes of the transaction
     * @param string|null $groupOnFailure what a failed message that was sent with a `group` does to the others of its group until it is tried again: 'hold'
     *     (default): they wait for it; 'pass': they go on, and it has lost its place: it is tried again like a message without a group
     * @throws \TypeError when an argument is of another type
     * @throws \ValueError when a time is negative or an option has no name
     */
    public function __construct(string|\PDO|Transport $transport, ?RetryPolicy $retry = null, int|TimeSpan|\DateInterval|null $timeout = null, ?string $queue = null, ?string $prefix = null, ?string $unknown = null, ?string $ack = null, int|TimeSpan|\DateInterval|null $maxDelay = null, array $options = [], ?string $deadLetter = null, ?string $errorChannel = null, ?string $inTransaction = null, ?string $groupOnFailure = null) {}
}
