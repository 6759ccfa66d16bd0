--TEST--
A forked child can neither settle the parent's delivery nor disturb the parent's channel
--SKIPIF--
<?php
if (!extension_loaded('pcntl')) die('skip needs pcntl');
?>
--FILE--
<?php
require __DIR__ . '/../transport/userland.inc';
$c = (new Ecoq\Messaging(channels: ['orders' => 'memory:']))->channel('orders');
$c->send(Ecoq\Message::create('a', []));
[$d] = $c->receive();
$pid = pcntl_fork();
if ($pid === 0) {
    echo thrown(fn () => $d->ack()), "\n", thrown(fn () => $d->release()), "\n";
    var_dump($d->stillMine());
    unset($d, $c);
    exit(5);
}
pcntl_waitpid($pid, $status);
echo pcntl_wexitstatus($status), "\n";
var_dump($d->stillMine());
$d->ack();
echo json_encode($c->stats()), "\n";
?>
--EXPECT--
Ecoq\Exception\OwnershipLostException: Settling a delivery of channel "orders": it belongs to the process that received it, and this is a fork of that one
Ecoq\Exception\OwnershipLostException: Settling a delivery of channel "orders": it belongs to the process that received it, and this is a fork of that one
bool(false)
5
bool(true)
{"ready":0,"delayed":0,"reserved":0,"exact":true}
