<?php

namespace Shop;

use Ecoq\Attribute\Asynchronous;
use Ecoq\Attribute\Delayed;
use Ecoq\Attribute\EventHandler;
use Ecoq\TimeSpan;
use PDO;

/** The delayed one: it asks for a review some time after the order. (A shop would wait for days.) */
final class Review
{
    public function __construct(private readonly PDO $database)
    {
    }

    #[Asynchronous('notifications')]
    #[EventHandler(endpointId: 'review')]
    #[Delayed(new TimeSpan(seconds: 1))]
    public function ask(OrderPlaced $event): void
    {
        $this->database
            ->prepare('INSERT OR IGNORE INTO mails (order_id, kind, recipient) VALUES (?, ?, ?)')
            ->execute([$event->orderId, 'review', $event->email]);
    }
}
