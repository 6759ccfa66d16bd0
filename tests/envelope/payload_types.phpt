--TEST--
Payload: declared builtin types, unions, arrays and #[ArrayOf]: what is taken, what is refused with which text
--FILE--
<?php
require __DIR__ . '/payload.inc';

use Ecoq\Attribute\ArrayOf;

final class Point { public function __construct(public int $x, public int $y = 0) {} }
final class Name { public function __construct(public string $name) {} }

$types = [
    'int' => fn (int $v) => keep($v),
    'float' => fn (float $v) => keep($v),
    'string' => fn (string $v) => keep($v),
    'bool' => fn (bool $v) => keep($v),
    'false' => fn (false $v) => keep($v),
    'true' => fn (true $v) => keep($v),
    'null' => fn (null $v) => keep($v),
    '?int' => fn (?int $v) => keep($v),
    'int|string' => fn (int|string $v) => keep($v),
    'int|float' => fn (int|float $v) => keep($v),
    'float|string|null' => fn (float|string|null $v) => keep($v),
    'mixed' => fn (mixed $v) => keep($v),
    'none' => fn ($v) => keep($v),
    'array' => fn (array $v) => keep($v),
    'iterable' => fn (iterable $v) => keep($v),
    'object' => fn (object $v) => keep($v),
    'stdClass' => fn (stdClass $v) => keep($v),
];
$values = [1, 1.5, 2.0, '7', '', true, false, null, [1, [2]], ['a' => ['b' => [], 'c' => [1]]], []];
foreach ($types as $name => $handler) {
    echo "-- $name\n";
    foreach ($values as $value) {
        show(fn () => convert($handler, $value));
    }
}

foreach ([0.1, 12345678901234567890, -1e-7, NAN, PHP_INT_MIN] as $value) {
    show(fn () => convert(fn (string $v) => keep($v), $value));
}

echo "-- arrays of\n";
show(fn () => convert(fn (#[ArrayOf('int')] array $v) => keep($v), [1, 2]));
show(fn () => convert(fn (#[ArrayOf('int')] array $v) => keep($v), ['a' => 1, 7 => 2]));
show(fn () => convert(fn (#[ArrayOf('int')] array $v) => keep($v), [1, '2']));
show(fn () => convert(fn (#[ArrayOf('float')] array $v) => keep($v), [1, 2.5]));
show(fn () => convert(fn (#[ArrayOf(type: '?string')] ?array $v) => keep($v), ['x', null]));
show(fn () => convert(fn (#[ArrayOf('?string')] ?array $v) => keep($v), ['x', 3]));
show(fn () => convert(fn (#[ArrayOf('string')] ?array $v) => keep($v), 3));
show(fn () => convert(fn (#[ArrayOf(Point::class)] iterable $v) => keep($v), [['x' => 1], ['y' => 2, 'x' => 3]]));
show(fn () => convert(fn (#[ArrayOf('\Point')] array $v) => keep($v), ['left' => ['x' => 1], 5 => ['x' => 2]]));
show(fn () => convert(fn (#[ArrayOf(Point::class)] array $v) => keep($v), ['le ft' => ['x' => 1], 'ri"ght' => ['x' => 'no']]));
show(fn () => convert(fn (#[ArrayOf(Point::class)] mixed $v) => keep($v), [['x' => 1]]));
show(fn () => convert(fn (#[ArrayOf(Point::class)] mixed $v) => keep($v), 'text'));
show(fn () => convert(fn (#[ArrayOf(Point::class)] array $v) => keep($v), []));
$holes = [['x' => 0], ['x' => 1], ['x' => 2]];
unset($holes[1]);
show(fn () => convert(fn (#[ArrayOf(Point::class)] array $v) => keep($v), $holes));

echo "-- unions\n";
$union = fn (Point|Name|string $v) => keep($v);
show(fn () => convert($union, ['x' => 1]));
show(fn () => convert($union, ['name' => 'n']));
show(fn () => convert($union, 'text'));
show(fn () => convert($union, ['y' => 1]));
show(fn () => convert($union, [1]));
show(fn () => convert($union, 1));
show(fn () => convert(fn (Point|array $v) => keep($v), ['x' => 1]));
show(fn () => convert(fn (Point|array $v) => keep($v), ['z' => 1]));
show(fn () => convert(fn (Point|array $v) => keep($v), [1]));
show(fn () => convert(fn (Point|string $v) => keep($v), ['x' => 'a']));
show(fn () => convert(fn (Point|Missing|string $v) => keep($v), ['x' => 2]));
?>
--EXPECT--
-- int
1
ConversionException: data: expected int, got float 1.5
ConversionException: data: expected int, got float 2.0
ConversionException: data: expected int, got string "7"
ConversionException: data: expected int, got string ""
ConversionException: data: expected int, got true
ConversionException: data: expected int, got false
ConversionException: data: expected int, got null
ConversionException: data: expected int, got array
ConversionException: data: expected int, got array
ConversionException: data: expected int, got array
-- float
1.0
1.5
2.0
ConversionException: data: expected float, got string "7"
ConversionException: data: expected float, got string ""
ConversionException: data: expected float, got true
ConversionException: data: expected float, got false
ConversionException: data: expected float, got null
ConversionException: data: expected float, got array
ConversionException: data: expected float, got array
ConversionException: data: expected float, got array
-- string
ConversionException: data: expected string, got int 1
ConversionException: data: expected string, got float 1.5
ConversionException: data: expected string, got float 2.0
7

ConversionException: data: expected string, got true
ConversionException: data: expected string, got false
ConversionException: data: expected string, got null
ConversionException: data: expected string, got array
ConversionException: data: expected string, got array
ConversionException: data: expected string, got array
-- bool
ConversionException: data: expected bool, got int 1
ConversionException: data: expected bool, got float 1.5
ConversionException: data: expected bool, got float 2.0
ConversionException: data: expected bool, got string "7"
ConversionException: data: expected bool, got string ""
true
false
ConversionException: data: expected bool, got null
ConversionException: data: expected bool, got array
ConversionException: data: expected bool, got array
ConversionException: data: expected bool, got array
-- false
ConversionException: data: expected false, got int 1
ConversionException: data: expected false, got float 1.5
ConversionException: data: expected false, got float 2.0
ConversionException: data: expected false, got string "7"
ConversionException: data: expected false, got string ""
ConversionException: data: expected false, got true
false
ConversionException: data: expected false, got null
ConversionException: data: expected false, got array
ConversionException: data: expected false, got array
ConversionException: data: expected false, got array
-- true
ConversionException: data: expected true, got int 1
ConversionException: data: expected true, got float 1.5
ConversionException: data: expected true, got float 2.0
ConversionException: data: expected true, got string "7"
ConversionException: data: expected true, got string ""
true
ConversionException: data: expected true, got false
ConversionException: data: expected true, got null
ConversionException: data: expected true, got array
ConversionException: data: expected true, got array
ConversionException: data: expected true, got array
-- null
ConversionException: data: expected null, got int 1
ConversionException: data: expected null, got float 1.5
ConversionException: data: expected null, got float 2.0
ConversionException: data: expected null, got string "7"
ConversionException: data: expected null, got string ""
ConversionException: data: expected null, got true
ConversionException: data: expected null, got false
NULL
ConversionException: data: expected null, got array
ConversionException: data: expected null, got array
ConversionException: data: expected null, got array
-- ?int
1
ConversionException: data: expected ?int, got float 1.5
ConversionException: data: expected ?int, got float 2.0
ConversionException: data: expected ?int, got string "7"
ConversionException: data: expected ?int, got string ""
ConversionException: data: expected ?int, got true
ConversionException: data: expected ?int, got false
NULL
ConversionException: data: expected ?int, got array
ConversionException: data: expected ?int, got array
ConversionException: data: expected ?int, got array
-- int|string
1
ConversionException: data: expected string|int, got float 1.5
ConversionException: data: expected string|int, got float 2.0
7

ConversionException: data: expected string|int, got true
ConversionException: data: expected string|int, got false
ConversionException: data: expected string|int, got null
ConversionException: data: expected string|int, got array
ConversionException: data: expected string|int, got array
ConversionException: data: expected string|int, got array
-- int|float
1
1.5
2.0
ConversionException: data: expected int|float, got string "7"
ConversionException: data: expected int|float, got string ""
ConversionException: data: expected int|float, got true
ConversionException: data: expected int|float, got false
ConversionException: data: expected int|float, got null
ConversionException: data: expected int|float, got array
ConversionException: data: expected int|float, got array
ConversionException: data: expected int|float, got array
-- float|string|null
1.0
1.5
2.0
7

ConversionException: data: expected string|float|null, got true
ConversionException: data: expected string|float|null, got false
NULL
ConversionException: data: expected string|float|null, got array
ConversionException: data: expected string|float|null, got array
ConversionException: data: expected string|float|null, got array
-- mixed
1
1.5
2.0
7

true
false
NULL
[1, [2]]
[a: [b: [], c: [1]]]
[]
-- none
1
1.5
2.0
7

true
false
NULL
[1, [2]]
[a: [b: [], c: [1]]]
[]
-- array
ConversionException: data: expected array, got int 1
ConversionException: data: expected array, got float 1.5
ConversionException: data: expected array, got float 2.0
ConversionException: data: expected array, got string "7"
ConversionException: data: expected array, got string ""
ConversionException: data: expected array, got true
ConversionException: data: expected array, got false
ConversionException: data: expected array, got null
[1, [2]]
[a: [b: [], c: [1]]]
[]
-- iterable
ConversionException: data: expected Traversable|array, got int 1
ConversionException: data: expected Traversable|array, got float 1.5
ConversionException: data: expected Traversable|array, got float 2.0
ConversionException: data: expected Traversable|array, got string "7"
ConversionException: data: expected Traversable|array, got string ""
ConversionException: data: expected Traversable|array, got true
ConversionException: data: expected Traversable|array, got false
ConversionException: data: expected Traversable|array, got null
[1, [2]]
[a: [b: [], c: [1]]]
[]
-- object
ConversionException: data: expected object, got int 1
ConversionException: data: expected object, got float 1.5
ConversionException: data: expected object, got float 2.0
ConversionException: data: expected object, got string "7"
ConversionException: data: expected object, got string ""
ConversionException: data: expected object, got true
ConversionException: data: expected object, got false
ConversionException: data: expected object, got null
ConversionException: data: expected object, got array
stdClass{a: stdClass{b: [], c: [1]}}
stdClass{}
-- stdClass
ConversionException: data: expected stdClass, got int 1
ConversionException: data: expected stdClass, got float 1.5
ConversionException: data: expected stdClass, got float 2.0
ConversionException: data: expected stdClass, got string "7"
ConversionException: data: expected stdClass, got string ""
ConversionException: data: expected stdClass, got true
ConversionException: data: expected stdClass, got false
ConversionException: data: expected stdClass, got null
ConversionException: data: expected stdClass, got array
stdClass{a: stdClass{b: [], c: [1]}}
stdClass{}
ConversionException: data: expected string, got float 0.1
ConversionException: data: expected string, got float 1.2345678901234567E+19
ConversionException: data: expected string, got float -1.0E-7
ConversionException: data: expected string, got float NAN
ConversionException: data: expected string, got int -9223372036854775808
-- arrays of
[1, 2]
[a: 1, 7: 2]
ConversionException: data[1]: expected int, got string "2"
[1.0, 2.5]
['x', NULL]
ConversionException: data[1]: expected ?string, got int 3
ConversionException: data: expected ?array of string, got int 3
[Point{x: 1, y: 0}, Point{x: 3, y: 2}]
[left: Point{x: 1, y: 0}, 5: Point{x: 2, y: 0}]
ConversionException: data["ri\"ght"].x: expected int, got string "no"
[Point{x: 1, y: 0}]
text
[]
[0: Point{x: 0, y: 0}, 2: Point{x: 2, y: 0}]
-- unions
Point{x: 1, y: 0}
Name{name: 'n'}
text
ConversionException: data: expected Point|Name|string, got array (Point.x: missing, int expected; Name.name: missing, string expected)
ConversionException: data: expected Point|Name|string, got array
ConversionException: data: expected Point|Name|string, got int 1
Point{x: 1, y: 0}
[z: 1]
[1]
ConversionException: data.x: expected int, got string "a"
Point{x: 2, y: 0}
