--TEST--
receive() that waits returns early when a signal arrives
--SKIPIF--
<?php
if (!extension_loaded('pcntl')) die('skip needs pcntl');
?>
--FILE--
<?php
pcntl_async_signals(true);
$seen = 0;
pcntl_signal(SIGALRM, function () use (&$seen) { $seen++; });
$c = (new Ecoq\Messaging(channels: ['orders' => 'memory:']))->channel('orders');
pcntl_alarm(1);
$from = microtime(true);
$found = $c->receive(wait: 30_000);
$took = microtime(true) - $from;
echo count($found), ' ', $seen, ' ', $took > 0.5 && $took < 10 ? 'early' : $took, "\n";
?>
--EXPECT--
0 1 early
