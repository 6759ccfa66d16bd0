<?php

declare(strict_types=1);

// ecoq's worker with `database:`, a handler that writes one row. The channel is on that database (`channel` is database), or a SQLite file of
// its own (broker); with `deduplicated` the handler has a key of its own (#[Deduplicated]).

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/ecoq.php';
require __DIR__ . '/../lib/effects.php';

['n' => $n, 'channel' => $channel, 'deduplicated' => $deduplicated] = $arguments = arguments();
$storage = Storage::of($arguments, 'application');
$broker = $channel === 'broker' ? Storage::of($arguments, 'broker') : $storage;
$handler = $deduplicated ? DeduplicatedHandler::class : EffectHandler::class;
createEffects($storage, $storage->pdo());
(new \Ecoq\Messaging(database: $storage->pdo()))->transactional(static fn () => null); // creates its tables
$storage->settle();
fillFirst($broker, $n);

$pdo = $storage->pdo();
$handler::$insert = $pdo->prepare(INSERT_EFFECT);
$ecoq = ecoq($handler, $channel === 'broker' ? $broker->dsn() : $pdo, $pdo);
$meter = new Meter();
$meter->start();
$handled = drain($ecoq);
$meter->stop();

expect($n, $handled, 'handled');
expectEffects($storage, $n);
report(['main' => $meter->sample($n)]);
