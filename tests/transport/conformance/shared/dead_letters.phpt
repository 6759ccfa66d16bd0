--TEST--
A rejected message goes to the dead letter queue of the same broker, and to no other
--SKIPIF--
<?php if (!getenv('ECOQ_TEST_CHANNEL')) die('skip only by redirection from tests/transport/conformance_*.phpt'); ?>
--FILE--
<?php
require __DIR__ . '/conformance.inc';
$definition = definition();
$e = messaging(['a' => $definition, 'b' => $definition]);
[$a, $b] = [$e->channel('a'), $e->channel('b')];
$a->send(array_map(message(...), ['x', 'y', 'z']));
$b->send(message('other'));
[$x, $y, $z] = receive($a, 3);
$x->reject('broken');
$z->reject('broken as well');
$y->ack();
echo stats($a, 0, 0), "\n", stats($b, 0, 0), "\n";
foreach ($e->deadLetters()->list('a') as $letter) {
    echo $letter->type, ' ', $letter->error, ' ', $letter->attempts, "\n";
}
var_dump($e->deadLetters()->list('b'));
var_dump($e->deadLetters()->replay($x->message->id));
echo types($d = $a->receive(10)), "\n";
$d[0]->ack();
// The same message again, after it was replayed and handled: nothing remembers it.
$a->send($x->message);
echo types($a->receive(10)), ' ', $e->deadLetters()->purge('a'), ' ', count($e->deadLetters()->list('a')), "\n";
?>
--EXPECTF--
ready 0, delayed 0, reserved 0
ready 1, delayed 0, reserved 0
x broken 1
z broken as well 1
array(0) {
}
bool(true)
x%S
x%S 1 0
