--TEST--
Messages from elsewhere are routed by type when they arrive; routing the same bytes twice makes the same copies
--FILE--
<?php
use Ecoq\Attribute\{Asynchronous, CommandHandler, EventHandler};

class Local
{
    public static array $ids = [];
    #[Asynchronous('in'), EventHandler('one.thing', endpointId: 'only')] public function only(array $data, Ecoq\Message $m): void { echo "only {$data['n']} {$m->id} attempts {$m->attempts} {$m->lang}\n"; }
    #[Asynchronous('in'), EventHandler('many', endpointId: 'left')] public function left(Ecoq\Message $m): void { self::$ids['left'][] = $m->id; }
    #[Asynchronous('other'), EventHandler('man*', endpointId: 'right')] public function right(Ecoq\Message $m): void { self::$ids['right'][] = $m->id . $m->header('ecoq-event-id') . $m->header('rider'); }
    #[EventHandler('many', endpointId: 'sync')] public function sync(Ecoq\Message $m): void { self::$ids['sync'][] = $m->id; }
    #[Asynchronous('secret'), CommandHandler('admin.delete', endpointId: 'admin')] public function admin(): void { echo "MUST NOT RUN\n"; }
}

function envelope(string $type, array $data, ?string $id, array $more = []): string
{
    return json_encode(['job' => $type, 'trace_id' => 't-1', 'data' => $data, 'meta' => array_filter(['id' => $id, 'queue' => 'in', 'lang' => 'go', 'schema_version' => 1, 'created_at' => 1]), 'attempts' => 0] + $more);
}

// A broker into which anything can be put as another service would.
final class Wire implements Ecoq\Transport
{
    public array $queues = [];
    private array $reserved = [];
    private int $number = 0;
    public function send(string $queue, array $messages): void { foreach ($messages as $m) { $this->queues[$queue][] = $m->body; } }
    public function reserve(string $queue, int $max): array
    {
        $out = [];
        foreach (array_splice($this->queues[$queue], 0, $max) as $body) {
            $this->reserved[++$this->number] = $body;
            $out[] = new Ecoq\ReservedMessage(body: $body, token: (string) $this->number);
        }
        return $out;
    }
    public function acknowledge(string $queue, array $tokens): array { return []; }
    public function release(string $queue, array $tokens): void { array_unshift($this->queues[$queue], ...array_map(fn ($t) => $this->reserved[$t], $tokens)); }
    public function owns(string $queue, string $token): bool { return true; }
    public function stats(string $queue): Ecoq\QueueStats { return new Ecoq\QueueStats(count($this->queues[$queue] ?? []), 0, 0, true); }
    public function purge(string $queue): int { return 0; }
    public function setup(string $queue): void { $this->queues[$queue] ??= []; }
    public function capabilities(): array { return ['delay', 'priority']; }
}

function app(Wire $wire, string $unknown = 'retry'): Ecoq\Messaging
{
    foreach (['in', 'other', 'secret'] as $queue) { $wire->queues[$queue] ??= []; }
    return new Ecoq\Messaging(handlers: [Local::class, 'plain' => function (array $data) { echo "plain {$data['n']}\n"; }],
        channels: array_map(fn ($q) => new Ecoq\Channel($wire, queue: $q, unknown: $unknown), ['in' => 'in', 'other' => 'other', 'secret' => 'secret']));
}

$wire = new Wire();
$ecoq = app($wire);
$bytes = envelope('many', ['n' => 2], null, ['headers' => ['rider' => 'kept'], 'x-vendor' => 1]);
$wire->queues['in'] = [envelope('one.thing', ['n' => 1], 'f1e2d3c4-b5a6-4789-90ab-cdef01234567'), envelope('plain', ['n' => 3], 'p-1'), envelope('many', ['n' => 2], 'm-1', ['headers' => ['rider' => '!']])];
$wire->queues['in'][] = $wire->queues['in'][2];
$report = $ecoq->worker('in', 'other', stopWhenEmpty: true)->run();
echo "handled {$report->handled}, forwarded {$report->forwarded}\n";
foreach (Local::$ids as $name => $ids) { echo $name, ': ', count($ids), ' copies, ', count(array_unique($ids)), " id\n"; }
var_dump(str_contains(Local::$ids['right'][0], 'm-1!'));

echo "-- forged endpoint\n";
$wire->queues['in'] = [envelope('whatever', [], 'x', ['headers' => ['ecoq-endpoint' => 'admin']])];
$report = app($wire, 'dead-letter')->worker('in', stopWhenEmpty: true)->run();
echo "deadLettered {$report->deadLettered}: ", count($wire->queues['in.dlq']), "\n";

echo "-- unknown\n";
foreach (['ignore', 'dead-letter', 'retry'] as $policy) {
    $wire->queues = ['in' => [envelope('who.knows', ['n' => 1], 'u-1')], 'in.dlq' => []];
    $report = app($wire, $policy)->worker('in', limit: 1)->run();
    echo "$policy: dropped {$report->dropped} deadLettered {$report->deadLettered} postponed {$report->postponed} failed {$report->failed}\n";
}
$again = json_decode($wire->queues['in'][0], true);
echo $again['attempts'], ' ', $again['headers']['ecoq-unknown'], ' ', $again['meta']['lang'], "\n";
// after one hour of nobody knowing it
$again['headers']['ecoq-unknown-since'] -= 3_600_001;
$wire->queues['in'] = [json_encode($again)];
$report = app($wire)->worker('in', limit: 1)->run();
echo "deadLettered {$report->deadLettered} ", json_decode($wire->queues['in.dlq'][0], true)['dead_letter']['reason'], "\n";
?>
--EXPECT--
only 1 f1e2d3c4-b5a6-4789-90ab-cdef01234567 attempts 0 go
plain 3
handled 8, forwarded 2
left: 2 copies, 1 id
sync: 2 copies, 1 id
right: 2 copies, 1 id
bool(true)
-- forged endpoint
deadLettered 1: 1
-- unknown
ignore: dropped 1 deadLettered 0 postponed 0 failed 0
dead-letter: dropped 0 deadLettered 1 postponed 0 failed 0
retry: dropped 0 deadLettered 0 postponed 1 failed 0
0 1 go
deadLettered 1 unknown_urn
