--TEST--
Dead letters in MariaDB: stored, filtered, paged, replayed for one handler; what cannot be sent stays
--SKIPIF--
<?php
require __DIR__ . '/dead_letters.inc';
if ($missing = missing('mysql')) die("skip $missing");
?>
--FILE--
<?php
require __DIR__ . '/dead_letters.inc';
test('mysql');
test_race('mysql');
test_character_sets('utf8mb4', 'utf8mb3', 'latin1');
echo $checks, " checks\n";
?>
--EXPECT--
48 checks
