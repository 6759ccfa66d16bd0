<?php

namespace Shop;

/** A command: one handler does what it asks for. */
final class PlaceOrder
{
    public function __construct(
        public readonly int $orderId,
        public readonly string $email,
        public readonly string $sku,
        public readonly int $quantity,
    ) {
    }
}
