#!/usr/bin/env php
<?php
// The include rules of docs/development.md: a folder of src/ includes only itself and the folders named here; each file
// includes its own header first; one file names PHP_VERSION_ID; src/base and the plain transports know nothing of PHP.

const MAY_INCLUDE = [
    'base' => [],
    'php' => ['base'],
    'envelope' => ['base', 'php'],
    'transport' => ['base'],
    'channel' => ['base', 'php', 'envelope', 'transport'],
    'endpoint' => ['base', 'php', 'envelope'],
    'messaging' => ['base', 'php', 'envelope', 'transport', 'channel', 'endpoint'],
    'worker' => ['base', 'php', 'envelope', 'transport', 'channel', 'endpoint', 'messaging'],
    'console' => ['base', 'php', 'envelope', 'transport', 'channel', 'endpoint', 'messaging', 'worker'],
];
// the transports that run PHP code, and the PHP value that one of them returns
const TRANSPORTS_THAT_RUN_PHP = '~^src/transport/(pdo|userland|queue_stats)[./_]~';
const ONLY_FILE_WITH_VERSIONS = 'src/php/compat.h';
const ENGINE_HEADERS = '~^(php|zend|ext/|Zend/|main/|SAPI|TSRM|stubs/)~';

chdir(dirname(__DIR__, 2));
$faults = [];
$files = new RegexIterator(new RecursiveIteratorIterator(new RecursiveDirectoryIterator('src', FilesystemIterator::SKIP_DOTS)), '/\.[ch]$/');
$seen = 0;
foreach ($files as $file) {
    $path = $file->getPathname();
    $text = file_get_contents($path);
    $seen++;
    if ($path !== ONLY_FILE_WITH_VERSIONS && str_contains($text, 'PHP_VERSION_ID')) {
        $faults[] = "$path: names PHP_VERSION_ID, which only " . ONLY_FILE_WITH_VERSIONS . ' may';
    }
    $folder = explode('/', $path)[1];
    if (!isset(MAY_INCLUDE[$folder])) {
        $faults[] = "$path: the folder src/$folder is not known to " . basename(__FILE__);
        continue;
    }
    $allowed = [...MAY_INCLUDE[$folder], $folder];
    $plain = $folder === 'base' || $folder === 'transport';
    if (preg_match(TRANSPORTS_THAT_RUN_PHP, $path)) {
        $allowed[] = 'php';
        $plain = false;
    }
    preg_match_all('/^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]/m', $text, $matches, PREG_SET_ORDER);
    $quoted = [];
    foreach ($matches as [, $mark, $name]) {
        if ($plain && preg_match(ENGINE_HEADERS, $name) && !str_starts_with($name, 'php/')) {
            $faults[] = "$path: includes $name, but is plain C without PHP";
        }
        if ($mark === '<') {
            continue;
        }
        $quoted[] = $name;
        if (str_contains($name, '..')) {
            $faults[] = "$path: includes $name, but headers are named by their path under src/";
        } elseif (str_contains($name, '/') && is_dir('src/' . explode('/', $name)[0])) {
            if (!in_array(explode('/', $name)[0], $allowed, true)) {
                $faults[] = "$path: includes $name; src/$folder may include only " . implode(', ', $allowed);
            } elseif (!is_file("src/$name")) {
                $faults[] = "$path: includes $name, which is not there";
            }
        } elseif (is_file(dirname($path) . "/$name")) {
            $faults[] = "$path: includes $name without its folder";
        }
    }
    // main.h beside main.c is its own header; a file without one may begin as it likes
    $own = substr($path, strlen('src/'), -1) . 'h';
    if (str_ends_with($path, '.c') && is_file("src/$own") && ($quoted[0] ?? '') !== $own) {
        $faults[] = "$path: does not include its own header $own first";
    }
    if (str_ends_with($path, '.h') && !preg_match('/^(?:\/\*.*?\*\/\s*)?#ifndef (\w+)\n#define \1\n/s', $text)) {
        $faults[] = "$path: has no include guard";
    }
}
if ($seen === 0) {
    $faults[] = 'no source files found';
}
foreach ($faults as $fault) {
    fwrite(STDERR, "$fault\n");
}
exit($faults === [] ? 0 : 1);
