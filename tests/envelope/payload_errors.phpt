--TEST--
Payload: types that no JSON can become, #[ArrayOf] misused, abstract types, exceptions and exits on the way
--FILE--
<?php
require __DIR__ . '/payload.inc';

use Ecoq\Attribute\ArrayOf;

interface Shape {}
abstract class Solid { public int $sides; }
final class Closed { public function __construct(public int $id, public Closure $callback) {} }
final class ClosedProperty { public ArrayObject $list; }
final class Outer { public Closed $closed; }
final class Optional { public function __construct(public int $id, public ?Closure $callback = null, public PDO|Closure|null $pdo = null, public ?Outer $outer = null, public Closure $required = new Never_) {} }
final class Never_ {}
final class Mine extends ArrayObject { public int $x = 1; }
final class NotArray { public function __construct(#[ArrayOf('int')] public string $text) {} }
final class WrongArgument { #[ArrayOf(5)] public array $list; }
final class NoConstant { #[ArrayOf(Nope::NAME)] public array $list; }
final class NoClass { #[ArrayOf(Nope::class)] public array $list; }
final class NoArgument { #[ArrayOf] public array $list; }
final class OrphanA { public function __construct(public Nope|int $either, public Nope|Nada|null $neither = null) {} }
final class Exits { public function __construct(public int $id) { exit("exit in the constructor\n"); } }
final class Destroyed { public function __construct(public int $id) { throw new RuntimeException('no'); } public function __destruct() { echo "destructor of an object that was never finished\n"; } }

echo "-- never\n";
show(fn () => convert(fn (Closure $v) => keep($v), []));
show(fn () => convert(fn (callable $v) => keep($v), 'strlen'));
show(fn () => convert(fn (Closed $v) => keep($v), ['id' => 1]));
show(fn () => convert(fn (Outer $v) => keep($v), ['closed' => []]));
show(fn () => convert(fn (ClosedProperty $v) => keep($v), ['list' => []]));
show(fn () => convert(fn (Mine $v) => keep($v), ['x' => 2]));
show(fn () => convert(fn (Nope $v) => keep($v), []));
show(fn () => convert(fn (NoClass $v) => keep($v), []));
show(fn () => convert(fn (NotArray $v) => keep($v), []));
show(fn () => convert(fn (WrongArgument $v) => keep($v), []));
show(fn () => convert(fn (NoConstant $v) => keep($v), []));
show(fn () => convert(fn (NoArgument $v) => keep($v), []));

echo "-- not needed, or not the only way\n";
show(fn () => convert(fn (Optional $v) => keep($v), ['id' => 1, 'callback' => null])); // its last default cannot be evaluated
final class Fine { public function __construct(public int $id, public ?Closure $callback = null, public Closure|int $either = 0, public ?Outer $outer = null) {} }
show(fn () => convert(fn (Fine $v) => keep($v), ['id' => 1, 'callback' => null]));
show(fn () => convert(fn (Fine $v) => keep($v), ['id' => 1, 'callback' => 'strlen']));
show(fn () => convert(fn (Fine $v) => keep($v), ['id' => 1, 'outer' => ['closed' => []]]));
show(fn () => convert(fn (Fine $v) => keep($v), ['id' => 1, 'either' => 'strlen']));
show(fn () => convert(fn (OrphanA $v) => keep($v), ['either' => 1]));
show(fn () => convert(fn (OrphanA $v) => keep($v), ['either' => []]));
show(fn () => convert(fn (string|callable $v) => keep($v), 'strlen'));

echo "-- abstract\n";
show(fn () => convert(fn (Shape $v) => keep($v), ['x' => 1]));
show(fn () => convert(fn (Solid $v) => keep($v), ['sides' => 6]));
show(fn () => convert(fn (Shape&Countable $v) => keep($v), ['sides' => 6]));
show(fn () => convert(fn (#[ArrayOf(Shape::class)] array $v) => keep($v), [['sides' => 6]]));

echo "-- autoloader\n";
spl_autoload_register(function (string $class) {
    if ($class === 'Broken') {
        throw new LogicException("cannot load $class");
    }
    if ($class === 'Lazy') {
        eval('final class Lazy { public int $x = 0; }');
    }
});
show(fn () => convert(fn (Lazy $v) => keep($v), ['x' => 3]));
show(fn () => convert(fn (Broken $v) => keep($v), []));

echo "-- attribute object\n";
var_dump((new ReflectionProperty(Fine::class, 'id'))->getAttributes(), (new ReflectionProperty(NoClass::class, 'list'))->getAttributes()[0]->getName());
$of = new ArrayOf('int');
foreach ([fn () => $of->__construct('string'), fn () => new ArrayOf(''), fn () => $of->type = 'x', fn () => new ArrayOf()] as $attempt) {
    try {
        $attempt();
    } catch (Error $error) {
        echo $error::class, ': ', $error->getMessage(), "\n";
    }
}
echo $of->type, "\n";

echo "-- leaving\n";
show(fn () => convert(fn (Destroyed $v) => keep($v), ['id' => 1]));
try {
    convert(fn (#[ArrayOf(Exits::class)] array $v) => keep($v), ['list' => ['id' => 1]]);
} finally {
    echo "not reached\n";
}
?>
--EXPECTF--
-- never
ConfigurationException: %s, parameter $v: objects of Closure cannot be made from JSON, the class is native; take an array, a scalar or a class of your own
ConfigurationException: %s, parameter $v: no JSON can become callable
ConfigurationException: Closed::__construct(), parameter $callback: objects of Closure cannot be made from JSON, the class is native; take an array, a scalar or a class of your own
ConfigurationException: Closed::__construct(), parameter $callback: objects of Closure cannot be made from JSON, the class is native; take an array, a scalar or a class of your own
ConfigurationException: ClosedProperty::$list: objects of ArrayObject cannot be made from JSON, the class is native; take an array, a scalar or a class of your own
ConfigurationException: %s, parameter $v: objects of Mine cannot be made from JSON, its constructor is native; take an array, a scalar or a class of your own
ConfigurationException: %s, parameter $v: class Nope does not exist
ConfigurationException: NoClass::$list: class Nope does not exist
ConfigurationException: NotArray::__construct(), parameter $text: #[ArrayOf("int")] needs a type that takes an array, string does not
ConfigurationException: WrongArgument::$list, #[ArrayOf]: the type of the elements must be a string, int 5 given
ConfigurationException: NoConstant::$list, #[ArrayOf]: the type of the elements could not be evaluated <- Error: Class "Nope" not found
ConfigurationException: NoArgument::$list, #[ArrayOf]: takes one argument, the class or builtin type of the elements
-- not needed, or not the only way
ConversionException: data: Optional::__construct() threw TypeError: Optional::__construct(): Argument #5 ($required) must be of type Closure, Never_ given <- TypeError: Optional::__construct(): Argument #5 ($required) must be of type Closure, Never_ given
Fine{id: 1, callback: NULL, either: 0, outer: NULL}
ConversionException: data.callback: expected ?Closure (a native class: no object can be made from JSON), got string "strlen"
ConversionException: data.outer: Closed::__construct(), parameter $callback: objects of Closure cannot be made from JSON, the class is native; take an array, a scalar or a class of your own <- Ecoq\Exception\ConfigurationException: Closed::__construct(), parameter $callback: objects of Closure cannot be made from JSON, the class is native; take an array, a scalar or a class of your own
ConversionException: data.either: expected Closure|int, got string "strlen"
OrphanA{either: 1, neither: NULL}
ConversionException: data.either: expected Nope|int, got array
strlen
-- abstract
ConversionException: data: expected Shape (an interface: no object can be made from JSON), got array
ConversionException: data: expected Solid (an abstract class: no object can be made from JSON), got array
ConversionException: data: expected Shape&Countable (an intersection: no object can be made from JSON), got array
ConversionException: data[0]: expected Shape (an interface: no object can be made from JSON), got array
-- autoloader
Lazy{x: 3}
ConfigurationException: %s, parameter $v: class Broken could not be loaded <- LogicException: cannot load Broken
-- attribute object
array(0) {
}
string(22) "Ecoq\Attribute\ArrayOf"
Error: Cannot call Ecoq\Attribute\ArrayOf::__construct() twice, the object is immutable
ValueError: Ecoq\Attribute\ArrayOf::__construct(): Argument #1 ($type) must not be empty
Error: Cannot modify readonly property Ecoq\Attribute\ArrayOf::$type
ArgumentCountError: Ecoq\Attribute\ArrayOf::__construct() expects exactly 1 argument, 0 given
int
-- leaving
ConversionException: data: Destroyed::__construct() threw RuntimeException: no <- RuntimeException: no
exit in the constructor
