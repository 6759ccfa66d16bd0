--TEST--
Handlers that end, leave open, spoil or lose the transaction around them (sqlite): each is accounted for, and the 100 others are handled once
--SKIPIF--
<?php
if (!extension_loaded('pdo_sqlite') || !extension_loaded('posix')) die('skip pdo_sqlite and posix are needed');
?>
--FILE--
<?php
require __DIR__ . '/misbehaviour_database.inc';
misbehave_in_transactions('sqlite');
?>
--EXPECT--
throw: 100 others handled, 100 rows of theirs, failed 1, its rows: none
  error: Message <id> on channel q was dead-lettered: Exception: thrown
exit: 100 others handled, 100 rows of theirs, failed 1, its rows: none
  error: Message <id> on channel q was dead-lettered: the handler called exit()
orm: 100 others handled, 100 rows of theirs, failed 0, its rows: orm
orm.fails: 100 others handled, 100 rows of theirs, failed 0, its rows: after the orm, before the orm
left.open: 100 others handled, 100 rows of theirs, failed 0, its rows: outside
  warning: A transaction that was begun within ecoq's and not ended was rolled back
commit: 100 others handled, 100 rows of theirs, failed 0, its rows: committed by the handler
  warning: transaction ended by handler: SQL (COMMIT, ROLLBACK, or a statement that commits by itself) ended ecoq's transa
rollback: 100 others handled, 100 rows of theirs, failed 0, its rows: none
  warning: transaction ended by handler: SQL (COMMIT, ROLLBACK, or a statement that commits by itself) ended ecoq's transa
swallow: 100 others handled, 100 rows of theirs, failed 0, its rows: twice
lose: 100 others handled, 100 rows of theirs, failed 0, its rows: lose
modes: 100 others handled, 100 rows of theirs, failed 0, its rows: modes
