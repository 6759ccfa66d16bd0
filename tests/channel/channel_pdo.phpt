--TEST--
A \PDO as a channel: its own driver counts, options apply, the queue of a dead letter is beside it
--SKIPIF--
<?php
if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite');
?>
--FILE--
<?php
require __DIR__ . '/../transport/userland.inc';

class Liar extends PDO
{
    public function getAttribute(int $attribute): mixed { return 'mysql'; }
}
class Unborn extends PDO
{
    public function __construct() {}
}

$pdo = new Liar('sqlite::memory:');
$ecoq = new Ecoq\Messaging(channels: [
    'orders' => new Ecoq\Channel($pdo, options: ['retry.max' => 1, 'max-delay' => '1m'], prefix: 'shop.'),
    'dead' => new Ecoq\Channel($pdo, queue: 'shop.orders.dlq'),
    'plain' => $pdo,
]);
$orders = $ecoq->channel('orders');
echo $orders->queue, ' ', $ecoq->channel('plain')->queue, "\n";
$orders->send(Ecoq\Message::create('order.placed', ['id' => 7]), priority: 8);
[$d] = $orders->receive();
echo json_encode($d->message->payload), ' ', $d->stillMine() ? 'mine' : 'not mine', "\n";
$d->retry();
[$d] = $orders->receive();
$d->reject('no stock');
echo $d->attempts, ' ', json_encode($orders->stats()), "\n";
[$letter] = $ecoq->channel('dead')->receive();
$block = json_decode($letter->body, true)['dead_letter'];
echo $letter->attempts, ' ', $block['reason'], ' ', $block['error'], ' ', $block['original_queue'], ' ', $block['attempts'], "\n";
$letter->ack();
echo count($ecoq->channel('plain')->receive()), "\n";
echo thrown(fn () => $orders->send(Ecoq\Message::create('a', []), delay: 120_000)), "\n";
echo thrown(fn () => new Ecoq\Messaging(channels: ['orders' => new Unborn()])), "\n";
$text = thrown(fn () => new Ecoq\Messaging(channels: ['orders' => new Ecoq\Channel($pdo, options: ['bogus' => 1])]));
echo str_contains($text, 'channel "orders": unknown option "bogus"; known options: ') ? "unknown option\n" : "$text\n";
?>
--EXPECTF--
shop.orders plain
{"id":7} mine
1 {"ready":0,"delayed":0,"reserved":0,"exact":true}
2 failed no stock shop.orders 2
0
Ecoq\Exception\ConfigurationException: Sending to channel "orders": a delay of %d ms is above what channel "orders" accepts, max-delay is 60000 ms
Ecoq\Exception\ConfigurationException: channel "orders": the given Unborn does not tell its driver; was its constructor called? <- Error
unknown option
