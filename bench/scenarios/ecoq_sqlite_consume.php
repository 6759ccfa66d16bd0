<?php

declare(strict_types=1);

// ecoq's worker draining a SQLite channel.

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/ecoq.php';

['dir' => $dir, 'n' => $n, 'synchronous' => $synchronous, 'typed' => $typed] = arguments();
$file = "$dir/queue.sqlite";
$channel = sqliteChannel($file, $synchronous);
$handler = $typed ? TypedHandler::class : ArrayHandler::class;

// Filled by an application of its own, so that the worker below opens the file as a fresh process would.
$source = ecoq($handler, $channel);
fill($source, $n);
unset($source);
gc_collect_cycles();
checkpoint($file);

$ecoq = ecoq($handler, $channel);
$meter = new Meter();
$meter->start();
$handled = drain($ecoq);
$meter->stop();

expect($n, $handled, 'handled');
expect($n, $handler::$handled, 'handler calls');
report(['main' => $meter->sample($n)]);
