--TEST--
Synchronous subscribers in one transaction (mysql): a failing one takes back what it wrote, the others' writes stay; in an enclosing unit the exception decides
--SKIPIF--
<?php
if (!extension_loaded('pdo_mysql')) die('skip no pdo_mysql');
if (!getenv('ECOQ_TEST_MYSQL_DSN')) die('skip ECOQ_TEST_MYSQL_DSN is not set');
?>
--FILE--
<?php
require __DIR__ . '/subscribers_transaction.inc';
subscribers_in_one_transaction(new PDO(getenv('ECOQ_TEST_MYSQL_DSN'), getenv('ECOQ_TEST_MYSQL_USER'), getenv('ECOQ_TEST_MYSQL_PASSWORD')));
?>
--EXPECT--
DomainException: fails
first last nests swallows
-- enclosed: the exception decides
DomainException: fails

no exception
enclosing first last nests swallows
