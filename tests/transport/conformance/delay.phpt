--TEST--
Delayed messages come when they are due, in the order they are due, and behind those that waited
--SKIPIF--
<?php if (!getenv('ECOQ_TEST_CHANNEL')) die('skip only by redirection from tests/transport/conformance_*.phpt');
if (getenv('SKIP_PERF_SENSITIVE')) die('skip measures time'); ?>
--FILE--
<?php
require __DIR__ . '/conformance.inc';
$c = messaging(['a' => definition()])->channel('a');

$start = microtime(true);
$c->send(message('late'), delay: 1200);
$c->send(message('soon'), delay: 600);
$c->send(message('soon, high'), delay: 620, priority: 9);
$c->send(message('tomorrow'), delay: 86_400_000);
$c->send(message('now'));
echo stats($c), "\n", types($c->receive(10)), "\n";
if (microtime(true) - $start < 0.5) {
    assert($c->receive(10) === []);
}
// Waiting ends when the next one is due, not when the wait is over.
$d = receive($c, 1);
$waited = microtime(true) - $start;
echo types($d), ' ', $waited >= 0.599 && $waited < 3 ? 'in time' : $waited, "\n";

usleep((int) max(0, 1_300_000 - (microtime(true) - $start) * 1e6));
$c->send(message('fresh'));
echo types($c->receive(1)), ' | ', types(receive($c, 2)), "\n";
echo stats($c), "\n";

// Due at the same time: in the order they were sent.
$at = new DateTimeImmutable('+150 milliseconds');
$c->send(array_map(fn ($n) => message("s$n"), range(1, 5)), delay: $at);
echo types(receive($c, 5)), "\n";

// What is due counts as ready even when nobody has received since.
$c->send(message('x'), delay: 20);
usleep(60_000);
echo stats($c), "\n";
?>
--EXPECTF--
ready 1, delayed 4, reserved 0
now
soon in time
soon, high | %r(fresh late|late fresh)%r
ready 0, delayed 1, reserved 5
s1 s2 s3 s4 s5
ready 1, delayed 1, reserved 10
