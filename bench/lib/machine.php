<?php

declare(strict_types=1);

namespace Ecoq\Bench;

/** @return array<string, string> */
function machine(Options $options): array
{
    $cpu = preg_match('/^model name\s*:\s*(.+)$/m', (string) @file_get_contents('/proc/cpuinfo'), $match) ? $match[1] : php_uname('m');

    return [
        'date' => gmdate('Y-m-d H:i') . ' UTC',
        'cpu' => $cpu . ', ' . substr_count((string) @file_get_contents('/proc/cpuinfo'), 'processor') . ' cores',
        'load' => implode(' ', array_map(static fn (float $l): string => sprintf('%.1f', $l), sys_getloadavg())),
        'kernel' => php_uname('s') . ' ' . php_uname('r'),
        'php' => PHP_VERSION . (PHP_ZTS ? ' ZTS' : ' NTS') . (PHP_DEBUG ? ' debug' : ''),
        'sqlite' => (new \PDO('sqlite::memory:'))->query('SELECT sqlite_version()')->fetchColumn(),
        'opcache' => $options->opcache ? 'on' : 'off',
        'databases' => $options->dir . ' (' . trim((string) shell_exec('stat -f -c %T ' . escapeshellarg($options->dir))) . ')',
    ];
}

/**
 * @param array<string, Peer> $peers
 * @param array<string, Server> $servers
 */
function printMachine(array $machine, array $peers, array $servers, string $module): void
{
    foreach ($machine as $name => $text) {
        printf("%-10s %s\n", $name, $text);
    }
    printf("%-10s %s\n", 'ecoq', $module);
    foreach ($peers as $name => $peer) {
        $versions = [];
        foreach ($peer->versions as $package => $version) {
            $versions[] = "$package $version";
        }
        printf("%-10s %s\n", $name, $peer->missing ?: implode(', ', $versions));
    }
    foreach ($servers as $name => $server) {
        printf("%-10s %s\n", $name, $server->missing ?: $server->version);
    }
}
