--TEST--
PostgreSQL: a handler that ends the transaction around it is found out by whatever way it does so; one that does not pays nothing for that
--SKIPIF--
<?php
if (!extension_loaded('pdo_pgsql')) die('skip no pdo_pgsql');
if (!getenv('ECOQ_TEST_PGSQL_DSN')) die('skip ECOQ_TEST_PGSQL_DSN is not set');
?>
--FILE--
<?php
require __DIR__ . '/transaction_ended.inc';
run_cases((new Server('pgsql'))->pdo());
?>
--EXPECT--
nothing: runs 1, handled 1, failed 0, ended 0, rows [], open 0, left 0
harmless: runs 1, handled 1, failed 0, ended 0, rows [1 2], open 0, left 0
other SQL: runs 1, handled 1, failed 0, ended 0, rows [1 2], open 0, left 0
COMMIT: runs 1, handled 1, failed 0, ended 1, rows [1], open 0, left 0
COMMIT, begun again: runs 1, handled 1, failed 0, ended 1, rows [1], open 0, left 0
ROLLBACK, begun again: runs 1, handled 1, failed 0, ended 1, rows [], open 0, left 0
in one string: runs 1, handled 1, failed 0, ended 1, rows [1 2], open 0, left 0
behind a comment: runs 1, handled 1, failed 0, ended 1, rows [1], open 0, left 0
prepared before: runs 1, handled 1, failed 0, ended 1, rows [1], open 0, left 0
within its own: runs 1, handled 1, failed 0, ended 1, rows [1 2 3], open 0, left 0
its own: runs 1, handled 1, failed 0, ended 0, rows [1 3], open 0, left 0
its own, then SQL: runs 1, handled 1, failed 0, ended 0, rows [1 2], open 0, left 0
its own, left open: runs 1, handled 1, failed 0, ended 0, rows [1], open 0, left 0
swallowed: runs 1, handled 0, failed 1, ended 0, rows [], open 0, left 0, Message {id} on channel {channel} was {outcome}: {error}
swallowed, rolled back: runs 1, handled 1, failed 0, ended 1, rows [], open 0, left 0
