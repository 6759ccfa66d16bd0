--TEST--
Exception filters: only and never by class, parent and interface, the handler's lists instead of the channel's, no autoloading; #[InstantRetry]
--FILE--
<?php
use Ecoq\Attribute\{Asynchronous, CommandHandler, EventHandler, InstantRetry, Retry};
use Ecoq\Exception\{RetryLater, StopWorker, Unrecoverable};

interface Transient {}
class Timeout_ extends RuntimeException implements Transient {}
class SlowTimeout extends Timeout_ {}
class Hopeless extends RuntimeException {}
class HopelessTimeout extends Hopeless implements Transient {}
class Gone extends RetryLater {}

spl_autoload_register(function (string $class) { echo "AUTOLOADING $class\n"; });

#[Asynchronous('q')]
class Handlers
{
    public static array $calls = [];
    private function fail(string $name, Throwable $e): never { self::$calls[$name] = (self::$calls[$name] ?? 0) + 1; throw $e; }
    #[CommandHandler('listed')] public function listed(): void { $this->fail('by interface', new Timeout_()); }
    #[CommandHandler('subclass')] public function subclass(): void { $this->fail('subclass', new SlowTimeout()); }
    #[CommandHandler('both')] public function both(): void { $this->fail('never goes first', new HopelessTimeout()); }
    #[CommandHandler('other')] public function other(): void { $this->fail('not listed', new DomainException()); }
    #[CommandHandler('previous')] public function previous(): void { $this->fail('previous does not count', new DomainException('', 0, new Timeout_())); }
    #[CommandHandler('error')] public function error(): void { $this->fail('an Error', new TypeError()); }
    #[CommandHandler('own'), Retry(only: ['\LogicException'])] public function own(): void { $this->fail('own only', new DomainException()); }
    #[CommandHandler('own2'), Retry(only: ['LogicException'])] public function own2(): void { $this->fail('own only, not listed', new Timeout_()); }
    #[CommandHandler('own3'), Retry(only: [Throwable::class])] public function own3(): void { $this->fail('own only, the channel\'s never', new HopelessTimeout()); }
    #[CommandHandler('own4'), Retry(never: [])] public function own4(): void { $this->fail('own empty never', new HopelessTimeout()); }
    #[CommandHandler('own5'), Retry(only: [])] public function own5(): void { $this->fail('own empty only', new DomainException()); }
    #[CommandHandler('own6'), Retry(max: 1, only: [])] public function own6(): void { $this->fail('own max', new DomainException()); }
    #[CommandHandler('later')] public function later(): void { $this->fail('RetryLater', new RetryLater(1)); }
    #[CommandHandler('gone'), Retry(never: [Gone::class])] public function gone(): void { $this->fail('a RetryLater in never', new Gone(1)); }
    #[CommandHandler('pointless'), Retry(only: [Unrecoverable::class])] public function pointless(): void { $this->fail('Unrecoverable in only', new Unrecoverable()); }
    #[CommandHandler('exit')] public function exit(): void { self::$calls['exit()'] = (self::$calls['exit()'] ?? 0) + 1; exit(1); }
}

function drain(Ecoq\Messaging $ecoq): Ecoq\WorkerReport
{
    $deadline = microtime(true) + 60;
    do {
        $report = $ecoq->worker('q', stopWhenEmpty: true)->run();
        usleep(2000);
        $stats = $ecoq->channel('q')->stats();
    } while ($stats->ready + $stats->delayed > 0 && microtime(true) < $deadline);
    return $report;
}

$lists = ['only' => ['TRANSIENT', 'Not\Loaded'], 'never' => ['hopeless', 'Nor\This']];
foreach ([
    'policy' => new Ecoq\Channel('memory:', new Ecoq\RetryPolicy(...['maxRetries' => 2, 'delay' => 1] + $lists)),
    'dsn' => 'memory:?retry.max=2&retry.delay=1&retry.only=TRANSIENT,Not%5CLoaded&retry.never=hopeless',
] as $name => $channel) {
    Handlers::$calls = [];
    $ecoq = new Ecoq\Messaging(handlers: [Handlers::class], channels: ['q' => $channel]);
    $types = ['listed', 'subclass', 'both', 'other', 'previous', 'error', 'own', 'own2', 'own3', 'own4', 'own5', 'own6', 'later', 'gone', 'pointless', 'exit'];
    array_map($ecoq->sendTo(...), $types);
    drain($ecoq);
    ksort(Handlers::$calls);
    $calls[$name] = Handlers::$calls;
    echo "$name: ", $ecoq->deadLetters()->count() === count($types) ? 'all are dead letters' : 'SOME ARE MISSING', "\n";
}
foreach ($calls['policy'] as $what => $count) { echo "  $what: $count\n"; }
var_dump($calls['dsn'] === $calls['policy']);

echo "-- a handler that stops its worker is retried whatever the lists say\n";
class Stopping { #[Asynchronous('q'), CommandHandler('stop')] public function stop(): void { throw new StopWorker('now'); } }
$ecoq = new Ecoq\Messaging(handlers: [Stopping::class], channels: ['q' => 'memory:?retry.only=Nobody']);
$ecoq->sendTo('stop');
$report = $ecoq->worker('q')->run();
echo "retried {$report->retried}, {$report->stopReason}\n";

echo "-- instant retry\n";
class Instant
{
    public static int $runs = 0;
    public static array $exceptions = [];
    private function run(Ecoq\CommandBus $bus): string
    {
        $bus->sendTo('note', self::$runs);
        if ($e = self::$exceptions[self::$runs++] ?? null) throw $e;
        return 'ok';
    }
    #[CommandHandler('any'), InstantRetry] public function any(Ecoq\CommandBus $bus): string { return $this->run($bus); }
    #[CommandHandler('some'), InstantRetry(max: 2, delay: 20, only: [Transient::class])] public function some(Ecoq\CommandBus $bus): string { return $this->run($bus); }
    #[CommandHandler('outer')] public function outer(Ecoq\CommandBus $bus): string { return $bus->sendTo('any'); }
    #[CommandHandler('exits'), InstantRetry] public function exits(): void { self::$runs++; exit(0); }
    #[Asynchronous('q'), CommandHandler('note')] public function note(int $run): void { echo "note of run $run\n"; }
}
$ecoq = new Ecoq\Messaging(handlers: [Instant::class], channels: ['q' => 'memory:']);
$attempt = function (string $type, array $exceptions) use ($ecoq) {
    Instant::$runs = 0;
    Instant::$exceptions = $exceptions;
    try {
        $result = $ecoq->sendTo($type);
    } catch (Throwable $e) {
        $result = get_class($e);
    }
    echo "$type: $result after ", Instant::$runs, "\n";
    drain($ecoq);
};
$attempt('any', []);
$attempt('any', [new DomainException(), new Error(), new DomainException()]);
$attempt('any', array_fill(0, 9, new DomainException()));
$attempt('any', [new DomainException(), new Unrecoverable()]);
$attempt('any', [new RetryLater(1)]);
$before = hrtime(true);
$attempt('some', [new SlowTimeout(), new HopelessTimeout()]);
var_dump(hrtime(true) - $before >= 40_000_000);
$attempt('some', [new DomainException()]);
$attempt('outer', [new DomainException()]);
$ecoq->sendTo('exits');
echo "NOT REACHED\n";
?>
--EXPECT--
policy: all are dead letters
dsn: all are dead letters
  RetryLater: 3
  Unrecoverable in only: 1
  a RetryLater in never: 3
  an Error: 1
  by interface: 3
  exit(): 3
  never goes first: 1
  not listed: 1
  own empty never: 3
  own empty only: 3
  own max: 2
  own only: 3
  own only, not listed: 1
  own only, the channel's never: 1
  previous does not count: 1
  subclass: 3
bool(true)
-- a handler that stops its worker is retried whatever the lists say
retried 1, handler
-- instant retry
any: ok after 1
note of run 0
any: ok after 4
note of run 3
any: DomainException after 4
any: Ecoq\Exception\Unrecoverable after 2
any: Ecoq\Exception\RetryLater after 1
some: ok after 3
note of run 2
bool(true)
some: DomainException after 1
outer: DomainException after 1
