<?php

namespace Shop;

use Ecoq\Attribute\Asynchronous;
use Ecoq\Attribute\EventHandler;
use Ecoq\Message;
use PDO;
use RuntimeException;

/** The flaky one: it depends on a warehouse that misses every hundredth call, and that has never heard of some articles. */
final class Stock
{
    public function __construct(private readonly PDO $database)
    {
    }

    #[Asynchronous('notifications')]
    #[EventHandler(endpointId: 'stock')]
    public function reserve(OrderPlaced $event, Message $message): void
    {
        $this->askWarehouse($event, $message->attempts);
        $this->database
            ->prepare('INSERT OR IGNORE INTO reservations (order_id, sku, quantity) VALUES (?, ?, ?)')
            ->execute([$event->orderId, $event->sku, $event->quantity]);
    }

    /** @param int $attempts how often this message has failed before */
    private function askWarehouse(OrderPlaced $event, int $attempts): void
    {
        $fault = match (true) {
            $event->orderId % 1000 === 0 => "The warehouse knows no article {$event->sku}",             // fails each time: a dead letter in the end
            $event->orderId % 100 === 0 && $attempts === 0 => 'The warehouse does not answer',          // succeeds when it is tried again
            default => null,
        };
        if ($fault !== null) {
            $this->database->prepare('INSERT INTO faults (order_id, text) VALUES (?, ?)')->execute([$event->orderId, $fault]);
            throw new RuntimeException($fault);
        }
    }
}
