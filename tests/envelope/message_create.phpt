--TEST--
Message: create() and its defaults, immutability, withHeader(), idempotencyKey()
--FILE--
<?php
use Ecoq\Message;

function attempt(Closure $code): void
{
    try {
        $code();
        echo "nothing thrown\n";
    } catch (Throwable $e) {
        echo $e::class, ': ', $e->getMessage(), $e instanceof Ecoq\Exception\EnvelopeException ? " [$e->reason]" : '', "\n";
    }
}

/** UUIDv5 by RFC 9562, of a name in the namespace that the extension documents. */
function uuid5(string $name): string
{
    $hash = sha1(hex2bin('32dd4bc508494b748bb648670e6cb70f') . $name, true);
    $hash[6] = chr(ord($hash[6]) & 0x0f | 0x50);
    $hash[8] = chr(ord($hash[8]) & 0x3f | 0x80);
    return vsprintf('%s%s-%s-%s-%s-%s%s%s', str_split(bin2hex(substr($hash, 0, 16)), 4));
}

echo "-- defaults\n";
$before = (int) (microtime(true) * 1000);
$m = Message::create('order.placed');
$v7 = '/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/';
var_dump(preg_match($v7, $m->id), preg_match($v7, $m->traceId), $m->id !== $m->traceId, $m->createdAt >= $before && $m->createdAt <= microtime(true) * 1000 + 1);
var_dump(array_diff_key(get_object_vars($m), ['id' => 0, 'traceId' => 0, 'createdAt' => 0]));
$ids = array_map(fn () => Message::create('t')->id, range(1, 5000));
$sorted = $ids;
sort($sorted);
var_dump($sorted === $ids, count(array_unique($ids)));

echo "-- given\n";
$payload = new stdClass();
$m = Message::create(" urn:x \n", $payload, ['a' => 1, 'b' => [1, null], 7 => 'seven'], 'orders', 'trace', 'my-id', 3, 99);
var_dump($m->payload === $payload, "$m->type|$m->queue|$m->traceId|$m->id|$m->attempts|$m->createdAt|$m->lang", $m->headers);
$m2 = Message::create('t', queue: '', traceId: ' ', id: '');
var_dump($m2->queue, strlen($m2->traceId), strlen($m2->id));
$value = 1;
$by_reference = Message::create('t', ['x' => &$value], ['h' => &$value]);
$value = 2;
var_dump($by_reference->header('h'));

echo "-- header()\n";
var_dump($m->header('a'), $m->header('A', 'default'), $m->header('none'), $m->header('7'), $m->header('b'), Message::create('t', [], ['n' => null])->header('n', 'not null'));

echo "-- withHeader()\n";
$n = $m->withHeader('c', 'new')->withHeader('a', 2)->withHeader('7', 'still seven')->withHeader('', null);
echo json_encode([$m->headers, $n->headers, $n->id === $m->id, $n->payload === $m->payload, $n == $m, $m == clone $m]), "\n";

echo "-- idempotencyKey()\n";
var_dump($m->idempotencyKey() === uuid5("my-id\0"), $n->idempotencyKey() === $m->idempotencyKey());
$copy = Ecoq\Envelope::decode('{"job":"j","trace_id":"t","data":{},"meta":{"id":"my-id","schema_version":1},"attempts":0,"headers":{"ecoq-endpoint":"Orders::confirm"}}');
var_dump($copy->idempotencyKey() === uuid5("my-id\0Orders::confirm"), (clone $copy)->withHeader('x', 1)->idempotencyKey() === $copy->idempotencyKey());
echo Ecoq\Envelope::encode($copy), "\n";

echo "-- refused\n";
attempt(fn () => Message::create(''));
attempt(fn () => Message::create(" \t\n\r\v\0"));
attempt(fn () => Message::create('t', attempts: -1));
attempt(fn () => Message::create('t', attempts: 4294967296));
attempt(fn () => Message::create('t', createdAt: -1));
attempt(fn () => Message::create('t', [], ['x' => new stdClass()]));
attempt(fn () => Message::create('t', [], [3 => STDIN]));
attempt(fn () => $m->withHeader('x', new stdClass()));
attempt(fn () => $m->id = 'other');
attempt(fn () => $m->headers['a'] = 5);
attempt(function () use ($m) { $m->other = 1; });
attempt(fn () => new Message());
attempt(fn () => (new ReflectionClass(Message::class))->newInstanceWithoutConstructor());
attempt(fn () => (new ReflectionMethod(Message::class, '__construct'))->invoke($m));
attempt(fn () => serialize($m));
attempt(fn () => unserialize('O:12:"Ecoq\Message":0:{}'));
echo json_encode($m->headers), "\n";

// a payload that holds its own message is collected
$holder = new stdClass();
$holder->message = Message::create('t', $holder);
$gone = WeakReference::create($holder);
unset($holder);
var_dump(gc_collect_cycles() > 0, $gone->get());
?>
--EXPECTF--
-- defaults
int(1)
int(1)
bool(true)
bool(true)
array(6) {
  ["type"]=>
  string(12) "order.placed"
  ["payload"]=>
  array(0) {
  }
  ["headers"]=>
  array(0) {
  }
  ["attempts"]=>
  int(0)
  ["queue"]=>
  NULL
  ["lang"]=>
  string(3) "php"
}
bool(true)
int(5000)
-- given
bool(true)
string(33) "urn:x|orders|trace|my-id|3|99|php"
array(3) {
  ["a"]=>
  int(1)
  ["b"]=>
  array(2) {
    [0]=>
    int(1)
    [1]=>
    NULL
  }
  [7]=>
  string(5) "seven"
}
NULL
int(36)
int(36)
int(1)
-- header()
int(1)
string(7) "default"
NULL
string(5) "seven"
array(2) {
  [0]=>
  int(1)
  [1]=>
  NULL
}
NULL
-- withHeader()
[{"a":1,"b":[1,null],"7":"seven"},{"a":2,"b":[1,null],"7":"still seven","c":"new","":null},true,true,false,true]
-- idempotencyKey()
bool(true)
bool(true)
bool(true)
bool(true)
{"job":"j","trace_id":"t","data":{},"meta":{"id":"my-id","queue":"default","lang":"php","schema_version":1,"created_at":0},"attempts":0,"headers":{"ecoq-endpoint":"Orders::confirm"}}
-- refused
Ecoq\Exception\EnvelopeException: Making a message: the type is blank; a message needs a name that says what it is about, for example "order.placed" or "urn:babel:orders:created" [missing_urn]
Ecoq\Exception\EnvelopeException: Making a message: the type is blank; a message needs a name that says what it is about, for example "order.placed" or "urn:babel:orders:created" [missing_urn]
ValueError: Ecoq\Message::create(): Argument #7 ($attempts) must be from 0 to 4294967295, -1 given
ValueError: Ecoq\Message::create(): Argument #7 ($attempts) must be from 0 to 4294967295, 4294967296 given
ValueError: Ecoq\Message::create(): Argument #8 ($createdAt) must not be negative (it is in milliseconds since 1970), -1 given
TypeError: Ecoq\Message::create(): Argument #3 ($headers) must hold scalars, arrays and null only, header "x" is of type stdClass
TypeError: Ecoq\Message::create(): Argument #3 ($headers) must hold scalars, arrays and null only, header "3" is of type resource
TypeError: Ecoq\Message::withHeader(): Argument #2 ($value) must be a scalar, an array or null, stdClass given
Error: Cannot modify readonly property Ecoq\Message::$id
Error: Cannot %Smodify readonly property Ecoq\Message::$headers
Error: Cannot create dynamic property Ecoq\Message::$other
Error: Call to private Ecoq\Message::__construct() from global scope
ReflectionException: Class Ecoq\Message is an internal class marked as final that cannot be instantiated without invoking its constructor
Error: Ecoq\Message is made by Ecoq\Message::create()
Exception: Serialization of 'Ecoq\Message' is not allowed
Exception: Unserialization of 'Ecoq\Message' is not allowed
{"a":1,"b":[1,null],"7":"seven"}
bool(true)
NULL
