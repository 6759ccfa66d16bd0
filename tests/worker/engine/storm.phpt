--TEST--
Four workers, one killed with -9 again and again and replaced: nothing is lost, no effect is doubled, nothing is given up on
--SKIPIF--
<?php
if (!getenv('ECOQ_TEST_ENGINE')) die('skip only by redirection from tests/worker/engine_*.phpt');
require __DIR__ . '/engines.inc';
Engine::skip(getenv('ECOQ_TEST_ENGINE'));
if (getenv('SKIP_SLOW_TESTS')) die('skip slow');
?>
--FILE--
<?php
require __DIR__ . '/engines.inc';
require dirname(__DIR__, 2) . '/scripts/storm/storm.php';
$engine = engine();
// scripts/storm.sh runs the full figure
$options = ['database' => $engine->dsn, 'user' => $engine->user, 'password' => $engine->password, 'channel' => $engine->channel, 'messages' => 5000, 'kills' => 10];
$result = (new Storm(storm_options('sqlite', $options + ['patience' => 100])))->run();
printf("%s kills, lost %d, doubled %d, dead %d, left %d, failed %d, other output: %s\n", $result['kills'] >= 8 ? 'all' : $result['kills'], $result['lost'], $result['doubled'],
    $result['dead'], $result['left'], $result['failed'], $result['output'] === '' ? 'none' : $result['output']);
?>
--EXPECT--
all kills, lost 0, doubled 0, dead 0, left 0, failed 0, other output: none
