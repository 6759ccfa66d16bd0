--TEST--
Workers on sqlite
--CONFLICTS--
engine
--REDIRECTTEST--
return ["ENV" => ["ECOQ_TEST_ENGINE" => "sqlite"], "TESTS" => "tests/worker/engine"];
