--TEST--
RabbitMQ: an independent AMQP client declares, publishes and consumes on the same queues, in both orders of creation; every type of header, both ways; hostile messages; delays and dead letters as it sees them
--SKIPIF--
<?php
require __DIR__ . '/amqp.inc';
amqp_skip();
if (!preg_match('/^Python 3/', (string) @shell_exec('python3 --version 2>/dev/null'))) die('skip no python3');
if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite');
?>
--FILE--
<?php
require __DIR__ . '/amqp.inc';
$space = new AmqpSpace;

/** What the client in Python says, decoded. */
function python(string $command, string $queue, array $lines = [], string ...$options): array
{
    global $space;
    $words = ['python3', __DIR__ . '/amqp_client.py', $space->dsn(), $command, $queue, ...$options];
    $process = proc_open($words, [['pipe', 'r'], ['pipe', 'w'], ['redirect', 1]], $pipes);
    foreach ($lines as $line) {
        fwrite($pipes[0], (is_string($line) ? $line : json_encode($line)) . "\n");
    }
    fclose($pipes[0]);
    $output = stream_get_contents($pipes[1]);
    if (proc_close($process) !== 0) {
        echo $output;
    }
    return array_map(fn ($line) => json_decode($line, true), array_filter(explode("\n", $output)));
}

function header_list(array $message): string
{
    $own = array_filter($message['headers'], fn ($name) => !preg_match('/^x-((first-|last-)?death|(delivery|acquired)-count)|^ecoq-deliver-at/', $name), ARRAY_FILTER_USE_KEY);
    ksort($own);
    return implode(' ', array_map(fn ($name, $value) => "$name=$value[0]:" . json_encode($value[1]), array_keys($own), $own));
}

// from RabbitMQ 4 on ecoq's own queues say that nothing in them is dropped for the number of its deliveries, and who declares them has to say the same
$unlimited = (int) $space->admin->ask('GET', 'overview')['rabbitmq_version'] >= 4 ? ['x-delivery-limit=2147483647'] : [];
foreach (['interop' => ['interop' => 1], 'classic' => ['queue-type' => 'classic'], 'quorum' => []] as $type => $options) {
    foreach (['ecoq', 'Python'] as $first) {
        echo "-- $type, $first was first\n";
        $queue = "$type.$first";
        $arguments = ['interop' => [], 'classic' => [], 'quorum' => ['x-queue-type=quorum']][$type];
        $open = fn () => (new Ecoq\Messaging(channels: ['x' => $space->dsn($options + ['retry.jitter' => 0], $queue)]))->channel('x');
        if ($first === 'Python') {
            python('declare', $queue, [], ...$arguments);
        }
        $channel = $open();
        $message = Ecoq\Message::create('urn:babel:orders:created', ['name' => 'ä'], headers: ['tenant' => 'acme']);
        $channel->send($message);
        if ($first === 'ecoq') {
            python('declare', $queue, [], ...($type === 'classic' ? ['x-queue-type=classic'] : $arguments), ...($type === 'quorum' ? $unlimited : []));
        }
        [$seen] = python('consume', $queue, [], '1');
        $body = json_decode($seen['body'], true);
        var_dump($seen['properties'] === ['content_type' => 'application/json', 'content_encoding' => 'utf-8', 'delivery_mode' => 2, 'correlation_id' => $body['trace_id'],
            'message_id' => $message->id, 'type' => 'urn:babel:orders:created', 'app_id' => 'babelqueue'] ?: $seen['properties']);
        echo header_list($seen), ' ', $body['attempts'], "\n";

        // Python sends it back, as its own: the language stays through a retry with a delay
        python('publish', $queue, [['body' => $seen['body'], 'properties' => ['message_id' => $message->id, 'type' => 'urn:babel:orders:created'],
            'headers' => [['x-attempts', 'l', 2], ['x-source-lang', 'S', 'python'], ['x-schema-version', 'b', 1]]]]);
        $d = $channel->receive(1, 10_000);
        echo amqp_types($d), ' ', $d[0]->message->id === $message->id ? 'same id' : 'another id', "\n";
        $d[0]->retry(300);
        $channel = $d = null;
        [$seen] = python('consume', $queue, [], '1');
        echo header_list($seen), ' ', json_decode($seen['body'])->attempts, "\n";

        python('publish', $queue, [['body' => $seen['body'], 'headers' => [['x-attempts', 'l', 3], ['x-source-lang', 'S', 'python'], ['x-death', 'A', [['F', [['count', 'l', 1]]]]]]]]);
        $channel = $open();
        $d = $channel->receive(1, 10_000);
        $d[0]->reject('no');
        [$seen] = python('consume', "$queue.dlq", [], '1');
        echo header_list($seen), ' ', implode(' ', preg_grep('/death/', array_keys($seen['headers']))), json_decode($seen['body'])->dead_letter->reason, "\n";
        $channel = $d = null;
    }
}

echo "-- types of headers\n";
$body = fn (string $id) => json_encode(['job' => 'urn:a', 'trace_id' => 't', 'data' => new stdClass, 'meta' => ['id' => $id, 'queue' => 'w', 'lang' => 'python', 'schema_version' => 1, 'created_at' => 1], 'attempts' => 1]);
$values = [['b', 3], ['b', -3], ['B', 200], ['s', 300], ['u', 60000], ['I', 70000], ['i', 3000000000], ['l', 5], ['L', 6], ['t', true], ['S', '7'], ['T', 8], ['S', 'x'], ['S', ''], ['d', 4.5], ['f', 0.5],
    ['V', null], ['D', [1, 95]], ['F', [['a', 'S', 'b']]], ['A', [['S', 'q']]], ['S', 'hex:ff00'], ['x', 'c3a4'], ['S', "a\"\\\n\u{1}☕"]];
$lines = array_map(fn ($value, $i) => ['body' => $body("i$i"), 'headers' => [['x-attempts', ...$value], ['rider', ...$value]]], $values, array_keys($values));
// (the last one of these RabbitMQ 4 hands on as -1)
$lines[] = str_replace('"@"', '18446744073709551615', json_encode(['body' => $body('huge'), 'headers' => [['x-attempts', 'L', '@'], ['rider', 'L', '@']]]));
$lines[] = ['body' => $body('many'), 'headers' => array_map(fn ($i) => ["h$i", 'l', $i], range(1, 40))];
$lines[] = ['body' => $body('own'), 'headers' => [['ecoq-crashes', 'S', 'many'], ['ecoq-suspect', 'S', 'yes'], ['ecoq-place', 'l', -1], ['ecoq-deliver-at', 'S', 'soon'], ['ecoq-riders', 'S', '{"a'], ['x-delivery-count', 'l', 9]]];
python('declare', 'w');
python('publish', 'w', $lines);
$channel = (new Ecoq\Messaging(channels: ['w' => $space->dsn()]))->channel('w');
for ($left = count($lines); $left && ($d = $channel->receive(50, 10_000)); $left -= count($d)) {
    foreach ($d as $one) {
        $headers = $one->message->headers;
        echo $one->message->id, ' ', $one->attempts, ' ', count($headers) < 5 ? json_encode($headers, JSON_UNESCAPED_UNICODE) : count($headers), "\n";
        $one->ack();
    }
}

echo "-- headers on their way out\n";
$channel = $d = $one = null;
$long = str_repeat('n', 256);
$headers = ['tenant' => 'acme', 'n' => -7, 'big' => 5_000_000_000, 'flag' => true, 'off' => false, 'rate' => 0.25, 'empty' => '', 'list' => [1], 'none' => null, 'ecoq-crashes' => 9, 'x-attempts' => 99, 'x-source-lang' => 'evil',
    'x-schema-version' => 7, 'x-delay' => 5000, 'x-death' => 'x', 'CC' => 'w', 'BCC' => 'w', "q\"ö\n" => "a\0\\ü", $long => 'long name', 'large' => str_repeat('l', 140_000), '' => 'no name', 'x-custom' => 1, 5 => 'five'];
final class Shop
{
    #[Ecoq\Attribute\Asynchronous('o'), Ecoq\Attribute\EventHandler('urn:bus')]
    function on(array $data): void { throw new Exception('never'); }
    #[Ecoq\Attribute\Asynchronous('later'), Ecoq\Attribute\EventHandler('urn:outbox')]
    function later(array $data): void { }
}
@unlink($file = __DIR__ . '/amqp_foreign.sqlite');
$ecoq = fn () => new Ecoq\Messaging(handlers: [new Shop], channels: ['o' => $space->dsn(['retry.max' => 1, 'retry.delay' => 0]), 'later' => new Ecoq\OutboxChannel($space->dsn(queue: 'later')), 'slow' => $space->dsn()],
    database: new PDO("sqlite:$file"));
$app = $ecoq();
$app->channel('o')->send([Ecoq\Message::create('urn:a', [], headers: $headers), Ecoq\Message::create('urn:a', []), Ecoq\Message::create('urn:a', [], headers: ['traceparent' => '00-4b-01'])]);
foreach (python('consume', 'o', [], '3') as $seen) {
    $kept = json_decode($seen['body'], true)['headers'] ?? [];
    echo header_list($seen), ' ', count($kept), "\n";
}
$app->publishTo('urn:bus', [], headers: ['tenant' => 'bus', 'ratio' => 1e300]);
$app->publishTo('urn:outbox', [], headers: ['tenant' => 'outbox', "\u{e9}" => 1]);
$app->channel('slow')->send(Ecoq\Message::create('urn:a', [], headers: ['tenant' => 'slow']), delay: 300);
$app->worker('outbox', stopWhenEmpty: true)->run();
foreach (['o', 'later', 'slow'] as $queue) {
    echo header_list(python('consume', $queue, [], '1')[0]), "\n";
}

echo "-- a peer's headers through retries\n";
$app->publishTo('urn:bus', [], headers: ['tenant' => 'bus']);
$app = null;
$rider = [['traceparent', 'S', '00-4bf9-01'], ['bq-replay-bypass', 't', true], ['count', 'b', 3], ['ratio', 'f', 0.5], ['whole', 'd', 2.0], ['esc"', 'S', "\n"], ['x-attempts', 'l', 1], ['raw', 'S', 'hex:ff']];
$of = fn (string $type, string $id, array $more = []) => json_encode(['job' => $type, 'trace_id' => 't', 'data' => new stdClass, 'meta' => ['id' => $id, 'queue' => 'w', 'lang' => 'go', 'schema_version' => 1, 'created_at' => 1], 'attempts' => 1] + $more);
python('declare', 'r');
python('publish', 'r', [['body' => $of('urn:a', 'r1', ['headers' => ['count' => 'mine']]), 'headers' => $rider]]);
$channel = (new Ecoq\Messaging(channels: ['r' => $space->dsn(['retry.jitter' => 0])]))->channel('r');
for ($i = 0; $i < 10; $i++) {
    $d = $channel->receive(1, 10_000);
    $i % 5 === 3 ? $d[0]->release() : $d[0]->retry($i === 9 ? 300 : 0);
}
$d = $channel = null;
[$seen] = python('consume', 'r', [], '1');
// brokers give them back in orders of their own
preg_match('/("attempts":\d+),"headers":\{(.*)\}\}$/', $seen['body'], $m);
$members = preg_split('/,(?=")/', $m[2]);
sort($members);
echo header_list($seen), ' ', $m[1], ' ', implode(',', $members), "\n";
$scalars = array_filter($seen['headers'], fn ($value) => !is_array($value[1]));
python('publish', 'r', [['body' => $seen['body'], 'headers' => array_map(fn ($name, $value) => [$name, ...$value], array_keys($scalars), $scalars)]]);
$channel = (new Ecoq\Messaging(channels: ['r' => $space->dsn(['retry.jitter' => 0])]))->channel('r');
$channel->receive(1, 10_000)[0]->reject('no');
[$dead] = python('consume', 'r.dlq', [], '1');
echo header_list($dead) === strtr(header_list($seen), ['x-attempts=I:9' => 'x-attempts=I:10']) ? 'the same' : header_list($dead), "\n";

// by a worker: retried, then given up on; the endpoint's copy of a message from elsewhere is ecoq's own
$channel = $d = null;
python('publish', 'o', [['body' => $of('urn:unknown', 'u'), 'headers' => [['traceparent', 'S', '00-u']]]]);
$app = new Ecoq\Messaging(handlers: [new Shop, 'urn:unknown' => fn () => throw new Exception('no')], channels: ['o' => $space->dsn(['retry.max' => 2, 'retry.delay' => 0]), 'later' => 'memory:']);
$app->worker('o', stopWhenEmpty: true)->run();
foreach ($app->deadLetters()->list('o') as $letter) {
    $at[$letter->type] = $letter->headers['tenant'] ?? $letter->headers['traceparent'];
}
ksort($at);
echo json_encode($at), "\n";
foreach (python('consume', 'o.dlq', [], '2') as $seen) {
    $lists[] = header_list($seen);
}
sort($lists);
echo implode("\n", $lists), "\n";

echo "-- more headers than are allowed\n";
$letter = $app = null;
python('publish', 'r', [['body' => $of('urn:a', 'full'), 'properties' => ['message_id' => 'full'], 'headers' => array_map(fn ($i) => ["h$i", 'l', $i], range(1, 300))]]);
$app = new Ecoq\Messaging(handlers: ['urn:a' => function () { echo "handled\n"; }], channels: ['r' => $space->dsn()]);
$app->worker('r', stopWhenEmpty: true)->run();
[$letter] = $app->deadLetters()->list('r');
echo $letter->id, ' ', $letter->reason, ' ', $letter->error, ' ', $letter->body === $of('urn:a', 'full') ? 'its bytes' : $letter->body, "\n";
$app = null;
[$seen] = python('consume', 'r.dlq', [], '1');
echo count(preg_grep('/^h\d+$/', array_keys($seen['headers']))), ' ', json_encode([$seen['headers']['h300'], $seen['body'] === $of('urn:a', 'full')]), "\n";

echo "-- hostile bodies\n";
$channel = $d = $one = null;
$long = str_repeat('i', 300);
python('publish', 'w', [['body' => $body('plain')], ['body' => '{'], ['hex' => 'ff00fe'], ['body' => ''], ['body' => $body($long)], ['body' => 'null', 'properties' => ['message_id' => 'with id', 'priority' => 200, 'expiration' => '60000']]]);
$ecoq = new Ecoq\Messaging(handlers: ['urn:a' => function ($data, Ecoq\Message $m) { echo strlen($m->id), " handled\n"; }], channels: ['w' => $space->dsn()]);
$ecoq->worker('w', stopWhenEmpty: true)->run();
$dead = array_map(fn ($m) => $m['payload_encoding'] === 'base64' ? bin2hex(base64_decode($m['payload'])) : $m['payload'], $space->get('w.dlq'));
sort($dead);
echo json_encode($dead), "\n";
?>
--CLEAN--
<?php @unlink(__DIR__ . '/amqp_foreign.sqlite'); ?>
--EXPECTF--
-- interop, ecoq was first
bool(true)
tenant=S:"acme" x-attempts=I:0 x-schema-version=I:1 x-source-lang=S:"php" 0
urn:babel:orders:created/2 same id
tenant=S:"acme" x-attempts=I:3 x-schema-version=I:1 x-source-lang=S:"python" 3
tenant=S:"acme" x-attempts=I:4 x-schema-version=I:1 x-source-lang=S:"python" failed
-- interop, Python was first
bool(true)
tenant=S:"acme" x-attempts=I:0 x-schema-version=I:1 x-source-lang=S:"php" 0
urn:babel:orders:created/2 same id
tenant=S:"acme" x-attempts=I:3 x-schema-version=I:1 x-source-lang=S:"python" 3
tenant=S:"acme" x-attempts=I:4 x-schema-version=I:1 x-source-lang=S:"python" failed
-- classic, ecoq was first
bool(true)
tenant=S:"acme" x-attempts=I:0 x-schema-version=I:1 x-source-lang=S:"php" 0
urn:babel:orders:created/2 same id
tenant=S:"acme" x-attempts=I:3 x-schema-version=I:1 x-source-lang=S:"python" 3
tenant=S:"acme" x-attempts=I:4 x-schema-version=I:1 x-source-lang=S:"python" failed
-- classic, Python was first
bool(true)
tenant=S:"acme" x-attempts=I:0 x-schema-version=I:1 x-source-lang=S:"php" 0
urn:babel:orders:created/2 same id
tenant=S:"acme" x-attempts=I:3 x-schema-version=I:1 x-source-lang=S:"python" 3
tenant=S:"acme" x-attempts=I:4 x-schema-version=I:1 x-source-lang=S:"python" failed
-- quorum, ecoq was first
bool(true)
tenant=S:"acme" x-attempts=I:0 x-schema-version=I:1 x-source-lang=S:"php" 0
urn:babel:orders:created/2 same id
tenant=S:"acme" x-attempts=I:3 x-schema-version=I:1 x-source-lang=S:"python" 3
tenant=S:"acme" x-attempts=I:4 x-schema-version=I:1 x-source-lang=S:"python" failed
-- quorum, Python was first
bool(true)
tenant=S:"acme" x-attempts=I:0 x-schema-version=I:1 x-source-lang=S:"php" 0
urn:babel:orders:created/2 same id
tenant=S:"acme" x-attempts=I:3 x-schema-version=I:1 x-source-lang=S:"python" 3
tenant=S:"acme" x-attempts=I:4 x-schema-version=I:1 x-source-lang=S:"python" failed
-- types of headers
i0 3 {"rider":3}
i1 1 {"rider":-3}
i2 200 {"rider":200}
i3 300 {"rider":300}
i4 60000 {"rider":60000}
i5 70000 {"rider":70000}
i6 3000000000 {"rider":3000000000}
i7 5 {"rider":5}
i8 6 {"rider":6}
i9 1 {"rider":true}
i10 7 {"rider":"7"}
i11 8 {"rider":8}
i12 1 {"rider":"x"}
i13 1 {"rider":""}
i14 1 {"rider":4.5}
i15 1 {"rider":0.5}
i16 1 {"rider":null}
i17 1 []
i18 1 []
i19 1 []
i20 1 []
i21 1 {"rider":"ä"}
i22 1 {"rider":"a\"\\\n\u0001☕"}
huge %r(4294967295 \{"rider":9223372036854775807\}|1 \{"rider":-1\})%r
many 1 40
own 1 []
-- headers on their way out
5=S:"five" big=l:5000000000 empty=S:"" flag=t:true n=I:-7 off=t:false q"ö
=S:"a\u0000\\\u00fc" rate=d:0.25 tenant=S:"acme" x-attempts=I:0 x-custom=I:1 x-schema-version=I:1 x-source-lang=S:"php" 22
x-attempts=I:0 x-schema-version=I:1 x-source-lang=S:"php" 0
traceparent=S:"00-4b-01" x-attempts=I:0 x-schema-version=I:1 x-source-lang=S:"php" 1
ratio=d:1.0e+300 tenant=S:"bus" x-attempts=I:0 x-schema-version=I:1 x-source-lang=S:"php"
tenant=S:"outbox" x-attempts=I:0 x-schema-version=I:1 x-source-lang=S:"php" é=I:1
tenant=S:"slow" x-attempts=I:0 x-schema-version=I:1 x-source-lang=S:"php"
-- a peer's headers through retries
bq-replay-bypass=t:true count=S:"mine" esc"=S:"\n" ratio=d:0.5 traceparent=S:"00-4bf9-01" whole=d:2 x-attempts=I:9 x-schema-version=I:1 x-source-lang=S:"go" "attempts":9 "bq-replay-bypass":true,"count":"mine","esc\"":"\u000a","ratio":0.5,"traceparent":"00-4bf9-01","whole":2.0
the same
{"urn:bus":"bus","urn:unknown":"00-u"}
tenant=S:"bus" x-attempts=I:3 x-schema-version=I:1 x-source-lang=S:"php"
traceparent=S:"00-u" x-attempts=I:3 x-schema-version=I:1 x-source-lang=S:"go"
-- more headers than are allowed
%s-%s-%s-%s-%s poison malformed: Reading an envelope of %d bytes: with those beside it, it has 300 headers, more than are allowed (256, option max-headers) its bytes
300 [["I",300],true]
-- hostile bodies
5 handled
300 handled
["","ff00fe","null","{"]
