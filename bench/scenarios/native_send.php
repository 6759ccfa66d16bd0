<?php

declare(strict_types=1);

// A loop in C that pushes a ready-made envelope: native/redis_loop.c.

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/redis_queue.php';

['n' => $n, 'unit' => $unit] = $arguments = arguments();
$storage = Storage::of($arguments);
$sample = nativeLoop($arguments['tool'], 'publish', (string) $storage->port(), $storage->name(), (string) $unit, (string) $n, orderEnvelope(0));
expect($n, $storage->redis()->call('LLEN', $storage->name()), 'stored');
report(['main' => $sample]);
