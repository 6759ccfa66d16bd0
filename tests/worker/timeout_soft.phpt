--TEST--
A handler that reaches its time-out gets an exception, wherever it is in PHP code; nothing else gets one
--FILE--
<?php
use Ecoq\Attribute\{Asynchronous, CommandHandler, Timeout};
use Ecoq\Exception\HandlerTimeoutException;

final class Slow
{
    public static array $log = [];

    #[Asynchronous('q'), CommandHandler('loop', endpointId: 'slow.loop')]
    public function loop(): void
    {
        try {
            while (true) {
            }
        } finally {
            self::$log[] = 'finally';
        }
    }

    #[Asynchronous('q'), CommandHandler('sleep', endpointId: 'slow.sleep')]
    public function sleep(): void
    {
        while (true) {
            usleep(20_000);
        }
    }

    #[Asynchronous('q'), CommandHandler('callback', endpointId: 'slow.callback')]
    public function callback(): void
    {
        array_map(function (int $n): int {
            while ($n > 0) {
                $n++;
            }
            return $n;
        }, range(1, 10));
    }

    #[Asynchronous('q'), CommandHandler('generator', endpointId: 'slow.generator')]
    public function generator(): void
    {
        foreach ((function () { while (true) yield 1; })() as $n);
    }

    #[Asynchronous('q'), CommandHandler('query', endpointId: 'slow.query')]
    public function query(Ecoq\QueryBus $bus): void
    {
        // nearly all of the time ecoq itself is at work
        while (true) {
            $bus->queryTo('small');
        }
    }

    #[Ecoq\Attribute\QueryHandler('small')]
    public function small(): int
    {
        return 1;
    }

    #[Asynchronous('q'), CommandHandler('swallows', endpointId: 'slow.swallows')]
    public function swallows(): void
    {
        // the exception comes again: it is not enough to catch it once
        for ($caught = 0; $caught < 3;) {
            try {
                while (true) {
                }
            } catch (HandlerTimeoutException $e) {
                $caught++;
            }
        }
        self::$log[] = "caught $caught times, returned: a success";
    }

    #[Asynchronous('q'), CommandHandler('own', endpointId: 'slow.own'), Timeout(100)]
    public function own(): void
    {
        for ($end = hrtime(true) + 250_000_000; hrtime(true) < $end;);
        self::$log[] = 'had as much time as its channel gives';
    }

    #[Asynchronous('q'), CommandHandler('quick', endpointId: 'slow.quick')]
    public function quick(int $n): void
    {
        self::$log[] = "quick $n";
    }

    #[Asynchronous('edge'), CommandHandler('edge', endpointId: 'slow.edge')]
    public function edge(int $microseconds): void
    {
        for ($end = hrtime(true) + $microseconds * 1000; hrtime(true) < $end;);
        self::$log[] = 'edge';
    }
}

$ecoq = new Ecoq\Messaging(handlers: [Slow::class], channels: ['q' => 'memory:?timeout=300ms&retry.max=0', 'edge' => 'memory:?timeout=20ms&retry.max=0']);
foreach (['loop', 'sleep', 'callback', 'generator', 'query', 'swallows'] as $n => $type) {
    $ecoq->sendTo($type);
    $ecoq->sendTo('quick', $n);
}
$start = hrtime(true);
$report = $ecoq->worker('q', stopWhenEmpty: true)->run();
$seconds = (hrtime(true) - $start) / 1e9;
echo "handled $report->handled, failed $report->failed, ", $seconds >= 1.6 && $seconds < 20 ? 'in time' : "$seconds s", "\n";
echo implode("\n", Slow::$log), "\n";
foreach ($ecoq->deadLetters()->list() as $letter) {
    echo preg_replace('/[0-9a-f]{8}-[0-9a-f-]{27}/', '<id>', $letter->error), "\n";
}
var_dump(is_a(HandlerTimeoutException::class, Ecoq\Exception\EcoqException::class, true), is_a(HandlerTimeoutException::class, RuntimeException::class, true));

// the handler's own replaces the channel's
Slow::$log = [];
$ecoq->sendTo('own');
$ecoq->deadLetters()->purge();
echo $ecoq->worker('q', stopWhenEmpty: true)->run()->handled, ' ', Slow::$log[0] ?? '', ' ', preg_replace('/ \(.*/', '', $ecoq->deadLetters()->list()[0]->error), "\n";
final class TooLong
{
    #[Asynchronous('q'), CommandHandler('long', endpointId: 'too.long'), Timeout(60_000)]
    public function own(): void {}
}
try {
    new Ecoq\Messaging(handlers: [TooLong::class], channels: ['q' => 'memory:?timeout=300ms']);
} catch (Ecoq\Exception\ConfigurationException $e) {
    echo $e->getMessage(), "\n";
}

// handlers that return just when their time is up: whatever wins, each message has one outcome, and the worker is not hit
Slow::$log = [];
for ($i = 0; $i < 60; $i++) {
    $ecoq->sendTo('edge', 17_400 + $i * 20);
}
$report = $ecoq->worker('edge', stopWhenEmpty: true)->run();
var_dump($report->handled + $report->failed === 60, $report->handled === count(Slow::$log), $report->deadLettered === $report->failed);

// what comes after the handler has time: it is neither interrupted nor does it end the process
$slow = new Ecoq\Messaging(handlers: ['n' => fn () => usleep(100_000)], channels: ['p' => 'memory:?timeout=300ms&retry.max=0']);
$slow->hooks(after: function () use (&$loops): void {
    for ($end = hrtime(true) + 1_600_000_000; hrtime(true) < $end;) {
        usleep(10_000);
    }
    $loops = 'after the handler: not interrupted';
});
$slow->channel('p')->send(Ecoq\Message::create('n', ['a' => 1]));
echo $slow->worker('p', stopWhenEmpty: true)->run()->handled, " $loops\n";

// without a channel's or a handler's time-out there is none, and no thread
$threads = fn (): int => count(glob('/proc/self/task/*'));
$plain = new Ecoq\Messaging(handlers: ['n' => function () use (&$seen, $threads): void { $seen = $threads(); }], channels: ['p' => 'memory:']);
$plain->channel('p')->send(Ecoq\Message::create('n', ['a' => 1]));
$plain->worker('p', stopWhenEmpty: true)->run();
$ecoq->sendTo('quick', 7);
var_dump($seen, $threads());
?>
--EXPECT--
handled 7, failed 5, in time
finally
quick 0
quick 1
quick 2
quick 3
quick 4
caught 3 times, returned: a success
quick 5
Handler slow.loop reached its time-out of 300 ms (channel "q", message <id>)
Handler slow.sleep reached its time-out of 300 ms (channel "q", message <id>)
Handler slow.callback reached its time-out of 300 ms (channel "q", message <id>)
Handler slow.generator reached its time-out of 300 ms (channel "q", message <id>)
Handler slow.query reached its time-out of 300 ms (channel "q", message <id>)
bool(true)
bool(true)
0  Handler slow.own reached its time-out of 100 ms
too.long, #[Timeout]: 60000 ms is longer than the timeout of channel "q" (300 ms), after which another worker takes the message over: raise that one
bool(true)
bool(true)
bool(true)
1 after the handler: not interrupted
int(1)
int(1)
