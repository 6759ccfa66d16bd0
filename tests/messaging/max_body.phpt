--TEST--
max-body: every way into a channel meets the same refusal, and nothing of the message is kept
--FILE--
<?php
use Ecoq\Attribute\{Asynchronous, CommandHandler, EventHandler};

class Handlers
{
    #[Asynchronous('small'), CommandHandler('keep', endpointId: 'keep')] public function keep(string $text): void { echo strlen($text), " bytes\n"; }
    #[Asynchronous('small'), EventHandler('kept', endpointId: 'kept')] public function kept(string $text): void { echo strlen($text), " bytes of an event\n"; }
}
$ecoq = new Ecoq\Messaging(handlers: [Handlers::class], channels: ['small' => 'memory:?max-body=500']);
$big = str_repeat('x', 600);
foreach ([
    fn () => $ecoq->sendTo('keep', $big),
    fn () => $ecoq->publishTo('kept', $big),
    fn () => $ecoq->channel('small')->send(Ecoq\Message::create('keep', $big)),
] as $send) {
    try {
        $send();
        echo "sent\n";
    } catch (Ecoq\Exception\EcoqException $e) {
        echo get_class($e), ': ', preg_replace(['/of \d+ bytes/', '/id [-0-9a-f]{36}/'], ['of N bytes', 'id ID'], $e->getMessage()), "\n";
    }
}
echo $ecoq->channel('small')->stats()->ready, " left\n";
$ecoq->sendTo('keep', 'short');
$ecoq->publishTo('kept', 'short');
$ecoq->worker('small', stopWhenEmpty: true)->run();
?>
--EXPECT--
Ecoq\Exception\TransportException: 1 message for channel "small" not sent, the first of type keep (id ID): a message of N bytes is above what channel "small" accepts, max-body is 500 bytes
Ecoq\Exception\TransportException: 1 message for channel "small" not sent, the first of type kept (id ID): a message of N bytes is above what channel "small" accepts, max-body is 500 bytes
Ecoq\Exception\TransportException: Sending to channel "small": a message of N bytes is above what channel "small" accepts, max-body is 500 bytes
0 left
5 bytes
5 bytes of an event
