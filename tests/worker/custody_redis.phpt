--TEST--
Redis: what a worker holds beside the message it is stuck in is acknowledged or given back at once: behind a long handler, at a stop, at the end of the process
--SKIPIF--
<?php
if (!getenv('ECOQ_TEST_REDIS_DSN')) die('skip no ECOQ_TEST_REDIS_DSN');
if (!extension_loaded('pdo_sqlite') || !extension_loaded('posix')) die('skip pdo_sqlite and posix are needed');
if (getenv('SKIP_SLOW_TESTS')) die('skip takes seconds');
ob_start();
(new ReflectionExtension('ecoq'))->info();
if (!preg_match('/^transport redis/m', ob_get_clean())) die('skip no Redis transport');
?>
--FILE--
<?php
require __DIR__ . '/custody.inc';

echo "stuck in a long handler, killed in the middle of it\n";
$custody = new Custody;
$first = $custody->busy('block');
$second = $custody->worker();
$behind = range(BEFORE + 1, BEFORE + BEHIND);
until(fn () => count($custody->started($second->pid)) >= BEHIND);
echo $custody->started($second->pid) === $behind ? 'another worker runs those behind it, in order' : json_encode($custody->started($second->pid)), "\n";
echo $first->isRunning() ? 'while it is stuck' : 'although it has ended', "\n";
until(fn () => $custody->stats()->reserved === 1);
$stats = $custody->stats();
echo "$stats->ready ready, $stats->reserved reserved\n";
$custody->end($first);
$killed = microtime(true);
until(fn () => count(array_keys($custody->started(), BEFORE)) === 2);
echo 'started again ', ($seconds = microtime(true) - $killed) < 12 ? 'in time' : "after $seconds s", "\n";
echo $custody->tally(), "\n";
$custody->end($second);

echo "a first signal, and a second one\n";
$custody = new Custody;
$first = $custody->busy('block');
$first->signal(SIGTERM);
until(fn () => $custody->stats()->ready === BEHIND && $custody->stats()->reserved === 1);
$stats = $custody->stats();
echo "$stats->ready ready, $stats->reserved reserved, it is ", $first->isRunning() ? 'still stuck' : 'gone', "\n";
$signalled = microtime(true);
$first->signal(SIGTERM);
[$status] = $first->wait();
$seconds = microtime(true) - $signalled;
$stats = $custody->stats();
echo "status $status ", $seconds < 5 ? 'at once' : "after $seconds s", ": $stats->ready ready, $stats->reserved reserved\n";
$deliveries = $custody->ecoq->channel('q')->receive(BEHIND + 1, 1000);
$numbers = array_map(fn ($delivery) => $delivery->message->payload['n'], $deliveries);
echo $numbers === range(BEFORE, BEFORE + BEHIND) ? 'in order' : json_encode($numbers), ', attempts ', array_sum(array_map(fn ($delivery) => $delivery->attempts, $deliveries)), "\n";
array_map(fn ($delivery) => $delivery->ack(), $deliveries);
echo $custody->tally() === json_encode(array_fill_keys(range(0, BEFORE - 1), 1)) ? 'those before it once' : $custody->tally(), "\n";

echo "a fatal error\n";
$custody = new Custody;
$first = $custody->busy('spend');
$first->rest();
[$status] = $first->wait();
$stats = $custody->stats();
echo "status $status: ", $stats->ready >= BEHIND && $stats->ready <= BEHIND + 1 ? 'those behind it are back' : "$stats->ready ready", "\n";
$second = $custody->worker();
$second->rest(); // which it spends, too: the message comes alone, and is given up on
$second->wait();
$third = $custody->worker();
until(fn () => count($custody->ecoq->deadLetters()->list()) === 1 && count(array_unique($custody->started())) > BEFORE + BEHIND);
$letters = $custody->ecoq->deadLetters()->list();
echo strstr(($letters[0]->error ?? '') . ':', ':', true), ': ', $custody->tally(), "\n";
$custody->end($third);

echo "a hang beyond its time-out\n";
$custody = new Custody(['timeout' => '700ms']);
$first = $custody->busy('block');
$said = $first->rest();
[$status] = $first->wait();
echo "status $status, ", str_contains($said, 'did not react') ? 'said so' : $said, "\n";
echo ($ready = $custody->stats()->ready) >= BEHIND ? 'those behind it are back' : "$ready ready", "\n";
$custody->free();
$second = $custody->worker();
until(fn () => count($custody->started($second->pid)) > BEHIND);
echo $custody->tally(), "\n";
$custody->end($second);

echo "failures beside slow handlers\n";
$custody = new Custody;
$first = $custody->busy('fail');
until(fn () => count($custody->started()) === BEFORE + BEHIND + 2);
until(fn () => $custody->stats()->reserved + $custody->stats()->ready === 0);
$first->signal(SIGTERM);
echo $first->rest(), $custody->tally(), "\n";
?>
--EXPECT--
stuck in a long handler, killed in the middle of it
another worker runs those behind it, in order
while it is stuck
0 ready, 1 reserved
started again in time
all others once, it 2 times
a first signal, and a second one
8 ready, 1 reserved, it is still stuck
status -15 at once: 9 ready, 0 reserved
in order, attempts 0
those before it once
a fatal error
status 255: those behind it are back
crashed: all others once, it 2 times
a hang beyond its time-out
status 124, said so
those behind it are back
all others once, it 2 times
failures beside slow handlers
signal handled 135, failed 2, lost 0
all others once, it 2 times
