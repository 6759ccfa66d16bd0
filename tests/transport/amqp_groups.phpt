--TEST--
RabbitMQ: messages of a group come one at a time, in the order they were sent, whatever becomes of each and of its owner; other messages do not wait for them
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
$open = fn (array $options = []) => (new Ecoq\Messaging(channels: ['x' => $space->dsn($options + ['partitions' => 4, 'retry.jitter' => 0])]))->channel('x');
[$a, $b] = [$open(), $open()];
/** Takes and settles until there is nothing for a while; each as "type". */
$rest = function (Ecoq\MessageChannel ...$channels): string {
    for ($types = [], $end = microtime(true) + 2; microtime(true) < $end;) {
        foreach ($channels as $channel) {
            foreach ($channel->receive(10, 40) as $one) {
                $types[] = $one->message->type . ($one->attempts ? "/$one->attempts" : '');
                $one->ack();
                $end = microtime(true) + 2;
            }
        }
    }
    return implode(' ', $types) ?: '-';
};
/** Exactly one message, from whichever of them: the others hold nothing more of it. */
$next = function (Ecoq\MessageChannel ...$channels): Ecoq\Delivery {
    for ($end = microtime(true) + 20; microtime(true) < $end;) {
        foreach ($channels as $channel) {
            if ($got = $channel->receive(10, 50)) {
                count($got) > 1 && print('TOGETHER ');
                return $got[0];
            }
        }
    }
    exit("nothing came\n");
};

echo "-- refused without partitions\n";
try {
    (new Ecoq\Messaging(channels: ['x' => $space->dsn()]))->channel('x')->send(amqp_messages('a'), group: 'a');
} catch (Ecoq\Exception\ConfigurationException $e) {
    echo $e->getMessage(), "\n";
}

echo "-- one at a time, for two receivers\n";
$a->setup();
$a->send(amqp_messages('a1', 'a2', 'a3', 'a4', 'a5', 'a6'), group: 'a');
$one = $next($a, $b);
echo $one->message->type, ' ', amqp_types([...$a->receive(10, 500), ...$b->receive(10, 500)]), "\n";
$b->send(amqp_messages('p', 'q'));
echo count($held = [...$a->receive(10, 1000), ...$b->receive(10, 1000)]), "\n";
array_map(fn ($d) => $d->ack(), $held);

echo "-- what becomes of the first\n";
$one->retry();
echo amqp_types([$one = $next($a, $b)]), ' ';              // a1 again
$one->release();
echo amqp_types([$one = $next($a, $b)]), ' ';              // and again
$due = microtime(true) + 2;
$one->retry(2_000);
echo amqp_types([$one = $next($a, $b)]), ' ', microtime(true) < $due ? 'early' : 'due', ' ';
$one->reject('no');
echo amqp_types([$one = $next($a, $b)]), ' ';              // a dead letter lets the next one through
$one->ack();
echo amqp_types([$one = $next($a, $b)]), ' ';
$one->retry(500);
echo $rest($a, $b), "\n";
echo json_encode(array_filter($space->queues(), fn ($name) => str_starts_with($name, 'x.g'), ARRAY_FILTER_USE_KEY)), "\n";

echo "-- many groups and others: all come, each group in order\n";
foreach (range(1, 5) as $n) {
    for ($g = 0; $g < 40; $g++) {
        $a->send(amqp_messages("$g.$n"), group: "g$g");
    }
}
$a->send(amqp_messages(...array_map(fn ($n) => "p.$n", range(1, 100))));
$seen = [];
$wrong = 0;
foreach (explode(' ', $rest($a, $b)) as $type) {
    [$group, $n] = explode('.', $type);
    $seen[$group] = ($seen[$group] ?? 0) + 1;
    $wrong += $group !== 'p' && $n != $seen[$group];
}
echo array_sum($seen), ' ', count($seen), ' ', $wrong, ' ', $a->stats()->ready, "\n";

echo "-- one at a time: groups and others take turns\n";
for ($i = 0; $i < 6; $i++) {
    $a->send(amqp_messages('g'), group: "h$i");
    $a->send(amqp_messages('p'));
}
$b = null;
for ($each = ''; strlen($each) < 12 && ($d = $a->receive(1, 5000)); $d[0]->ack()) {
    $each .= $d[0]->message->type;
}
echo strlen($each), ' ', min(substr_count($each, 'g', 0, 6), substr_count($each, 'p', 0, 6)) >= 2 ? 'in turns' : $each, "\n";
$d = null;

echo "-- its holder dies: the group goes on behind the suspect\n";
$a = $b = $one = $held = null;
$open()->send(amqp_messages('k1', 'k2', 'k3'), group: 'k');
$holder = '$c = (new Ecoq\Messaging(channels: ["x" => $file]))->channel("x"); $d = $c->receive(10, 20_000)[0]; echo $d->message->type, "\n"; sleep(60);';
foreach ([1, 2] as $_) {
    $p = new Process($holder, $space->dsn(['partitions' => 4]));
    echo $p->line(), ' ';
    $p->signal(SIGKILL);
    $p->wait();
}
$a = $open();
echo amqp_types([$one = $next($a)]), ' ', amqp_types($a->receive(10, 500)), ' ';
$one->retry(1_000);
$copies = array_merge(...array_map(fn ($n) => $space->get("x.g$n.returned", requeue: true), range(0, 3)));
// the second one held it alone; the first one, too, if it was pushed to somebody else before
echo count($copies), ' ', ($copies[0]['properties']['headers']['ecoq-crashes'] ?? 0) >= 1 ? 'charged' : 'uncharged', ', ';
echo $rest($a), "\n";

echo "-- and when a failed one waits for its next try, with the worker that failed\n";
$a = $one = null;
$open()->send(amqp_messages('l1', 'l2', 'l3'), group: 'l');
$worker = '$c = (new Ecoq\Messaging(channels: ["x" => $file]))->channel("x"); $d = $c->receive(10, 20_000)[0]; $d->retry(3_000); echo $d->message->type, "\n"; sleep(60);';
$start = microtime(true);
$p = new Process($worker, $space->dsn(['partitions' => 4]));
echo $p->line(), ' ';
$p->signal(SIGKILL);
$p->wait();
$a = $open();
echo amqp_types([$one = $next($a)]), ' ', microtime(true) - $start >= 3 ? 'due' : 'early', ' ';
$one->ack();
echo $rest($a), "\n";

echo "-- pass: a failed one does not hold the others\n";
$a = $one = null;
$a = $open(['group-on-failure' => 'pass']);
$a->send(amqp_messages('m1', 'm2'), group: 'm');
$one = $next($a);
$one->retry(1_000);
echo $rest($a), "\n";

echo "-- purged\n";
$a = $one = null;
$a = $open();
$a->send(amqp_messages('n1', 'n2'), group: 'n');
$a->send(amqp_messages('o1', 'o2'), group: 'o');
echo $a->purge(), ' ', $a->stats()->ready, ', ';
$a->send(amqp_messages('n3', 'n4', 'n5'), group: 'n');
$one = $next($a);
echo $a->purge(), ' ', $a->stats()->ready, ' ';
$one->ack();
echo $rest($a), "\n";

echo "-- behind a slow handler others get what it does not hold\n";
$a = $one = null;
$order = [];
$handle = function (array $data) use (&$order, $open) {
    $order[] = $data['n'];
    if ($data['n'] === 1) {
        $other = $open();
        for ($end = microtime(true) + 15; microtime(true) < $end && count($order) < 5;) {
            foreach ($other->receive(10, 500) as $d) {
                $order[] = 'other ' . $d->message->payload['n'];
                $d->ack();
            }
        }
    }
};
// 's' and 't' are in different partitions
$sender = $open();
$sender->send([Ecoq\Message::create('n', ['n' => 1]), Ecoq\Message::create('n', ['n' => 2])], group: 's');
$sender->send([Ecoq\Message::create('n', ['n' => 11]), Ecoq\Message::create('n', ['n' => 12])], group: 't');
$sender->send([Ecoq\Message::create('n', ['n' => 21]), Ecoq\Message::create('n', ['n' => 22])], group: 'u');
$ecoq = new Ecoq\Messaging(handlers: ['n' => $handle], channels: ['x' => $space->dsn(['partitions' => 4])]);
$ecoq->worker('x', idleLimit: 2000)->run();
$own = array_values(array_filter($order, 'is_int'));
// which of the first ones come before the slow one, and which are not held yet when that begins, is chance
$others = array_intersect($order, ['other 12', 'other 22']);
sort($others);
echo count($order), ' ', array_search(1, $own) < array_search(2, $own) ? 'in order' : 'OVERTAKEN', ', ', implode(', ', $others), "\n";
?>
--EXPECT--
-- refused without partitions
Sending to channel "x": the transport "amqp" of channel "x" cannot honour a group; send it without one, or to a channel that keeps the order of groups
-- one at a time, for two receivers
a1 -
2
-- what becomes of the first
a1/1 a1/1 a1/2 due a2 a3 a3/1 a4 a5 a6
{"x.g0":"quorum","x.g1":"quorum","x.g1.returned":"quorum","x.g2":"quorum","x.g3":"quorum"}
-- many groups and others: all come, each group in order
300 41 0 0
-- one at a time: groups and others take turns
12 in turns
-- its holder dies: the group goes on behind the suspect
k1 k1 k1 - 1 charged, k1/1 k2 k3
-- and when a failed one waits for its next try, with the worker that failed
l1 l1/1 due l2 l3
-- pass: a failed one does not hold the others
m2 m1/1
-- purged
4 0, 2 0 -
-- behind a slow handler others get what it does not hold
6 in order, other 12, other 22
