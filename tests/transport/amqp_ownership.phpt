--TEST--
RabbitMQ: what a killed process held comes back, charged only when it was held alone as a suspect; connections that are cut, queues that are deleted; slow handlers, timeouts, a change of prefetch
--SKIPIF--
<?php
if (!extension_loaded('posix')) die('skip no posix');
require __DIR__ . '/amqp.inc';
amqp_skip(slow: true);
?>
--FILE--
<?php
require __DIR__ . '/amqp.inc';
require __DIR__ . '/processes.inc';
$space = new AmqpSpace;
$dsn = $space->dsn(['heartbeat' => '2s', 'retry.jitter' => 0]);
$open = fn (string $dsn) => (new Ecoq\Messaging(channels: ['x' => $dsn]))->channel('x');
$channel = $open($dsn);
/** Everything that comes; what comes in one go is in brackets. */
$all = function (int $count) use (&$channel): string {
    for ($types = []; $count > 0 && ($d = $channel->receive(10, 10_000)); $count -= count($d)) {
        $types[] = '[' . amqp_types($d) . ']';
        array_map(fn ($one) => $one->ack(), $d);
    }
    return implode(' ', $types) ?: '-';
};
$settle = function (Ecoq\Delivery $delivery, string $how): string {
    try {
        $delivery->$how();
        return "$how done";
    } catch (Ecoq\Exception\OwnershipLostException) {
        return 'lost';
    }
};
$holder = <<<'PHP'
    $c = (new Ecoq\Messaging(channels: ['x' => $file]))->channel('x');
    $d = $c->receive(3, 20_000);
    echo implode(' ', array_map(fn ($d) => $d->message->type, $d)), "\n";
    for ($i = 0; $i < 600 && $d[0]->stillMine(); $i++) usleep(100_000);
    foreach ($d as $one) {
        try {
            $one->ack();
            echo 'acknowledged ';
        } catch (Ecoq\Exception\OwnershipLostException) {
            echo 'lost ';
        }
    }
    echo "\n";
    PHP;

echo "-- killed\n";
$channel->send(amqp_messages('a', 'b', 'c', 'd', 'e'));
$p = new Process($holder, $dsn);
echo $p->line(), "\n";
$p->signal(SIGKILL);
$p->wait();
// those that it held, and those that were pushed to it ahead: each alone
echo $all(5), "\n";

echo "-- killed with a suspect\n";
$channel->send(amqp_messages('s'));
$channel = null;
foreach ([1, 2] as $_) {
    $p = new Process($holder, $dsn);
    echo $p->line(), ' ';
    $p->signal(SIGKILL);
    $p->wait();
}
$channel = $open($dsn);
$d = $channel->receive(1, 10_000);
$d[0]->retry(0);
$channel = $d = null;
// the first time it was one of several that could have killed the process
$message = $space->get('x.returned', requeue: true)[0] ?? $space->get('x', requeue: true)[0];
echo 'attempts ', $message['properties']['headers']['x-attempts'], ', crashes ', $message['properties']['headers']['ecoq-crashes'], "\n";
$channel = $open($dsn);
echo $all(1), "\n";

echo "-- a handler that kills its process\n";
$channel = $d = null;
$open($dsn)->send([...amqp_messages('deadly'), ...array_map(fn ($n) => Ecoq\Message::create('fine', ['n' => $n]), range(1, 300))]);
$worker = <<<'PHP'
    $ecoq = new Ecoq\Messaging(handlers: [
        'deadly' => fn () => posix_kill(getmypid(), 9),
        'fine' => function (array $data) { echo $data['n'], "\n"; },
    ], channels: ['x' => $file . '&retry.max=2&retry.delay=0']);
    $ecoq->worker('x', idleLimit: 1500)->run();
    echo "end\n";
    PHP;
$handled = [];
$deaths = -1;
do {
    $lines = explode("\n", trim((new Process($worker, $dsn))->rest()));
    $ended = end($lines) === 'end';
    array_push($handled, ...array_filter($lines, is_numeric(...)));
} while (++$deaths < 10 && !$ended);
sort($handled, SORT_NUMERIC);
// what was handled and not yet acknowledged when it died may come twice
$times = array_count_values($handled);
echo "$deaths deaths, ", count($times), ' handled, ', count($handled) - count($times) <= 3 * 16 ? 'hardly one twice' : count($handled), "\n";
foreach ($space->get('x.dlq') as $letter) {
    echo json_decode($letter['payload'])->job, ' ', strtok(json_decode($letter['payload'])->dead_letter->error, ':'), "\n";
}

echo "-- stopped for longer than the heartbeat allows\n";
$channel = $open($dsn);
$channel->send(amqp_messages('a', 'b', 'c'));
$p = new Process($holder, $dsn);
echo $p->line(), ' ';
$p->signal(SIGSTOP);
for ($types = [], $end = microtime(true) + 30; count($types) < 3 && microtime(true) < $end;) {
    foreach ($channel->receive(1, 1000) as $one) {
        $types[] = $one->message->type;
        $one->ack();
    }
}
sort($types);
echo implode(' ', $types), ' ';
$p->signal(SIGCONT);
echo $p->line(), "\n";

echo "-- cut while it is handled\n";
$channel->send(amqp_messages('k', 'l'));
for ($d = []; count($d) < 2;) {
    array_push($d, ...$channel->receive(2, 10_000));
}
$space->cut('', 2);
var_dump(amqp_until(fn () => !$d[0]->stillMine()));
echo $settle($d[0], 'ack'), ', ', $settle($d[1], 'retry'), ' ', $all(2), "\n";

echo "-- timeout\n";
$impatient = $open("$dsn&timeout=700");
$channel->send(amqp_messages('t'));
$d = $impatient->receive(1, 10_000);
echo amqp_types($d), ' ', amqp_types($e = $channel->receive(1, 10_000)), ' ', $settle($d[0], 'retry'), ', ', $settle($e[0], 'ack'), "\n";
$impatient = null;

echo "-- deleted while it is consumed\n";
$channel->send(amqp_messages('before'));
$d = $channel->receive(1, 10_000);
$space->ask('DELETE', 'queues', 'x');
$d[0]->ack();
usleep(300_000);
echo amqp_types($channel->receive(1)), ' ';
$channel->send(amqp_messages('after'));
echo $all(1), "\n";

echo "-- behind a slow handler others get what was pushed ahead, in its order\n";
$channel = $d = $e = $one = null; // deliveries keep their channel open
$types = [];
$handled = function (array $data) use (&$types, $space) {
    $types[] = $data['n'];
    if ($data['n'] === 40) {
        $other = (new Ecoq\Messaging(channels: ['x' => $space->dsn()]))->channel('x');
        sleep(2);
        foreach ($other->receive(3, 5000) as $one) {
            $types[] = 'other ' . $one->message->payload['n'];
            $one->ack();
        }
    }
};
$ecoq = new Ecoq\Messaging(handlers: ['n' => $handled], channels: ['x' => $dsn]);
$open($dsn)->send(array_map(fn ($n) => Ecoq\Message::create('n', ['n' => $n]), range(1, 300)));
$ecoq->worker('x', limit: 297)->run();
echo $types === [...range(1, 40), 'other 41', 'other 42', 'other 43', ...range(44, 300)] ? 'in order' : implode(' ', $types), "\n";

echo "-- a lane that another process makes\n";
$channel = $open($dsn);
echo amqp_types($channel->receive(1)), ' ';
$open($dsn)->send(amqp_messages('urgent'), priority: 9);
$start = microtime(true);
echo amqp_types($d = $channel->receive(1, 10_000)), ' ', microtime(true) - $start < 3 ? 'at once' : 'late', "\n";
$d[0]->ack();
?>
--EXPECT--
-- killed
a b c
[a] [b] [c] [d] [e]
-- killed with a suspect
s s attempts 1, crashes 1
[s/1]
-- a handler that kills its process
3 deaths, 300 handled, hardly one twice
deadly crashed
-- stopped for longer than the heartbeat allows
a b c a b c lost lost lost
-- cut while it is handled
bool(true)
lost, lost [k] [l]
-- timeout
t t lost, ack done
-- deleted while it is consumed
- [after]
-- behind a slow handler others get what was pushed ahead, in its order
in order
-- a lane that another process makes
- urgent at once
