--TEST--
immediately: a message leaves around unit of work, transaction and outbox; on the database itself it cannot, within a transaction
--SKIPIF--
<?php if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite'); ?>
--FILE--
<?php
use Ecoq\Attribute\{Asynchronous, CommandHandler, EventHandler};

final class Handlers
{
    #[Asynchronous('broker'), EventHandler('event', endpointId: 'e1')]
    public function one(array $d): void {}
    #[Asynchronous('outboxed'), EventHandler('event', endpointId: 'e2')]
    public function two(array $d): void {}
    #[Asynchronous('here'), CommandHandler('here')]
    public function here(array $d): void {}
    #[CommandHandler('now')]
    public function now(array $d): string { return 'done'; }
    #[Asynchronous('small'), EventHandler('large')]
    public function small(array $d): void {}
    #[Asynchronous('broker'), EventHandler('large')]
    public function large(array $d): void {}
}
$pdo = new PDO('sqlite::memory:');
$ecoq = new Ecoq\Messaging(handlers: [Handlers::class], database: $pdo, channels: [
    'broker' => 'memory:', 'outboxed' => new Ecoq\OutboxChannel('memory:'), 'here' => $pdo, 'small' => 'memory:?max-body=10',
]);
function state(string $when): void
{
    global $ecoq;
    echo $when;
    foreach (['broker', 'outboxed', 'outbox', 'here', 'small'] as $name) {
        echo " $name ", $ecoq->channel($name)->stats()->ready;
        $ecoq->channel($name)->purge();
    }
    echo "\n";
}
function tries(callable $call): void
{
    try {
        echo json_encode($call()), "\n";
    } catch (Throwable $e) {
        echo get_class($e), ': ', $e->getMessage(), "\n";
    }
}
$ecoq->publishTo('event', []);
state('as usual:');
$ecoq->publishTo('event', [], immediately: true);
state('immediately:');
tries(fn () => $ecoq->transactional(function () use ($ecoq) {
    $ecoq->publishTo('event', []);
    $ecoq->publishTo('event', [], immediately: true);
    throw new LogicException('rolled back');
}));
state('rolled back:');
$pdo->beginTransaction();
$ecoq->publishTo('event', [], immediately: true);
tries(fn () => $ecoq->sendTo('here', [], immediately: true));
$pdo->rollBack();
state("the application's:");
tries(fn () => strlen($ecoq->sendTo('here', [], immediately: true)));
tries(fn () => $ecoq->transactional(fn () => $ecoq->sendTo('here', [], immediately: true)));
tries(fn () => $ecoq->sendTo('now', [], immediately: true));
state('on the database:');
echo "-- one that is refused keeps them all\n";
foreach ([false, true] as $immediately) {
    tries(fn () => preg_replace('/id [0-9a-f-]+/', 'id *', (function () use ($ecoq, $immediately) {
        try {
            $ecoq->publishTo('large', [], immediately: $immediately);
        } catch (Ecoq\Exception\TransportException $e) {
            return $e->getMessage();
        }
    })()));
    state('refused:');
}
?>
--EXPECT--
as usual: broker 1 outboxed 0 outbox 1 here 0 small 0
immediately: broker 1 outboxed 1 outbox 0 here 0 small 0
LogicException: rolled back
rolled back: broker 1 outboxed 1 outbox 0 here 0 small 0
Ecoq\Exception\ConfigurationException: immediately: channel "here" is on the database itself, so what is sent to it is part of the transaction that is open there; use a channel elsewhere, or leave it out
the application's: broker 1 outboxed 1 outbox 0 here 0 small 0
36
Ecoq\Exception\ConfigurationException: immediately: channel "here" is on the database itself, so what is sent to it is part of the transaction that is open there; use a channel elsewhere, or leave it out
Ecoq\Exception\ConfigurationException: immediately: was given for "now", which is handled synchronously, so it would have no effect: make a handler #[Asynchronous], or leave it out
on the database: broker 0 outboxed 0 outbox 0 here 1 small 0
-- one that is refused keeps them all
"1 message for channel \"small\" not sent, the first of type large (id *): a message of 317 bytes is above what channel \"small\" accepts, max-body is 10 bytes"
refused: broker 0 outboxed 0 outbox 0 here 0 small 0
"1 message for channel \"small\" not sent, the first of type large (id *): a message of 317 bytes is above what channel \"small\" accepts, max-body is 10 bytes"
refused: broker 0 outboxed 0 outbox 0 here 0 small 0
