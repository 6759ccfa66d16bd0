--TEST--
The relay on a real server: mysql
--SKIPIF--
<?php
if (!extension_loaded('pdo_mysql') || !extension_loaded('pdo_sqlite') || !extension_loaded('posix')) die('skip pdo_mysql, pdo_sqlite and posix are needed');
if (!getenv('ECOQ_TEST_MYSQL_DSN')) die('skip no ECOQ_TEST_MYSQL_DSN');
?>
--CONFLICTS--
relay
--REDIRECTTEST--
return ['ENV' => ['ECOQ_TEST_ENGINE' => 'mysql'], 'TESTS' => 'tests/worker/relay'];
