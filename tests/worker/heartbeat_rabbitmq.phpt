--TEST--
A handler that is blocked in one C call for many times RabbitMQ's heartbeat keeps its connection: it is acknowledged, handled once, and nobody connected anew
--SKIPIF--
<?php
require __DIR__ . '/engines.inc';
require __DIR__ . '/storms.inc';
Engine::skip('rabbitmq');
if (getenv('SKIP_SLOW_TESTS')) die('skip slow');
if (getenv('ECOQ_LONG') && !RabbitServers::areInstalled()) die('skip no rabbitmq-server');
?>
--FILE--
<?php
require __DIR__ . '/workers.inc';
require __DIR__ . '/storms.inc';
require dirname(__DIR__) . '/transport/amqp.inc';
// ECOQ_LONG=180 is the full figure, with a server that asks for a heartbeat every 10 s; here the client asks for one each second
$seconds = (int) (getenv('ECOQ_LONG') ?: 7);
$long = getenv('ECOQ_LONG') ? RabbitServers::single(['heartbeat = 10']) : null;
$space = $long ? null : new AmqpSpace;
$dsn = $long ? $long->dsn(['connection-name' => 'sleeper']) : $space->dsn(['heartbeat' => '1s', 'connection-name' => 'sleeper']);
// the broker's connections of the worker: number => heartbeat
$connections = function () use ($long, $space) {
    $all = $long ? $long->ask('connections') : $space->ask('GET', 'vhosts', 'connections');
    $ours = array_filter($all ?? [], fn ($c) => str_contains($c['client_properties']['connection_name'] ?? '', 'sleeper') && isset($c['timeout']) && ($c['state'] ?? 'running') === 'running');
    return array_column($ours, 'timeout', 'name');
};
$file = database_file();
$worker = new WorkerProcess('$dsn = ' . var_export($dsn, true) . ';' . <<<'PHP'
    $handler = function (array $d) use ($file) {
        file_put_contents("$file-log", "started\n", FILE_APPEND);
        sleep($d['seconds']);
        file_put_contents("$file-log", "done\n", FILE_APPEND);
    };
    $ecoq = new Ecoq\Messaging(handlers: ['long' => $handler], channels: ['q' => $dsn]);
    echo json_encode($ecoq->worker('q')->run()) . "\n";
PHP, $file);
$ecoq = new Ecoq\Messaging(channels: ['q' => str_replace('sleeper', 'sender', $dsn)]);
$ecoq->channel('q')->send(Ecoq\Message::create('long', ['seconds' => $seconds]));
$log = fn () => @file_get_contents("$file-log") ?: '';
$before = [];
until(function () use ($log, $connections, &$before) {
    return $log() === "started\n" && ($before = $connections());
}, 30);
echo array_unique(array_values($before)) === [$long ? 10 : 1] ? "heartbeat as wanted\n" : json_encode($before) . "\n";
until(fn () => $log() === "started\ndone\n", $seconds + 30);
$after = $connections();
echo $before && !array_diff_key($before, $after) ? "the same connections\n" : json_encode([$before, $after]) . "\n";
usleep(500_000);
$worker->signal(15);
$report = json_decode($text = $worker->rest(), true) ?? die($text);
$worker->wait();
echo str_replace("\n", ' ', $log()), "handled $report[handled], lost $report[lost], left ", $ecoq->channel('q')->stats()->ready, "\n";
?>
--EXPECT--
heartbeat as wanted
the same connections
started done handled 1, lost 0, left 0
