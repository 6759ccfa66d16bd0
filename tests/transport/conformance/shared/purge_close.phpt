--TEST--
Purging spares what is reserved; closing frees it; queues do not see each other
--SKIPIF--
<?php if (!getenv('ECOQ_TEST_CHANNEL')) die('skip only by redirection from tests/transport/conformance_*.phpt'); ?>
--FILE--
<?php
require __DIR__ . '/conformance.inc';
$definition = definition();
$e = messaging(['a' => $definition, 'b' => $definition]);
[$a, $b] = [$e->channel('a'), $e->channel('b')];
$a->send(array_map(message(...), ['x', 'y', 'z']));
$a->send(message('later'), delay: 60_000);
$b->send(message('b'));
$d = $a->receive(1);
echo purge($a, 1), ' ', stats($a, 0, 1), ' / ', stats($b, 0, 0), "\n";
$d[0]->release();
echo types($d = $a->receive(5)), ' ', $a->purge(), "\n";
$d[0]->ack();
$a->setup();
$a->setup();
echo stats($a, 0, 0), ' / ', stats($b, 0, 0), "\n";
$d = $b->receive();
$d[0]->retry(60_000);
echo stats($b, 1, 0), ' ', purge($b, 1), ' ', stats($b, 0, 0), "\n";
?>
--EXPECT--
3 ready 0, delayed 0, reserved 1 / ready 1, delayed 0, reserved 0
x 0
ready 0, delayed 0, reserved 0 / ready 1, delayed 0, reserved 0
ready 0, delayed 1, reserved 0 1 ready 0, delayed 0, reserved 0
