<?php

declare(strict_types=1);

namespace Ecoq\Bench;

/** How a PHP process is started: no php.ini, the same few extensions for everyone. */
final class Php
{
    private const EXTENSIONS = ['ctype', 'iconv', 'mbstring', 'tokenizer', 'posix', 'pcntl', 'mysqlnd', 'pdo', 'pdo_sqlite', 'pdo_pgsql', 'pdo_mysql'];

    /** @param string $module path or name of the extension under test */
    public function __construct(private readonly string $module, private readonly bool $opcache)
    {
    }

    public function hasModule(): bool
    {
        $command = [...$this->command(true), '-r', 'exit((int) !extension_loaded("ecoq"));'];
        $process = proc_open($command, [['file', '/dev/null', 'r'], STDERR, STDERR], $pipes);

        return $process !== false && proc_close($process) === 0;
    }

    /**
     * @param array<string, string> $ini
     * @param list<string> $more extensions
     * @return list<string>
     */
    public function command(bool $withModule, array $ini = [], array $more = []): array
    {
        $command = [PHP_BINARY, '-n', '-d', 'memory_limit=-1', '-d', 'display_errors=stderr', '-d', 'zend.assertions=-1'];
        foreach ([...self::EXTENSIONS, ...$more] as $name) {
            if (is_file(ini_get('extension_dir') . "/$name.so")) {
                array_push($command, '-d', "extension=$name");
            }
        }
        if ($withModule) {
            array_push($command, '-d', "extension=$this->module");
        }
        if ($this->opcache) {
            array_push($command, '-d', 'zend_extension=opcache', '-d', 'opcache.enable_cli=1');
        }
        foreach ($ini as $name => $value) {
            array_push($command, '-d', "$name=$value");
        }

        return $command;
    }
}
