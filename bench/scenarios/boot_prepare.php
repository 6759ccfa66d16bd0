<?php

declare(strict_types=1);

// Writes the handler classes for the boot scenarios, once with ecoq's attributes and once with Ecotone's.

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/handler_classes.php';

['dir' => $dir, 'classes' => $classes] = arguments();
mkdir("$dir/ecoq");
mkdir("$dir/ecotone");
mkdir("$dir/registry");
writeHandlerClasses("$dir/ecoq", $classes, "use Ecoq\\Attribute\\{Asynchronous, EventHandler};");
writeHandlerClasses(
    "$dir/ecotone",
    $classes,
    "use Ecotone\\Messaging\\Attribute\\Asynchronous;\nuse Ecotone\\Modelling\\Attribute\\EventHandler;",
);
// The registry cache does not trust files that were written in the current second or two.
sleep(3);
report();
