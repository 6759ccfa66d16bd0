<?php

namespace Shop;

use DateTimeImmutable;
use Ecoq\Attribute\CommandHandler;
use Ecoq\Attribute\QueryHandler;
use Ecoq\EventBus;
use PDO;

final class Orders
{
    public function __construct(private readonly PDO $database)
    {
    }

    /** Runs at once, in the process that sends the command. The three subscribers of the event run later, in the worker. */
    #[CommandHandler]
    public function place(PlaceOrder $command, EventBus $events): void
    {
        $placedAt = new DateTimeImmutable();
        $this->database
            ->prepare('INSERT INTO orders (id, email, sku, quantity, placed_at) VALUES (?, ?, ?, ?, ?)')
            ->execute([$command->orderId, $command->email, $command->sku, $command->quantity, $placedAt->format('c')]);

        $events->publish(new OrderPlaced($command->orderId, $command->email, $command->sku, $command->quantity, $placedAt));
    }

    #[QueryHandler]
    public function nextId(NextOrderId $query): int
    {
        return 1 + (int) $this->database->query('SELECT MAX(id) FROM orders')->fetchColumn();
    }
}
