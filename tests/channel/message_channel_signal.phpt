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
$done = false;
pcntl_signal(SIGALRM, function () use (&$seen, &$done) { $seen++; $done || pcntl_alarm(1); }); // again, should the first one come before the wait
$from = microtime(true);
$c = (new Ecoq\Messaging(channels: ['orders' => 'memory:']))->channel('orders');
pcntl_alarm(1);
$found = $c->receive(wait: 120_000);
$took = microtime(true) - $from;
$done = true;
pcntl_alarm(0);
echo count($found), ' ', $seen > 0 ? 'signal' : 'no signal', ' ', $took > 0.5 && $took < 60 ? 'early' : $took, "\n";
?>
--EXPECT--
0 signal early
