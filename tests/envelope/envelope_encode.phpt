--TEST--
Envelope::encode(): key order, escaping, headers, values, and what cannot be encoded
--FILE--
<?php
use Ecoq\{Envelope, Message};

$base = ['traceId' => 't', 'id' => 'i', 'createdAt' => 1749132727000];
function show(Message $message): void
{
    $bytes = Envelope::encode($message);
    echo $bytes, json_decode($bytes) === null ? ' INVALID' : '', "\n";
}
show(Message::create(" order.placed\n", ['a' => 1], ...$base));
show(Message::create('order.placed', ...$base, queue: 'orders', attempts: 4294967295));
echo "-- escaping\n";
show(Message::create("q\"\\/\x01\x7f\n☕\u{2028}", ['k"' => "é/\u{1F600}"], ["h\"\t" => "v\\\x1f", 'é' => '☕'], ...$base));
show(Message::create("12345678901234567890123456789012345678901234567890☕", traceId: str_repeat('x', 70) . '"', id: 'i', createdAt: 1));
echo "-- values\n";
foreach ([42, 'text', null, true, 1.5, [1, [2]], [[]], [], new stdClass(), new ArrayObject(['x' => 1]), ['a' => []], [1 => 'a'], (object) ['value' => 1]] as $payload) {
    show(Message::create('t', $payload, ...$base));
}
echo "-- headers\n";
show(Message::create('t', [], ['n' => null, 't' => true, 'f' => false, 'i' => -7, 'd' => 0.1, 'e' => 1.0, 's' => '', 'l' => [1, ['x' => []]], 5 => 'five', '' => 'empty'], ...$base));
show(Message::create('t', [], ['ecoq-endpoint' => 'forged', 'ecoq-payload' => 'value', 'ecoq-' => 1, 'Ecoq-x' => 2, 'ecoq' => 3], ...$base));
show(Message::create('t', [], ['ecoq-priority' => 9], ...$base));
show(Message::create('t', 'scalar', ['ecoq-payload' => 'x', 'a' => 1], ...$base));
$reference = 'by reference';
show(Message::create('t', [], ['r' => &$reference], ...$base));

echo "-- refused\n";
json_decode('{');
$recursive = [];
$recursive['self'] = &$recursive;
foreach ([
    ['t', ['headers' => ['x' => INF]]],
    ['t', ['headers' => ['x' => ['deep' => NAN]]]],
    ['t', ['headers' => ['x' => "\xff"]]],
    ['t', ['headers' => ["\xff" => 1]]],
    ['t', ['headers' => ['x' => $recursive]]],
    ["\xc3", []],
    ['t', ['traceId' => "\xed\xa0\x80"]],
    ['t', ['id' => "\xff"]],
    ['t', ['queue' => "\xff"]],
    ['t', ['headers' => ['x' => [new class implements JsonSerializable { function jsonSerialize(): mixed { throw new DomainException('from user code'); } }]]]],
] as [$type, $arguments]) {
    try {
        echo Envelope::encode(Message::create($type, ...$arguments)), "\n";
    } catch (Exception $e) {
        for (; $e; $e = $e->getPrevious()) {
            echo $e::class, ': ', $e->getMessage(), "\n";
        }
    }
}
$recursive['self'] = null;
echo json_last_error_msg(), "\n";
try {
    new Envelope();
} catch (Error $e) {
    echo $e->getMessage(), "\n";
}
?>
--EXPECT--
{"job":"order.placed","trace_id":"t","data":{"a":1},"meta":{"id":"i","queue":"default","lang":"php","schema_version":1,"created_at":1749132727000},"attempts":0}
{"job":"order.placed","trace_id":"t","data":{},"meta":{"id":"i","queue":"orders","lang":"php","schema_version":1,"created_at":1749132727000},"attempts":4294967295}
-- escaping
{"job":"q\"\\/\u0001\n☕\u2028","trace_id":"t","data":{"k\"":"é/😀"},"meta":{"id":"i","queue":"default","lang":"php","schema_version":1,"created_at":1749132727000},"attempts":0,"headers":{"h\"\t":"v\\\u001f","é":"☕"}}
{"job":"12345678901234567890123456789012345678901234567890☕","trace_id":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"","data":{},"meta":{"id":"i","queue":"default","lang":"php","schema_version":1,"created_at":1},"attempts":0}
-- values
{"job":"t","trace_id":"t","data":{"value":42},"meta":{"id":"i","queue":"default","lang":"php","schema_version":1,"created_at":1749132727000},"attempts":0,"headers":{"ecoq-payload":"value"}}
{"job":"t","trace_id":"t","data":{"value":"text"},"meta":{"id":"i","queue":"default","lang":"php","schema_version":1,"created_at":1749132727000},"attempts":0,"headers":{"ecoq-payload":"value"}}
{"job":"t","trace_id":"t","data":{"value":null},"meta":{"id":"i","queue":"default","lang":"php","schema_version":1,"created_at":1749132727000},"attempts":0,"headers":{"ecoq-payload":"value"}}
{"job":"t","trace_id":"t","data":{"value":true},"meta":{"id":"i","queue":"default","lang":"php","schema_version":1,"created_at":1749132727000},"attempts":0,"headers":{"ecoq-payload":"value"}}
{"job":"t","trace_id":"t","data":{"value":1.5},"meta":{"id":"i","queue":"default","lang":"php","schema_version":1,"created_at":1749132727000},"attempts":0,"headers":{"ecoq-payload":"value"}}
{"job":"t","trace_id":"t","data":{"value":[1,[2]]},"meta":{"id":"i","queue":"default","lang":"php","schema_version":1,"created_at":1749132727000},"attempts":0,"headers":{"ecoq-payload":"value"}}
{"job":"t","trace_id":"t","data":{"value":[[]]},"meta":{"id":"i","queue":"default","lang":"php","schema_version":1,"created_at":1749132727000},"attempts":0,"headers":{"ecoq-payload":"value"}}
{"job":"t","trace_id":"t","data":{},"meta":{"id":"i","queue":"default","lang":"php","schema_version":1,"created_at":1749132727000},"attempts":0}
{"job":"t","trace_id":"t","data":{},"meta":{"id":"i","queue":"default","lang":"php","schema_version":1,"created_at":1749132727000},"attempts":0}
{"job":"t","trace_id":"t","data":{"x":1},"meta":{"id":"i","queue":"default","lang":"php","schema_version":1,"created_at":1749132727000},"attempts":0}
{"job":"t","trace_id":"t","data":{"a":[]},"meta":{"id":"i","queue":"default","lang":"php","schema_version":1,"created_at":1749132727000},"attempts":0}
{"job":"t","trace_id":"t","data":{"1":"a"},"meta":{"id":"i","queue":"default","lang":"php","schema_version":1,"created_at":1749132727000},"attempts":0}
{"job":"t","trace_id":"t","data":{"value":1},"meta":{"id":"i","queue":"default","lang":"php","schema_version":1,"created_at":1749132727000},"attempts":0}
-- headers
{"job":"t","trace_id":"t","data":{},"meta":{"id":"i","queue":"default","lang":"php","schema_version":1,"created_at":1749132727000},"attempts":0,"headers":{"n":null,"t":true,"f":false,"i":-7,"d":0.1,"e":1,"s":"","l":[1,{"x":[]}],"5":"five","":"empty"}}
{"job":"t","trace_id":"t","data":{},"meta":{"id":"i","queue":"default","lang":"php","schema_version":1,"created_at":1749132727000},"attempts":0,"headers":{"Ecoq-x":2,"ecoq":3}}
{"job":"t","trace_id":"t","data":{},"meta":{"id":"i","queue":"default","lang":"php","schema_version":1,"created_at":1749132727000},"attempts":0}
{"job":"t","trace_id":"t","data":{"value":"scalar"},"meta":{"id":"i","queue":"default","lang":"php","schema_version":1,"created_at":1749132727000},"attempts":0,"headers":{"ecoq-payload":"value","a":1}}
{"job":"t","trace_id":"t","data":{},"meta":{"id":"i","queue":"default","lang":"php","schema_version":1,"created_at":1749132727000},"attempts":0,"headers":{"r":"by reference"}}
-- refused
Ecoq\Exception\ConversionException: Writing an envelope: header "x" (float) cannot be encoded: it holds INF or NAN, which JSON does not have
Ecoq\Exception\ConversionException: Writing an envelope: header "x" (array) cannot be encoded: it holds INF or NAN, which JSON does not have
Ecoq\Exception\ConversionException: Writing an envelope: header "x" (string) cannot be encoded: it holds text that is not UTF-8
Ecoq\Exception\ConversionException: Writing an envelope: header "�" (int) cannot be encoded: its name is not valid UTF-8
Ecoq\Exception\ConversionException: Writing an envelope: header "x" (array) cannot be encoded: it holds itself
Ecoq\Exception\ConversionException: Writing an envelope: the value of job is not valid UTF-8
Ecoq\Exception\ConversionException: Writing an envelope: the value of trace_id is not valid UTF-8
Ecoq\Exception\ConversionException: Writing an envelope: the value of id is not valid UTF-8
Ecoq\Exception\ConversionException: Writing an envelope: the value of queue is not valid UTF-8
DomainException: from user code
Syntax error
Call to private Ecoq\Envelope::__construct() from global scope
