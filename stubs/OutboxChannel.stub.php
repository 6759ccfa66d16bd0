<?php

/** @generate-class-entries */

namespace Ecoq;

/**
 * A channel behind the transactional outbox: what is sent to it becomes a row of the application's database (`database:` of Ecoq\Messaging), within
 * the unit of work or the transaction that is open, and is relayed to the channel's broker afterwards, in that order, by a worker that consumes
 * `outbox`. A message is sent if and only if the transaction commits, and the broker need not be up for that.
 *
 *     'orders' => new Ecoq\OutboxChannel('amqp://guest:guest@localhost/%2f/orders')
 *     'emails' => new Ecoq\OutboxChannel(new Ecoq\Channel('sqlite:/var/queue.sqlite', retry: new Ecoq\RetryPolicy(maxRetries: 5)))
 *
 * Delay, time to live, priority and headers arrive as they were sent. Where the channel is on the database itself there is nothing to relay: its
 * messages are written to its own queue in the same transaction.
 *
 * @strict-properties
 * @not-serializable
 */
final class OutboxChannel
{
    /**
     * @param string|\PDO|Transport|Channel $channel where the messages are relayed to and consumed from; anything an entry of `channels:` may be
     * @throws Exception\ConfigurationException when it is an OutboxChannel itself
     * @throws \TypeError when it is of another type
     */
    public function __construct(string|\PDO|Transport|Channel $channel) {}
}
