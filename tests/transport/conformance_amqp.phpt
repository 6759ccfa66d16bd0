--TEST--
Transport conformance: amqp
--SKIPIF--
<?php
require __DIR__ . '/amqp.inc';
amqp_skip();
?>
--CONFLICTS--
conformance
--REDIRECTTEST--
return ['ENV' => ['ECOQ_TEST_CHANNEL' => 'amqp'], 'TESTS' => 'tests/transport/conformance'];
