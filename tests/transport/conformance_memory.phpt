--TEST--
Transport conformance: memory
--CONFLICTS--
conformance
--REDIRECTTEST--
return ['ENV' => ['ECOQ_TEST_CHANNEL' => 'memory:'], 'TESTS' => 'tests/transport/conformance'];
