<?php

declare(strict_types=1);

// A loop in C that publishes a ready-made envelope, `confirmed` so many at a time or not: native/amqp_loop.c.

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';

['n' => $n, 'unit' => $unit, 'confirmed' => $confirmed] = $arguments = arguments();
$rabbit = Storage::of($arguments)->rabbit();
$sample = $rabbit->run($confirmed ? 'confirmed' : 'unconfirmed', (string) $unit, (string) $n, orderEnvelope(0));
$rabbit->await($n);
report(['main' => $sample]);
