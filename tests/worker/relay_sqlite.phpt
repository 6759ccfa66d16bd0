--TEST--
The relay on SQLite
--SKIPIF--
<?php if (!extension_loaded('pdo_sqlite') || !extension_loaded('posix')) die('skip pdo_sqlite and posix are needed'); ?>
--CONFLICTS--
relay
--REDIRECTTEST--
return ['ENV' => ['ECOQ_TEST_ENGINE' => 'sqlite'], 'TESTS' => 'tests/worker/relay'];
