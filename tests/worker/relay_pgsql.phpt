--TEST--
The relay on a real server: pgsql
--SKIPIF--
<?php
if (!extension_loaded('pdo_pgsql') || !extension_loaded('pdo_sqlite') || !extension_loaded('posix')) die('skip pdo_pgsql, pdo_sqlite and posix are needed');
if (!getenv('ECOQ_TEST_PGSQL_DSN')) die('skip no ECOQ_TEST_PGSQL_DSN');
?>
--CONFLICTS--
relay
--REDIRECTTEST--
return ['ENV' => ['ECOQ_TEST_ENGINE' => 'pgsql'], 'TESTS' => 'tests/worker/relay'];
