--TEST--
#[Asynchronous(['a', 'b'])]: a worker of a moves the message to b under its id; only the last channel delays and runs the handler
--FILE--
<?php
use Ecoq\Attribute\{Asynchronous, CommandHandler, Delayed, EventHandler};

class Hops
{
    #[Asynchronous(['a', 'b']), CommandHandler('go', endpointId: 'go'), Delayed(300)]
    public function go(string $text, Ecoq\Message $m): void { echo "go $text ", $m->id === $GLOBALS['id'] ? 'same id' : 'other id', ' attempts ', $m->attempts, "\n"; }
    #[Asynchronous(['a', 'b']), EventHandler('ev*', endpointId: 'ev')]
    public function ev(): void { echo "event\n"; }
}
$ecoq = new Ecoq\Messaging(handlers: [Hops::class], channels: ['a' => 'memory:', 'b' => 'memory:']);
$show = function () use ($ecoq) {
    foreach (['a', 'b'] as $name) { $s = $ecoq->channel($name)->stats(); echo "$name {$s->ready}+{$s->delayed} "; }
    echo "\n";
};
$id = $ecoq->sendTo('go', 'x');
$show();
$report = $ecoq->worker('a', stopWhenEmpty: true)->run();
echo "forwarded {$report->forwarded} handled {$report->handled} postponed {$report->postponed}\n";
$show();
$ecoq->worker('b', stopWhenEmpty: true)->run();
usleep(350_000);
$ecoq->worker('b', stopWhenEmpty: true)->run();
$show();
$ecoq->publishTo('event');
$report = $ecoq->worker('b', 'a', stopWhenEmpty: true)->run();
echo "forwarded {$report->forwarded} handled {$report->handled}\n";
try {
    new Ecoq\Messaging(handlers: [Hops::class], channels: ['a' => 'memory:']);
} catch (Ecoq\Exception\ConfigurationException $e) {
    echo $e->getMessage(), "\n";
}
?>
--EXPECT--
a 1+0 b 0+0 
forwarded 1 handled 0 postponed 0
a 0+0 b 0+1 
go x same id attempts 0
a 0+0 b 0+0 
event
forwarded 1 handled 1
go, #[Asynchronous]: no channel "b" is configured; configured channels: a
