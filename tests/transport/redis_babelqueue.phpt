--TEST--
Redis: messages go both ways between ecoq and a BabelQueue client in Python, with retries, frames and dead letters; they share a queue
--SKIPIF--
<?php
if (getenv('SKIP_SLOW_TESTS')) die('skip much of it is Python');
if (!getenv('ECOQ_TEST_REDIS_DSN')) die('skip no ECOQ_TEST_REDIS_DSN');
if (!preg_match('/^Python 3/', (string) @shell_exec('python3 --version 2>/dev/null'))) die('skip no python3');
ob_start();
(new ReflectionExtension('ecoq'))->info();
if (!preg_match('/^transport redis/m', ob_get_clean())) die('skip no Redis transport');
?>
--FILE--
<?php
require __DIR__ . '/servers.inc';
$redis = new RedisSpace();

/** What the client in Python says: its lines, decoded. */
function python(string $command, string $queue, string $input = '', string ...$options): array
{
    [$process, $output] = start($command, $queue, $input, ...$options);
    return lines(stream_get_contents($output));
}

function lines(string $output): array
{
    return array_map(fn ($line) => json_decode($line, flags: JSON_THROW_ON_ERROR | JSON_BIGINT_AS_STRING), array_filter(explode("\n", $output)));
}

/** [process, its output] */
function start(string $command, string $queue, string $input = '', string ...$options): array
{
    $words = ['python3', __DIR__ . '/babelqueue.py', getenv('ECOQ_TEST_REDIS_DSN'), $command, $queue, ...$options];
    $process = proc_open($words, [['pipe', 'r'], ['pipe', 'w']], $pipes);
    fwrite($pipes[0], $input);
    fclose($pipes[0]);
    return [$process, $pipes[1]];
}

function same(string $what, mixed $expected, mixed $seen): void
{
    if ($expected !== $seen) {
        echo "$what:\n  expected ", var_export($expected, true), "\n  seen     ", var_export($seen, true), "\n";
    }
}

/** Nothing of any queue is left, neither of ecoq's nor of the other client's. */
function nothing_left(string $queue, string ...$but): void
{
    global $redis;
    foreach ([$queue, "$queue:processing", "$queue.dlq"] as $key) {
        same("$key is left", [], in_array($key, $but, true) ? [] : $redis->client()->command('LRANGE', $key, 0, -1));
    }
}

final class Shop
{
    public array $seen = [];
    public int $failures = 0;

    #[Ecoq\Attribute\Asynchronous('orders'), Ecoq\Attribute\EventHandler('urn:babel:orders:created', endpointId: 'shop')]
    public function onOrder(array $data, Ecoq\Message $message): void
    {
        $this->seen[] = $message;
        if ($this->failures-- > 0) {
            throw new DomainException('no: "ß"');
        }
    }
}
$shop = new Shop();
$options = ['retry.max' => 2, 'retry.delay' => 0, 'retry.jitter' => 0];
$ecoq = new Ecoq\Messaging(handlers: [$shop], channels: ['orders' => $redis->channel($options), 'late' => $redis->channel(['queue' => 'orders', 'retry.delay' => 1500] + $options)]);
$queue = $ecoq->channel('orders')->queue;
$work = fn (int $count) => $ecoq->worker('orders', limit: $count)->run();
$tricky = ['name' => "Café ☕/x", 'small' => 1.5, 'tenth' => 0.1, 'big' => PHP_INT_MAX, 'list' => [], 'object' => new stdClass, 'deep' => [['a' => null, 'b' => [true]]], 'quote' => "\"\\\n\t"];

echo "-- ecoq sends, Python fails once, ecoq handles the retry\n";
$ecoq->publishTo('urn:babel:orders:created', $tricky, headers: ['tenant' => 'acme']);
[$line] = python('consume', $queue, '', 'count=1', 'fail=1');
$body = $line->stored;
same('what Python took it for', [null, [], 'retried', 1], [$line->refused, $line->faults, $line->outcome, $line->removed]);
same('what Python read', json_encode($tricky), json_encode($line->envelope->data));
same('what Python stored', [str_replace('"attempts":0', '"attempts":1', $body)], $redis->client()->command('LRANGE', $queue, 0, -1));
$work(1);
[$message] = $shop->seen;
same('what ecoq handles', [1, 'acme', $line->envelope->meta->id, $line->envelope->trace_id], [$message->attempts, $message->header('tenant'), $message->id, $message->traceId]);
same('its payload', json_encode(json_decode(json_encode($tricky), true)), json_encode($message->payload));
nothing_left($queue);

echo "-- Python sends, ecoq fails, and again, and gives up\n";
$shop->seen = [];
$shop->failures = 3;
// what no PHP value could hold, and what PHP would write in another way
$foreign = substr(json_encode($tricky, JSON_UNESCAPED_UNICODE), 0, -1) . ',"huge":123456789012345678901234567890,"exponent":1e-07,"one":1.0,"zero":-0.0,"line":"' . "\u{2028}" . '"}';
[$sent] = python('produce', $queue, '{"job":"urn:babel:orders:created","data":' . $foreign . "}\n");
same('sent as it was written', true, str_contains($sent->stored, '"huge":123456789012345678901234567890,"exponent":1e-07,"one":1.0,"zero":-0.0,"line":"' . "\u{2028}" . '"}'));
for ($attempts = 1; $attempts < 3; $attempts++) {
    $work(1);
    same("the retry $attempts", [str_replace('"attempts":0', "\"attempts\":$attempts", $sent->stored)], $redis->client()->command('LRANGE', $queue, 0, -1));
}
$work(1);
[$letter] = python('letters', $queue);
same('the dead letter', [], $letter->faults);
same('its reason', ['failed', 'no: "ß"', 'DomainException', 3, 'php'], array_map(fn ($name) => $letter->envelope->dead_letter->$name, ['reason', 'error', 'exception', 'attempts', 'lang']));
same('its bytes before the block', true, str_starts_with($letter->stored, str_replace('"attempts":0}', '"attempts":3,"dead_letter":{', $sent->stored)));
same('attempts that the handler saw', [0, 1, 2], array_column($shop->seen, 'attempts'));
same('sent again', 1, $ecoq->deadLetters()->replayAll());
[$line] = python('consume', $queue, '', 'count=1');
same('attempts, and no block', [0, false, []], [$line->envelope->attempts, isset($line->envelope->dead_letter), $line->faults]);
nothing_left($queue);

echo "-- a retry that is delayed is Python's when it is due and a worker of ecoq has looked\n";
$shop->failures = 2;
python('produce', $queue, str_repeat('{"job":"urn:babel:orders:created","data":{}}' . "\n", 2));
$ecoq->worker('late', limit: 2)->run();
same('nothing for Python yet', [], python('consume', $queue));
usleep(1_000_000);
$mine = $ecoq->channel('late')->receive();
[$line] = python('consume', $queue, '', 'count=1', 'wait=10');
same('attempts', [1, 1], [$mine[0]->attempts, $line->envelope->attempts]);
$mine[0]->ack();
nothing_left($queue);

echo "-- frames\n";
$shop->seen = [];
$shop->failures = 1;
[$sent] = python('produce', $queue, json_encode(['job' => 'urn:babel:orders:created', 'data' => ['n' => 1], 'headers' => ['traceparent' => '00-4bf9-01', 'ü' => '"x"']]) . "\n");
same('it is a frame', true, str_starts_with($sent->stored, '{"__bq_frame":1,'));
$work(1);
[$line] = python('consume', $queue, '', 'count=1', 'fail=2');
same('the retry is the bare envelope', [str_replace('"attempts":0', '"attempts":1,"headers":{"traceparent":"00-4bf9-01","ü":"\"x\""}', json_decode($sent->stored)->body), 1, []],
    [$line->stored, $line->envelope->attempts, $line->faults]);
$work(1);
same('headers', [['00-4bf9-01', '"x"'], ['00-4bf9-01', '"x"']], array_map(fn ($message) => [$message->header('traceparent'), $message->header('ü')], $shop->seen));
same('attempts', [0, 2], array_column($shop->seen, 'attempts'));
nothing_left($queue);

echo "-- Python gives up, ecoq looks, and sends it again\n";
python('produce', $queue, '{"job":"urn:babel:orders:created","data":{"n":7}}' . "\n");
[$line] = python('consume', $queue, '', 'count=1', 'fail=1', 'attempts=1');
same('outcome', 'dead-lettered', $line->outcome);
$letter = $ecoq->deadLetters()->list()[0];
same('the letter', ['failed', 'it was told to fail', 'RuntimeError', 1, ['n' => 7]], [$letter->reason, $letter->error, $letter->errorClass, $letter->attempts, $letter->payload]);
same('sent again', true, $ecoq->deadLetters()->replay($letter->id));
same('as it was', [$line->stored], $redis->client()->command('LRANGE', $queue, 0, -1));
$shop->seen = [];
$work(1);
same('handled', [0], array_column($shop->seen, 'attempts'));
nothing_left($queue);

echo "-- what is no envelope\n";
$odd = ['not json', '{"job":"urn:x"}', '{"__bq_frame":1,"headers":{"a":"b"},"body":"{}"}', '{"__bq_frame":1,"headers":{},"body":"' . str_repeat('[', 1000) . '"}', "\0\xC3\xBC"];
python('push', $queue, implode("\n", array_map(json_encode(...), $odd)) . "\n");
$work(count($odd));
same('the same bytes', $odd, $redis->client()->command('LRANGE', "$queue.dlq", 0, -1));
$redis->client()->command('DEL', "$queue.dlq");

echo "-- both at once\n";
$shop->seen = [];
$each = 150;
python('produce', $queue, str_repeat('{"job":"urn:babel:orders:created","data":{"of":"python"}}' . "\n", $each));
for ($i = 0; $i < $each; $i++) {
    $ecoq->publishTo('urn:babel:orders:created', ['of' => 'ecoq']);
}
[$process, $output] = start('consume', $queue, '', 'pause=2');
$lines = lines(fgets($output)); // it has begun
$ecoq->worker('orders', stopWhenEmpty: true, fetchSize: 5)->run();
array_push($lines, ...lines(stream_get_contents($output)));
$theirs = array_map(fn ($line) => $line->envelope->meta->id, $lines);
$ours = array_column($shop->seen, 'id');
same('each was handled', 2 * $each, count(array_unique([...$theirs, ...$ours])));
same('once', 2 * $each, count($theirs) + count($ours));
same('both had some', true, count($theirs) > 0 && count($ours) > 0);
nothing_left($queue);
?>
--EXPECT--
-- ecoq sends, Python fails once, ecoq handles the retry
-- Python sends, ecoq fails, and again, and gives up
-- a retry that is delayed is Python's when it is due and a worker of ecoq has looked
-- frames
-- Python gives up, ecoq looks, and sends it again
-- what is no envelope
-- both at once
