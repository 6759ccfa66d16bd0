--TEST--
Failure policy: retries, steering exceptions, exit(), conversion errors; each final failure is a dead letter
--FILE--
<?php
use Ecoq\Attribute\{Asynchronous, CommandHandler, Retry};
use Ecoq\Exception\{Drop, RetryLater, StopWorker, Unrecoverable};

class Order { public function __construct(public int $qty) {} }

#[Asynchronous('q')]
class Handlers
{
    public static array $calls = [];
    public static array $done = [];
    private static function called(string $name): int { return self::$calls[$name] = (self::$calls[$name] ?? 0) + 1; }
    #[CommandHandler('fails', endpointId: 'fails')] public function fails(Ecoq\Message $m): void { self::called('fails'); throw new DomainException("attempt {$m->attempts}"); }
    #[CommandHandler('never', endpointId: 'never')] public function never(): void { self::called('never'); throw new Unrecoverable('pointless'); }
    #[CommandHandler('later', endpointId: 'later')] public function later(): void { if (self::called('later') < 2) throw new RetryLater(1); self::$done[] = 'later'; }
    #[CommandHandler('drop', endpointId: 'drop')] public function drop(Ecoq\CommandBus $bus): void { self::called('drop'); $bus->sendTo('good'); throw new Drop(); }
    #[CommandHandler('exits', endpointId: 'exits')] public function exits(): void { if (self::called('exits') < 2) exit(3); self::$done[] = 'exits'; }
    #[CommandHandler('typed', endpointId: 'typed')] public function typed(Order $order): void { self::called('typed'); }
    #[CommandHandler('more', endpointId: 'more'), Retry(max: 5, delay: 1)] public function more(): void { self::called('more'); throw new RuntimeException('no'); }
    #[CommandHandler('error', endpointId: 'error')] public function error(): void { self::called('error'); undefined_function(); }
    #[CommandHandler('good', endpointId: 'good')] public function good(): void { self::called('good'); }
    #[CommandHandler('stop', endpointId: 'stop'), Retry(delay: 60000, maxDelay: 60000)] public function stop(): void { self::called('stop'); throw new StopWorker('enough'); }
}

foreach (['memory:', 'sqlite:' . ($file = tempnam(sys_get_temp_dir(), 'ecoq'))] as $dsn) {
    Handlers::$calls = Handlers::$done = [];
    $ecoq = new Ecoq\Messaging(handlers: [Handlers::class], channels: ['q' => "$dsn?retry.max=2&retry.delay=1&retry.jitter=0"]);
    foreach (['fails', 'never', 'later', 'drop', 'exits', 'more', 'error', 'good'] as $type) {
        $ecoq->sendTo($type);
    }
    $ecoq->sendTo('typed', ['qty' => 'two']);
    $total = [];
    $deadline = microtime(true) + 120;
    do {
        $report = $ecoq->worker('q', stopWhenEmpty: true)->run();
        foreach (['handled', 'failed', 'retried', 'deadLettered', 'dropped'] as $name) {
            $total[$name] = ($total[$name] ?? 0) + $report->$name;
        }
        usleep(3000);
        $stats = $ecoq->channel('q')->stats();
    } while ($stats->ready + $stats->delayed + $stats->reserved > 0 && microtime(true) < $deadline);
    ksort(Handlers::$calls);
    sort(Handlers::$done);
    echo implode(' ', Handlers::$done), " done in the end\n";
    echo json_encode(Handlers::$calls), "\n", json_encode($total), "\n";
    $letters = $ecoq->deadLetters()->list();
    usort($letters, fn ($a, $b) => $a->endpointId <=> $b->endpointId);
    foreach ($letters as $letter) {
        printf("%s/%s/%s: %s \"%s\" after %d, %s, %s\n", $letter->endpointId, $letter->type, $letter->channel, $letter->errorClass ?? '-', $letter->error, $letter->attempts,
            $letter->reason, abs($letter->failedAt->getTimestamp() - time()) < 60 ? 'now' : 'never');
        if ($letter->endpointId === 'fails') {
            var_dump(str_contains($letter->trace, 'DomainException at '), str_contains($letter->trace, 'Handlers->fails'));
        }
    }
    $ecoq->sendTo('stop');
    $ecoq->sendTo('good');
    $report = $ecoq->worker('q')->run();
    echo "{$report->stopReason}, failed {$report->failed}, retried {$report->retried}, handled {$report->handled}, left ", $ecoq->channel('q')->stats()->ready, "\n";
}
unset($ecoq);
array_map('unlink', glob("$file*"));
?>
--EXPECT--
exits later done in the end
{"drop":1,"error":3,"exits":2,"fails":3,"good":1,"later":2,"more":6,"never":1}
{"handled":3,"failed":16,"retried":11,"deadLettered":5,"dropped":1}
error/error/q: Error "Call to undefined function undefined_function()" after 3, failed, now
fails/fails/q: DomainException "attempt 2" after 3, failed, now
bool(true)
bool(true)
more/more/q: RuntimeException "no" after 6, failed, now
never/never/q: Ecoq\Exception\Unrecoverable "pointless" after 1, failed, now
typed/typed/q: Ecoq\Exception\ConversionException "Handlers::typed(), parameter $order: data.qty: expected int, got string "two"" after 1, failed, now
handler, failed 1, retried 1, handled 0, left 1
exits later done in the end
{"drop":1,"error":3,"exits":2,"fails":3,"good":1,"later":2,"more":6,"never":1}
{"handled":3,"failed":16,"retried":11,"deadLettered":5,"dropped":1}
error/error/q: Error "Call to undefined function undefined_function()" after 3, failed, now
fails/fails/q: DomainException "attempt 2" after 3, failed, now
bool(true)
bool(true)
more/more/q: RuntimeException "no" after 6, failed, now
never/never/q: Ecoq\Exception\Unrecoverable "pointless" after 1, failed, now
typed/typed/q: Ecoq\Exception\ConversionException "Handlers::typed(), parameter $order: data.qty: expected int, got string "two"" after 1, failed, now
handler, failed 1, retried 1, handled 0, left 1
