#!/usr/bin/env php
<?php
// Writes package.xml (what PECL reads) from composer.json, php_ecoq.h and the files that are there.
//   scripts/package_xml.php           writes it
//   scripts/package_xml.php --check   fails when the committed one is not what would be written

chdir(dirname(__DIR__));
const ROLES = [
    'src' => ['config.m4', 'config.w32', 'ecoq.c', 'php_ecoq.h', 'src', 'stubs'],
    'test' => ['tests'],
    'doc' => ['LICENSE', 'README.md', 'composer.json', 'docs', 'examples'],
];
const LEFT_OUT = '~(^|/)\.|/var/|^tests/.*\.(diff|exp|log|out|mem|php|sh)$|^stubs/.*\.sh$|\.(lo|o|dep|la)$~';
const KEPT = '~^tests/base/run\.sh$~';

/** @return list<string> */
function files_below(string $path): array
{
    if (!is_dir($path)) {
        return is_file($path) ? [$path] : throw new RuntimeException("$path is missing");
    }
    $files = [];
    foreach (new RecursiveIteratorIterator(new RecursiveDirectoryIterator($path, FilesystemIterator::SKIP_DOTS)) as $file) {
        $name = $file->getPathname();
        if ($file->isFile() && (!preg_match(LEFT_OUT, $name) || preg_match(KEPT, $name))) {
            $files[] = $name;
        }
    }
    return $files;
}

function constant_of_header(string $name): string
{
    preg_match('/^#define ' . $name . ' "([^"]+)"$/m', file_get_contents('php_ecoq.h'), $match) || throw new RuntimeException("php_ecoq.h defines no $name");
    return $match[1];
}

$composer = json_decode(file_get_contents('composer.json'), true, flags: JSON_THROW_ON_ERROR);
preg_match('/^>=(\d+\.\d+) <(\d+\.\d+)$/', $composer['require']['php'], $php) || throw new RuntimeException('composer.json: require.php is not ">=x.y <x.z"');
$version = constant_of_header('PHP_ECOQ_VERSION');
$stability = str_starts_with($version, '0.') ? 'beta' : 'stable';

$contents = '';
foreach (ROLES as $role => $paths) {
    $files = array_merge(...array_map(files_below(...), $paths));
    sort($files, SORT_STRING);
    foreach ($files as $file) {
        $contents .= sprintf("   <file name=\"%s\" role=\"%s\" />\n", htmlspecialchars($file, ENT_XML1), $role);
    }
}
$options = '';
foreach ($composer['php-ext']['configure-options'] as $option) {
    $options .= sprintf("  <configureoption name=\"%s\" prompt=\"%s?\" default=\"%s\" />\n", $option['name'], htmlspecialchars($option['description'], ENT_XML1), empty($option['needs-value']) ? 'no' : 'auto');
}
// PECL wants a date; the version's own is kept until the version changes
$date = date('Y-m-d');
$old = is_file('package.xml') ? file_get_contents('package.xml') : '';
if (preg_match('~<date>([0-9-]+)</date>.*?<release>([^<]+)</release>~s', $old, $match) && $match[2] === $version) {
    $date = $match[1];
}
$xml = <<<XML
<?xml version="1.0" encoding="UTF-8"?>
<!-- written by scripts/package_xml.php -->
<package packagerversion="1.10.13" version="2.0" xmlns="http://pear.php.net/dtd/package-2.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://pear.php.net/dtd/package-2.0 http://pear.php.net/dtd/package-2.0.xsd">
 <name>ecoq</name>
 <channel>pecl.php.net</channel>
 <summary>{$composer['description']}</summary>
 <description>A method with an attribute handles a message; a channel carries it; a worker consumes it, retries it and keeps what failed.</description>
 <lead>
  <name>The ecoq authors</name>
  <user>ecoq</user>
  <email>ecoq@invalid.example</email>
  <active>yes</active>
 </lead>
 <date>$date</date>
 <version>
  <release>$version</release>
  <api>$version</api>
 </version>
 <stability>
  <release>$stability</release>
  <api>$stability</api>
 </stability>
 <license uri="https://opensource.org/licenses/MIT">{$composer['license']}</license>
 <notes>See docs/.</notes>
 <contents>
  <dir name="/">
$contents  </dir>
 </contents>
 <dependencies>
  <required>
   <php>
    <min>$php[1].0</min>
    <max>$php[2].0</max>
    <exclude>$php[2].0</exclude>
   </php>
   <pearinstaller>
    <min>1.10.0</min>
   </pearinstaller>
  </required>
 </dependencies>
 <providesextension>ecoq</providesextension>
 <extsrcrelease>
$options </extsrcrelease>
</package>

XML;
if (in_array('--check', $argv, true)) {
    if ($xml !== $old) {
        fwrite(STDERR, "not fresh: package.xml (run scripts/package_xml.php)\n");
        exit(1);
    }
} else {
    file_put_contents('package.xml', $xml);
}
