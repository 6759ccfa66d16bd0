<?php

declare(strict_types=1);

// The one payload of all scenarios: an order with three items. Its plain envelope has about 420 bytes.

namespace Ecoq\Bench;

const ORDER_PLACED = 'order.placed';

final class Item
{
    public function __construct(
        public readonly string $sku,
        public readonly int $quantity,
        public readonly int $price,
    ) {
    }
}

final class Order
{
    /** @param list<Item> $items */
    public function __construct(
        public readonly int $id,
        public readonly string $customer,
        public readonly string $currency,
        public readonly int $total,
        #[\Ecoq\Attribute\ArrayOf(Item::class)]
        public readonly array $items,
    ) {
    }

    public static function of(int $id): self
    {
        $data = orderData($id);
        $items = array_map(static fn (array $item): Item => new Item(...$item), $data['items']);

        return new self($data['id'], $data['customer'], $data['currency'], $data['total'], $items);
    }
}

/** The payload as an array. */
function orderData(int $id): array
{
    return [
        'id' => 1_000_000 + $id,
        'customer' => 'ada@example.com',
        'currency' => 'EUR',
        'total' => 10_497,
        'items' => [
            ['sku' => 'LAMP-1', 'quantity' => 2, 'price' => 1_999],
            ['sku' => 'DESK-7', 'quantity' => 1, 'price' => 5_499],
            ['sku' => 'PEN-3', 'quantity' => 10, 'price' => 100],
        ],
    ];
}

/** The BabelQueue envelope of it, as any producer without PHP classes would write it. */
function orderEnvelope(int $id): string
{
    return json_encode([
        'job' => ORDER_PLACED,
        'trace_id' => sprintf('7b3f9c2a-e41d-4f88-9b2a-%012d', $id),
        'data' => orderData($id),
        'meta' => [
            'id' => sprintf('f1e2d3c4-b5a6-4789-90ab-%012d', $id),
            'queue' => 'orders',
            'lang' => 'php',
            'schema_version' => 1,
            'created_at' => 1_749_132_727_000 + $id,
        ],
        'attempts' => 0,
    ], JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES);
}
