--TEST--
Relays side by side: one serves a destination, the others stand by or serve other ones; a killed one is replaced, one that stops leaves at once
--SKIPIF--
<?php
if (!getenv('ECOQ_TEST_ENGINE')) die('skip only by redirection from tests/worker/relay_*.phpt');
if (getenv('SKIP_SLOW_TESTS')) die('skip slow');
?>
--FILE--
<?php
use Ecoq\{Message, Messaging, OutboxChannel};

require __DIR__ . '/relay.inc';
$code = <<<'PHP'
    $pdo = CONNECT;
    $names = array_slice($argv, 1) ?: ['a', 'b'];
    $channels = array_combine($names, array_map(fn ($name) => new Ecoq\OutboxChannel("sqlite:$file.$name"), $names));
    $ecoq = new Ecoq\Messaging(channels: $channels, database: $pdo);
    echo "ready\n";
    $report = $ecoq->worker('outbox', timeLimit: 120_000)->run();
    echo json_encode($report), "\n";
PHP;
$code = with_database($code);
$ecoq = new Messaging(channels: ['a' => new OutboxChannel("sqlite:$file.a"), 'b' => new OutboxChannel("sqlite:$file.b")], database: $pdo);
$ecoq->channel('outbox')->setup();
$sent = ['a' => 0, 'b' => 0];

/** Sends, and waits until it has arrived; the seconds that took. */
function pass(string $channel, int $count = 20): float
{
    global $ecoq, $sent;
    $start = microtime(true);
    $ecoq->channel($channel)->send(array_map(fn ($n) => Message::create('t', ['n' => $n]), range(1, $count)));
    $sent[$channel] += $count;
    if (!until(fn () => $ecoq->channel($channel)->stats()->ready === $sent[$channel], 60)) {
        echo "$channel: {$ecoq->channel($channel)->stats()->ready} of $sent[$channel] arrived\n";
    }
    return microtime(true) - $start;
}
function holder(string $channel): int
{
    global $pdo;
    return scalar("SELECT o.pid FROM ecoq_relays r JOIN ecoq_owners o ON o.id = r.owner WHERE r.destination = 'outbox:$channel'");
}
function start(string ...$names): WorkerProcess
{
    global $code, $file;
    $worker = new WorkerProcess('$argv = ' . var_export(['', ...$names], true) . ';' . $code, $file);
    $worker->line();
    return $worker;
}

$first = start('a');
until(fn () => holder('a') === $first->pid);
$second = start('a', 'b');
until(fn () => holder('b') === $second->pid);
for ($i = 0; $i < 15; $i++) {
    pass('a');
    pass('b');
    usleep(100_000);
}
echo 'one each: ', holder('a') === $first->pid && holder('b') === $second->pid ? 'yes' : 'no', "\n";

$first->signal(9);
$took = pass('a');
echo 'killed: ', holder('a') === $second->pid ? 'replaced' : 'not replaced', $took < 10 ? '' : " after $took s", "\n";

$third = start('a', 'b');
usleep(700_000);
$second->signal(15);
$report = json_decode($second->rest());
[$status] = $second->wait(20);
echo "stopped: $report->stopReason $status, handled ", $report->handled === $sent['b'] + 20 ? 'what was its own' : $report->handled, "\n";
pass('a');
pass('b');
echo 'left at once: ', holder('a') === $third->pid && holder('b') === $third->pid ? 'replaced' : 'not replaced', "\n";
$third->signal(15);
$report = json_decode($third->rest());
$third->wait(20);
echo "third handled $report->handled, lost $report->lost, dead $report->deadLettered; leases ", scalar('SELECT count(*) FROM ecoq_relays'), "\n";
getenv('ECOQ_SHOW') && printf("replaced after %.2f s\n", $took);
?>
--EXPECT--
one each: yes
killed: replaced
stopped: signal 0, handled what was its own
left at once: replaced
third handled 40, lost 0, dead 0; leases 0
