<?php

namespace Shop;

use DomainException;
use Ecoq\Attribute\Asynchronous;
use Ecoq\Attribute\EventHandler;
use Ecoq\Message;
use PDO;
use RuntimeException;

/** The flaky one: a warehouse that misses every twentieth call, and that has never heard of one article. */
final class Stock
{
    public function __construct(private readonly PDO $database)
    {
    }

    #[Asynchronous('notifications')]
    #[EventHandler(endpointId: 'stock')]
    public function reserve(OrderPlaced $event, Message $message): void
    {
        if ($event->orderId % 500 === 0) {
            throw new DomainException("The warehouse knows no article {$event->sku}");      // fails again and again: a dead letter in the end
        }
        if ($event->orderId % 20 === 0 && $message->attempts === 0) {
            throw new RuntimeException('The warehouse does not answer');                    // succeeds when it is tried again
        }
        $this->database
            ->prepare('INSERT OR IGNORE INTO reservations (order_id, sku, quantity) VALUES (?, ?, ?)')
            ->execute([$event->orderId, $event->sku, $event->quantity]);
    }
}
