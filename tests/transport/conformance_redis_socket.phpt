--TEST--
Transport conformance: redis_socket
--SKIPIF--
<?php
if (!getenv('ECOQ_TEST_REDIS_SOCKET_DSN')) die('skip no ECOQ_TEST_REDIS_SOCKET_DSN');
?>
--REDIRECTTEST--
return ['ENV' => ['ECOQ_TEST_CHANNEL' => 'redis-socket'], 'TESTS' => 'tests/transport/conformance'];
