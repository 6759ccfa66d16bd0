<?php

// The application, configured: what handles messages, and which channels carry them.

namespace Shop;

use Ecoq\Messaging;

require_once __DIR__ . '/src/database.php';
spl_autoload_register(function (string $class): void {
    if (str_starts_with($class, 'Shop\\')) {
        require __DIR__ . '/src/' . substr($class, 5) . '.php';
    }
});

$directory = getenv('ORDERS_DATA') ?: __DIR__ . '/var';
is_dir($directory) || mkdir($directory, 0o777, true);
$database = database("$directory/shop.sqlite");

return new Messaging(
    handlers: [
        new Orders($database),
        new Confirmation($database),
        new Stock($database),
        new Review($database),
    ],
    channels: [
        'notifications' => "sqlite:$directory/queue.sqlite?retry.max=2&retry.delay=50ms",
    ],
);
