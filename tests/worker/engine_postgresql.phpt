--TEST--
Workers on postgresql
--CONFLICTS--
engine
--REDIRECTTEST--
return ["ENV" => ["ECOQ_TEST_ENGINE" => "postgresql"], "TESTS" => "tests/worker/engine"];
