<?php

declare(strict_types=1);

// Symfony Messenger 5.4 as Debian 12 packages it: what bench/run.sh falls back to where Packagist has no symfony/messenger.

foreach (['Symfony/Component/Messenger', 'Symfony/Component/Messenger/Bridge/Doctrine', 'Doctrine/DBAL', 'Psr/Container'] as $package) {
    require_once "/usr/share/php/$package/autoload.php";
}
if (!class_exists('Symfony\Component\Messenger\Transport\InMemory\InMemoryTransport')) {
    class_alias('Symfony\Component\Messenger\Transport\InMemoryTransport', 'Symfony\Component\Messenger\Transport\InMemory\InMemoryTransport');
}
