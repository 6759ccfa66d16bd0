--TEST--
A RabbitMQ that is ended twice, with -9 and in its own way, and started again, under a storm: nothing is lost that send() returned for, no effect is doubled
--SKIPIF--
<?php
require __DIR__ . '/storms.inc';
skip_rabbit_storm();
?>
--FILE--
<?php
require __DIR__ . '/storms.inc';
$servers = RabbitServers::single();
storm($servers, function () use ($servers) {
    static $signals = [9, 15];
    return $servers->restart(0.3, array_shift($signals) ?? 9);
}, ['disturbances' => 2, 'most-disturbances' => 2, 'messages' => 2000, 'patience' => 100]);
?>
--EXPECT--
workers killed: enough, servers killed: enough
lost 0, doubled 0, dead 0, left 0, failed 0, other output: none
