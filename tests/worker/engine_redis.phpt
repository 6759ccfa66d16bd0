--TEST--
Workers on redis, with a database beside it
--SKIPIF--
<?php
if (!getenv('ECOQ_TEST_REDIS_DSN')) die('skip no ECOQ_TEST_REDIS_DSN');
?>
--REDIRECTTEST--
return ["ENV" => ["ECOQ_TEST_ENGINE" => "redis"], "TESTS" => "tests/worker/engine"];
