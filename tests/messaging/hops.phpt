--TEST--
#[Asynchronous(['a', 'b'])]: a worker of a moves the message to b under its id; only the last channel delays and runs the handler
--FILE--
<?php
use Ecoq\Attribute\{Asynchronous, CommandHandler, Delayed, EventHandler};

class Hops
{
    #[Asynchronous(['a', 'b']), CommandHandler('go300', endpointId: 'go300'), Delayed(300)]
    public function go(string $text, Ecoq\Message $m): void { echo "go $text ", $m->id === $GLOBALS['id'] ? 'same id' : 'other id', ' attempts ', $m->attempts, "\n"; }
    #[Asynchronous(['a', 'b']), CommandHandler('go5000', endpointId: 'go5000'), Delayed(5000)]
    public function goLater(string $text, Ecoq\Message $m): void { $this->go($text, $m); }
    #[Asynchronous(['a', 'b']), CommandHandler('go30000', endpointId: 'go30000'), Delayed(30_000)]
    public function goMuchLater(string $text, Ecoq\Message $m): void { $this->go($text, $m); }
    #[Asynchronous(['a', 'b']), EventHandler('ev*', endpointId: 'ev')]
    public function ev(): void { echo "event\n"; }
}
$ecoq = new Ecoq\Messaging(handlers: [Hops::class], channels: ['a' => 'memory:', 'b' => 'memory:']);
$show = function () use ($ecoq) {
    foreach (['a', 'b'] as $name) { $s = $ecoq->channel($name)->stats(); echo "$name {$s->ready}+{$s->delayed} "; }
    echo "\n";
};
// again with a longer delay where the machine was too slow for this one
foreach ([300, 5000, 30_000] as $delay) {
    ob_start();
    $started = microtime(true);
    $id = $ecoq->sendTo("go$delay", 'x');
    $show();
    $report = $ecoq->worker('a', stopWhenEmpty: true)->run();
    echo "forwarded {$report->forwarded} handled {$report->handled} postponed {$report->postponed}\n";
    $show();
    $ecoq->worker('b', stopWhenEmpty: true)->run();
    $inTime = microtime(true) - $started < $delay / 1000;
    usleep(($delay + 50) * 1000);
    $ecoq->worker('b', stopWhenEmpty: true)->run();
    $show();
    if ($inTime) {
        break;
    }
    ob_end_clean();
}
ob_end_flush();
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
go300, #[Asynchronous]: no channel "b" is configured; configured channels: a
