--TEST--
group: messages of one group are handled one at a time, in order, per subscriber; a failing one holds them or lets them pass; over outbox, hops, retries and replays
--SKIPIF--
<?php
require dirname(__DIR__) . '/transport/amqp.inc';
amqp_skip(slow: true);
if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite');
?>
--FILE--
<?php
use Ecoq\Attribute\{Asynchronous, CommandHandler, Delayed, EventHandler};
use Ecoq\Message;

require dirname(__DIR__) . '/transport/amqp.inc';
require dirname(__DIR__) . '/transport/processes.inc';
$space = new AmqpSpace;

final class Handlers
{
    public static array $log = [];
    public static int $failures = 0;

    #[Asynchronous('q'), EventHandler('moved', endpointId: 'one')]
    public function one(string $data): void
    {
        self::$log[] = "one $data";
        if ($data === 'a1' && self::$failures-- > 0) {
            throw new DomainException('not now');
        }
    }

    #[Asynchronous('q'), EventHandler('moved', endpointId: 'two')]
    public function two(string $data): void
    {
        self::$log[] = "two $data";
    }

    #[Asynchronous(['q', 'r']), CommandHandler('hop', endpointId: 'hop')]
    public function hop(string $data): void
    {
        self::$log[] = "hop $data";
    }

    #[Asynchronous(['q', 'memory']), CommandHandler('hop to memory', endpointId: 'hop to memory')]
    public function hopToMemory(string $data): void {}

    #[Asynchronous(['q', 'r']), Delayed(1000), CommandHandler('late', endpointId: 'late')]
    public function late(string $data): void {}
}

function messaging(array $options = [], mixed ...$more): Ecoq\Messaging
{
    global $space;
    $options += ['retry.delay' => 1000, 'retry.jitter' => 0, 'retry.max' => 1];
    Handlers::$log = [];
    return new Ecoq\Messaging(...$more + ['handlers' => [Handlers::class], 'channels' => [
        'q' => $space->dsn($options + ['partitions' => 3], 'q'), 'r' => $space->dsn(['partitions' => 3], 'r'), 'memory' => 'memory:',
        'o' => isset($more['database']) ? new Ecoq\OutboxChannel($space->dsn(['partitions' => 3], 'q')) : 'memory:',
    ]]);
}
function run(Ecoq\Messaging $ecoq, string $channel = 'q'): void
{
    global $space;
    // until nothing is left that waits to be due either; what is on its way from one level to the next is counted nowhere
    for ($nothing = 0; $nothing < 3; $nothing = $stats->delayed + $stats->ready > 0 ? 0 : $nothing + 1) {
        $ecoq->worker($channel, stopWhenEmpty: true)->run();
        usleep(150_000);
        $stats = $ecoq->channel($channel)->stats();
    }
    // the order is that of a group
    $groups = [];
    foreach (Handlers::$log as $line) {
        [$who, $data] = explode(' ', $line);
        $groups["$who " . ($data === 'none' ? '' : $data[0])][] = $data;
    }
    ksort($groups);
    foreach ($groups as $group => $all) {
        echo strtok($group, ' '), ': ', implode(' ', $all), "\n";
    }
    Handlers::$log = [];
}
function publish(Ecoq\Messaging $ecoq): void
{
    foreach (['a1', 'a2', 'b1', 'none', 'b2', 'a3'] as $data) {
        $ecoq->publishTo('moved', $data, group: $data === 'none' ? null : $data[0]);
    }
}

foreach (['hold', 'pass'] as $policy) {
    echo "-- $policy: fails once\n";
    $ecoq = messaging(['group-on-failure' => $policy]);
    Handlers::$failures = 1;
    publish($ecoq);
    run($ecoq);
    echo "-- $policy: is given up on, and replayed\n";
    Handlers::$failures = 2;
    publish($ecoq);
    run($ecoq);
    echo $ecoq->deadLetters()->replayAll(), "\n";
    run($ecoq);
}

echo "-- bare use: the next one is received when the one before is settled, whatever comes in between\n";
$ecoq = messaging();
$channel = $ecoq->channel('q');
$channel->send([Message::create('x', '1'), Message::create('x', '2'), Message::create('x', '3')], group: 'g');
$channel->send(Message::create('x', 'other'), group: 'i'); // of another partition
$channel->send(Message::create('x', 'free'));
$take = function (int $max = 10) use ($channel): array {
    $deliveries = $channel->receive($max);
    $payloads = array_map(fn ($delivery) => $delivery->message->payload, $deliveries);
    sort($payloads);
    echo '[', implode(' ', $payloads), "]\n";
    return array_combine(array_map(fn ($delivery) => $delivery->message->payload, $deliveries), $deliveries);
};
$first = $take();
$take();
$first['1']->retry();
$again = $take();
echo $again['1']->attempts, ' ', json_encode($again['1']->message->headers), "\n";
$take();
$again['1']->release();
$take()['1']->ack();
$take()['2']->reject('no');
$take()['3']->ack();
$first['other']->ack();
$first['free']->ack();
$ecoq->deadLetters()->purge();

echo "-- dead letters of the queue go back to their group, and to their priority\n";
$channel->send([Message::create('x', '1'), Message::create('x', '2')], group: 'g');
$take()['1']->reject();
$take()['2']->reject();
$channel->send(Message::create('x', 'urgent'), priority: 9);
$take()['urgent']->reject();
echo $ecoq->deadLetters()->replayAll(), ' ', $ecoq->deadLetters()->count(), "\n";
$channel->send(Message::create('x', '3'), group: 'g');
$take(1)['urgent']->ack();
foreach (['1', '2', '3'] as $payload) {
    $take()[$payload]->ack();
}

echo "-- several channels on the way; what cannot be is refused before anything is sent\n";
$ecoq->sendTo('hop', 'a1', group: 'a');
$ecoq->sendTo('hop', 'a2', group: 'a');
echo count($held = $channel->receive(5)), ' ', $held[0]->message->payload, "\n";
$held[0]->release();
run($ecoq);
echo count($held = $ecoq->channel('r')->receive(5)), ' ', $held[0]->message->payload, "\n";
$held[0]->release();
run($ecoq, 'r');
foreach ([['hop to memory', []], ['late', []], ['hop', ['delay' => 1000]]] as [$type, $arguments]) {
    try {
        $ecoq->sendTo($type, 'x', ...$arguments, group: 'a');
    } catch (Ecoq\Exception\ConfigurationException $e) {
        echo $e->getMessage(), "\n";
    }
}
try {
    $channel->send(Message::create('x'), delay: 1000, group: 'a');
} catch (Ecoq\Exception\ConfigurationException $e) {
    echo $e->getMessage(), "\n";
}
echo $channel->stats()->ready, "\n";

echo "-- from elsewhere: copies keep the group, each endpoint for itself\n";
$channel->send([Message::create('moved', 'a1'), Message::create('moved', 'a2')], group: 'a');
run($ecoq);

echo "-- through the outbox; dead letters of the database\n";
$file = database_file();
// what was pushed to a consumer that is not used any more would stay there for a moment
$channel = $take = $first = $again = $held = $ecoq = null;
$ecoq = messaging(['retry.max' => 0], database: new PDO("sqlite:$file"));
$channel = $ecoq->channel('q');
$ecoq->channel('o')->send([Message::create('hop', 'a1'), Message::create('hop', 'a2')], group: 'a');
$ecoq->worker('outbox', stopWhenEmpty: true)->run();
echo count($held = $channel->receive(5)), ' ', $held[0]->message->payload, "\n";
$held[0]->release();
run($ecoq);
run($ecoq, 'r');
Handlers::$failures = 1;
publish($ecoq);
run($ecoq);
echo $ecoq->deadLetters()->replayAll(), ' ', count($held = $channel->receive(5)), ' ', $held[0]->message->header('ecoq-group'), ' ', $held[0]->message->header('ecoq-endpoint'), "\n";
$held[0]->ack();

echo "-- three workers: never two in one group, none out of order\n";
$file = database_file();
$groups = 5;
$each = 40;
for ($i = 0; $i < $each; $i++) {
    for ($group = 0; $group < $groups; $group++) {
        $channel->send(Message::create('count', [$group, $i]), group: "group $group");
    }
}
$code = '$handler = function (array $data) use ($file) {
        [$group, $number] = $data;
        $lock = fopen("$file.$group", "c+");
        $alone = flock($lock, LOCK_EX | LOCK_NB);
        fseek($lock, 0);
        $expected = (int) fgets($lock);
        usleep(random_int(0, 2000));
        fseek($lock, 0);
        fwrite($lock, (string) ($number + 1));
        echo $alone && $expected === $number ? "+" : "- group $group: $number, expected $expected\n";
        flock($lock, LOCK_UN);
    };
    $ecoq = new Ecoq\Messaging(handlers: ["count" => $handler], channels: ["q" => ' . var_export($space->dsn(['partitions' => 3], 'q'), true) . ']);
    $ecoq->worker("q", stopWhenEmpty: true, idleLimit: 1000)->run();';
$workers = array_map(fn () => new Process($code, $file), range(1, 3));
$seen = implode('', array_map(fn ($worker) => $worker->rest(), $workers));
while ($channel->stats()->ready > 0) {
    $seen .= (new Process($code, $file))->rest();
}
echo str_replace('+', '', $seen), substr_count($seen, '+'), ' of ', $groups * $each, "\n";
?>
--EXPECT--
-- hold: fails once
one: none
one: a1 a1 a2 a3
one: b1 b2
two: none
two: a1 a2 a3
two: b1 b2
-- hold: is given up on, and replayed
one: none
one: a1 a1 a2 a3
one: b1 b2
two: none
two: a1 a2 a3
two: b1 b2
1
one: a1
-- pass: fails once
one: none
one: a1 a2 a3 a1
one: b1 b2
two: none
two: a1 a2 a3
two: b1 b2
-- pass: is given up on, and replayed
one: none
one: a1 a2 a3 a1
one: b1 b2
two: none
two: a1 a2 a3
two: b1 b2
1
one: a1
-- bare use: the next one is received when the one before is settled, whatever comes in between
[1 free other]
[]
[1]
1 {"ecoq-group":"g","ecoq-payload":"value"}
[]
[1]
[2]
[3]
-- dead letters of the queue go back to their group, and to their priority
[1]
[2]
[urgent]
3 0
[urgent]
[1]
[2]
[3]
-- several channels on the way; what cannot be is refused before anything is sent
1 a1
1 a1
hop: a1 a2
hop to memory: the transport "memory" of channel "memory" cannot honour a group; send it without one, or to a channel that keeps the order of groups
late: a message of a group cannot be delayed (#[Delayed]): it would hold back every later message of the group; leave out the delay, or the group
hop: a message of a group cannot be delayed (delay:): it would hold back every later message of the group; leave out the delay, or the group
Sending to channel "q": a message of a group cannot be delayed: it would hold back every later message of the group on channel "q"; send it without the delay, or without the group
0
-- from elsewhere: copies keep the group, each endpoint for itself
one: a1 a2
two: a1 a2
-- through the outbox; dead letters of the database
1 a1
hop: a1 a2
one: none
one: a1 a2 a3
one: b1 b2
two: none
two: a1 a2 a3
two: b1 b2
1 1 a one
-- three workers: never two in one group, none out of order
200 of 200
