--TEST--
Transport conformance: redis_acl
--SKIPIF--
<?php
if (!getenv('ECOQ_TEST_REDIS_ACL_DSN')) die('skip no ECOQ_TEST_REDIS_ACL_DSN');
?>
--REDIRECTTEST--
return ['ENV' => ['ECOQ_TEST_CHANNEL' => 'redis-acl'], 'TESTS' => 'tests/transport/conformance'];
