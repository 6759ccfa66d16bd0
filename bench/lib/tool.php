<?php

declare(strict_types=1);

namespace Ecoq\Bench;

/** What a row needs beside PHP: a C program of bench/native, compiled for this run, or an extension of PHP; or the reason why it is not there. */
final class Tool
{
    private function __construct(public readonly string $file, public readonly string $missing)
    {
    }

    public static function compile(string $name, string $library, string $dir): self
    {
        $source = dirname(__DIR__) . "/native/$name.c";
        $flags = shell_exec('pkg-config --cflags --libs ' . escapeshellarg($library) . ' 2>/dev/null') ?: "-l$library";
        exec('cc -std=gnu11 -O2 -o ' . escapeshellarg("$dir/$name") . ' ' . escapeshellarg($source) . ' ' . trim($flags) . ' 2>&1', $lines, $status);
        if ($status !== 0) {
            $errors = preg_grep('/error|not found/', $lines) ?: $lines;

            return new self('', "not measured: $name.c cannot be compiled: " . reset($errors));
        }

        return new self("$dir/$name", '');
    }

    public static function extension(string $name): self
    {
        $file = ini_get('extension_dir') . "/$name.so";

        return is_file($file) ? new self($file, '') : new self('', "not measured: PHP has no ext-$name");
    }
}
