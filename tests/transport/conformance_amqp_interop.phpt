--TEST--
Transport conformance: amqp_interop
--SKIPIF--
<?php
require __DIR__ . '/amqp.inc';
amqp_skip();
?>
--CONFLICTS--
conformance
--REDIRECTTEST--
return ['ENV' => ['ECOQ_TEST_CHANNEL' => 'amqp-interop'], 'TESTS' => 'tests/transport/conformance'];
