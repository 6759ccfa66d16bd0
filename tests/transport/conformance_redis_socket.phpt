--TEST--
Transport conformance: redis_socket
--SKIPIF--
<?php
if (!getenv('ECOQ_TEST_REDIS_SOCKET_DSN')) die('skip no ECOQ_TEST_REDIS_SOCKET_DSN');
ob_start();
(new ReflectionExtension('ecoq'))->info();
if (!preg_match('/^transport redis/m', ob_get_clean())) die('skip no Redis transport');
?>
--CONFLICTS--
conformance
--REDIRECTTEST--
return ['ENV' => ['ECOQ_TEST_CHANNEL' => 'redis-socket'], 'TESTS' => 'tests/transport/conformance'];
