--TEST--
Synchronous subscribers in one transaction (pgsql): a failing one takes back what it wrote, the others' writes stay; in an enclosing unit the exception decides
--SKIPIF--
<?php
if (!extension_loaded('pdo_pgsql')) die('skip no pdo_pgsql');
if (!getenv('ECOQ_TEST_PGSQL_DSN')) die('skip ECOQ_TEST_PGSQL_DSN is not set');
?>
--FILE--
<?php
require __DIR__ . '/subscribers_transaction.inc';
subscribers_in_one_transaction(new PDO(getenv('ECOQ_TEST_PGSQL_DSN'), getenv('ECOQ_TEST_PGSQL_USER'), getenv('ECOQ_TEST_PGSQL_PASSWORD')));
?>
--EXPECT--
fails: DomainException
swallows: Ecoq\Exception\TransportException
first last nests
-- enclosed: the exception decides
fails: DomainException
swallows: Ecoq\Exception\TransportException

no exception
enclosing first last nests
