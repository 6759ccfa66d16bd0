--TEST--
Dead letters in PostgreSQL: stored, filtered, paged, replayed for one handler; what cannot be sent stays
--SKIPIF--
<?php
require __DIR__ . '/dead_letters.inc';
if ($missing = missing('pgsql')) die("skip $missing");
?>
--FILE--
<?php
require __DIR__ . '/dead_letters.inc';
test('pgsql');
test_race('pgsql');
echo $checks, " checks\n";
?>
--EXPECT--
42 checks
