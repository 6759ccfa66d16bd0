--TEST--
group: what it may be, and where it is refused: by transports that cannot keep the order, by synchronous handlers, with a delay
--SKIPIF--
<?php if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite'); ?>
--FILE--
<?php
use Ecoq\Attribute\{Asynchronous, CommandHandler, EventHandler};
use Ecoq\Message;

final class Handlers
{
    #[Asynchronous('memory'), CommandHandler('memory')]
    public function memory(array $data): void {}

    #[Asynchronous('sqlite'), EventHandler('sqlite')]
    public function sqlite(array $data): void {}

    #[CommandHandler('now')]
    public function now(array $data): string { return 'called'; }

    #[EventHandler('now too')]
    public function nowToo(array $data): void {}
}

$file = tempnam(sys_get_temp_dir(), 'ecoq');
$ecoq = new Ecoq\Messaging(handlers: [Handlers::class], database: new PDO("sqlite:$file"), channels: [
    'memory' => 'memory:', 'sqlite' => "sqlite:$file", 'outbox-memory' => new Ecoq\OutboxChannel('memory:')]);
function attempt(Closure $call): void
{
    try {
        echo json_encode($call()), "\n";
    } catch (Throwable $e) {
        echo get_class($e), ': ', preg_replace('/[0-9a-f-]{36}/', '<id>', $e->getMessage()), "\n";
    }
}
foreach (['', " \t\n", str_repeat('ü', 128)] as $group) {
    attempt(fn () => $ecoq->sendTo('memory', [], group: $group));
    attempt(fn () => $ecoq->channel('memory')->send(Message::create('a'), group: $group));
}
attempt(fn () => $ecoq->send(new stdClass, group: ''));
attempt(fn () => $ecoq->publish(new stdClass, group: ''));
attempt(fn () => $ecoq->publishTo('nobody listens', group: 'g'));
attempt(fn () => $ecoq->sendTo('now', group: 'g'));
attempt(fn () => $ecoq->sendTo('now', group: null));
attempt(fn () => $ecoq->publishTo('now too', group: 'g'));
attempt(fn () => $ecoq->sendTo('memory', [], group: "\xFF"));
attempt(fn () => $ecoq->sendTo('memory', [], group: 'g'));
attempt(fn () => $ecoq->sendTo('memory', [], group: 'g', immediately: true));
attempt(fn () => $ecoq->sendTo('memory', [], group: 'g', delay: 1000));
attempt(fn () => $ecoq->publishTo('sqlite', [], group: 'g'));
foreach (['memory', 'sqlite', 'outbox-memory'] as $name) {
    attempt(fn () => $ecoq->channel($name)->send([Message::create('a'), Message::create('b')], group: 'g'));
    echo '  stored: ', $ecoq->channel($name)->stats()->ready, ', in the outbox: ', $ecoq->channel('outbox')->stats()->ready, "\n";
}
attempt(fn () => new Ecoq\Messaging(channels: ['q' => 'memory:?group-on-failure=drop']));
attempt(fn () => (new Ecoq\Messaging(channels: ['q' => new Ecoq\Channel('memory:', groupOnFailure: 'wait')])));
attempt(fn () => (new Ecoq\Messaging(channels: ['q' => new Ecoq\Channel('memory:', groupOnFailure: 'pass'), 'r' => 'memory:?group-on-failure=hold']))->channel('q')->name);

echo "-- asked for by another service, on a channel that cannot: nothing was promised, and nothing stands in the way\n";
$ecoq->channel('sqlite')->setup();
$pdo = new PDO("sqlite:$file");
$ecoq->channel('sqlite')->send(Message::create('sqlite', ['n' => 1], id: 'n1', traceId: 't'));
$pdo->exec("UPDATE ecoq_messages SET body = replace(body, '\"attempts\":0', '\"attempts\":0,\"headers\":{\"ecoq-group\":\"g\"}')");
[$delivery] = $ecoq->channel('sqlite')->receive();
echo $delivery->message->header('ecoq-group'), "\n";
$delivery->retry();
echo $ecoq->worker('sqlite', stopWhenEmpty: true)->run()->handled, "\n";
unset($delivery, $ecoq, $pdo);
array_map('unlink', glob("$file*"));
?>
--EXPECT--
ValueError: Ecoq\Messaging::sendTo(): Argument #9 ($group) must not be blank: leave it out for a message that belongs to no group
ValueError: Ecoq\MessageChannel::send(): Argument #5 ($group) must not be blank: leave it out for a message that belongs to no group
ValueError: Ecoq\Messaging::sendTo(): Argument #9 ($group) must not be blank: leave it out for a message that belongs to no group
ValueError: Ecoq\MessageChannel::send(): Argument #5 ($group) must not be blank: leave it out for a message that belongs to no group
ValueError: Ecoq\Messaging::sendTo(): Argument #9 ($group) must be at most 255 bytes long, 256 given
ValueError: Ecoq\MessageChannel::send(): Argument #5 ($group) must be at most 255 bytes long, 256 given
ValueError: Ecoq\Messaging::send(): Argument #8 ($group) must not be blank: leave it out for a message that belongs to no group
ValueError: Ecoq\Messaging::publish(): Argument #8 ($group) must not be blank: leave it out for a message that belongs to no group
null
Ecoq\Exception\ConfigurationException: group: was given for "now", which is handled synchronously, so it would have no effect: make a handler #[Asynchronous], or leave it out
"called"
Ecoq\Exception\ConfigurationException: group: was given for "now too", which is handled synchronously, so it would have no effect: make a handler #[Asynchronous], or leave it out
Ecoq\Exception\ConversionException: Writing an envelope: the value of ecoq-group is not valid UTF-8
Ecoq\Exception\ConfigurationException: 1 message for channel "memory" not sent, the first of type memory (id <id>): the transport "memory" of channel "memory" cannot honour a group; send it without one, or to a channel that keeps the order of groups
Ecoq\Exception\ConfigurationException: 1 message for channel "memory" not sent, the first of type memory (id <id>): the transport "memory" of channel "memory" cannot honour a group; send it without one, or to a channel that keeps the order of groups
Ecoq\Exception\ConfigurationException: Handlers::memory: a message of a group cannot be delayed (delay:): it would hold back every later message of the group; leave out the delay, or the group
Ecoq\Exception\ConfigurationException: 1 message for channel "sqlite" not sent, the first of type sqlite (id <id>): the transport "pdo" of channel "sqlite" cannot honour a group; send it without one, or to a channel that keeps the order of groups
Ecoq\Exception\ConfigurationException: Sending to channel "memory": the transport "memory" of channel "memory" cannot honour a group; send it without one, or to a channel that keeps the order of groups
  stored: 0, in the outbox: 0
Ecoq\Exception\ConfigurationException: Sending to channel "sqlite": the transport "pdo" of channel "sqlite" cannot honour a group; send it without one, or to a channel that keeps the order of groups
  stored: 0, in the outbox: 0
Ecoq\Exception\ConfigurationException: Sending to channel "outbox-memory": the transport "memory" of channel "outbox-memory" cannot honour a group; send it without one, or to a channel that keeps the order of groups
  stored: 0, in the outbox: 0
Ecoq\Exception\ConfigurationException: channel "q": Option "group-on-failure": expected one of "hold", "pass", got "drop"
Ecoq\Exception\ConfigurationException: channel "q": Option "group-on-failure": expected one of "hold", "pass", got "wait"
"q"
-- asked for by another service, on a channel that cannot: nothing was promised, and nothing stands in the way
g
1
