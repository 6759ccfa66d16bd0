<?php

declare(strict_types=1);

namespace Ecoq\Bench;

/** A peer as bench/run.sh installed it, or the reason why it is not there. */
final class Peer
{
    private function __construct(
        public readonly string $vendor,
        public readonly string $missing,
        /** @var array<string, string> package => version */
        public readonly array $versions,
    ) {
    }

    /** @param list<string> $packages whose versions are told */
    public static function find(string $dir, array $packages): self
    {
        $vendor = "$dir/vendor";
        if (!is_file("$vendor/autoload.php")) {
            return new self('', 'not measured: ' . self::whyMissing("$dir/install.log"), []);
        }
        $installed = require "$vendor/composer/installed.php";
        $versions = [];
        foreach ($packages as $package) {
            if (!isset($installed['versions'][$package])) {
                return new self('', "not measured: $package is not installed in $vendor", []);
            }
            $versions[$package] = ltrim($installed['versions'][$package]['pretty_version'] ?? '?', 'v');
        }

        return new self($vendor, '', $versions);
    }

    /** Symfony Messenger and a bridge of it from composer, or else from Debian's own packages. */
    public static function symfony(string $dir, string $bridge, string ...$more): self
    {
        $peer = self::find($dir, ['symfony/messenger', "symfony/$bridge", ...$more]);
        if ($peer->missing === '' || !is_file('/usr/share/php/Symfony/Component/Messenger/autoload.php')) {
            return $peer;
        }
        $versions = [];
        foreach (['messenger', $bridge] as $name) {
            $package = "php-symfony-$name";
            $versions["Debian's $package"] = trim((string) shell_exec("dpkg-query -W -f '\${Version}' $package 2>/dev/null"));
            if ($versions["Debian's $package"] === '') {
                return new self('', "not measured: $package is not installed", []);
            }
        }

        return new self(dirname(__DIR__) . '/peers/debian', '', $versions);
    }

    /** php-amqplib from composer, or else Debian's. */
    public static function amqplib(string $dir): self
    {
        $peer = self::find($dir, ['php-amqplib/php-amqplib']);
        if ($peer->missing === '' || !is_file('/usr/share/php/PhpAmqpLib/autoload.php')) {
            return $peer;
        }
        $version = trim((string) shell_exec("dpkg-query -W -f '\${Version}' php-amqplib 2>/dev/null"));

        return new self(dirname(__DIR__) . '/peers/debian', '', ["Debian's php-amqplib" => $version]);
    }

    private static function whyMissing(string $log): string
    {
        $lines = is_file($log) ? file($log, FILE_IGNORE_NEW_LINES) : [];
        foreach (['/could not be found|requires/', '/\[[A-Za-z]*Exception\]|Could not|error/i'] as $pattern) {
            if ($found = preg_grep($pattern, $lines)) {
                return trim(reset($found), " \t-");
            }
        }

        return $lines ? trim(end($lines)) : 'not installed (bench/run.sh does that with composer)';
    }
}
