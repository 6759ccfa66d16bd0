--TEST--
A transport written in PHP carries messages, retries, dead letters and hand-backs in the right order of calls
--FILE--
<?php
require __DIR__ . '/userland.inc';
use Ecoq\Message;

$t = new ArrayTransport();
$ecoq = new Ecoq\Messaging(channels: ['orders' => $t, 'dead' => new Ecoq\Channel($t, queue: 'orders.dlq')]);
$orders = $ecoq->channel('orders');
$calls = function () use ($t) { echo '  ', implode(' | ', $t->calls), "\n"; $t->calls = []; };

$orders->send([Message::create('a', ['n' => 1]), Message::create('b', ['n' => 2]), Message::create('c', ['n' => 3])]);
$orders->send([]);
$calls();

echo "priority first, in batches\n";
$orders->send(Message::create('d', ['n' => 4]), priority: 9);
[$d, $a] = $orders->receive(2);
echo $d->message->type, $a->message->type, ' ', $d->attempts, "\n";
$calls();

echo "acknowledge and retry: the successor before the removal\n";
$d->ack();
$a->retry();
$calls();
echo json_encode($orders->stats()), "\n";
[$b, $c, $again] = $orders->receive(10);
echo $b->message->type, $c->message->type, $again->message->type, ' ', $again->attempts, ' ', $again->message->attempts, ' ',
    $again->message->id === $a->message->id ? 'same id' : 'other id', "\n";
echo str_replace('"attempts":0', '"attempts":1', $a->body) === $again->body ? "patched in place\n" : "rewritten\n";

echo "release, then reject\n";
$b->release();
[$b2] = $orders->receive(10);
echo $b2->message->type, ' ', $b2->attempts, "\n";
$t->calls = [];
$b2->reject('card expired');
$calls();
[$letter] = $ecoq->channel('dead')->receive();
$block = json_decode($letter->body, true)['dead_letter'];
echo abs($block['failed_at'] - microtime(true) * 1000) < 60_000 ? 'now ' : 'when? ';
unset($block['failed_at']);
echo json_encode($block), ' ', $letter->attempts, ' ', $letter->message->id === $b->message->id ? 'same id' : 'other id', "\n";

echo "the due time reaches the transport\n";
$c->retry(60_000);
$due = end($t->queues['orders'])['message']->deliverAt - microtime(true) * 1000;
echo $due > 50_000 && $due <= 60_000 ? "in a minute\n" : "in $due ms\n";
$orders->send(Message::create('e', []), delay: new Ecoq\TimeSpan(seconds: 10), timeToLive: 5000);
$e = end($t->queues['orders'])['message'];
echo $e->expiresAt - $e->deliverAt, ' ', $e->priority, ' ', $e->type, "\n";

echo "bytes that are no envelope\n";
$t->send('orders', [new Ecoq\OutgoingMessage("\xff not json")]);
$found = $orders->receive(10);
$poison = end($found);
var_dump($poison->message, $poison->attempts, strtok($poison->fault, ':'));
$poison->reject('cannot be read');
[$letter] = $ecoq->channel('dead')->receive();
echo $letter->body === "\xff not json" ? "untouched\n" : "changed\n";

$t->send('big', [new Ecoq\OutgoingMessage(str_repeat('x', 101))]);
[$big] = (new Ecoq\Messaging(channels: ['big' => new Ecoq\Channel($t, options: ['max-body' => 100])]))->channel('big')->receive();
var_dump($big->message, strtok($big->fault, ':'), strlen($big->body));
$big->retry();
var_dump(strlen(end($t->queues['big'])['message']->body));

echo "setup, purge, stats\n";
$t->calls = [];
$orders->setup();
$orders->purge();
$calls();
?>
--EXPECT--
  send orders 3
priority first, in batches
da 0
  send orders 1 | reserve orders 2
acknowledge and retry: the successor before the removal
  acknowledge orders t1 | send orders 1 | acknowledge orders t2
{"ready":3,"delayed":null,"reserved":0,"exact":false}
bca 1 1 same id
patched in place
release, then reject
b 0
  send orders.dlq 1 | acknowledge orders t6
now {"reason":"failed","error":"card expired","exception":null,"original_queue":"orders","attempts":1,"lang":"php"} 1 same id
the due time reaches the transport
in a minute
5000 4 e
bytes that are no envelope
NULL
int(0)
string(9) "malformed"
untouched
NULL
string(9) "too_large"
int(101)
int(101)
setup, purge, stats
  setup orders | setup orders.dlq | purge orders
