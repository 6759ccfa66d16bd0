--TEST--
README.md and docs/: complete programs print what is written below them, all other PHP can be parsed
--SKIPIF--
<?php
if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite');
?>
--FILE--
<?php
require dirname(__DIR__) . '/examples/process.inc';
$root = dirname(__DIR__, 2);
$programs = 0;
$directory = sys_get_temp_dir() . '/ecoq-docs-' . getmypid();
mkdir($directory);
foreach (["$root/README.md", ...glob("$root/docs/*.md")] as $page) {
    preg_match_all('/^```php\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?/ms', file_get_contents($page), $blocks, PREG_SET_ORDER);
    foreach ($blocks as $number => $block) {
        $code = $block[1];
        $is_program = isset($block[2]);
        if (!str_starts_with($code, '<?php')) {
            // an argument of a call, or statements
            $code = preg_match('/^\w+: /', $code) ? "<?php f($code);" : "<?php $code";
        }
        file_put_contents("$directory/program.php", $code);
        [$status, $output] = run(php_command(...($is_program ? ['program.php'] : ['-l', 'program.php'])), $directory);
        $programs += (int) $is_program;
        if ($status !== 0 || ($is_program && $output !== $block[2])) {
            echo substr($page, strlen($root) + 1), ', block ', $number + 1, " ended with $status:\n$output\n";
        }
    }
}
unlink("$directory/program.php");
rmdir($directory);
echo $programs >= 3 ? "programs run\n" : "only $programs programs found\n";
?>
--EXPECT--
programs run
