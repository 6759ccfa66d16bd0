<?php

namespace Shop;

use DateTimeImmutable;
use Ecoq\Attribute\MessageType;

/** An event: something has happened, and every subscriber hears of it. On the wire it goes by its type, not by this class's name. */
#[MessageType('order.placed')]
final class OrderPlaced
{
    public function __construct(
        public readonly int $orderId,
        public readonly string $email,
        public readonly string $sku,
        public readonly int $quantity,
        public readonly DateTimeImmutable $placedAt,
    ) {
    }
}
