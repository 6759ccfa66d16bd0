--TEST--
RabbitMQ: numbers that are asked for again and again do not ask for queues that are not there each time; what this process makes is seen at once, what others make within seconds
--SKIPIF--
<?php
require __DIR__ . '/amqp.inc';
amqp_skip(slow: true);
?>
--FILE--
<?php
require __DIR__ . '/amqp.inc';
$space = new AmqpSpace;
$messaging = new Ecoq\Messaging(channels: ['q' => $space->dsn(queue: 'q')]);
$channel = $messaging->channel('q');
$ready = fn () => $channel->stats()->ready;
$delayed = fn () => $channel->stats()->delayed;
$by_others = function (string $lane) use ($space): void {
    $space->ask('PUT', 'queues', $lane, ['durable' => true]);
    $space->put($lane, '{}');
};

echo 'nothing is there: ', $ready(), ' ', $delayed(), "\n";
$asked = microtime(true);
$by_others('q.p7');
$seen = $ready();
// on a machine that took longer than that it may have asked again
echo 'not asked again at once: ', json_encode($seen === 0 || microtime(true) - $asked > 3), "\n";
echo 'within seconds: ', json_encode(amqp_until(fn () => $ready() === 1, 20)), "\n";

$channel->send(Ecoq\Message::create('a', []));
echo 'own queue: ', $ready(), "\n";
$channel->send(Ecoq\Message::create('a', []), priority: 2);
echo 'own lane: ', $ready(), "\n";
$channel->send(Ecoq\Message::create('a', []), 60000);
echo 'own level: ', $delayed(), ', dead: ', $messaging->deadLetters()->count(), "\n";
$space->ask('DELETE', 'queues', 'q.p7');
echo 'deleted by others: ', $ready(), "\n";
$channel->send(Ecoq\Message::create('a', []), priority: 7);
echo 'and made here: ', $ready(), "\n";
$space->cut();
$by_others('q.p5');
echo 'on a new connection: ', json_encode(amqp_until(fn () => $ready() === 4, 20)), "\n";
?>
--EXPECT--
nothing is there: 0 0
not asked again at once: true
within seconds: true
own queue: 2
own lane: 3
own level: 1, dead: 0
deleted by others: 2
and made here: 3
on a new connection: true
