--TEST--
PostgreSQL: deduplication by several processes: racing workers, a killed one, racing senders, expiry
--SKIPIF--
<?php
require __DIR__ . '/records.inc';
if ($missing = missing('pgsql')) die("skip $missing");
?>
--FILE--
<?php
require __DIR__ . '/records.inc';
test('pgsql');
?>
--EXPECT--
-- the channel is on the database
{"handled":1,"duplicates":5,"failed":0} slow k; slow k
the other waits: 0 handled, 0 failed; none
taken over, {"handled":0,"duplicates":1,"failed":0} hang k; hang k
{"sent":20}, {"handled":20,"duplicates":0,"failed":0} 20 effects
in rollBack sent; in commit not sent; plain first, plain second
e dead letter, e young, hang alive claimed
-- the channel is off the database
{"handled":1,"duplicates":5,"failed":0} slow k; slow k
the other waits: 0 handled, 0 failed; none
taken over, {"handled":0,"duplicates":1,"failed":0} hang k; hang k
{"sent":20}, {"handled":20,"duplicates":0,"failed":0} 20 effects
in rollBack sent; in commit not sent; plain first, plain second
e dead letter, e young, hang alive claimed
failed 0, 20 effects, 21 different
