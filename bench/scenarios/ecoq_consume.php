<?php

declare(strict_types=1);

// ecoq's worker draining a channel in a database, named by DSN or (`pdo`) as a \PDO of the application's.

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/ecoq.php';

['n' => $n, 'typed' => $typed] = $arguments = arguments();
$storage = Storage::of($arguments);
$handler = $typed ? TypedHandler::class : ArrayHandler::class;
fillFirst($storage, $n);

$ecoq = ecoq($handler, $arguments['pdo'] ?? false ? $storage->pdo() : $storage->dsn());
$meter = new Meter();
$meter->start();
$handled = drain($ecoq);
$meter->stop();

expect($n, $handled, 'handled');
expect($n, $handler::$handled, 'handler calls');
report(['main' => $meter->sample($n)]);
