--TEST--
Redis: a body may be a frame of headers and envelope; hostile ones are read or refused whole, and what is stored again holds their headers
--SKIPIF--
<?php
if (!getenv('ECOQ_TEST_REDIS_DSN')) die('skip no ECOQ_TEST_REDIS_DSN');
ob_start();
(new ReflectionExtension('ecoq'))->info();
if (!preg_match('/^transport redis/m', ob_get_clean())) die('skip no Redis transport');
?>
--FILE--
<?php
require __DIR__ . '/servers.inc';
$redis = new RedisSpace();

function envelope(string $more = ''): string
{
    return '{"job":"a","trace_id":"t","data":{"x":"é/"},"meta":{"id":"i1","schema_version":1},"attempts":0' . $more . '}';
}
function frame(string $headers, string $body, string $flag = '1'): string
{
    return "{\"__bq_frame\":$flag,\"headers\":$headers,\"body\":" . json_encode($body, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE) . '}';
}
function many(string $letter, int $count): string
{
    return '{' . implode(',', array_map(fn ($i) => "\"$letter$i\":\"v\"", range(1, $count))) . '}';
}

$bodies = [
    'plain' => frame('{"traceparent":"00-1"}', envelope()),
    'name in both' => frame('{"traceparent":"00-1","ten\u0061nt":"frame"}', envelope(',"headers":{"tenan\u0074":"acme"}')),
    'empty list within' => frame('{"a":"\"é\u00e9"}', envelope(',"headers":[]')),
    'odd headers within' => frame('{"a":"b"}', envelope(',"headers":"odd"')),
    'wrong values' => frame('{"a":1,"b":"x","c":{"d":"e"},"f":null}', envelope()),
    "ecoq's own names" => frame('{"ecoq-endpoint":"evil","ecoq\u002dgroup":"evil","b":"x"}', envelope()),
    'a forbidden key within' => frame('{"b":"x"}', envelope(',"timestamp":5')),
    'no headers' => frame('{}', envelope()),
    'a list of headers' => frame('[]', envelope()),
    'null' => frame('null', envelope()),
    'names that are numbers' => frame('{"1":"one","2":"two","":"empty"}', envelope(',"headers":{"1":"eins"}')),
    'twice' => frame('{"a":"1","a":"2"}', envelope()),
    'true' => frame('{"a":"b"}', envelope(), 'true'),
    'text' => frame('{"a":"b"}', envelope(), '"yes"'),
    'last member' => '{"body":' . json_encode(envelope()) . ',"__bq_frame":1}',
    'with blanks' => " { \"__bq_frame\" : 1.0 ,\n\"headers\" : { \"a\" : \"b\" } , \"body\" : " . json_encode(envelope()) . " }\n",
    'zero' => frame('{"a":"b"}', envelope(), '0'),
    'minus zero' => frame('{"a":"b"}', envelope(), '-0.0e7'),
    'false' => frame('{"a":"b"}', envelope(), 'false'),
    'body is no text' => '{"__bq_frame":1,"headers":{"a":"b"},"body":{"job":"a"}}',
    'no body' => '{"__bq_frame":1,"headers":{"a":"b"}}',
    'body is not JSON' => frame('{"a":"b"}', 'not json'),
    'empty body' => frame('{"a":"b"}', ''),
    'frame in a frame' => frame('{"a":"b"}', frame('{"a":"b"}', envelope())),
    'cut' => substr(frame('{"a":"b"}', envelope()), 0, -1),
    'bad UTF-8 in a header' => frame("{\"a\":\"\xFF\"}", envelope()),
    'too many headers together' => frame(many('h', 200), envelope(',"headers":' . many('e', 100))),
    'too many headers' => frame(many('h', 257), envelope()),
    'too deep within' => frame('{"a":"b"}', envelope(',"z":' . str_repeat('[', 600) . str_repeat(']', 600))),
    'no frame: other value' => envelope(',"__bq_frame":0,"body":"x"'),
    'no frame: deeper' => envelope(',"x":{"__bq_frame":1,"body":"y"}'),
    'no frame: in a text' => envelope(',"x":"{\"__bq_frame\":1,\"body\":\"y\"}"'),
];
$ecoq = new Ecoq\Messaging(channels: ['q' => $redis->channel()]);
$channel = $ecoq->channel('q');
$redis->client()->command('RPUSH', $channel->queue, ...array_values($bodies));

function show(mixed $value): string
{
    return json_encode($value, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES);
}
$names = array_keys($bodies);
foreach ($channel->receive(100) as $i => $delivery) {
    $message = $delivery->message;
    $unframed = $message ? [$message->type, $message->payload, $message->id] === ['a', ['x' => 'é/'], 'i1'] : null;
    echo $delivery->body === $bodies[$names[$i]] ? '' : 'OTHER BYTES ', $unframed === false ? 'OTHER MESSAGE ' : '', "$names[$i]: ", $delivery->fault ?? show($message->headers), "\n";
    $delivery->retry();
}
echo "-- stored again\n";
$retried = substr(str_replace('"attempts":0', '"attempts":1', envelope()), 0, -1);
foreach ($channel->receive(100) as $i => $delivery) {
    if ($delivery->message) {
        echo "$names[$i]: ", str_starts_with($delivery->body, $retried) ? substr($delivery->body, strlen($retried)) : $delivery->body, "\n";
    } elseif ($delivery->body !== $bodies[$names[$i]]) {
        echo "$names[$i] has changed: $delivery->body\n";
    }
    $delivery->reject('enough');
}
echo "-- dead letters\n";
$poison = $decoded = [];
foreach ($ecoq->deadLetters()->list() as $i => $letter) {
    if ($letter->reason === 'poison') {
        $poison[] = $letter->body === $bodies[$names[$i]];
    } else {
        $decoded[] = [$letter->error, $letter->payload] === ['enough', ['x' => 'é/']];
    }
}
echo count($poison), ' ', count($decoded), ' ', var_export(!in_array(false, [...$poison, ...$decoded], true), true), "\n";
$ecoq->deadLetters()->purge();

echo "-- a frame in the dead letters, from elsewhere; warnings of a worker; max-body is that of the frame\n";
$redis->client()->command('RPUSH', "$channel->queue.dlq", frame('{"traceparent":"00-1"}', envelope(',"dead_letter":{"reason":"failed","error":"e","attempts":3}')));
[$letter] = $ecoq->deadLetters()->list();
echo show([$letter->id, $letter->error, $letter->attempts, $letter->headers]), ' ', $ecoq->deadLetters()->replayAll(), ' ', $redis->client()->command('LPOP', $channel->queue), "\n";
$logger = new class {
    public function __call(string $level, array $arguments): void
    {
        echo "$level: ", preg_replace('/[0-9a-f-]{36}/', '<id>', preg_replace_callback('/\{(\w+)\}/', fn ($m) => $arguments[1][$m[1]] ?? $m[0], $arguments[0])), "\n";
    }
};
$ecoq = new Ecoq\Messaging(channels: ['q' => $redis->channel(['max-body' => 300])], logger: $logger,
    handlers: ['a' => function (array $data, array $headers) { echo 'handled with ', show($headers), "\n"; }]);
foreach (['wrong values', "ecoq's own names", 'a forbidden key within', 'plain'] as $name) {
    $redis->client()->command('RPUSH', $channel->queue, $bodies[$name]);
}
$redis->client()->command('RPUSH', $channel->queue, frame('{"a":"' . str_repeat('x', 200) . '"}', envelope()));
$ecoq->worker('q', stopWhenEmpty: true)->run();
?>
--EXPECT--
plain: {"traceparent":"00-1"}
name in both: {"tenant":"acme","traceparent":"00-1"}
empty list within: {"a":"\"éé"}
odd headers within: {"a":"b"}
wrong values: {"b":"x"}
ecoq's own names: {"b":"x"}
a forbidden key within: {"b":"x"}
no headers: []
a list of headers: []
null: []
names that are numbers: {"1":"eins","2":"two","":"empty"}
twice: {"a":"2"}
true: {"a":"b"}
text: {"a":"b"}
last member: []
with blanks: {"a":"b"}
zero: missing_urn: Reading an envelope: neither job nor urn is a string that names the message's type
minus zero: missing_urn: Reading an envelope: neither job nor urn is a string that names the message's type
false: missing_urn: Reading an envelope: neither job nor urn is a string that names the message's type
body is no text: missing_urn: Reading an envelope: neither job nor urn is a string that names the message's type
no body: missing_urn: Reading an envelope: neither job nor urn is a string that names the message's type
body is not JSON: malformed: In a frame of headers and body: Reading an envelope of 8 bytes: it is not a JSON object (at byte 1)
empty body: malformed: In a frame of headers and body: Reading an envelope of 0 bytes: it is not a JSON object (at byte 1)
frame in a frame: missing_urn: In a frame of headers and body: Reading an envelope: neither job nor urn is a string that names the message's type
cut: malformed: Reading an envelope of 165 bytes: the text ends inside an object (at byte 166)
bad UTF-8 in a header: malformed: Reading an envelope of 166 bytes: a string is not valid UTF-8 (at byte 33)
too many headers together: malformed: Reading an envelope of 1100 bytes: with those beside it, it has 300 headers, more than are allowed (256, option max-headers)
too many headers: malformed: Reading an envelope of 2877 bytes: it has more headers than are allowed (at byte 2746)
too deep within: malformed: In a frame of headers and body: Reading an envelope of 1301 bytes: it is nested too deep (at byte 611)
no frame: other value: []
no frame: deeper: []
no frame: in a text: []
-- stored again
plain: ,"headers":{"traceparent":"00-1"}}
name in both: ,"headers":{"tenan\u0074":"acme","traceparent":"00-1"}}
empty list within: ,"headers":{"a":"\"é\u00e9"}}
odd headers within: ,"headers":"odd","headers":{"a":"b"}}
wrong values: ,"headers":{"b":"x"}}
ecoq's own names: ,"headers":{"b":"x"}}
a forbidden key within: ,"headers":{"b":"x"}}
no headers: }
a list of headers: }
null: }
names that are numbers: ,"headers":{"1":"eins","2":"two","":"empty"}}
twice: ,"headers":{"a":"1","a":"2"}}
true: ,"headers":{"a":"b"}}
text: ,"headers":{"a":"b"}}
last member: }
with blanks: ,"headers":{"a":"b"}}
no frame: other value: ,"__bq_frame":0,"body":"x"}
no frame: deeper: ,"x":{"__bq_frame":1,"body":"y"}}
no frame: in a text: ,"x":"{\"__bq_frame\":1,\"body\":\"y\"}"}
-- dead letters
13 19 true
-- a frame in the dead letters, from elsewhere; warnings of a worker; max-body is that of the frame
["i1","e",3,{"traceparent":"00-1"}] 1 {"job":"a","trace_id":"t","data":{"x":"é/"},"meta":{"id":"i1","schema_version":1},"attempts":0,"headers":{"traceparent":"00-1"}}
warning: /headers of the frame: a value that is no string is ignored
handled with {"b":"x"}
warning: /headers beside the envelope: names that begin with ecoq- are ignored
handled with {"b":"x"}
warning: Message i1 on channel q carries the forbidden key /timestamp; it is dropped
handled with {"b":"x"}
handled with {"traceparent":"00-1"}
error: Message <id> on channel q was dead-lettered: too_large: Reading an envelope: it has 365 bytes, the limit is 300
