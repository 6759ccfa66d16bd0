--TEST--
BabelQueue conformance suite 1.2.0: every check that needs no broker (ECOQ_CONFORMANCE names its directory)
--SKIPIF--
<?php
$directory = getenv('ECOQ_CONFORMANCE');
if (!$directory) die('skip ECOQ_CONFORMANCE does not name the directory of the BabelQueue conformance suite');
if (!is_file("$directory/manifest.json")) die("skip no manifest.json in ECOQ_CONFORMANCE");
?>
--FILE--
<?php
use Ecoq\{Envelope, Message};
use Ecoq\Exception\EnvelopeException;

$directory = getenv('ECOQ_CONFORMANCE');
$manifest = json_decode(file_get_contents("$directory/manifest.json"), flags: JSON_THROW_ON_ERROR);
$passed = [];
$failed = 0;

function fixture(string $file): string
{
    return file_get_contents($GLOBALS['directory'] . '/' . $file);
}

function check(string $section, string $name, bool $condition, mixed $seen = null): void
{
    $GLOBALS['passed'][$section] ??= 0;
    if ($condition) {
        $GLOBALS['passed'][$section]++;
    } else {
        $GLOBALS['failed']++;
        echo "FAILED $section/$name: ", json_encode($seen), "\n";
    }
}

/** The message, or the reason why there is none. */
function decode(string $bytes, ?array &$pointers = null): Message|string
{
    $pointers = [];
    try {
        return Envelope::decode($bytes, function (string $text, string $pointer) use (&$pointers) {
            $pointers[] = str_contains($text, $pointer) ? $pointer : "not in the text: $pointer";
        });
    } catch (EnvelopeException $e) {
        return $e->reason;
    }
}

/** What RFC 6901 has at the pointer; [] when there is nothing, else [value]. */
function at(mixed $value, string $pointer): array
{
    foreach (array_slice(explode('/', $pointer), 1) as $key) {
        $key = strtr($key, ['~1' => '/', '~0' => '~']);
        if (is_object($value) && property_exists($value, $key)) {
            $value = $value->$key;
        } elseif (is_array($value) && array_key_exists($key, $value)) {
            $value = $value[$key];
        } else {
            return [];
        }
    }
    return [$value];
}

/** Deep equality with types, objects never equal to lists, order of keys aside. */
function same(mixed $a, mixed $b): bool
{
    if (is_object($a) && is_object($b)) {
        [$a, $b] = [(array) $a, (array) $b];
        return count($a) === count($b) && !array_filter(array_keys($a), fn ($k) => !array_key_exists($k, $b) || !same($a[$k], $b[$k]));
    }
    return is_array($a) && is_array($b) ? count($a) === count($b) && !array_filter(array_keys($a), fn ($k) => !array_key_exists($k, $b) || !same($a[$k], $b[$k])) : $a === $b;
}

foreach ($manifest->cases as $case) {
    $bytes = fixture($case->file);
    $message = decode($bytes, $pointers);
    $wire = json_decode($bytes);
    if (!$case->valid) {
        check('cases', $case->name, is_string($message), $message);
        continue;
    }
    $expect = $case->expect;
    $dead_letter = (array) ($expect->dead_letter ?? []);
    check('cases', $case->name, $message instanceof Message && $pointers === [] && $message->type === $expect->urn && $message->payload === json_decode(json_encode($expect->data), true)
        && $message->attempts === $expect->attempts && $message->lang === $expect->lang && $wire->meta->schema_version === $expect->schema_version
        && $message->id === $wire->meta->id && $message->traceId === $wire->trace_id && $message->createdAt === $wire->meta->created_at
        && array_intersect_key((array) ($wire->dead_letter ?? []), $dead_letter) === $dead_letter, $message);
}

foreach ($manifest->roundtrip->cases as $case) {
    $bytes = fixture($case->file);
    $message = decode($bytes);
    $patched = $message instanceof Message ? Envelope::withAttempts($bytes, $message->attempts + 1) : '{}';
    $wire = json_decode($patched);
    $good = ($wire->attempts ?? null) === $case->expect_attempts;
    foreach ($case->expect_preserved as $pointer => $value) {
        $good = $good && ($found = at($wire, $pointer)) && same($found[0], $value);
    }
    // more than the suite asks for: no other byte has changed
    $good = $good && preg_replace('/"attempts": \d+/', '"attempts": ' . $case->expect_attempts, $bytes) === $patched;
    check('roundtrip', $case->name, $good, $patched);
}

foreach ($manifest->data_shape->cases as $case) {
    if ($case->mode === 'encode') {
        $bytes = Envelope::encode(Message::create($case->urn, (array) $case->data, queue: $case->queue));
        check('data_shape', $case->name, str_contains($bytes, ",\"data\":$case->expect_encoded_data_json,\"meta\":"), $bytes);
    } else {
        check('data_shape', $case->name, is_string(decode(fixture($case->file))) !== $case->valid);
    }
}

foreach ($manifest->forbidden_keys->cases as $case) {
    $bytes = fixture($case->file);
    $message = decode($bytes, $pointers);
    $good = $message instanceof Message && in_array($case->forbidden_key, $pointers, true);
    foreach ($good ? [Envelope::withAttempts($bytes, $message->attempts), Envelope::encode($message)] : [] as $again) {
        foreach ($case->expect_absent_after_reencode as $pointer) {
            $good = $good && at(json_decode($again), $pointer) === [];
        }
        $good = $good && decode($again) instanceof Message;
    }
    check('forbidden_keys', $case->name, $good, $pointers);
}

$identity = $manifest->idempotency->dedup_key;
check('idempotency.dedup_key', 'key', decode(fixture($identity->envelope_file))->id === $identity->expected_key);

// what is not the transport's part of it: an envelope that is read and passed on unchanged is the same bytes
$bytes = fixture($manifest->redis->payload_identity->envelope_file);
check('redis.payload_identity', 'bytes', Envelope::withAttempts($bytes, decode($bytes)->attempts) === $bytes);

// The fixtures meet the producer rules that Envelope::encode() has to keep, too: same keys, in the same order.
$wire = json_decode(fixture('fixtures/order-created.json'), true);
$ours = json_decode(Envelope::encode(Message::create($wire['job'], $wire['data'], [], $wire['meta']['queue'], $wire['trace_id'], $wire['meta']['id'], $wire['attempts'], $wire['meta']['created_at'])), true);
check('produced', 'order-created', $ours === $wire, $ours);

foreach ($passed as $section => $count) {
    echo "$section: $count\n";
}
echo array_sum($passed), " passed, $failed failed\n";

$here = ['cases', 'roundtrip', 'data_shape', 'forbidden_keys', 'schema_version', 'description'];
echo 'left out: ', implode(', ', array_keys(array_diff_key((array) $manifest, array_flip($here)))), "\n";
/* idempotency.sequences: the worker's deduplication, needs a channel and a database
 * redis, rabbitmq, sqs, kafka: projections, attempts and gates belong to those transports
 * asb, pulsar, artemis: brokers that ecoq does not speak
 * payload_schema, payload_schema_unicode: JSON Schema per URN, which ecoq does not have */
?>
--EXPECT--
cases: 6
roundtrip: 4
data_shape: 2
forbidden_keys: 5
idempotency.dedup_key: 1
redis.payload_identity: 1
produced: 1
20 passed, 0 failed
left out: idempotency, sqs, asb, pulsar, kafka, artemis, redis, rabbitmq, payload_schema, payload_schema_unicode
