--TEST--
Workers on postgresql
--REDIRECTTEST--
return ["ENV" => ["ECOQ_TEST_ENGINE" => "postgresql"], "TESTS" => "tests/worker/engine"];
