--TEST--
Parameters: payload, message, headers, buses, services, defaults; what cannot be filled is named
--FILE--
<?php
require __DIR__ . '/describe.inc';
use Ecoq\Attribute\{Asynchronous, CommandHandler, EventHandler, Header};

class Place { public function __construct(public int $id = 1) {} }
class Mailer { public string $name = 'mailer'; }
class Broken {}
interface Absent {}
class Container
{
    public array $asked = [];
    public function has(string $id): bool { return in_array($id, [Mailer::class, Broken::class]); }
    public function get(string $id): object
    {
        $this->asked[] = $id;
        return $id === Mailer::class ? new Mailer() : throw new RuntimeException('no connection');
    }
}

class Handlers
{
    #[CommandHandler('nothing')] public function nothing() { return func_get_args(); }
    #[CommandHandler('untyped')] public function untyped($payload) { return $payload; }
    #[CommandHandler('scalar')] public function scalar(int $n) { return $n; }
    #[CommandHandler('late')] public function late(Ecoq\EventBus $events, Ecoq\Message $message, #[Header('a')] ?string $a, array $payload, array $headers)
    {
        return [get_class($events), $message->type, $a, $payload, $headers];
    }
    #[CommandHandler('buses')] public function buses(Ecoq\CommandBus $c, Ecoq\EventBus $e, Ecoq\QueryBus $q, Ecoq\Messaging $m) { return get_class($m); }
    #[CommandHandler('whole')] public function whole(?Ecoq\Message $message) { return $message->payload; }
    #[CommandHandler('headers')] public function headers($payload, #[Header('n')] int $n, #[Header('f')] float $f = 0.5, #[Header('b')] bool $b = true, #[Header('s')] ?string $s = 'default', #[Header('list')] array $list = [], #[Header('m')] int|string|null $m = null)
    {
        return [$n, $f, $b, $s, $list, $m];
    }
    #[CommandHandler('nullable')] public function nullable($payload, #[Header('x')] ?int $x) { return $x; }
    #[CommandHandler('required')] public function required($payload, #[Header('tenant')] string $tenant) { return $tenant; }
    #[CommandHandler('services')] public function services(Place $p, Mailer $mailer, ?Absent $absent, Absent|null $other = null, int $n = 7, Absent $last = new Impossible()) { return [$p->id, $mailer->name, $absent, $n, get_class($last)]; }
    #[CommandHandler('static')] public static function st(array $payload, int $limit = PHP_INT_SIZE) { return $payload + ['limit' => $limit]; }
    #[CommandHandler('many')] public function many($a, #[Header('b')] $b, #[Header('c')] $c, #[Header('d')] $d, #[Header('e')] $e, #[Header('f')] $f, #[Header('g')] $g, #[Header('h')] $h, #[Header('i')] $i, array $rest) { return "$a$b$c$d$e$f$g$h$i" . count($rest); }
    #[CommandHandler('variadic')] public function variadic($payload, ...$more) {}
    #[CommandHandler('reference')] public function reference(array &$payload) {}
    #[CommandHandler('second')] public function second($payload, string $second) {}
    #[CommandHandler('union')] public function union_($payload, Mailer|Absent $service) {}
    #[CommandHandler('missing')] public function missing($payload, Absent $service) {}
    #[CommandHandler('broken')] public function broken($payload, ?Broken $service = null) {}
    #[CommandHandler('header.value')] public function value($payload, #[Header('')] string $s) {}
    #[CommandHandler('converts')] public function converts(Place $place) { return $place; }
    #[CommandHandler('throws')] public function throws(array $payload) { throw new DomainException('mine'); }
}
class Impossible implements Absent {}
class Proxied { #[CommandHandler('proxied')] public function handle($payload, #[Header('h')] string $h) { return "real $h"; } }
class Proxy extends Proxied { public function handle($payload, string $h) { return "proxy of " . parent::handle($payload, $h); } }
class ProxyContainer { public function has($id) { return $id === Proxied::class; } public function get($id) { return new Proxy(); } }
class Magic { public function __call($name, $arguments) { echo $name, json_encode($arguments), "\n"; } }

$ecoq = new Ecoq\Messaging(handlers: [Handlers::class, 'by.magic' => [new Magic(), 'anything'], 'by.strlen' => 'strlen', 'by.closure' => function (int $n, #[Header('k')] string $k) { echo "$n $k\n"; }], channels: [], container: new Container());
$show = function (string $type, mixed $payload = [], array $headers = []) use ($ecoq) {
    echo $type, ': ';
    attempt(function () use ($ecoq, $type, $payload, $headers) { echo json_encode($ecoq->sendTo($type, $payload, $headers)), ' '; });
};
$show('nothing', ['k' => 1]);
$show('untyped', ['k' => [1]]);
$show('untyped', null);
$show('scalar', 5);
$show('scalar', 'five');
$show('late', ['k' => 1], ['a' => 'A']);
$show('late', ['k' => 1]);
$show('buses');
$show('whole', ['k' => 1]);
$show('headers', 1, ['n' => 5, 'f' => 2, 'b' => false, 's' => null, 'list' => ['x'], 'm' => '7']);
$show('headers', 1, ['n' => '-5', 'f' => '2.5', 'b' => 'false', 's' => 12, 'm' => 7]);
$show('headers', 1, ['n' => '0']);
foreach (['', ' 5', '5 ', '5.5', '0x1A', '1e3', 'five', 5.5, true, null, ['5']] as $n) {
    $show('headers', 1, ['n' => $n]);
}
$show('headers', 1, ['n' => 1, 'b' => 'yes']);
$show('nullable');
$show('required');
$show('required', 1, ['tenant' => 'acme']);
$show('services', new Place(3));
$show('static', ['k' => 1]);
$show('many', 'a', ['b' => 'b', 'c' => 'c', 'd' => 'd', 'e' => 'e', 'f' => 'f', 'g' => 'g', 'h' => 'h', 'i' => 'i']);
foreach (['variadic', 'reference', 'second', 'union', 'missing', 'broken', 'header.value', 'throws'] as $type) {
    $show($type);
}
$show('converts', ['id' => 4]);
$show('converts', ['id' => 'four']);
$ecoq->publishTo('by.magic', ['k' => 1]);
$ecoq->publishTo('by.strlen', 'text');
attempt(fn () => $ecoq->publishTo('by.strlen', ['text']));
$ecoq->publishTo('by.closure', 5, headers: ['k' => 'K']);
attempt(fn () => $ecoq->publishTo('by.closure', 5));
$proxied = new Ecoq\Messaging(handlers: [Proxied::class], channels: [], container: new ProxyContainer());
echo $proxied->sendTo('proxied', 1, ['h' => 'H']), "\n";
?>
--EXPECT--
nothing: [] no error
untyped: {"k":[1]} no error
untyped: null no error
scalar: 5 no error
scalar: ConversionException: Handlers::scalar(), parameter $n: data: expected int, got string "five"
late: ["Ecoq\\EventBus","late","A",{"k":1},{"a":"A"}] no error
late: ["Ecoq\\EventBus","late",null,{"k":1},[]] no error
buses: "Ecoq\\Messaging" no error
whole: {"k":1} no error
headers: [5,2,false,null,["x"],"7"] no error
headers: [-5,2.5,false,"12",[],7] no error
headers: [0,0.5,true,"default",[],null] no error
headers: ConversionException: Handlers::headers(), parameter $n: headers.n: expected int, got string ""
headers: ConversionException: Handlers::headers(), parameter $n: headers.n: expected int, got string " 5"
headers: ConversionException: Handlers::headers(), parameter $n: headers.n: expected int, got string "5 "
headers: ConversionException: Handlers::headers(), parameter $n: headers.n: expected int, got string "5.5"
headers: ConversionException: Handlers::headers(), parameter $n: headers.n: expected int, got string "0x1A"
headers: ConversionException: Handlers::headers(), parameter $n: headers.n: expected int, got string "1e3"
headers: ConversionException: Handlers::headers(), parameter $n: headers.n: expected int, got string "five"
headers: ConversionException: Handlers::headers(), parameter $n: headers.n: expected int, got float 5.5
headers: ConversionException: Handlers::headers(), parameter $n: headers.n: expected int, got true
headers: ConversionException: Handlers::headers(), parameter $n: headers.n: expected int, got null
headers: ConversionException: Handlers::headers(), parameter $n: headers.n: expected int, got array
headers: ConversionException: Handlers::headers(), parameter $b: headers.b: expected bool, got string "yes"
nullable: null no error
required: ConversionException: Handlers::required(), parameter $tenant: the message has no header "tenant"
required: "acme" no error
services: [3,"mailer",null,7,"Impossible"] no error
static: {"k":1,"limit":8} no error
many: "abcdefghi8" no error
variadic: ConfigurationException: Handlers::variadic(), parameter $more: a handler's parameter must not be variadic
reference: ConfigurationException: Handlers::reference(), parameter $payload: a handler's parameter must not be taken by reference
second: ConfigurationException: Handlers::second(), parameter $second: the payload is in an earlier parameter; give this one a single class, #[Ecoq\Attribute\Header('name')] or a default
union: ConfigurationException: Handlers::union_(), parameter $service: the payload is in an earlier parameter; give this one a single class, #[Ecoq\Attribute\Header('name')] or a default
missing: ConfigurationException: Handlers::missing(), parameter $service: nothing provides Absent: pass a container: that has it
broken: RuntimeException: no connection
header.value: ConfigurationException: Handlers::value(), parameter $s, #[Header]: Ecoq\Attribute\Header::__construct(): Argument #1 ($name) must not be empty
  caused by ValueError
throws: DomainException: mine
converts: {"id":4} no error
converts: ConversionException: Handlers::converts(), parameter $place: data.id: expected int, got string "four"
anything[{"k":1}]
ConversionException: the callable for "by.strlen", parameter $string: data: expected string, got array
5 K
ConversionException: the callable for "by.closure", parameter $k: the message has no header "k"
proxy of real H
