--TEST--
Transport conformance: pgsql_pdo
--SKIPIF--
<?php
if (!extension_loaded('pdo_pgsql')) die('skip no pdo_pgsql');
if (!getenv('ECOQ_TEST_PGSQL_DSN')) die('skip no ECOQ_TEST_PGSQL_DSN');
?>
--CONFLICTS--
conformance
--REDIRECTTEST--
return ['ENV' => ['ECOQ_TEST_CHANNEL' => 'pgsql-pdo'], 'TESTS' => 'tests/transport/conformance'];
