--TEST--
Workers on mariadb
--CONFLICTS--
engine
--REDIRECTTEST--
return ["ENV" => ["ECOQ_TEST_ENGINE" => "mariadb"], "TESTS" => "tests/worker/engine"];
