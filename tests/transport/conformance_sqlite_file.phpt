--TEST--
Transport conformance: sqlite_file
--SKIPIF--
<?php if (!extension_loaded("pdo_sqlite")) die("skip no pdo_sqlite"); ?>
--CONFLICTS--
conformance
--REDIRECTTEST--
return ['ENV' => ['ECOQ_TEST_CHANNEL' => 'sqlite:%s'], 'TESTS' => 'tests/transport/conformance'];
