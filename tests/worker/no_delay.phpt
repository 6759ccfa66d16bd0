--TEST--
A transport that cannot delay: what is to be retried later does not become a hot loop, and other channels go on
--FILE--
<?php
final class Plain implements Ecoq\Transport
{
    public array $queue = [];
    private array $reserved = [];
    public int $reserves = 0;
    private int $number = 0;
    public function send(string $queue, array $messages): void { foreach ($messages as $m) { $this->queue[$queue][] = $m->body; } }
    public function reserve(string $queue, int $max): array
    {
        $this->reserves++;
        $out = [];
        foreach (array_splice($this->queue[$queue], 0, $max) as $body) {
            $this->reserved[++$this->number] = $body;
            $out[] = new Ecoq\ReservedMessage(body: $body, token: (string) $this->number);
        }
        return $out;
    }
    public function acknowledge(string $queue, array $tokens): array { return []; }
    public function release(string $queue, array $tokens): void { array_unshift($this->queue[$queue], ...array_map(fn ($t) => $this->reserved[$t], $tokens)); }
    public function owns(string $queue, string $token): bool { return true; }
    public function stats(string $queue): Ecoq\QueueStats { return new Ecoq\QueueStats(count($this->queue[$queue] ?? []), 0, 0, true); }
    public function purge(string $queue): int { return 0; }
    public function setup(string $queue): void { $this->queue[$queue] ??= []; }
    public function capabilities(): array { return []; }
}
$transport = new Plain();
$calls = 0;
$ecoq = new Ecoq\Messaging(handlers: ['fails' => function () use (&$calls) { $calls++; throw new Exception('no'); }, 'good' => fn () => null], channels: ['q' => $transport, 'other' => 'memory:']);
$transport->setup('q');
$send = fn (string $channel, string $type) => $ecoq->channel($channel)->send(Ecoq\Message::create($type));
$send('q', 'nobody.knows');
$send('q', 'fails');
for ($i = 0; $i < 50; $i++) $send('other', 'good');
$started = microtime(true);
$handled = $postponed = 0;
do {
    $report = $ecoq->worker('q', 'other', timeLimit: 1500)->run();
    $handled += $report->handled;
    $postponed += $report->postponed;
    $seconds = microtime(true) - $started;
} while ($handled < 50 && $seconds < 60);
echo "handled $handled, ", $postponed < 4 + $seconds ? 'few' : $postponed, ' postponed, ', $calls <= 4 ? 'few' : $calls, ' calls, ', count($transport->queue['q']) >= 1 ? 'kept' : 'lost', "\n";
?>
--EXPECT--
handled 50, few postponed, few calls, kept
