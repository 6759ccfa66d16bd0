--TEST--
Dead letters in SQLite: stored, filtered, paged, replayed for one handler; what cannot be sent stays
--SKIPIF--
<?php
require __DIR__ . '/dead_letters.inc';
if ($missing = missing('sqlite')) die("skip $missing");
?>
--FILE--
<?php
require __DIR__ . '/dead_letters.inc';
test('sqlite');
test_race('sqlite');
echo $checks, " checks\n";
?>
--EXPECT--
42 checks
