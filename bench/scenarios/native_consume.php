<?php

declare(strict_types=1);

// A loop in C that reserves and acknowledges batches and does nothing with them: native/redis_loop.c.

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/redis_queue.php';

['n' => $n, 'loop' => $loop, 'batch' => $batch] = $arguments = arguments();
$storage = Storage::of($arguments);
fillList($storage, $n);
$sample = nativeLoop($arguments['tool'], $loop, (string) $storage->port(), $storage->name(), (string) $batch);
expect($n, $sample['n'], 'handled');
expectNothingLeft($storage, "{$storage->name()}:processing");
report(['main' => $sample]);
