<?php

declare(strict_types=1);

// A loop in C that gets pushed messages, acknowledges `acknowledge` at a time and does nothing with them: native/amqp_loop.c.

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';

['n' => $n, 'prefetch' => $prefetch, 'acknowledge' => $acknowledge] = $arguments = arguments();
$rabbit = Storage::of($arguments)->rabbit();
$rabbit->fill($n);
$sample = $rabbit->run('consume', (string) $prefetch, (string) $acknowledge, (string) $n);
expect($n, $sample['n'], 'handled');
$rabbit->await(0);
report(['main' => $sample]);
