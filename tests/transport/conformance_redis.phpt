--TEST--
Transport conformance: redis
--SKIPIF--
<?php
if (!getenv('ECOQ_TEST_REDIS_DSN')) die('skip no ECOQ_TEST_REDIS_DSN');
?>
--REDIRECTTEST--
return ['ENV' => ['ECOQ_TEST_CHANNEL' => 'redis'], 'TESTS' => 'tests/transport/conformance'];
