--TEST--
Workers on sqlite
--REDIRECTTEST--
return ["ENV" => ["ECOQ_TEST_ENGINE" => "sqlite"], "TESTS" => "tests/worker/engine"];
