--TEST--
Transport conformance: amqp_classic
--SKIPIF--
<?php
require __DIR__ . '/amqp.inc';
amqp_skip();
?>
--CONFLICTS--
conformance
--REDIRECTTEST--
return ['ENV' => ['ECOQ_TEST_CHANNEL' => 'amqp-classic'], 'TESTS' => 'tests/transport/conformance'];
