--TEST--
OutboxChannel: what it takes and refuses, the channel "outbox", bare use, the application's transaction
--SKIPIF--
<?php if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite'); ?>
--FILE--
<?php
use Ecoq\{Channel, Message, Messaging, OutboxChannel};

function attempt(callable $do): void
{
    try {
        $do();
        echo "ok\n";
    } catch (Throwable $e) {
        echo get_class($e), ': ', $e->getMessage(), "\n";
    }
}
function counts(Messaging $ecoq, string ...$channels): void
{
    foreach ($channels as $name) {
        $s = $ecoq->channel($name)->stats();
        echo "$name $s->ready/$s->delayed/$s->reserved", $s->exact ? '' : '~', ' ';
    }
    echo "\n";
}
$pdo = new PDO('sqlite::memory:');

echo "== definition\n";
attempt(fn () => new OutboxChannel(new OutboxChannel('memory:')));
attempt(fn () => new OutboxChannel(3));
attempt(fn () => new OutboxChannel());
attempt(fn () => (new OutboxChannel('memory:'))->__construct('memory:'));
attempt(fn () => serialize(new OutboxChannel('memory:')));
attempt(fn () => new Messaging(channels: ['orders' => new OutboxChannel('memory:')]));
attempt(fn () => new Messaging(channels: ['outbox' => 'memory:', 'orders' => new OutboxChannel('memory:')], database: $pdo));
attempt(fn () => new Messaging(channels: ['outbox' => 'memory:', 'orders' => 'memory:'], database: $pdo));
attempt(fn () => new Messaging(channels: ['orders' => new OutboxChannel('nonsense://secret@h')], database: $pdo));
attempt(fn () => new Messaging(channels: ['orders' => new OutboxChannel('memory:?wrong=1')], database: $pdo));
attempt(fn () => new Messaging(channels: ['orders' => (new ReflectionClass(OutboxChannel::class))->newInstanceWithoutConstructor()], database: $pdo));
attempt(fn () => (new Messaging(channels: ['orders' => 'memory:']))->channel('outbox'));
var_dump(new OutboxChannel('redis://user:hunter2@host/x'));
$copy = clone new OutboxChannel($pdo);
var_dump($copy == clone $copy, (new ReflectionClass($copy))->isFinal());

echo "== bare\n";
$file = tempnam(sys_get_temp_dir(), 'ecoq');
register_shutdown_function(fn () => array_map('unlink', array_filter(glob("$file*"), 'is_file')));
$ecoq = new Messaging(channels: [
    'orders' => clone new OutboxChannel(new Channel("sqlite:$file", queue: 'o', maxDelay: 60_000)),
    'mails' => new OutboxChannel('memory:?max-body=400'),
    'own' => new OutboxChannel($pdo),
    'plain' => 'memory:',
], database: $pdo);
$ecoq->channel('outbox')->setup();
counts($ecoq, 'outbox', 'orders', 'mails', 'own', 'plain');
$ecoq->channel('orders')->send([Message::create('a', 1), Message::create('a', 2)], delay: 50_000, priority: 9);
$ecoq->channel('mails')->send(Message::create('a', 3));
$ecoq->channel('own')->send(Message::create('a', 4));
$ecoq->channel('plain')->send(Message::create('a', 5));
counts($ecoq, 'outbox', 'orders', 'mails', 'own', 'plain');

echo "== refused before it is stored\n";
attempt(fn () => $ecoq->channel('orders')->send(Message::create('a'), delay: 61_000));
attempt(fn () => $ecoq->channel('mails')->send([Message::create('a'), Message::create('a', str_repeat('x', 400))]));
counts($ecoq, 'outbox');

echo "== the application's transaction\n";
$pdo->beginTransaction();
$ecoq->channel('orders')->send(Message::create('a', 6));
$ecoq->channel('own')->send(Message::create('a', 7));
counts($ecoq, 'outbox', 'own');
$pdo->rollBack();
counts($ecoq, 'outbox', 'own');

echo "== outbox\n";
attempt(fn () => $ecoq->channel('outbox')->send(Message::create('a')));
attempt(fn () => $ecoq->channel('outbox')->receive());
$outbox = $ecoq->channel('outbox');
echo "$outbox->name $outbox->queue\n";
$report = $ecoq->worker('outbox', stopWhenEmpty: true)->run();
echo "handled $report->handled, $report->stopReason\n";
counts($ecoq, 'outbox', 'orders', 'mails', 'own');
$ecoq->channel('mails')->send([Message::create('a', 8), Message::create('a', 9)]);
echo $ecoq->channel('outbox')->purge(), "\n";
counts($ecoq, 'outbox', 'orders', 'mails');
$received = $ecoq->channel('mails')->receive()[0];
echo json_encode($received->message->payload), "\n";
unset($ecoq);
echo "outlives its channels: ";
attempt(fn () => $outbox->stats());
echo $pdo->query('SELECT count(*) FROM ecoq_relays')->fetchColumn(), " leases\n";
?>
--EXPECTF--
== definition
Ecoq\Exception\ConfigurationException: An OutboxChannel cannot be put into another one: give the channel that its messages are relayed to
TypeError: Ecoq\OutboxChannel::__construct(): Argument #1 ($channel) must be of type string|PDO|Ecoq\Transport|Ecoq\Channel, int given
ArgumentCountError: Ecoq\OutboxChannel::__construct() expects exactly 1 argument, 0 given
Error: Cannot call Ecoq\OutboxChannel::__construct() twice, the object is immutable
Exception: Serialization of 'Ecoq\OutboxChannel' is not allowed
Ecoq\Exception\ConfigurationException: channel "orders" is an OutboxChannel: its messages are kept in the application's database until they are relayed; add database: (a \PDO, or a callable that returns one) to the constructor of Ecoq\Messaging
Ecoq\Exception\ConfigurationException: channel "outbox": the name stands for what OutboxChannels keep (channel "orders" is one): give this channel another name
ok
Ecoq\Exception\ConfigurationException: channel "orders": unknown scheme "nonsense"; known schemes: %s
Ecoq\Exception\ConfigurationException: channel "orders": unknown option "wrong"; known options: %s
ReflectionException: Class Ecoq\OutboxChannel is an internal class marked as final that cannot be instantiated without invoking its constructor
Ecoq\Exception\ConfigurationException: no channel "outbox" is configured; configured channels: orders
object(Ecoq\OutboxChannel)#%d (1) {
  ["channel"]=>
  object(Ecoq\Channel)#%d (2) {
    ["transport"]=>
    string(18) "redis://***@host/x"
    ["options"]=>
    array(0) {
    }
  }
}
bool(false)
bool(true)
== bare
outbox 0/0/0 orders 0/0/0 mails 0/0/0 own 0/0/0 plain 0/0/0 
outbox 3/0/0 orders 0/0/0 mails 0/0/0 own 1/0/0 plain 1/0/0 
== refused before it is stored
Ecoq\Exception\ConfigurationException: Sending to channel "orders": a delay of %d ms is above what channel "orders" accepts, max-delay is 60000 ms
Ecoq\Exception\TransportException: Sending to channel "mails": a message of 657 bytes is above what channel "mails" accepts, max-body is 400 bytes
outbox 3/0/0 
== the application's transaction
outbox 4/0/0 own 2/0/0 
outbox 3/0/0 own 1/0/0 
== outbox
Ecoq\Exception\ConfigurationException: Sending to channel "outbox": messages come into the outbox by being sent to an OutboxChannel; send to that channel
Ecoq\Exception\ConfigurationException: Receiving from channel "outbox": messages of the outbox are relayed, not received: run worker('outbox'), or on the command line "consume outbox"
outbox outbox
handled 3, empty
outbox 0/0/0 orders 0/2/0 mails 1/0/0 own 1/0/0 
2
outbox 0/0/0 orders 0/2/0 mails 1/0/0 
3
outlives its channels: ok
0 leases
