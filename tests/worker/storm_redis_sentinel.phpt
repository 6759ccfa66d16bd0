--TEST--
Sentinels fail over to a replica under a storm, with wait=1: nothing is lost that send() returned for, no effect is doubled
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
$servers = RedisServers::watched();
storm($servers, fn () => $servers->failOver('ecoq:storm'), of_channel: ['wait' => 1]);
?>
--EXPECT--
workers killed: enough, servers killed: enough
lost 0, doubled 0, dead 0, left 0, failed 0, other output: none
