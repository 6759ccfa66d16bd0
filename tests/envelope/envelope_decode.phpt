--TEST--
Envelope::decode(): acceptance, reasons and their order, duplicate and escaped keys, warnings
--FILE--
<?php
use Ecoq\Envelope;

function envelope(string $members = '', string $meta = ''): string
{
    return '{"job":"a.b","trace_id":"t","data":{"k":1},"meta":{"id":"i","schema_version":1,"created_at":5' . $meta . '},"attempts":0' . $members . '}';
}

/** What becomes of the bytes, on one line. */
function judge(string $bytes, ?Closure $show = null): void
{
    try {
        $message = Envelope::decode($bytes, function (string $text, string $pointer) { echo "<$pointer> "; });
        echo json_encode($show ? $show($message) : 'accepted', JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_PARTIAL_OUTPUT_ON_ERROR), "\n";
    } catch (Ecoq\Exception\EnvelopeException $e) {
        echo $e->reason, ': ', $e->getMessage(), "\n";
    }
}

echo "-- malformed\n";
foreach (['', ' ', 'null', '[]', '"x"', '1', '{', '{}x', '{} {}', "\xef\xbb\xbf{}", '{"a":1,}', '{"a"}', '{a:1}', "{'a':1}", '{"a":tru}', '{"a":+1}', '{"a":01}', '{"a":1.}', '{"a":.1}', '{"a":1e}', '{"a":-}', '{"a":NaN}', "{\"a\":\"\n\"}",
    "{\"a\":\"\xff\"}", "{\"\xc0\x80\":1}", '{"a":"\u12"}', '{"a":"\x41"}', '{"a":"\ud800"}', '{"a":"\ud800\u0041"}', '{"a":"\udc00\ud800"}', "{\"a\":1\0}", '{"a":[1 2]}', '{"a":[1,]}', '{"a":{"b":1]}', '{"a":"', '{"a', '{"a":[', '{"a":1', "{}\0",
    str_repeat('{"a":', 512) . '1' . str_repeat('}', 512), '{"a":' . str_repeat('[', 1000000)] as $bytes) {
    judge($bytes);
}
judge(str_repeat(' ', 16 * 1024 * 1024 + 1));
echo "-- as deep as json_decode() goes\n";
foreach ([511, 512] as $depth) {
    $bytes = envelope(',"x":' . str_repeat('[', $depth - 1) . str_repeat(']', $depth - 1));
    echo json_decode($bytes) === null ? 'no ' : 'yes ';
    judge($bytes);
}

echo "-- each fault alone, and the first of all\n";
$good = ['job' => '"a.b"', 'meta' => '{"schema_version":1}', 'data' => '{}', 'trace_id' => '"t"', 'attempts' => '0'];
$all = [];
foreach ([['job', '5'], ['job', '""'], ['job', '" \t"'], ['job', null], ['meta', '[]'], ['meta', 'null'], ['meta', null], ['meta', '{}'], ['meta', '{"schema_version":2}'], ['meta', '{"schema_version":1.0}'], ['meta', '{"schema_version":true}'],
    ['meta', '{"schema_version":"1"}'], ['meta', '{"schema_version":10}'], ['meta', '{"schema_version":1e0}'], ['data', '[1]'], ['data', '[[]]'], ['data', '"x"'], ['data', 'null'], ['data', null], ['trace_id', '""'], ['trace_id', '"  "'], ['trace_id', '"\u0020\n"'], ['trace_id', '7'], ['trace_id', null],
    ['attempts', '"0"'], ['attempts', '1.0'], ['attempts', '-1'], ['attempts', '-0'], ['attempts', '4294967296'], ['attempts', '99999999999999999999999'], ['attempts', 'null'], ['attempts', 'true'], ['attempts', null]] as [$key, $value]) {
    $members = [$key => $value] + $good;
    echo "$key ", $value ?? 'missing', ': ';
    judge('{' . implode(',', array_map(fn ($k) => "\"$k\":$members[$k]", array_keys(array_filter($members, 'is_string')))) . '}');
}
foreach (array_keys($good) as $i => $key) {
    judge('{' . implode(',', array_map(fn ($k) => "\"$k\":$good[$k]", array_slice(array_keys($good), 0, $i))) . '}');
}

echo "-- accepted\n";
$all = fn ($m) => get_object_vars($m);
judge(envelope(), $all);
judge('{"urn":"u","job":"","trace_id":" t ","data":[ ],"meta":{"schema_version":1},"attempts":4294967295}', fn ($m) => [$m->type, $m->traceId, $m->payload, $m->attempts, $m->createdAt, $m->queue, $m->lang]);
judge('{"urn":"u","job":5,"trace_id":"t","data":{},"meta":{"schema_version":1},"attempts":0}', fn ($m) => $m->type);
judge('{"urn":"u","job":"j","trace_id":"t","data":{},"meta":{"schema_version":1},"attempts":0}', fn ($m) => $m->type);
judge('{"j\u006fb":"\u00e9\ud83d\ude00\/\b","tr\u0061ce_id":"\u0074","\u0064ata":{"\u006b":1},"m\u0065ta":{"\u0069d":"\u0069","schem\u0061_version":1},"attempt\u0073":3}', fn ($m) => [$m->type, $m->traceId, $m->id, $m->payload, $m->attempts]);
judge(envelope(',"job":"second","attempts":9,"data":{"last":true},"meta":{"schema_version":1,"queue":"q"}'), fn ($m) => [$m->type, $m->attempts, $m->payload, $m->queue, $m->createdAt, $m->id === 'i']);
judge(envelope(',"meta":5'));
judge(envelope(',"attempts":"9"'));
judge(envelope(',"data":[1]'));
judge(envelope(',"lang":"x"', ',"lang":"cobol","future":{"a":[]}'), fn ($m) => $m->lang);
$big = fn ($m) => array_map('var_export', array_values($m->payload), array_fill(0, count($m->payload), true));
judge('{"job":"j","trace_id":"t","data":{"a":9223372036854775807,"b":9223372036854775808,"c":1.10,"d":-0,"e":1e2,"f":12345678901234567890},"meta":{"schema_version":1},"attempts":0}', $big);
judge('{"job":"j","trace_id":"t","data":{"":{"\u0000x":[]}},"meta":{"schema_version":1},"attempts":0}', fn ($m) => $m->payload);
json_decode('{');
judge(envelope(), fn ($m) => json_last_error_msg());

echo "-- an id for bytes without one: the same bytes, the same id\n";
$without = str_replace('"id":"i",', '', envelope());
echo Envelope::decode($without)->id === Envelope::decode($without)->id ? 'same ' : 'differs ', Envelope::decode("$without ")->id === Envelope::decode($without)->id ? 'same' : 'differs', "\n";
echo preg_match('/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/', Envelope::decode($without)->id), "\n";

echo "-- headers\n";
$headers = fn ($m) => [$m->headers, $m->payload];
foreach (['{}', '[]', 'null', '[1]', '"x"', '{"a":{"b":[]},"a":2}', '{"ecoq-payload":"value"}', '{"ecoq-payload":"list"}', '{"ecoq-payload":1}', '{"ecoq-priority":10}', '{"ecoq-priority":9}', '{"ecoq-priority":"4"}', '{"ecoq-deliver-at":-1}',
    '{"ecoq-expires-at":9223372036854775808}', '{"ecoq-endpoint":5,"ecoq-event-id":6}', '{"ecoq-endpoint":null}', '{"ecoq-unknown":1.5}', '{"ecoq-unknown-since":[]}', '{"\u0065coq-priority":77}'] as $value) {
    echo "$value: ";
    judge(envelope(",\"headers\":$value"), $headers);
}
judge('{"job":"j","trace_id":"t","data":{"value":[1,2]},"meta":{"schema_version":1},"attempts":0,"headers":{"ecoq-payload":"value"}}', $headers);
$many = fn (int $n) => envelope(',"headers":{' . implode(',', array_map(fn ($i) => "\"h$i\":1", range(1, $n))) . '}');
judge($many(256), fn ($m) => count($m->headers));
judge($many(257));

echo "-- warnings\n";
$forbidden = envelope(',"timestamp":1,"meta":{"schema_version":1,"ts":1,"source":2,"attempts":3,"max_retries":4}');
judge($forbidden, fn ($m) => $m->attempts);
judge(envelope(',"meta":{"schema_version":1}', ',"ts":1'));
judge(envelope('', ',"queue":5,"lang":[],"created_at":"x","id":7'), fn ($m) => [$m->queue, $m->createdAt, $m->id === '7']);
set_error_handler(fn ($level, $text) => print(($level === E_WARNING ? 'E_WARNING' : $level) . " $text\n"));
echo Envelope::decode(envelope(',"timestamp":1', ',"queue":5'))->type, "\n";
restore_error_handler();
foreach ([fn () => throw new DomainException('from the callable'), null] as $onWarning) {
    set_error_handler(fn ($level, $text) => throw new ErrorException($text));
    try {
        Envelope::decode($forbidden, $onWarning);
    } catch (Exception $e) {
        echo $e::class, ': ', $e->getMessage(), "\n";
    }
    restore_error_handler();
}
$bytes = $forbidden . str_repeat(' ', 10);
echo Envelope::decode($bytes, function () use (&$bytes) { $bytes = null; })->type, "\n";
?>
--EXPECT--
-- malformed
malformed: Reading an envelope of 0 bytes: it is not a JSON object (at byte 1)
malformed: Reading an envelope of 1 bytes: it is not a JSON object (at byte 1)
malformed: Reading an envelope of 4 bytes: it is not a JSON object (at byte 1)
malformed: Reading an envelope of 2 bytes: it is not a JSON object (at byte 1)
malformed: Reading an envelope of 3 bytes: it is not a JSON object (at byte 1)
malformed: Reading an envelope of 1 bytes: it is not a JSON object (at byte 1)
malformed: Reading an envelope of 1 bytes: the text ends inside an object (at byte 2)
malformed: Reading an envelope of 3 bytes: something follows the end of the object (at byte 3)
malformed: Reading an envelope of 5 bytes: something follows the end of the object (at byte 4)
malformed: Reading an envelope of 5 bytes: it begins with a byte order mark, which JSON may not have (at byte 1)
malformed: Reading an envelope of 8 bytes: expected a key in quotes (at byte 8)
malformed: Reading an envelope of 5 bytes: expected a colon behind a key (at byte 5)
malformed: Reading an envelope of 5 bytes: expected a key in quotes (at byte 2)
malformed: Reading an envelope of 7 bytes: expected a key in quotes (at byte 2)
malformed: Reading an envelope of 9 bytes: expected a value (at byte 6)
malformed: Reading an envelope of 8 bytes: expected a value (at byte 6)
malformed: Reading an envelope of 8 bytes: expected a comma or } (at byte 7)
malformed: Reading an envelope of 8 bytes: a number has no digits behind its point (at byte 8)
malformed: Reading an envelope of 8 bytes: expected a value (at byte 6)
malformed: Reading an envelope of 8 bytes: a number has no digits in its exponent (at byte 8)
malformed: Reading an envelope of 7 bytes: a number has no digits (at byte 7)
malformed: Reading an envelope of 9 bytes: expected a value (at byte 6)
malformed: Reading an envelope of 9 bytes: a control character stands in a string (at byte 7)
malformed: Reading an envelope of 9 bytes: a string is not valid UTF-8 (at byte 7)
malformed: Reading an envelope of 8 bytes: a string is not valid UTF-8 (at byte 3)
malformed: Reading an envelope of 12 bytes: \u is not followed by four hexadecimal digits (at byte 8)
malformed: Reading an envelope of 12 bytes: an escape sequence is unknown (at byte 8)
malformed: Reading an envelope of 14 bytes: a surrogate escape is not one of a pair (at byte 8)
malformed: Reading an envelope of 20 bytes: a surrogate escape is not one of a pair (at byte 8)
malformed: Reading an envelope of 20 bytes: a surrogate escape is not one of a pair (at byte 8)
malformed: Reading an envelope of 8 bytes: expected a comma or } (at byte 7)
malformed: Reading an envelope of 11 bytes: expected a comma or ] (at byte 9)
malformed: Reading an envelope of 10 bytes: expected a value (at byte 9)
malformed: Reading an envelope of 13 bytes: expected a comma or } (at byte 12)
malformed: Reading an envelope of 6 bytes: a string is not closed (at byte 7)
malformed: Reading an envelope of 3 bytes: a string is not closed (at byte 4)
malformed: Reading an envelope of 6 bytes: the text ends where a value is expected (at byte 7)
malformed: Reading an envelope of 6 bytes: the text ends inside an object (at byte 7)
malformed: Reading an envelope of 3 bytes: something follows the end of the object (at byte 3)
malformed: Reading an envelope of 3073 bytes: it is nested too deep (at byte 2556)
malformed: Reading an envelope of 1000005 bytes: it is nested too deep (at byte 516)
too_large: Reading an envelope: it has 16777217 bytes, the limit is 16777216
-- as deep as json_decode() goes
yes "accepted"
no malformed: Reading an envelope of 1135 bytes: it is nested too deep (at byte 623)
-- each fault alone, and the first of all
job 5: missing_urn: Reading an envelope: neither job nor urn is a string that names the message's type
job "": missing_urn: Reading an envelope: neither job nor urn is a string that names the message's type
job " \t": missing_urn: Reading an envelope: neither job nor urn is a string that names the message's type
job missing: missing_urn: Reading an envelope: neither job nor urn is a string that names the message's type
meta []: missing_meta: Reading an envelope: meta must be an object, it is a list
meta null: missing_meta: Reading an envelope: meta must be an object, it is null
meta missing: missing_meta: Reading an envelope: meta must be an object, it is missing
meta {}: unsupported_schema_version: Reading an envelope: meta.schema_version must be the integer 1, it is missing
meta {"schema_version":2}: unsupported_schema_version: Reading an envelope: meta.schema_version must be the integer 1, it is another one
meta {"schema_version":1.0}: unsupported_schema_version: Reading an envelope: meta.schema_version must be the integer 1, it is a number with a fraction or exponent
meta {"schema_version":true}: unsupported_schema_version: Reading an envelope: meta.schema_version must be the integer 1, it is true
meta {"schema_version":"1"}: unsupported_schema_version: Reading an envelope: meta.schema_version must be the integer 1, it is a string
meta {"schema_version":10}: unsupported_schema_version: Reading an envelope: meta.schema_version must be the integer 1, it is another one
meta {"schema_version":1e0}: unsupported_schema_version: Reading an envelope: meta.schema_version must be the integer 1, it is a number with a fraction or exponent
data [1]: invalid_data: Reading an envelope: data must be an object, it is a list
data [[]]: invalid_data: Reading an envelope: data must be an object, it is a list
data "x": invalid_data: Reading an envelope: data must be an object, it is a string
data null: invalid_data: Reading an envelope: data must be an object, it is null
data missing: invalid_data: Reading an envelope: data must be an object, it is missing
trace_id "": missing_trace_id: Reading an envelope: trace_id must be a string that is not blank, it is blank
trace_id "  ": missing_trace_id: Reading an envelope: trace_id must be a string that is not blank, it is blank
trace_id "\u0020\n": missing_trace_id: Reading an envelope: trace_id must be a string that is not blank, it is blank
trace_id 7: missing_trace_id: Reading an envelope: trace_id must be a string that is not blank, it is an integer
trace_id missing: missing_trace_id: Reading an envelope: trace_id must be a string that is not blank, it is missing
attempts "0": invalid_attempts: Reading an envelope: attempts must be an integer from 0 to 4294967295, it is a string
attempts 1.0: invalid_attempts: Reading an envelope: attempts must be an integer from 0 to 4294967295, it is a number with a fraction or exponent
attempts -1: invalid_attempts: Reading an envelope: attempts must be an integer from 0 to 4294967295, it is out of range
attempts -0: invalid_attempts: Reading an envelope: attempts must be an integer from 0 to 4294967295, it is out of range
attempts 4294967296: invalid_attempts: Reading an envelope: attempts must be an integer from 0 to 4294967295, it is out of range
attempts 99999999999999999999999: invalid_attempts: Reading an envelope: attempts must be an integer from 0 to 4294967295, it is out of range
attempts null: invalid_attempts: Reading an envelope: attempts must be an integer from 0 to 4294967295, it is null
attempts true: invalid_attempts: Reading an envelope: attempts must be an integer from 0 to 4294967295, it is true
attempts missing: invalid_attempts: Reading an envelope: attempts must be an integer from 0 to 4294967295, it is missing
missing_urn: Reading an envelope: neither job nor urn is a string that names the message's type
missing_meta: Reading an envelope: meta must be an object, it is missing
invalid_data: Reading an envelope: data must be an object, it is missing
missing_trace_id: Reading an envelope: trace_id must be a string that is not blank, it is missing
invalid_attempts: Reading an envelope: attempts must be an integer from 0 to 4294967295, it is missing
-- accepted
{"id":"i","type":"a.b","payload":{"k":1},"headers":[],"traceId":"t","attempts":0,"createdAt":5,"queue":null,"lang":""}
["u"," t ",[],4294967295,0,null,""]
"u"
"j"
["é😀/\b","t","i",{"k":1},3]
["second",9,{"last":true},"q",0,false]
missing_meta: Reading an envelope: meta must be an object, it is an integer
invalid_attempts: Reading an envelope: attempts must be an integer from 0 to 4294967295, it is a string
invalid_data: Reading an envelope: data must be an object, it is a list
"cobol"
["9223372036854775807","9.223372036854776E+18","1.1","0","100.0","1.2345678901234567E+19"]
{"":{"\u0000x":[]}}
"Syntax error"
-- an id for bytes without one: the same bytes, the same id
same differs
1
-- headers
{}: [[],{"k":1}]
[]: [[],{"k":1}]
null: [[],{"k":1}]
[1]: </headers> [[],{"k":1}]
"x": </headers> [[],{"k":1}]
{"a":{"b":[]},"a":2}: [{"a":2},{"k":1}]
{"ecoq-payload":"value"}: invalid_data: Reading an envelope: the header ecoq-payload says that data is {"value": …}, but data has no such key
{"ecoq-payload":"list"}: </headers/ecoq-payload> [{"ecoq-payload":"list"},{"k":1}]
{"ecoq-payload":1}: </headers/ecoq-payload> [{"ecoq-payload":1},{"k":1}]
{"ecoq-priority":10}: </headers/ecoq-priority> [{"ecoq-priority":10},{"k":1}]
{"ecoq-priority":9}: [{"ecoq-priority":9},{"k":1}]
{"ecoq-priority":"4"}: </headers/ecoq-priority> [{"ecoq-priority":"4"},{"k":1}]
{"ecoq-deliver-at":-1}: </headers/ecoq-deliver-at> [{"ecoq-deliver-at":-1},{"k":1}]
{"ecoq-expires-at":9223372036854775808}: </headers/ecoq-expires-at> [{"ecoq-expires-at":9.223372036854776e+18},{"k":1}]
{"ecoq-endpoint":5,"ecoq-event-id":6}: </headers/ecoq-endpoint> [{"ecoq-endpoint":5,"ecoq-event-id":6},{"k":1}]
{"ecoq-endpoint":null}: [{"ecoq-endpoint":null},{"k":1}]
{"ecoq-unknown":1.5}: </headers/ecoq-unknown> [{"ecoq-unknown":1.5},{"k":1}]
{"ecoq-unknown-since":[]}: </headers/ecoq-unknown-since> [{"ecoq-unknown-since":[]},{"k":1}]
{"\u0065coq-priority":77}: </headers/ecoq-priority> [{"ecoq-priority":77},{"k":1}]
[{"ecoq-payload":"value"},[1,2]]
256
malformed: Reading an envelope of 2325 bytes: it has more headers than are allowed (at byte 2324)
-- warnings
</timestamp> </meta/max_retries> </meta/attempts> </meta/source> </meta/ts> 0
</meta/ts> "accepted"
</meta/id> [null,0,false]
E_WARNING Ecoq\Envelope::decode(): The envelope carries the forbidden key /timestamp; it is dropped
E_WARNING Ecoq\Envelope::decode(): /meta/queue in the envelope is ignored: expected a string
a.b
DomainException: from the callable
ErrorException: Ecoq\Envelope::decode(): The envelope carries the forbidden key /timestamp; it is dropped
a.b
