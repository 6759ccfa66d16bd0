<?php

declare(strict_types=1);

// Symfony Messenger 5.4 as Debian 12 packages it: what bench/run.sh falls back to where Packagist has no symfony/messenger.

foreach (['Symfony/Component/Messenger', 'Symfony/Component/Messenger/Bridge/Doctrine', 'Symfony/Component/Messenger/Bridge/Redis', 'Symfony/Component/Messenger/Bridge/Amqp', 'PhpAmqpLib', 'Doctrine/DBAL', 'Psr/Container'] as $package) {
    if (is_file($file = "/usr/share/php/$package/autoload.php")) {
        require_once $file;
    }
}
if (!class_exists('Symfony\Component\Messenger\Transport\InMemory\InMemoryTransport')) {
    class_alias('Symfony\Component\Messenger\Transport\InMemoryTransport', 'Symfony\Component\Messenger\Transport\InMemory\InMemoryTransport');
}
