--TEST--
A failing synchronous subscriber touches no other; what it sent itself does not leave
--FILE--
<?php
use Ecoq\Attribute\{Asynchronous, EventHandler, CommandHandler};

class Subscribers
{
    #[EventHandler('e', endpointId: 'first')] public function first(Ecoq\CommandBus $commands): void { $commands->sendTo('log', 'from first'); throw new DomainException('first broke'); }
    #[Asynchronous('q'), EventHandler('e', endpointId: 'copy')] public function copy(): void { echo "copy\n"; }
    #[EventHandler('e', endpointId: 'second')] public function second(Ecoq\CommandBus $commands): void { echo "second\n"; $commands->sendTo('log', 'from second'); }
    #[EventHandler('two', endpointId: 'a')] public function a(): void { throw new RuntimeException('A'); }
    #[EventHandler('two', endpointId: 'b')] public function b(): void { throw new LogicException('B'); }
    #[Asynchronous('q'), CommandHandler('log')] public function log(string $text): void { echo "log: $text\n"; }
    #[CommandHandler('outer')] public function outer(Ecoq\EventBus $events): void { $events->publishTo('e'); }
    #[CommandHandler('tolerant')] public function tolerant(Ecoq\EventBus $events): void { try { $events->publishTo('e'); } catch (DomainException) { echo "caught\n"; } }
}

$ecoq = new Ecoq\Messaging(handlers: [Subscribers::class], channels: ['q' => 'memory:']);
$drain = function () use ($ecoq) { echo '[', $ecoq->channel('q')->stats()->ready, "]\n"; $ecoq->worker('q', stopWhenEmpty: true)->run(); };

try { $ecoq->publishTo('e'); } catch (DomainException $e) { echo get_class($e), ': ', $e->getMessage(), "\n"; }
$drain();
try { $ecoq->publishTo('two'); } catch (Ecoq\Exception\HandlersFailedException $e) {
    echo $e->getMessage(), "\n";
    foreach ($e->failures as $endpoint => $failure) { echo "$endpoint => ", get_class($failure), "\n"; }
}
// in an enclosing unit of work the exception decides
try { $ecoq->sendTo('outer'); } catch (DomainException $e) { echo "outer failed\n"; }
$drain();
$ecoq->sendTo('tolerant');
$drain();
?>
--EXPECT--
second
DomainException: first broke
[2]
copy
log: from second
2 subscribers of "two" failed: a (RuntimeException: A) b (LogicException: B)
a => RuntimeException
b => LogicException
second
outer failed
[0]
second
caught
[2]
copy
log: from second
