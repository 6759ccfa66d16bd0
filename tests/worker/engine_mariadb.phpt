--TEST--
Workers on mariadb
--REDIRECTTEST--
return ["ENV" => ["ECOQ_TEST_ENGINE" => "mariadb"], "TESTS" => "tests/worker/engine"];
