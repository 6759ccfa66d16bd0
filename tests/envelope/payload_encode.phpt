--TEST--
Payload: what becomes of values in JSON, and which ones cannot be expressed
--FILE--
<?php
require __DIR__ . '/payload.inc';

final class Money implements JsonSerializable { public function __construct(private mixed $form) {} public function jsonSerialize(): mixed { return $this->form instanceof Closure ? ($this->form)($this) : $this->form; } }
class Visible { public int $a = 1; protected int $b = 2; private int $c = 3; public ?int $unset; public readonly array $list; public static int $s = 4; }
final class Below extends Visible { public string $own = 'x'; }
#[AllowDynamicProperties]
final class Dynamic { public int $z = 1; }
final class Itself implements JsonSerializable { public int $a = 1; public ?Itself $inner = null; public function jsonSerialize(): static { return $this; } }
final class Times { public DateTimeImmutable $at; public array $tags = []; public ?stdClass $empty; private Closure $hidden; public function __construct() { $this->at = new DateTimeImmutable('2026-01-01T00:00:00Z'); $this->hidden = fn () => 1; $this->empty = new stdClass; } }
final class Loop { public ?Loop $next = null; public array $more = []; }

echo "-- top level\n";
foreach ([[], new stdClass, ['a' => 1], [1, 2], ['x'], null, true, 0, 1.5, 'text', '', [1 => 'b'], new ArrayObject(['a' => 1]), new ArrayObject, new Money(['amount' => 5]), new Money([1]), new Money('5 EUR'), new Money([]), new Money(null)] as $value) {
    show(fn () => encode($value));
}

echo "-- nested\n";
show(fn () => encode(['list' => [], 'map' => new stdClass, 'null' => null, 'deep' => [[], [new stdClass]]]));
show(fn () => encode(['text' => "Café/☕ \u{2028}\"\\\n", 'float' => 0.1, 'big' => PHP_INT_MAX, 'exp' => 1e100, 'neg' => -0.0]));
show(fn () => encode(new Visible));
show(fn () => encode(new Below));
$dynamic = new Dynamic;
$dynamic->y = new DateTimeImmutable('2026-01-01T00:00:00Z');
$dynamic->{'0'} = 'zero';
show(fn () => encode($dynamic));
unset($dynamic->y);
show(fn () => encode($dynamic));
show(fn () => encode(['m' => new Money(new Money(['at' => new DateTimeImmutable('2026-01-01T00:00:00Z')])), 'n' => [new Money(1), new Money([])]]));
$itself = new Itself;
$itself->inner = new Itself;
show(fn () => encode($itself));
show(fn () => encode(new Times));
show(fn () => encode((object) ['0' => 'a', '1' => 'b']));
show(fn () => encode(new class { public int $anonymous = 1; public ?object $o = null; }));
$shared = new Visible;
show(fn () => encode([$shared, $shared, [$shared]]));
$text = 'by reference';
$array = ['r' => &$text, 'd' => new DateTimeZone('UTC')];
show(fn () => encode($array));
show(fn () => $array['d']);

echo "-- cannot be\n";
show(fn () => encode(['items' => [[], [], ['price' => NAN]]]));
show(fn () => encode(INF));
show(fn () => encode(['a b' => -INF]));
show(fn () => encode(['at' => new DateTime, 'price' => NAN]));
show(fn () => encode(['name' => "caf\xe9"]));
show(fn () => encode("caf\xe9"));
show(fn () => encode(['x' => ["caf\xe9" => 1]]));
show(fn () => encode((object) ['x' => "\xff"]));
show(fn () => encode(['file' => STDIN]));
show(fn () => encode(['call' => fn () => 1]));
show(fn () => encode(strlen(...)));
show(fn () => encode(['g' => (function () { yield 1; })()]));
show(fn () => encode(['r' => new ReflectionClass('stdClass')]));
show(fn () => encode(['m' => new Money(fn () => throw new DomainException('no money'))]));
show(fn () => encode(['m' => new Money(fn ($self) => ['again' => $self])]));
show(fn () => encode(['m' => new Money(fn () => ['bad' => NAN])]));
$loop = new Loop;
$loop->next = new Loop;
$loop->next->more = ['x' => $loop];
show(fn () => encode($loop));
$array = ['a' => []];
$array['a']['b'] = &$array;
try {
    encode($array);
} catch (Ecoq\Exception\ConversionException $exception) {
    echo substr($exception->getMessage(), -46), "\n";
}
unset($array);
$deep = 1;
for ($i = 0; $i < 510; $i++) {
    $deep = ['d' => $deep];
}
echo strlen(encode($deep)), "\n";
try {
    encode(['one' => $deep]);
} catch (Ecoq\Exception\ConversionException $exception) {
    echo substr($exception->getMessage(), 0, 20), substr($exception->getMessage(), -34), "\n";
}
// many ways through a small graph with a cycle
$left = new Loop;
$left->next = $left;
$left->more = [$left, $left, $left];
show(fn () => encode([$left, $left]));

$loop = $left = null;
gc_collect_cycles();

echo "-- leaves json_last_error() alone\n";
json_decode('{');
$before = json_last_error();
encode(['a' => 1]);
try {
    encode(['a' => NAN]);
} catch (Ecoq\Exception\ConversionException) {
}
convert(fn (array $v) => keep($v), ['a' => 1]);
var_dump($before !== 0 && json_last_error() === $before);
?>
--EXPECT--
-- top level
{}
{}
{"a":1}
{"value":[1,2]} (value)
{"value":["x"]} (value)
{"value":null} (value)
{"value":true} (value)
{"value":0} (value)
{"value":1.5} (value)
{"value":"text"} (value)
{"value":""} (value)
{"1":"b"}
{"a":1}
{}
{"amount":5}
{"value":[1]} (value)
{"value":"5 EUR"} (value)
{}
{"value":null} (value)
-- nested
{"list":[],"map":{},"null":null,"deep":[[],[{}]]}
{"text":"Café/☕ \u2028\"\\\n","float":0.1,"big":9223372036854775807,"exp":1.0e+100,"neg":-0}
{"a":1}
{"a":1,"own":"x"}
{"z":1,"y":"2026-01-01T00:00:00+00:00","0":"zero"}
{"z":1,"0":"zero"}
{"m":{"at":"2026-01-01T00:00:00+00:00"},"n":[1,[]]}
{"a":1,"inner":{"a":1,"inner":null}}
{"at":"2026-01-01T00:00:00+00:00","tags":[],"empty":{}}
{"0":"a","1":"b"}
{"anonymous":1,"o":null}
{"value":[{"a":1},{"a":1},[{"a":1}]]} (value)
{"r":"by reference","d":"UTC"}
DateTimeZone(UTC)
-- cannot be
ConversionException: data.items[2].price: NAN cannot be expressed in JSON
ConversionException: data: INF cannot be expressed in JSON
ConversionException: data["a b"]: -INF cannot be expressed in JSON
ConversionException: data.price: NAN cannot be expressed in JSON
ConversionException: data.name: a string that is not UTF-8 cannot be expressed in JSON
ConversionException: data: a string that is not UTF-8 cannot be expressed in JSON
ConversionException: data.x["caf?"]: a key that is not UTF-8 cannot be expressed in JSON
ConversionException: data.x: a string that is not UTF-8 cannot be expressed in JSON
ConversionException: data.file: resource cannot be expressed in JSON
ConversionException: data.call: object of Closure cannot be expressed in JSON
ConversionException: data: object of Closure cannot be expressed in JSON
ConversionException: data.g: object of Generator cannot be expressed in JSON
ConversionException: data.r: object of ReflectionClass cannot be expressed in JSON
ConversionException: data.m: Money::jsonSerialize() threw DomainException: no money <- DomainException: no money
ConversionException: data.m.again: recursion cannot be expressed in JSON
ConversionException: data.m.bad: NAN cannot be expressed in JSON
ConversionException: data.next.more.x: recursion cannot be expressed in JSON
ata.a.b: recursion cannot be expressed in JSON
3061
data.one.d.d.d.d.d.dd.d: nested deeper than 510 levels
ConversionException: data[0].next: recursion cannot be expressed in JSON
-- leaves json_last_error() alone
bool(true)
