--TEST--
Hooks between messages: order, arguments, failures, idle once per idle period; objects with ResetInterface are reset; what hooks throw changes nothing
--FILE--
<?php
namespace Symfony\Contracts\Service {
    interface ResetInterface { public function reset(); }
}
namespace {
use Ecoq\Attribute\{Asynchronous, CommandHandler};
use Ecoq\Message;
use Symfony\Contracts\Service\ResetInterface;

#[Asynchronous('q')]
class Handlers implements ResetInterface
{
    public int $state = 0;
    #[CommandHandler('good', endpointId: 'good')] public function good(array $p, Message $m): void { echo '  good', $m === $GLOBALS['seen'] ? ', the same message' : ', another message', ", state {$this->state}\n"; $this->state++; }
    #[CommandHandler('bad', endpointId: 'bad')] public function bad(): void { echo "  bad\n"; throw new DomainException('no'); }
    #[CommandHandler('drop', endpointId: 'drop')] public function drop(): void { throw new Ecoq\Exception\Drop(); }
    #[CommandHandler('exit', endpointId: 'exit')] public function exit(): void { exit(4); }
    #[CommandHandler('typed', endpointId: 'typed')] public function typed(int $n): void {}
    #[CommandHandler('cycle', endpointId: 'cycle')] public function cycle(): void { $c = new Cycle(); $c->self = $c; }
    public function reset(): void { echo "  handlers reset, state {$this->state}\n"; $this->state = 0; }
}
class Cycle { public $self; public function __destruct() { echo "  cycle collected\n"; throw new Exception('in a destructor'); } }
class Service { public function __construct(private string $name) {} public function reset(int $times = 1): void { echo "  $this->name reset\n"; } }
class NoReset { private function reset(): void {} }
final class Logger
{
    public function __call(string $level, array $arguments): void
    {
        [$message, $context] = $arguments;
        if (!str_starts_with($message, 'Message')) {
            echo "  $level: ", preg_replace_callback('/\{(\w+)\}/', fn ($m) => $context[$m[1]], $message), "\n";
        }
    }
}
$seen = null;
$callable = new class implements ResetInterface {
    public function __invoke(): void { echo "  invoked\n"; }
    public function reset(): void { echo "  invokable reset\n"; }
};
$ecoq = new Ecoq\Messaging(handlers: [Handlers::class, 'closure' => fn () => print("  closure\n"), 'invokable' => $callable],
    channels: ['q' => 'memory:?retry.max=1&retry.delay=0', 'r' => 'memory:'], logger: new Logger());
$run = function (string $channel = 'q', mixed ...$limits) use (&$ecoq) {
    $report = $ecoq->worker($channel, ...($limits ?: ['stopWhenEmpty' => true]))->run();
    printf("handled %d, failed %d, dead %d, dropped %d\n", $report->handled, $report->failed, $report->deadLettered, $report->dropped);
};

echo "-- no hooks: handler objects are reset all the same, once they are there\n";
$ecoq->channel('r')->send([Message::create('closure'), Message::create('invokable')]);
$run('r');

echo "-- order and arguments\n";
var_dump($ecoq === $ecoq->hooks());
$ecoq->hooks(
    before: function (Message $m, string $channel, string $endpoint) use (&$seen) { $seen = $m; echo "before {$m->type} on $channel for $endpoint\n"; },
    after: fn (Message $m, string $channel, string $endpoint, string $outcome) => print("after {$m->type} on $channel for $endpoint: $outcome\n"),
    failure: fn (Throwable $e, Message $m, int $attempt, bool $willRetry) => print('failure: ' . $e::class . ': ' . preg_replace('/.*: /', '', $e->getMessage()) . ", attempt $attempt, " . json_encode($willRetry) . "\n"),
    reset: new Service('first'),
)->hooks(before: fn () => print("before, too\n"), reset: [new Service('second'), $s = new Service('third'), $s]);
foreach (['good', 'bad', 'drop', 'exit'] as $type) {
    $ecoq->sendTo($type);
    $run();
}
$ecoq->sendTo('typed', 'no number');
$run();

echo "-- hooks that fail\n";
$other = new Ecoq\Messaging(handlers: [Handlers::class], channels: ['q' => 'memory:?retry.max=0'], logger: new Logger());
$other->hooks(
    before: fn () => throw new LogicException('before'),
    after: function () { exit(7); },
    failure: fn () => undefined_function(),
    reset: new class { public function reset(): never { throw new Error('reset'); } },
);
$later = [];
$other->hooks(before: function (Message $m) use ($other, &$later) { echo "  still called\n"; $later || $other->hooks(after: fn () => print("  added meanwhile\n")); $later[] = 1; $seen = $m; });
$ecoq = $other;
foreach (['good', 'bad'] as $type) {
    $ecoq->sendTo($type);
    $run();
}

echo "-- idle: told once, and cycles are collected, but not each time\n";
$ecoq = new Ecoq\Messaging(handlers: [Handlers::class, 'closure' => function () { usleep(1_100_000); echo "  closure\n"; }], channels: ['q' => 'memory:', 'r' => 'memory:'], logger: new Logger());
$idles = 0;
$ecoq->hooks(idle: function () use ($ecoq, &$idles) {
    echo '  idle ', ++$idles, "\n";
    if ($idles === 1) {
        $ecoq->sendTo('cycle');
        $ecoq->channel('r')->send(Message::create('closure'));
    }
});
$ecoq->hooks(idle: fn () => throw new Exception('idle'));
$report = $ecoq->worker('q', 'r', idleLimit: 1500)->run();
echo "handled {$report->handled}, {$report->stopReason}\n";

echo "-- refused\n";
foreach ([['reset' => new NoReset()], ['reset' => [new stdClass()]], ['reset' => ['x']], ['reset' => 5], ['before' => 'no_such_function']] as $arguments) {
    try {
        $ecoq->hooks(...$arguments);
        echo "accepted\n";
    } catch (Throwable $e) {
        echo $e::class, ': ', $e->getMessage(), "\n";
    }
}
unset($ecoq, $other, $run, $report);
gc_collect_cycles();
}
?>
--EXPECT--
-- no hooks: handler objects are reset all the same, once they are there
  closure
  invokable reset
  invoked
  invokable reset
handled 2, failed 0, dead 0, dropped 0
-- order and arguments
bool(true)
before good on q for good
before, too
  good, the same message, state 0
after good on q for good: handled
  invokable reset
  first reset
  second reset
  third reset
  handlers reset, state 1
handled 1, failed 0, dead 0, dropped 0
before bad on q for bad
before, too
  bad
failure: DomainException: no, attempt 1, true
after bad on q for bad: retried
  invokable reset
  first reset
  second reset
  third reset
  handlers reset, state 0
before bad on q for bad
before, too
  bad
failure: DomainException: no, attempt 2, false
after bad on q for bad: dead-lettered
  invokable reset
  first reset
  second reset
  third reset
  handlers reset, state 0
handled 0, failed 2, dead 1, dropped 0
before drop on q for drop
before, too
after drop on q for drop: dropped
  invokable reset
  first reset
  second reset
  third reset
  handlers reset, state 0
handled 0, failed 0, dead 0, dropped 1
before exit on q for exit
before, too
failure: Error: the handler called exit(), attempt 1, true
after exit on q for exit: retried
  invokable reset
  first reset
  second reset
  third reset
  handlers reset, state 0
before exit on q for exit
before, too
failure: Error: the handler called exit(), attempt 2, false
after exit on q for exit: dead-lettered
  invokable reset
  first reset
  second reset
  third reset
  handlers reset, state 0
handled 0, failed 2, dead 1, dropped 0
before typed on q for typed
before, too
failure: Ecoq\Exception\ConversionException: expected int, got string "no number", attempt 1, false
after typed on q for typed: dead-lettered
  invokable reset
  first reset
  second reset
  third reset
  handlers reset, state 0
handled 0, failed 1, dead 1, dropped 0
-- hooks that fail
  warning: A hook of the worker (before) failed: LogicException: before
  still called
  good, another message, state 0
  warning: A hook of the worker (after) failed: it called exit()
  added meanwhile
  warning: Resetting class@anonymous failed: Error: reset
  handlers reset, state 1
handled 1, failed 0, dead 0, dropped 0
  warning: A hook of the worker (before) failed: LogicException: before
  still called
  bad
  warning: A hook of the worker (failure) failed: Error: Call to undefined function undefined_function()
  warning: A hook of the worker (after) failed: it called exit()
  added meanwhile
  warning: Resetting class@anonymous failed: Error: reset
  handlers reset, state 0
handled 0, failed 1, dead 1, dropped 0
-- idle: told once, and cycles are collected, but not each time
  idle 1
  warning: A hook of the worker (idle) failed: Exception: idle
  handlers reset, state 0
  closure
  handlers reset, state 0
  idle 2
  warning: A hook of the worker (idle) failed: Exception: idle
  cycle collected
  warning: A destructor failed while cycles were collected: Exception: in a destructor
handled 2, idle-limit
-- refused
Ecoq\Exception\ConfigurationException: hooks(): reset: expects objects with a public method reset() that needs no arguments, NoReset given
Ecoq\Exception\ConfigurationException: hooks(): reset: expects objects with a public method reset() that needs no arguments, stdClass given
Ecoq\Exception\ConfigurationException: hooks(): reset: expects objects with a public method reset() that needs no arguments, string given
TypeError: Ecoq\Messaging::hooks(): Argument #5 ($reset) must be of type object|array, int given
TypeError: Ecoq\Messaging::hooks(): Argument #1 ($before) must be a valid callback or null, function "no_such_function" not found or invalid function name
