--TEST--
A Redis that is killed with -9 and started again, under a storm: nothing is lost that send() returned for, no effect is doubled
--SKIPIF--
<?php
require __DIR__ . '/storms.inc';
skip_storm();
ob_start();
(new ReflectionExtension('ecoq'))->info();
if (!preg_match('/^transport redis/m', ob_get_clean())) die('skip no Redis transport');
?>
--FILE--
<?php
require __DIR__ . '/storms.inc';
$servers = RedisServers::single();
storm($servers, fn () => $servers->restart(0.3));
?>
--EXPECT--
workers killed: enough, servers killed: enough
lost 0, doubled 0, dead 0, left 0, failed 0, other output: none
