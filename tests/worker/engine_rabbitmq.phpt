--TEST--
Workers on rabbitmq, with a database beside it
--SKIPIF--
<?php
require __DIR__ . '/engines.inc';
Engine::skip('rabbitmq');
?>
--CONFLICTS--
engine
--REDIRECTTEST--
return ["ENV" => ["ECOQ_TEST_ENGINE" => "rabbitmq"], "TESTS" => "tests/worker/engine"];
