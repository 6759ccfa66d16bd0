--TEST--
Error channel: a failure becomes a message there instead of a dead letter; what it holds; refusals fall back, an unreachable one charges nothing
--FILE--
<?php
use Ecoq\Attribute\{Asynchronous, CommandHandler, EventHandler};

class Order { public function __construct(public int $id, public array $lines = []) {} }
class Handlers
{
    public static int $runs = 0;
    #[Asynchronous('q'), CommandHandler(endpointId: 'order')] public function order(Order $order): void { self::$runs++; throw new DomainException("no {$order->id}"); }
    #[Asynchronous('q'), CommandHandler('value', endpointId: 'value')] public function value(mixed $value): void { self::$runs++; throw new Ecoq\Exception\Unrecoverable('never'); }
}

/** Queues in memory, into which anything can be put, and which can be out of reach. */
final class Wire implements Ecoq\Transport
{
    public ?Throwable $broken = null;
    public array $queues = [];
    private array $reserved = [];
    public function send(string $queue, array $messages): void { if ($this->broken) throw $this->broken; foreach ($messages as $m) { $this->queues[$queue][] = $m->body; } }
    public function reserve(string $queue, int $max): array
    {
        $out = [];
        foreach (array_splice($this->queues[$queue], 0, $max) as $body) {
            $this->reserved[] = $body;
            $out[] = new Ecoq\ReservedMessage(body: $body, token: (string) array_key_last($this->reserved));
        }
        return $out;
    }
    public function acknowledge(string $queue, array $tokens): array { return []; }
    public function release(string $queue, array $tokens): void { foreach ($tokens as $t) { $this->queues[$queue][] = $this->reserved[$t]; } }
    public function owns(string $queue, string $token): bool { return true; }
    public function stats(string $queue): Ecoq\QueueStats { return new Ecoq\QueueStats(count($this->queues[$queue] ?? []), 0, 0, true); }
    public function purge(string $queue): int { return 0; }
    public function setup(string $queue): void { $this->queues[$queue] ??= []; }
    public function capabilities(): array { return ['delay', 'priority']; }
}

$log = new class {
    public function __call(string $level, array $arguments): void
    {
        [$text, $context] = $arguments + [1 => []];
        $values = array_filter($context, 'is_scalar');
        echo "$level: ", preg_replace(['/[-0-9a-f]{36}/', '/of \d+ bytes/'], ['ID', 'of N bytes'], strtr($text, array_combine(array_map(fn ($k) => "{{$k}}", array_keys($values)), $values))), "\n";
    }
};
function application(Wire $wire, ?object $log = null, string $options = '', string $errorOptions = '', array $handlers = [], ?PDO $database = null): Ecoq\Messaging
{
    foreach (['q', 'q.dlq', 'errors', 'errors.dlq'] as $queue) { $wire->queues[$queue] ??= []; }
    parse_str($options, $more);
    parse_str($errorOptions, $errorMore);
    return new Ecoq\Messaging(handlers: [Handlers::class, ...$handlers], database: $database, logger: $log, channels: [
        'q' => new Ecoq\Channel($wire, errorChannel: 'errors', retry: new Ecoq\RetryPolicy(1, delay: 0), unknown: 'dead-letter', options: $more),
        'errors' => new Ecoq\Channel($wire, options: $errorMore),
    ]);
}

$failures = [];
$keep = ['ecoq.failed' => function (array $failure, Ecoq\Message $message) use (&$failures) { $failures[] = [$failure, $message]; }];
$wire = new Wire();
$ecoq = application($wire, handlers: $keep);
$ecoq->send(new Order(7, [1, 2.0]), headers: ['tenant' => 'acme']);
$ids[] = $sent = json_decode($wire->queues['q'][0])->meta->id;
$trace = json_decode($wire->queues['q'][0])->trace_id;
foreach (['text', 5, [1, 2], []] as $value) { $ids[] = $ecoq->sendTo('value', $value); }
$ecoq->sendTo('value', ['empty' => new stdClass(), 'half' => 1.5]);
$wire->queues['q'][] = $poison = "no envelope \xff";
$wire->queues['q'][] = '{"job":"nobody.knows","trace_id":"t-9","data":{"big":123456789012345678901234567890},"meta":{"id":"n-1","schema_version":1},"attempts":3,"headers":{"x":"y"}}';
$report = $ecoq->worker('q', stopWhenEmpty: true)->run();
echo "handled {$report->handled}, retried {$report->retried}, given up {$report->deadLettered}, runs ", Handlers::$runs, "\n";
echo count($wire->queues['q.dlq']), ' in q.dlq, ', count($wire->queues['errors']), " in errors\n";
$raw = implode("\n", $wire->queues['errors']);
var_dump(str_contains($raw, '"payload":{"big":123456789012345678901234567890}'), str_contains($raw, '"payload":{"empty":{},"half":1.5}'), str_contains($raw, '"payload":[1,2]'));
$report = $ecoq->worker('errors', stopWhenEmpty: true)->run();
echo "errors: handled {$report->handled}\n";

[$failure, $message] = array_values(array_filter($failures, fn ($f) => $f[0]['endpoint'] === 'order'))[0];
echo implode(' ', array_keys($failure)), "\n";
var_dump(count($failures), $failure['id'] === $sent, $message->traceId === $trace, $message->header('tenant'), $message->header('ecoq-parent-id') === $sent, $message->type);
$byEndpoint = [];
foreach ($failures as [$failure, $message]) {
    $byEndpoint[] = $failure;
    $lines[] = sprintf("%s/%s/%s attempts %d: %s %s \"%s\" %s %s\n", $failure['type'], $failure['endpoint'] ?? '-', $failure['channel'], $failure['attempts'], $failure['reason'],
        $failure['errorClass'] ?? '-', preg_replace('/:.*/', '', $failure['error']), json_encode($failure['payload']), json_encode(array_diff_key($failure['headers'], ['ecoq-endpoint' => 1])));
}
sort($lines);
echo implode($lines);
echo preg_match('/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/', $failures[0][0]['failedAt']), ' ', abs(strtotime($failures[0][0]['failedAt']) - time()) < 60 ? 'now' : $failures[0][0]['failedAt'], "\n";
$order = array_values(array_filter($byEndpoint, fn ($f) => $f['endpoint'] === 'order'))[0];
$bad = array_values(array_filter($byEndpoint, fn ($f) => $f['reason'] === 'poison'))[0];
var_dump(str_contains($order['trace'], 'Handlers->order'), isset($order['body']), base64_decode($bad['body']) === $poison);

echo "-- the same failure again has the same id; another one has another\n";
$ecoq = application($wire = new Wire(), handlers: $keep);
$ecoq->send(new Order(8));
$bytes = $wire->queues['q'][0];
$failures = [];
foreach ([1, 2] as $time) {
    $wire->queues['q'] = [$bytes];
    $ecoq->worker('q', stopWhenEmpty: true)->run();
}
$ecoq->send(new Order(9));
$ecoq->worker('q', 'errors', stopWhenEmpty: true)->run();
$seen = array_map(fn ($f) => $f[1]->id, $failures);
var_dump(count($seen), $seen[0] === $seen[1], $seen[0] !== $seen[2], in_array(json_decode($bytes)->meta->id, $seen));

echo "-- a refusal\n";
$ecoq = application($wire = new Wire(), $log, errorOptions: 'max-body=100');
$ecoq->sendTo('value', 1);
$report = $ecoq->worker('q', stopWhenEmpty: true)->run();
echo "given up {$report->deadLettered}, ", count($wire->queues['q.dlq']), ' in q.dlq, reason ', json_decode($wire->queues['q.dlq'][0])->dead_letter->error, "\n";

echo "-- out of reach\n";
$q = new Wire();
$errors = new Wire();
$q->queues = ['q' => []];
$errors->queues = ['errors' => []];
$ecoq = new Ecoq\Messaging(handlers: [Handlers::class, ...$keep], logger: $log, channels: ['q' => new Ecoq\Channel($q, errorChannel: 'errors'), 'errors' => $errors]);
$ecoq->sendTo('value', 1);
$errors->broken = new Ecoq\Exception\ConnectionException('no route');
Handlers::$runs = 0;
$failures = [];
$report = $ecoq->worker('q', limit: 1)->run();
echo "postponed {$report->postponed}, given up {$report->deadLettered}, attempts ", json_decode($q->queues['q'][0])->attempts, ', ', count($q->queues['q.dlq'] ?? []), " in q.dlq\n";
$errors->broken = new RuntimeException('what is this?');
$kept = $q->queues['q'];
$report = $ecoq->worker('q', limit: 1)->run();
echo "postponed {$report->postponed}, given up {$report->deadLettered}, ", count($q->queues['q.dlq'] ?? []), " in q.dlq\n";
$errors->broken = null;
$q->queues['q'] = $kept;
$ecoq->worker('q', 'errors', stopWhenEmpty: true)->run();
echo count($failures), ' failure with attempts ', $failures[0][0]['attempts'], ', runs ', Handlers::$runs, "\n";

echo "-- a handler of failures that fails has dead letters of its own\n";
$ecoq = application($wire = new Wire(), handlers: ['ecoq.failed' => fn () => throw new Ecoq\Exception\Unrecoverable('neither')]);
$ecoq->sendTo('value', 1);
$ecoq->worker('q', 'errors', stopWhenEmpty: true)->run();
echo count($wire->queues['q.dlq']), ' in q.dlq, ', count($wire->queues['errors.dlq']), " in errors.dlq\n";
?>
--EXPECT--
handled 0, retried 1, given up 8, runs 7
0 in q.dlq, 8 in errors
bool(true)
bool(true)
bool(true)
errors: handled 8
id type endpoint channel attempts reason error errorClass trace failedAt payload headers
int(8)
bool(true)
bool(true)
string(4) "acme"
bool(true)
string(11) "ecoq.failed"
/-/q attempts 0: poison - "malformed" null []
Order/order/q attempts 2: failed DomainException "no 7" {"id":7,"lines":[1,2]} {"tenant":"acme"}
nobody.knows/-/q attempts 3: unknown_urn - "no handler for type "nobody.knows"" {"big":1.2345678901234568e+29} {"x":"y"}
value/value/q attempts 1: failed Ecoq\Exception\Unrecoverable "never" "text" {"ecoq-payload":"value"}
value/value/q attempts 1: failed Ecoq\Exception\Unrecoverable "never" 5 {"ecoq-payload":"value"}
value/value/q attempts 1: failed Ecoq\Exception\Unrecoverable "never" [1,2] {"ecoq-payload":"value"}
value/value/q attempts 1: failed Ecoq\Exception\Unrecoverable "never" [] []
value/value/q attempts 1: failed Ecoq\Exception\Unrecoverable "never" {"empty":[],"half":1.5} []
1 now
bool(true)
bool(false)
bool(true)
-- the same failure again has the same id; another one has another
int(3)
bool(true)
bool(true)
bool(false)
-- a refusal
warning: The error channel errors did not take the failure of message ID on channel q, which becomes a dead letter: 1 message for channel "errors" not sent, the first of type ecoq.failed (id ID): a message of N bytes is above what channel "errors" accepts, max-body is 100 bytes
error: Message ID on channel q was dead-lettered: Ecoq\Exception\Unrecoverable: never
given up 1, 1 in q.dlq, reason never
-- out of reach
warning: Message ID on channel q was postponed: the error channel "errors" cannot be told of its failure now (1 message for channel "errors" not sent, the first of type ecoq.failed (id ID): Wire::send() threw Ecoq\Exception\ConnectionException: no route): Ecoq\Exception\Unrecoverable: never
postponed 1, given up 0, attempts 0, 0 in q.dlq
warning: Message ID on channel q was postponed: the error channel "errors" cannot be told of its failure now (1 message for channel "errors" not sent, the first of type ecoq.failed (id ID): Wire::send() threw RuntimeException: what is this?): Ecoq\Exception\Unrecoverable: never
postponed 1, given up 0, 0 in q.dlq
error: Message ID on channel q was dead-lettered: Ecoq\Exception\Unrecoverable: never
1 failure with attempts 1, runs 3
-- a handler of failures that fails has dead letters of its own
0 in q.dlq, 1 in errors.dlq
