--TEST--
Transport conformance: sqlite_pdo
--SKIPIF--
<?php if (!extension_loaded("pdo_sqlite")) die("skip no pdo_sqlite"); ?>
--CONFLICTS--
conformance
--REDIRECTTEST--
return ['ENV' => ['ECOQ_TEST_CHANNEL' => 'pdo-memory'], 'TESTS' => 'tests/transport/conformance'];
