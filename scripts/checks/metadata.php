#!/usr/bin/env php
<?php
// composer.json, package.xml, php_ecoq.h, compat.h, config.m4 and config.w32 tell the same story: version, PHP range, options, licence.

chdir(dirname(__DIR__, 2));
$faults = [];
function expect(string $what, mixed $expected, mixed $found): void
{
    global $faults;
    if ($expected !== $found) {
        $faults[] = sprintf('%s: expected %s, found %s', $what, json_encode($expected), json_encode($found));
    }
}
function find(string $pattern, string $file): array
{
    preg_match_all($pattern, file_get_contents($file), $matches);
    return $matches[1] ?? [];
}

$composer = json_decode(file_get_contents('composer.json'), true, flags: JSON_THROW_ON_ERROR);
expect('composer.json: name', 'ecoq/ecoq', $composer['name'] ?? null);
expect('composer.json: type', 'php-ext', $composer['type'] ?? null);
expect('composer.json: extension-name', 'ecoq', $composer['php-ext']['extension-name'] ?? null);
expect('composer.json: no version (the tag is the version)', false, isset($composer['version']));
foreach (array_keys($composer['require']) as $name) {
    expect("composer.json: require.$name is PHP or an extension", true, $name === 'php' || str_starts_with($name, 'ext-'));
}
$required = array_map(fn ($name) => substr($name, 4), preg_grep('/^ext-/', array_keys($composer['require'])));
$declared = find('/ZEND_MOD_REQUIRED\("(\w+)"\)/', 'ecoq.c');
sort($required);
sort($declared);
expect('composer.json: required extensions, as in ecoq.c', $declared, $required);

// every option of config.m4 can be passed through PIE and PECL, but for those that say they are not there yet
preg_match_all('/AS_HELP_STRING\(\[+--((?:enable|with)-ecoq-[a-z]+).*?\n\s*\[(.*?)\]\)/s', file_get_contents('config.m4'), $helps, PREG_SET_ORDER);
$options = array_column(array_filter($helps, fn ($help) => !str_contains($help[2], 'not in this version')), 1);
$offered = array_column($composer['php-ext']['configure-options'], 'name');
expect('composer.json: configure-options, as in config.m4', $options, $offered);

$version = find('/#define PHP_ECOQ_VERSION "([^"]+)"/', 'php_ecoq.h');
expect('package.xml: version, as in php_ecoq.h', $version, find('~<version>\s*<release>([^<]+)</release>~', 'package.xml'));
expect('package.xml: configure options, as in composer.json', $offered, find('~<configureoption name="([^"]+)"~', 'package.xml'));
foreach (find('~<file name="([^"]+)"~', 'package.xml') as $name) {
    expect("package.xml: $name exists", true, is_file($name));
}

[$from] = find('/PHP_VERSION_ID < (\d+)/', 'src/php/compat.h');
[$to] = find('/PHP_VERSION_ID >= (\d+)/', 'src/php/compat.h');
$short = fn (string $id) => intdiv((int) $id, 10000) . '.' . intdiv((int) $id % 10000, 100);
expect('composer.json: PHP range, as in compat.h', '>=' . $short($from) . ' <' . $short($to), $composer['require']['php']);
expect('package.xml: least PHP', $short($from) . '.0', find('~<min>(8[^<]+)</min>~', 'package.xml')[0]);
expect('package.xml: PHP below', $short($to) . '.0', find('~<exclude>([^<]+)</exclude>~', 'package.xml')[0]);
expect('LICENSE is the one that composer.json names', $composer['license'], str_starts_with(file_get_contents('LICENSE'), 'MIT License') ? 'MIT' : null);
expect('config.w32: the switch as php-windows-builder looks for it', true, str_contains(file_get_contents('config.w32'), 'ARG_ENABLE("ecoq"'));

foreach ($faults as $fault) {
    fwrite(STDERR, "$fault\n");
}
exit($faults === [] ? 0 : 1);
