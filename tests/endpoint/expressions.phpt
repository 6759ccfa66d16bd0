--TEST--
Expressions: paths over payload and headers, callables; what leads nowhere is no delay
--FILE--
<?php
require __DIR__ . '/describe.inc';
use Ecoq\Attribute\{Asynchronous, CommandHandler, Delayed, TimeToLive};

class Inner { public ?int $wait = 60_000; private int $secret = 60_000; public int $unset; public function __get($name) { return null; } }
class Outer { public Inner $inner; public array $list = []; public function __construct() { $this->inner = new Inner(); $this->list = [['wait' => 60_000]]; } }
class Throwing { public function __isset($name) { return true; } public function __get($name) { throw new DomainException("no $name"); } }

#[Asynchronous('q')]
class Handlers
{
    #[CommandHandler('deep'), Delayed(expression: 'payload.inner.wait')] public function deep($p) { echo "deep\n"; }
    #[CommandHandler('secret'), Delayed(expression: 'payload.inner.secret')] public function secret($p) { echo "secret\n"; }
    #[CommandHandler('unset'), Delayed(expression: 'payload.inner.unset')] public function unset($p) { echo "unset\n"; }
    #[CommandHandler('list'), Delayed(expression: 'payload.list.0.wait')] public function list($p) { echo "list\n"; }
    #[CommandHandler('payload'), Delayed(expression: 'payload')] public function payload($p) { echo "payload\n"; }
    #[CommandHandler('header'), Delayed(expression: 'headers.x-wait')] public function header($p) { echo "header\n"; }
    #[CommandHandler('dotted'), Delayed(expression: 'headers.a.b')] public function dotted($p) { echo "dotted\n"; }
    #[CommandHandler('callable'), Delayed(expression: [Handlers::class, 'wait'])] public function callable($p) { echo "callable\n"; }
    #[CommandHandler('text'), Delayed(expression: 'Handlers::wait')] public function text($p) { echo "text\n"; }
    #[CommandHandler('ttl'), TimeToLive(expression: 'payload.ttl')] public function ttl($p) { echo "ttl\n"; }
    public static function wait(Ecoq\Message $message)
    {
        return $message->payload['wait'] ?? throw new DomainException('no wait in ' . $message->type);
    }
}
$ecoq = new Ecoq\Messaging(handlers: [Handlers::class], channels: ['q' => 'memory:']);
$try = function (string $type, mixed $payload = [], array $headers = []) use ($ecoq) {
    echo $type, ': ';
    attempt(function () use ($ecoq, $type, $payload, $headers) {
        $ecoq->sendTo($type, $payload, $headers);
        $stats = $ecoq->channel('q')->stats();
        echo "ready {$stats->ready}, delayed {$stats->delayed}, ";
        $ecoq->channel('q')->purge();
    });
};
$try('deep', new Outer());
$try('deep', ['inner' => ['wait' => 60_000]]);
$try('deep', ['inner' => 5]);
$try('deep', ['inner' => ['wait' => null]]);
$try('deep', 'text');
$try('deep', new Throwing());
$try('secret', new Outer());
$try('unset', new Outer());
$try('list', new Outer());
$try('list', ['list' => [['wait' => new DateTimeImmutable('+1 hour')]]]);
$try('payload', 60_000);
$try('payload', new Ecoq\TimeSpan(minutes: 1));
$try('payload', 'soon');
$try('header', [], ['x-wait' => 60_000]);
$try('header');
$try('dotted', [], ['a.b' => 60_000]);
$try('dotted', [], ['a' => ['b' => 60_000]]);
$try('callable', ['wait' => 60_000]);
$try('callable');
$try('text', ['wait' => 60_000]);
$try('ttl', ['ttl' => 60_000]);
$try('ttl', ['ttl' => 'never']);
?>
--EXPECT--
deep: ready 0, delayed 1, no error
deep: ready 0, delayed 1, no error
deep: ready 1, delayed 0, no error
deep: ready 1, delayed 0, no error
deep: ready 1, delayed 0, no error
deep: DomainException: no inner
secret: ready 1, delayed 0, no error
unset: ready 1, delayed 0, no error
list: ready 0, delayed 1, no error
list: ready 0, delayed 1, no error
payload: ready 0, delayed 1, no error
payload: ready 0, delayed 1, no error
payload: ConversionException: Handlers::payload, #[Delayed]: the expression gave string, expected non-negative milliseconds, a TimeSpan, a DateInterval, a date or null
header: ready 0, delayed 1, no error
header: ready 1, delayed 0, no error
dotted: ready 0, delayed 1, no error
dotted: ready 0, delayed 1, no error
callable: ready 0, delayed 1, no error
callable: DomainException: no wait in callable
text: ready 0, delayed 1, no error
ttl: ready 1, delayed 0, no error
ttl: ConversionException: Handlers::ttl, #[TimeToLive]: the expression gave string, expected non-negative milliseconds, a TimeSpan, a DateInterval, a date or null
