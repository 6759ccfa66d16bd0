<?php

namespace Shop;

use Ecoq\Attribute\Asynchronous;
use Ecoq\Attribute\EventHandler;
use PDO;

/** The slow one: now and then the mail server takes its time. Nobody waits for it but the worker. */
final class Confirmation
{
    public function __construct(private readonly PDO $database)
    {
    }

    #[Asynchronous('notifications')]
    #[EventHandler(endpointId: 'confirmation')]
    public function send(OrderPlaced $event): void
    {
        if ($event->orderId % 50 === 0) {
            usleep(5_000);
        }
        // a message may be delivered a second time: writing the same row again changes nothing
        $this->database
            ->prepare('INSERT OR IGNORE INTO mails (order_id, kind, recipient) VALUES (?, ?, ?)')
            ->execute([$event->orderId, 'confirmation', $event->email]);
    }
}
