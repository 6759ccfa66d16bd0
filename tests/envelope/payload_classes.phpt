--TEST--
Payload: classes by constructor or by properties, defaults, inheritance, recursion, instances that pass
--INI--
error_reporting=24575
--FILE--
<?php
require __DIR__ . '/payload.inc';

use Ecoq\Attribute\ArrayOf;

// constructor
final class Promoted { public function __construct(public readonly int $a, protected string $b = 'def', private ?float $c = null) {} }
final class Middle { public function __construct(public int $a = 1, public string $b = Middle::B . '!', public array $c = [1], public ?stdClass $d = new stdClass, public int $e = 5) {} const B = 'bee'; }
final class Early { public function __construct(public int $a = 1, public ?int $b, public int $c) {} }
final class Computed { public string $upper; public function __construct(string $text, string $upper = '') { $this->upper = strtoupper($text); } }
final class Variadic { public array $rest; public array $tags; public function __construct(public int $id, int ...$tags) { $this->tags = $tags; $this->rest = ['constructor']; } }
final class Tagged { private array $all; public function __construct(public int $id, int ...$tags) { $this->all = $tags; } public function all() { return $this->all; } }
final class ByReference { public array $seen = []; public function __construct(array &$seen) { $seen[] = 'changed'; $this->seen = $seen; } }
final class Guarded { public function __construct(public int $qty) { if ($qty < 0) { throw new DomainException('qty must not be negative'); } } }
final class Nothing { public string $made; public function __construct() { $this->made = 'constructor'; } }
final class Empty_ { private string $made; public function __construct() { $this->made = 'constructor'; } public function made() { return $this->made; } }
final class Untyped { public function __construct(public $a, public $b = 2) {} }
final class Big { public function __construct(public int $p1, public int $p2, public int $p3, public int $p4, public int $p5, public int $p6, public int $p7, public int $p8, public int $p9,
    public int $p10, public int $p11, public int $p12, public int $p13, public int $p14, public int $p15, public int $p16, public int $p17, public int $p18 = 18) {} }
// properties
class Base { public int $id; public ?string $note; public array $list = ['x']; protected int $hidden = 1; private int $id2 = 2; public static int $static = 3; }
final class Child extends Base { public readonly string $name; public float $ratio = 0.5; public $loose; }
final class Named { private function __construct(public readonly int $id) { throw new LogicException('not called'); } }
final class Extra { public array $log = []; public function __construct(public int $id) { throw new LogicException('not called'); } }
class Parental { public function __construct(public ?self $self = null, public ?Parental $other = null) {} }
final class Heir extends Parental { public function __construct(public ?parent $up = null, public ?self $own = null, ?Parental $self = null, ?Parental $other = null) { parent::__construct($self, $other); } }
trait Identified { public int $uid; #[ArrayOf(Promoted::class)] public array $parts = []; }
final class Traited { use Identified; }
final class Node { public function __construct(public int $v, public ?Node $next = null, #[ArrayOf(Node::class)] public array $kids = []) {} }
class LoopA { public ?LoopB $b = null; public int $n = 0; }
class LoopB { public ?LoopA $a = null; }
final readonly class AllReadonly { public function __construct(public Promoted $inner, public int|string $key) {} }

interface Shape {}
interface Sized {}
abstract class Solid {}
final class Circle implements Shape, Sized { public float $radius = 1.0; }

echo "-- constructor\n";
show(fn () => convert(fn (Promoted $v) => keep($v), ['a' => 1]));
show(fn () => convert(fn (Promoted $v) => keep($v), ['c' => 2, 'b' => 'x', 'a' => 1, 'unknown' => 5]));
show(fn () => convert(fn (Middle $v) => keep($v), []));
show(fn () => convert(fn (Middle $v) => keep($v), ['c' => [2]]));
show(fn () => convert(fn (Middle $v) => keep($v), ['e' => 6, 'd' => null]));
show(fn () => convert(fn (Early $v) => keep($v), ['a' => 1, 'c' => 3]));
show(fn () => convert(fn (Early $v) => keep($v), ['c' => 3]));
show(fn () => convert(fn (Computed $v) => keep($v), ['text' => 'abc']));
show(fn () => convert(fn (Variadic $v) => keep($v), ['id' => 1, 'tags' => [2, 3], 'rest' => ['properties']]));
show(fn () => convert(fn (Tagged $v) => keep($v), ['id' => 1, 'tags' => range(1, 20)])->all());
show(fn () => convert(fn (Tagged $v) => keep($v), ['tags' => ['a' => 1, 'b' => 2], 'id' => 1])->all());
show(fn () => convert(fn (Tagged $v) => keep($v), ['id' => 1])->all());
show(fn () => convert(fn (Tagged $v) => keep($v), ['id' => 1, 'tags' => [1, 'x']]));
show(fn () => convert(fn (Tagged $v) => keep($v), ['id' => 1, 'tags' => 5]));
$seen = ['seen' => ['mine']];
show(fn () => convert(fn (ByReference $v) => keep($v), $seen));
show(fn () => $seen);
show(fn () => convert(fn (Guarded $v) => keep($v), ['qty' => 1]));
show(fn () => convert(fn (#[ArrayOf(Guarded::class)] array $v) => keep($v), [['qty' => 1], ['qty' => -1]]));
show(fn () => convert(fn (Nothing $v) => keep($v), ['made' => 'properties']));
show(fn () => convert(fn (Empty_ $v) => keep($v), ['made' => 'x'])->made());
show(fn () => convert(fn (Untyped $v) => keep($v), ['a' => [1]]));
show(fn () => convert(fn (Big $v) => keep($v), array_combine(array_map(fn ($i) => "p$i", range(17, 1)), range(17, 1))));

echo "-- properties\n";
show(fn () => convert(fn (Child $v) => keep($v), ['id' => 1, 'name' => 'n']));
show(fn () => convert(fn (Child $v) => keep($v), ['ratio' => 2, 'loose' => [1], 'name' => 'n', 'list' => [], 'note' => 'x', 'id' => 1, 'hidden' => 9, 'id2' => 9, 'static' => 9]));
show(fn () => convert(fn (Child $v) => keep($v), ['id' => 1]));
show(fn () => Base::$static);
try {
    convert(fn (Child $v) => keep($v), ['id' => 1, 'name' => 'n'])->name = 'other';
} catch (Error $error) {
    echo $error->getMessage(), "\n";
}
show(fn () => convert(fn (Named $v) => keep($v), ['id' => 1]));
show(fn () => convert(fn (Extra $v) => keep($v), ['id' => 1]));
show(fn () => convert(fn (Traited $v) => keep($v), ['uid' => 1, 'parts' => [['a' => 1]]]));

echo "-- recursion\n";
show(fn () => convert(fn (Node $v) => keep($v), ['v' => 1, 'next' => ['v' => 2, 'next' => null], 'kids' => [['v' => 3, 'kids' => [['v' => 4]]]]]));
show(fn () => convert(fn (Node $v) => keep($v), ['v' => 1, 'next' => ['v' => 2, 'kids' => [['v' => 3], ['v' => 4, 'next' => ['v' => 'five']]]]]));
show(fn () => convert(fn (LoopA $v) => keep($v), ['b' => ['a' => ['n' => 1]]]));
show(fn () => convert(fn (Heir $v) => keep($v), ['up' => ['self' => []], 'own' => ['up' => []]]));
show(fn () => convert(fn (AllReadonly $v) => keep($v), ['inner' => ['a' => 1], 'key' => 'k']));
$deep = ['v' => 0];
for ($i = 0; $i < 511; $i++) {
    $deep = ['v' => $i, 'next' => $deep];
}
show(fn () => convert(fn (Node $v) => keep($v), $deep)->next->v);
$cyclic = ['v' => 1];
$cyclic['next'] = &$cyclic;
try {
    convert(fn (Node $v) => keep($v), $cyclic);
} catch (Ecoq\Exception\ConversionException $exception) {
    echo substr($exception->getMessage(), -50), "\n";
}
unset($cyclic['next']);

echo "-- instances\n";
$circle = new Circle;
var_dump(convert(fn (Circle $v) => keep($v), $circle) === $circle);
var_dump(convert(fn (Shape $v) => keep($v), $circle) === $circle);
var_dump(convert(fn (Shape&Sized $v) => keep($v), $circle) === $circle);
var_dump(convert(fn (?object $v) => keep($v), $circle) === $circle);
var_dump(convert(fn (mixed $v) => keep($v), $circle) === $circle);
var_dump(convert(fn (iterable $v) => keep($v), $iterator = new ArrayIterator([1])) === $iterator);
show(fn () => convert(fn (#[ArrayOf(Shape::class)] array $v) => keep($v), [$circle]));
show(fn () => convert(fn (Promoted $v) => keep($v), $circle));
final class Like { public int $a = 7; public ?Circle $nested; }
$like = new Like;
show(fn () => convert(fn (Promoted $v) => keep($v), $like));
$like->nested = $circle;
show(fn () => convert(fn (array $v) => keep($v), $like));
show(fn () => convert(fn (Like $v) => keep($v), ['nested' => $circle, 'a' => 3]));
show(fn () => convert(fn (array $v) => keep($v), (object) ['0' => 'zero', 'd' => new DateTimeImmutable('2026-01-01T00:00:00Z')]));
show(fn () => convert(fn (string $v) => keep($v), new DateTimeImmutable('2026-01-01T00:00:00Z')));
show(fn () => convert(fn (int $v) => keep($v), $circle));
show(fn () => convert(fn (array $v) => keep($v), fn () => 1));
show(fn () => convert(fn (array $v) => keep($v), (object) ['inner' => fn () => 1]));
?>
--EXPECT--
-- constructor
Promoted{a: 1, b: 'def', c: NULL}
Promoted{a: 1, b: 'x', c: 2.0}
Middle{a: 1, b: 'bee!', c: [1], d: stdClass{}, e: 5}
Middle{a: 1, b: 'bee!', c: [2], d: stdClass{}, e: 5}
Middle{a: 1, b: 'bee!', c: [1], d: NULL, e: 6}
Early{a: 1, b: NULL, c: 3}
ConversionException: data.a: missing, int expected
Computed{upper: 'ABC'}
Variadic{rest: ['properties'], tags: [2, 3], id: 1}
[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]
[1, 2]
[]
ConversionException: data.tags[1]: expected int, got string "x"
ConversionException: data.tags: expected array of int, got int 5
ByReference{seen: ['mine', 'changed']}
[seen: ['mine']]
Guarded{qty: 1}
ConversionException: data[1]: Guarded::__construct() threw DomainException: qty must not be negative <- DomainException: qty must not be negative
Nothing{made: 'properties'}
constructor
Untyped{a: [1], b: 2}
Big{p1: 1, p2: 2, p3: 3, p4: 4, p5: 5, p6: 6, p7: 7, p8: 8, p9: 9, p10: 10, p11: 11, p12: 12, p13: 13, p14: 14, p15: 15, p16: 16, p17: 17, p18: 18}
-- properties
Child{id: 1, note: NULL, list: ['x'], hidden: 1, id2: 2, name: 'n', ratio: 0.5, loose: NULL}
Child{id: 1, note: 'x', list: [], hidden: 1, id2: 2, name: 'n', ratio: 2.0, loose: [1]}
ConversionException: data.name: missing, string expected
3
Cannot modify readonly property Child::$name
Named{id: 1}
Extra{log: [], id: 1}
Traited{uid: 1, parts: [Promoted{a: 1, b: 'def', c: NULL}]}
-- recursion
Node{v: 1, next: Node{v: 2, next: NULL, kids: []}, kids: [Node{v: 3, next: NULL, kids: [Node{v: 4, next: NULL, kids: []}]}]}
ConversionException: data.next.kids[1].next.v: expected int, got string "five"
LoopA{b: LoopB{a: LoopA{b: NULL, n: 1}}, n: 0}
Heir{self: NULL, other: NULL, up: Parental{self: Parental{self: NULL, other: NULL}, other: NULL}, own: Heir{self: NULL, other: NULL, up: Parental{self: NULL, other: NULL}, own: NULL}}
AllReadonly{inner: Promoted{a: 1, b: 'def', c: NULL}, key: 'k'}
509
next.next.next.next: nested deeper than 512 levels
-- instances
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
[Circle{radius: 1.0}]
ConversionException: data.a: missing, int expected
Promoted{a: 7, b: 'def', c: NULL}
[a: 7, nested: [radius: 1.0]]
Like{a: 3, nested: Circle{radius: 1.0}}
[0: 'zero', d: '2026-01-01T00:00:00+00:00']
2026-01-01T00:00:00+00:00
ConversionException: data: expected int, got object of Circle
ConversionException: data: expected array, got object of Closure
ConversionException: data.inner: object of Closure cannot be expressed in JSON
