<?php

declare(strict_types=1);

// ecoq's worker draining a channel, named by DSN or (`pdo`) as a \PDO of the application's. `plain`: what a producer without ecoq put into a list in
// Redis or a queue of RabbitMQ.

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/ecoq.php';
require __DIR__ . '/../lib/redis_queue.php';

['n' => $n, 'typed' => $typed] = $arguments = arguments();
$storage = Storage::of($arguments);
$handler = $typed ? TypedHandler::class : ArrayHandler::class;
match (true) {
    !($arguments['plain'] ?? false) => fillFirst($storage, $n),
    $storage->engine === 'amqp' => $storage->rabbit()->fill($n),
    default => fillList($storage, $n),
};

$ecoq = ecoq($handler, $arguments['pdo'] ?? false ? $storage->pdo() : $storage->dsn());
$meter = new Meter();
$meter->start();
$handled = drain($ecoq);
$meter->stop();

expect($n, $handled, 'handled');
expect($n, $handler::$handled, 'handler calls');
$storage->engine === 'amqp' ? $storage->rabbit()->await(0) : expect(0, $ecoq->channel('orders')->stats()->ready, 'left over');
report(['main' => $meter->sample($n)]);
