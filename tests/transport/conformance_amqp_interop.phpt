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
// not hand_back: on a queue that is shared with other languages, who gave a message back is not to be told from who died, and it comes alone, after what is before it
return ['ENV' => ['ECOQ_TEST_CHANNEL' => 'amqp-interop'], 'TESTS' => 'tests/transport/conformance/shared'];
