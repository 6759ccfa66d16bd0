--TEST--
RabbitMQ: queues that others made are not lost: with auto_delete while the prefetch changes and behind slow handlers; levels for delays that exist are used, and told of; queues that others delete meanwhile
--SKIPIF--
<?php
require __DIR__ . '/amqp.inc';
amqp_skip(slow: true);
?>
--FILE--
<?php
require __DIR__ . '/amqp.inc';
$space = new AmqpSpace;
$open = fn (string $queue, array $options = []) => (new Ecoq\Messaging(channels: ['x' => $space->dsn($options, $queue)]))->channel('x');
$numbers = fn (int $first, int $last) => array_map(fn ($n) => Ecoq\Message::create('n', ['n' => $n]), range($first, $last));

foreach (['auto' => ['durable' => true, 'arguments' => ['x-queue-type' => 'classic']], 'brief' => ['durable' => false], 'interop' => ['durable' => true]] as $queue => $how) {
    echo "-- $queue: deleted with its last consumer\n";
    $options = $queue === 'interop' ? ['interop' => 1] : [];
    $space->ask('PUT', 'queues', $queue, $how + ['auto_delete' => true]);
    $open($queue, $options)->send($numbers(1, 600));
    $handled = [];
    // slow, quick, much slower than what is pushed ahead may wait, and quick again
    $handler = function (array $data) use (&$handled) {
        $handled[] = $data['n'];
        usleep(match (true) { $data['n'] <= 3 => 20_000, $data['n'] === 400 => 2_500_000, default => 0 });
    };
    $ecoq = new Ecoq\Messaging(handlers: ['n' => $handler], channels: ['x' => $space->dsn($options, $queue)]);
    $worker = $ecoq->worker('x', limit: 590, timeLimit: 30_000);
    $worker->run();
    unset($worker, $ecoq);
    echo count($handled), ' handled, ', count(array_unique($handled)), ' different, ', array_slice($handled, 0, 400) === range(1, 400) ? 'in order' : json_encode($handled), "\n";
    var_dump(amqp_until(fn () => $space->ask('GET', 'queues', $queue) === null));
}

echo "-- levels for delays\n";
/** What a worker says at its start. */
$advice = function (array $options) use ($space): string {
    $logger = new class {
        public array $lines = [];
        public function __call(string $level, array $arguments) { $this->lines[] = "$level: $arguments[0]"; }
    };
    $ecoq = new Ecoq\Messaging(handlers: ['n' => fn () => null], channels: ['x' => $space->dsn($options, 'safe')], logger: $logger);
    $ecoq->worker('x', stopWhenEmpty: true)->run();
    $lines = preg_grep('/delay/i', $logger->lines);
    return preg_replace('/127\.0\.0\.1:\d+|localhost:\d+|ecoq-[0-9a-f]{12}/', 'HERE', implode("\n", $lines)) ?: 'nothing';
};
$open('quick', ['queue-type' => 'classic'])->send($numbers(1, 1), delay: 600);
foreach ([['ecoq.delay.0', 250, 'out'], ['ecoq.delay.1', 500, '0']] as [$name, $ttl, $next]) {
    $level = $space->ask('GET', 'queues', $name);
    echo "$name $level[type] ", json_encode($level['arguments']), "\n";
    $space->ask('PUT', 'queues', str_replace('ecoq.', 'old.', $name), ['durable' => true, 'arguments' => ['x-message-ttl' => $ttl, 'x-dead-letter-exchange' => "old.delay.$next"]]);
}
foreach (['ecoq.delay', 'old.delay'] as $prefix) {
    $channel = $open('safe', ['delay-prefix' => $prefix]);
    $due = microtime(true) + 0.6;
    $channel->send($numbers(1, 2), delay: 600);
    for ($got = []; count($got) < 2; array_push($got, ...$channel->receive(2, 10_000)));
    echo amqp_types($got), microtime(true) < $due - 0.01 ? ' EARLY' : '', "\n";
    array_map(fn ($d) => $d->ack(), $got);
    $channel = $got = null;
    echo $advice(['delay-prefix' => $prefix]), "\n", $prefix === 'ecoq.delay' ? '' : $advice(['delay-prefix' => $prefix, 'queue-type' => 'classic']) . "\n";
}
echo implode(' ', array_keys($space->queues(), 'classic')), "\n";

echo "-- what others delete\n";
$channel = $open('gone');
$say = function (callable $what): string {
    try {
        $is = $what();
        return is_scalar($is) ? (string) $is : 'done';
    } catch (Throwable $e) {
        return $e::class . ': ' . $e->getMessage();
    }
};
$ecoq = new Ecoq\Messaging(handlers: ['n' => fn () => throw new Ecoq\Exception\Unrecoverable('no')], channels: ['x' => $space->dsn([], 'gone')]);
$letters = $ecoq->deadLetters();
$ecoq->channel('x')->send($numbers(1, 1));
$ecoq->worker('x', stopWhenEmpty: true)->run();
echo count($letters->list()), "\n";
foreach (['gone.dlq', 'gone'] as $deleted) {
    $ecoq->channel('x')->purge();
    $letters->purge();
    $ecoq->channel('x')->send($message = $numbers(1, 1)[0]);
    $ecoq->worker('x', limit: 1)->run();
    $id = $message->id;
    echo count($letters->list()), ': ';
    foreach ([fn () => $letters->show($id) === null, fn () => $letters->replay($id) === false, fn () => $letters->delete($id) === false, fn () => $letters->replayAll(), fn () => count($letters->list()), fn () => $letters->count(), fn () => $ecoq->channel('x')->stats()->ready, fn () => $ecoq->channel('x')->purge(), fn () => $letters->purge(),
        fn () => $ecoq->channel('x')->setup(), fn () => $ecoq->channel('x')->send($numbers(1, 1)), fn () => $ecoq->channel('x')->send($numbers(1, 1), delay: 250)] as $what) {
        $space->ask('DELETE', 'queues', $deleted);
        echo $say($what), ' ';
    }
    echo "\n";
}
$space->ask('DELETE', 'queues', 'gone');
$ecoq->channel('x')->setup();
var_dump($space->ask('GET', 'queues', 'gone') !== null);
// a level for delays as well
$channel->send($numbers(1, 1), delay: 300);
$space->ask('DELETE', 'queues', 'ecoq.delay.0');
echo $say(fn () => $channel->send($numbers(2, 2), delay: 300)), "\n";
?>
--EXPECT--
-- auto: deleted with its last consumer
590 handled, 590 different, in order
bool(true)
-- brief: deleted with its last consumer
590 handled, 590 different, in order
bool(true)
-- interop: deleted with its last consumer
590 handled, 590 different, in order
bool(true)
-- levels for delays
ecoq.delay.0 quorum {"x-dead-letter-exchange":"ecoq.delay.out","x-dead-letter-strategy":"at-least-once","x-message-ttl":250,"x-overflow":"reject-publish","x-queue-type":"quorum"}
ecoq.delay.1 quorum {"x-dead-letter-exchange":"ecoq.delay.0","x-dead-letter-strategy":"at-least-once","x-message-ttl":500,"x-overflow":"reject-publish","x-queue-type":"quorum"}
n n
nothing
n n
warning: Delays at HERE, virtual host "HERE" go through the queue "old.delay.0", which is no quorum queue with dead-letter-strategy at-least-once: messages of channel "x" that are delayed may be lost when the broker stops unexpectedly. Delete the queues "old.delay.…" when they are empty (they are made anew), or choose another delay-prefix
nothing
old.delay.0 old.delay.1 quick
-- what others delete
1
1: 1 1 1 0 0 0 0 0 0 done done done 
1:   1 0 0 0 0 0 0 done done done 
bool(true)
done
