--TEST--
Released messages go back to the head in their order, uncharged; retried ones go to the end, charged
--SKIPIF--
<?php
if (!getenv('ECOQ_TEST_CHANNEL')) die('skip only by redirection from tests/transport/conformance_*.phpt');
?>
--FILE--
<?php
require __DIR__ . '/conformance.inc';
$e = messaging(['a' => definition()]);
$c = $e->channel('a');

$c->send(array_map(message(...), ['a', 'b', 'c', 'd', 'e']));
$c->send(message('high'), priority: 9);
$d = receive($c, 4);
echo types($d), "\n";
foreach ([2, 0, 3] as $i) {
    $d[$i]->release();
}
echo stats($c, 0, 1), "\n", types($d = [...$d, ...receive($c, 5)]), "\n";
$now = array_slice($d, 4);
foreach ([$d[1], ...array_reverse($now)] as $x) {
    $x->release();
}
echo types($d = receive($c, 6)), "\n";

$d[1]->retry();
$d[0]->retry(60_000);
echo stats($c, 1, 4), "\n";
foreach (array_slice($d, 3) as $x) {
    $x->ack();
}
$d[2]->retry(100);
echo types($again = receive($c, 2)), "\n";
$again[0]->retry();
echo types([$x = $c->receive()[0]]), "\n";
$x->ack();

// One that was settled is settled.
foreach (['ack', 'retry', 'reject', 'release'] as $method) {
    try {
        $x->$method();
    } catch (Error $error) {
        echo get_class($error), ' ';
    }
}
var_dump($x->stillMine(), $again[1]->stillMine());
$again[1]->ack();
echo stats($c, 1, 0), "\n";
?>
--EXPECT--
high a b c
ready 5, delayed 0, reserved 1
high a b c high b c d e
high a b c d e
ready 1, delayed 1, reserved 4
a/1 b/1
a/2
Error Error Error Error bool(false)
bool(true)
ready 0, delayed 1, reserved 0
