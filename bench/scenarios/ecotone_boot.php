<?php

declare(strict_types=1);

// Ecotone's boot with as many handlers and its cache on; the first process fills the cache.

namespace Ecoq\Bench;

use Ecotone\Lite\EcotoneLite;
use Ecotone\Messaging\Channel\SimpleMessageChannelBuilder;
use Ecotone\Messaging\Config\ServiceConfiguration;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/handler_classes.php';

['dir' => $dir, 'classes' => $classes, 'vendor' => $vendor] = arguments();
require "$vendor/autoload.php";
autoloadHandlerClasses("$dir/ecotone");
$handlers = handlerClassNames($classes);

$meter = new Meter();
$meter->start();
$ecotone = EcotoneLite::bootstrap(
    classesToResolve: $handlers,
    containerOrAvailableServices: [],
    configuration: ServiceConfiguration::createWithDefaults()
        ->withCacheDirectoryPath("$dir/ecotone-cache")
        ->withSkippedModulePackageNames(['dbal'])
        ->withExtensionObjects([SimpleMessageChannelBuilder::createQueueChannel('orders')]),
    useCachedVersion: true,
    pathToRootCatalog: dirname($vendor),
);
$meter->stop();

$ecotone->getEventBus()->publishWithRouting('event.' . $classes . '.' . HANDLERS_PER_CLASS, []);
report(values: ['ms' => $meter->wallNs / 1e6]);
