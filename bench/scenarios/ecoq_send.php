<?php

declare(strict_types=1);

// ecoq publishing, one by one or `unit` at a time: collected by the unit of work around a handler (`how` is handler), by one that is opened and flushed
// (flush), or given as a list to MessageChannel::send() (list).

namespace Ecoq\Bench;

use Ecoq\Message;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/ecoq.php';

['n' => $n, 'unit' => $unit] = $arguments = arguments();
$storage = Storage::of($arguments);
$ecoq = ecoq(ArrayHandler::class, $storage->dsn());
$ecoq->publishTo(ORDER_PLACED, orderData(0));
$storage->settle();
$channel = $ecoq->channel('orders');

$one = static fn (int $i) => $ecoq->publishTo(ORDER_PLACED, orderData($i));
$some = match ($arguments['how'] ?? 'handler') {
    'handler' => static fn (int $from, int $to) => $ecoq->sendTo('bench.fill', ['from' => $from, 'to' => $to, 'delay' => null]),
    'flush' => static function (int $from, int $to) use ($ecoq, $one): void {
        $work = $ecoq->unitOfWork();
        for ($i = $from; $i < $to; $i++) {
            $one($i);
        }
        $work->flush();
    },
    'list' => static function (int $from, int $to) use ($channel): void {
        $messages = [];
        for ($i = $from; $i < $to; $i++) {
            $messages[] = Message::create(ORDER_PLACED, orderData($i));
        }
        $channel->send($messages);
    },
};

$meter = new Meter();
$meter->start();
for ($sent = 0; $sent < $n; $sent = $end) {
    $end = min($n, $sent + $unit);
    $unit > 1 ? $some($sent, $end) : $one($sent);
}
$meter->stop();

$storage->engine === 'amqp' ? $storage->rabbit()->await($n + 1) : expect($n + 1, $channel->stats()->ready, 'stored');
report(['main' => $meter->sample($n)]);
