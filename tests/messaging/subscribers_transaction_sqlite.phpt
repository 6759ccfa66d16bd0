--TEST--
Synchronous subscribers in one transaction (sqlite): a failing one takes back what it wrote, the others' writes stay; in an enclosing unit the exception decides
--SKIPIF--
<?php
if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite');
?>
--FILE--
<?php
require __DIR__ . '/subscribers_transaction.inc';
subscribers_in_one_transaction(new PDO('sqlite::memory:'));
?>
--EXPECT--
DomainException: fails
first last nests swallows
-- enclosed: the exception decides
DomainException: fails

no exception
enclosing first last nests swallows
