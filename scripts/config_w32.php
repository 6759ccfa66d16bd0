#!/usr/bin/env php
<?php
// Writes config.w32 with the list of C files that are there: on Windows a build script cannot look for them.
//   scripts/config_w32.php           writes it
//   scripts/config_w32.php --check   fails when the committed one is not what would be written

chdir(dirname(__DIR__));
$folders = [];
foreach (new RecursiveIteratorIterator(new RecursiveDirectoryIterator('src', FilesystemIterator::SKIP_DOTS)) as $file) {
    if ($file->getExtension() === 'c') {
        $folders[strtr($file->getPath(), '\\', '/')][] = $file->getFilename();
    }
}
ksort($folders);
$sources = '';
foreach ($folders as $folder => $files) {
    sort($files);
    $sources .= "\tADD_SOURCES(configure_module_dirname + \"/$folder\", \"" . implode(' ', $files) . "\", \"ecoq\");\n";
}
$text = <<<JS
// written by scripts/config_w32.php
// Not tried on Windows yet: composer.json therefore offers the extension for Linux alone.

ARG_ENABLE("ecoq", "ecoq: asynchronous messaging", "no");

if (PHP_ECOQ != "no") {
	EXTENSION("ecoq", "ecoq.c", PHP_ECOQ_SHARED, "/DZEND_ENABLE_STATIC_TSRMLS_CACHE=1");
	ADD_FLAG("CFLAGS_ECOQ", "/I " + configure_module_dirname + " /I " + configure_module_dirname + "\\\\src");
$sources	ADD_EXTENSION_DEP("ecoq", "json");
	ADD_EXTENSION_DEP("ecoq", "hash");
	ADD_EXTENSION_DEP("ecoq", "date");
	ADD_EXTENSION_DEP("ecoq", "pdo", true);
}

JS;
if (in_array('--check', $argv, true)) {
    if (!is_file('config.w32') || $text !== file_get_contents('config.w32')) {
        fwrite(STDERR, "not fresh: config.w32 (run scripts/config_w32.php)\n");
        exit(1);
    }
} else {
    file_put_contents('config.w32', $text);
}
