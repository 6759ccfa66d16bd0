--TEST--
Transport conformance: memory
--REDIRECTTEST--
return ['ENV' => ['ECOQ_TEST_CHANNEL' => 'memory:'], 'TESTS' => 'tests/transport/conformance'];
