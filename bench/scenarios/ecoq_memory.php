<?php

declare(strict_types=1);

// ecoq on memory: (decode, dispatch, call, outcome), against json_decode() of the very same envelopes in the same process. Sending is
// not part of the time. The queue is filled again and again so that it stays small; runs of both alternate.

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/ecoq.php';

['n' => $n, 'typed' => $typed, 'depth' => $depth] = arguments();
$handler = $typed ? TypedHandler::class : ArrayHandler::class;
$ecoq = ecoq($handler, 'memory:');

fill($ecoq, $depth);
$bodies = takeBodies($ecoq->channel('orders'), $depth);
fill($ecoq, $depth);
expect($depth, drain($ecoq), 'handled while warming up');

$ours = new Meter();
$json = new Meter();
for ($done = 0; $done < $n; $done += $depth) {
    fill($ecoq, $depth);
    $ours->start();
    $handled = drain($ecoq);
    $ours->stop();
    expect($depth, $handled, 'handled');

    $json->start();
    foreach ($bodies as $body) {
        json_decode($body, true);
    }
    $json->stop();
}
expect($done + $depth, $handler::$handled, 'handler calls');
report(
    ['main' => $ours->sample($done), 'json_decode' => $json->sample($done)],
    ['bytes' => strlen($bodies[0])],
);
