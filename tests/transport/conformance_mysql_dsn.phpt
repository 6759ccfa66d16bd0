--TEST--
Transport conformance: mysql_dsn
--SKIPIF--
<?php
if (!extension_loaded('pdo_mysql')) die('skip no pdo_mysql');
if (!getenv('ECOQ_TEST_MYSQL_DSN')) die('skip no ECOQ_TEST_MYSQL_DSN');
?>
--CONFLICTS--
conformance
--REDIRECTTEST--
return ['ENV' => ['ECOQ_TEST_CHANNEL' => 'mysql-dsn'], 'TESTS' => 'tests/transport/conformance'];
