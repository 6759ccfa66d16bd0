<?php

declare(strict_types=1);

// `new Ecoq\Messaging` with many handlers, in a fresh process. Whether the registry cache is on is the runner's matter (ecoq.cache_dir).

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/handler_classes.php';

['dir' => $dir, 'classes' => $classes] = arguments();
autoloadHandlerClasses("$dir/ecoq");
$handlers = handlerClassNames($classes);

$meter = new Meter();
$meter->start();
$ecoq = new \Ecoq\Messaging(handlers: $handlers, channels: ['orders' => 'memory:']);
$meter->stop();

$loaded = count(array_filter($handlers, static fn (string $class): bool => class_exists($class, false)));
$ecoq->publishTo('event.' . $classes . '.' . HANDLERS_PER_CLASS, []);
expect(1, $ecoq->channel('orders')->stats()->ready, 'messages of the last handler');
report(values: ['ms' => $meter->wallNs / 1e6, 'classes_loaded' => $loaded]);
