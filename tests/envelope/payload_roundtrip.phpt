--TEST--
Payload: what was encoded comes back equal, by constructor and by properties
--FILE--
<?php
require __DIR__ . '/payload.inc';

use Ecoq\Attribute\ArrayOf;

enum Status: string { case Open = 'open'; case Shipped = 'shipped'; }
enum Side { case Left; case Right; }
final class Money { public function __construct(public readonly int $cents, public readonly string $currency = 'EUR') {} }
final class Item { public function __construct(public readonly string $sku, public readonly int $qty, public readonly float $price, public readonly ?Money $tax = null) {} }
final class Order
{
    /** @param list<Item> $items */
    public function __construct(
        public readonly int $id,
        public readonly string $email,
        public readonly Status $status,
        public readonly DateTimeImmutable $at,
        #[ArrayOf(Item::class)] public readonly array $items,
        #[ArrayOf('float')] public readonly array $weights = [],
        #[ArrayOf(Side::class)] public readonly array $sides = [],
        #[ArrayOf('?int')] public readonly array $counts = [],
        public readonly Money|string|null $discount = null,
        public readonly mixed $extra = null,
        public readonly ?self $replaces = null,
    ) {}
}
class Address { public string $street; public ?string $note = null; }
final class Customer extends Address { public readonly int $id; public ?Address $billing = null; #[ArrayOf(Address::class)] public array $others = []; public float $rating = 1.0; public ?stdClass $meta = null; }

$item = new Item('A-1', 2, 9.99, new Money(19));
$at = new DateTimeImmutable('2026-11-21T10:00:00.123456+01:00');
$customer = convert(fn (Customer $v) => keep($v), ['id' => 7, 'street' => 'Ringstraße 1']);
$customer->billing = new Address;
$customer->billing->street = "Zeile\nzwei \u{1F600} \"q\" \\ / \0";
$customer->others = ['first' => $customer->billing, '2nd place' => clone $customer->billing];
$customer->meta = (object) ['a' => (object) ['b' => [1, 2]], 'n' => null];

$values = [
    [fn (Money $v) => keep($v), new Money(-5, '')],
    [fn (Item $v) => keep($v), $item],
    [fn (Item $v) => keep($v), new Item('', PHP_INT_MAX, 1e300)],
    [fn (Item $v) => keep($v), new Item('x', PHP_INT_MIN, 5.0)],
    [fn (Item $v) => keep($v), new Item('x', 0, 0.1 + 0.2)],
    [fn (Order $v) => keep($v), new Order(1, 'ada@example.com', Status::Open, $at, [])],
    [fn (Order $v) => keep($v), new Order(1, '', Status::Shipped, $at, [$item, new Item('B', 1, 2.0)], [1.0, 2.5, 3.0], ['l' => Side::Left, 'r' => Side::Right], [1, null, 3], new Money(1), ['any' => [1, 'x' => null]],
        new Order(0, 'old', Status::Open, $at, [5 => $item], discount: 'text', extra: 1.5))],
    [fn (Customer $v) => keep($v), $customer],
    [fn (#[ArrayOf(Item::class)] array $v) => keep($v), [$item, $item]],
    [fn (#[ArrayOf(Item::class)] array $v) => keep($v), ['one' => $item]],
    [fn (Status $v) => keep($v), Status::Shipped],
    [fn (DateTimeInterface $v) => keep($v), $at],
    [fn (?Money $v) => keep($v), null],
    [fn (int|string $v) => keep($v), '5'],
    [fn (float $v) => keep($v), 3.0],
    [fn (array $v) => keep($v), ['a' => ['b' => [true, false, null, 1.5, 'x']]]],
];
foreach ($values as [$handler, $value]) {
    $json = encode($value);
    $decoded = json_decode(str_replace(' (value)', '', $json), true, 512, JSON_THROW_ON_ERROR);
    $back = convert($handler, str_ends_with($json, '(value)') ? $decoded['value'] : $decoded);
    echo is_object($value) ? $value::class : gettype($value), ': ';
    if ($back == $value && $back !== 5 && encode($back) === $json) {
        echo "equal\n";
    } else {
        var_dump($json, $value, $back);
    }
}

// the class plan does not keep values of one message for the next
$first = convert(fn (Order $v) => keep($v), ['id' => 1, 'email' => 'a', 'status' => 'open', 'at' => '2026-01-01T00:00:00Z', 'items' => [['sku' => 's', 'qty' => 1, 'price' => 1]], 'counts' => [1]]);
$second = convert(fn (Order $v) => keep($v), ['id' => 2, 'email' => 'b', 'status' => 'shipped', 'at' => '2026-01-02T00:00:00Z', 'items' => []]);
var_dump($first->id, $first->items[0]->price, $first->counts, $second->id, $second->items, $second->counts);

// no memory is kept per message
$handler = fn (Order $v) => keep($v);
$data = json_decode(encode($values[6][1]), true);
for ($i = 0; $i < 20; $i++) {
    convert($handler, $data);
}
$keeps = 0;
$wrong = ['replaces' => ['id' => 'x']] + $data;
for ($round = 0; $round < 2; $round++) {
    $before = memory_get_usage();
    for ($i = 0; $i < 50; $i++) {
        convert($handler, $data);
        encode($GLOBALS['kept']);
        try {
            convert($handler, $wrong);
        } catch (Ecoq\Exception\ConversionException) {
        }
        $GLOBALS['kept'] = null;
    }
    $keeps = memory_get_usage() - $before;
}
echo $keeps < 2000 ? "no growth\n" : "grew by $keeps bytes\n";
?>
--EXPECT--
Money: equal
Item: equal
Item: equal
Item: equal
Item: equal
Order: equal
Order: equal
Customer: equal
array: equal
array: equal
Status: equal
DateTimeImmutable: equal
NULL: equal
string: equal
double: equal
array: equal
int(1)
float(1)
array(1) {
  [0]=>
  int(1)
}
int(2)
array(0) {
}
array(0) {
}
no growth
