--TEST--
Delayed messages come when they are due, in the order they are due, and behind those that waited
--SKIPIF--
<?php if (!getenv('ECOQ_TEST_CHANNEL')) die('skip only by redirection from tests/transport/conformance_*.phpt');
if (getenv('SKIP_PERF_SENSITIVE')) die('skip measures time'); ?>
--FILE--
<?php
require __DIR__ . '/conformance.inc';

// What a first delay makes at a broker is not to be measured.
messaging(['w' => definition(['queue' => 'w'])])->channel('w')->send(message('first'), delay: 86_400_000);
$c = null;
unhurried(function (string $queue, int $limit) use (&$c): int {
    $c = messaging(['a' => definition(['queue' => $queue])])->channel('a');
    $start = microtime(true);
    $c->send(message('late'), delay: 4 * $limit);
    $c->send(message('soon'), delay: 2 * $limit);
    $c->send(message('soon, high'), delay: 3 * $limit, priority: 9);
    $c->send(message('tomorrow'), delay: 86_400_000);
    $c->send(message('now'));
    echo stats($c, 4, 0), "\n", types($c->receive(10)), ' ', count($c->receive(10)), "\n";
    $asked = microtime(true);
    // Waiting ends when the next one is due, not when the wait is over.
    $d = $c->receive(1, 10 * $limit + 60_000);
    $waited = microtime(true) - $start;
    echo types($d), ' ', $waited >= 2 * $limit / 1000 - 0.001 && $waited < 2 * $limit / 1000 + 30 ? 'in time' : $waited, "\n";
    $slept = microtime(true) - $asked;

    usleep($nap = (int) max(0, $limit * 4100 - (microtime(true) - $start) * 1e6));
    $c->send(message('fresh'));
    // where more than that passes it is run again, and one of them may have come before
    echo types($c->receive(1)), ' | ', types(receive($c, 2, $limit / 1000 + 1)), "\n";
    echo stats($c, 1, 5), "\n";
    return (int) ($slept * 1000 + $nap / 1000);
});

// Due at the same time: in the order they were sent.
$at = new DateTimeImmutable('+150 milliseconds');
$c->send(array_map(fn ($n) => message("s$n"), range(1, 5)), delay: $at);
echo types(receive($c, 5)), "\n";

// What is due counts as ready even when nobody has received since.
$c->send(message('x'), delay: 20);
usleep(60_000);
echo stats($c, 1, 10), "\n";
?>
--EXPECTF--
ready 1, delayed 4, reserved 0
now 0
soon in time
soon, high | %r(fresh late|late fresh)%r
ready 0, delayed 1, reserved 5
s1 s2 s3 s4 s5
ready 1, delayed 1, reserved 10
