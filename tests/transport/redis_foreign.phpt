--TEST--
Redis: the list is shared with others: what they take is theirs, what they put there is handled, whatever bytes it has; a dead letter of theirs is found by its id
--SKIPIF--
<?php
if (!extension_loaded('posix')) die('skip no posix');
require dirname(__DIR__, 2) . '/scripts/storm/redis.php';
if (!RedisServers::areInstalled()) die('skip no redis-server');
ob_start();
(new ReflectionExtension('ecoq'))->info();
if (!preg_match('/^transport redis/m', ob_get_clean())) die('skip no Redis transport');
?>
--FILE--
<?php
require dirname(__DIR__, 2) . '/scripts/storm/redis.php';
require __DIR__ . '/processes.inc';
$servers = new RedisServers;
$redis = $servers->link($port = $servers->start(['--requirepass', RedisServers::PASSWORD]));
$ecoq = new Ecoq\Messaging(channels: ['x' => $servers->dsn(), '{tag}.y' => $servers->dsn(), 'mixed {up' => $servers->dsn()]);
$x = $ecoq->channel('x');
$make = fn (string ...$types) => array_map(fn ($type) => Ecoq\Message::create($type, []), $types);
$types = fn (array $deliveries) => implode(' ', array_map(fn ($d) => $d->message->type . ($d->attempts ? "/$d->attempts" : ''), $deliveries)) ?: '-';
$stats = fn ($s) => "$s->ready/$s->delayed/$s->reserved";
$type = fn (?string $body) => $body === null ? '-' : json_decode($body)->job;

echo "-- others take\n";
$x->send($make('a', 'b', 'c', 'd', 'e', 'f'));
echo $type($redis->command('LPOP', 'x')), ' ', $type($redis->command('RPOP', 'x')), ' ', $redis->command('LREM', 'x', 0, $redis->command('LINDEX', 'x', 1)), ' ';
$redis->command('LMOVE', 'x', 'theirs', 'LEFT', 'LEFT');
echo $types($d = $x->receive(10)), ' ', $stats($x->stats()), ' ';
// What is reserved nobody else sees; what is given back they do, where it stood.
$x->send($make('g'));
$d[0]->release();
echo implode(' ', array_map($type, $redis->command('LRANGE', 'x', 0, -1))), ' ';
$redis->command('DEL', 'x', 'theirs');
$d[1]->retry();
echo $types($d = $x->receive(10)), ' ', $stats($x->stats()), "\n";
$d[0]->ack();

echo "-- a retry that is due is theirs as well\n";
$x->send($make('r'));
$x->receive()[0]->retry(1);
usleep(5000);
$x->receive(1)[0]->release();
echo $type($body = $redis->command('LPOP', 'x')), ' attempts ', json_decode($body)->attempts, "\n";

echo "-- others put, whatever they like\n";
$bodies = ['', "\0", ' ', '0', "0000000000000001404 0 0 0 {}", '{', 'null', str_repeat("\xff\0", 3_000_000), "*1\r\n\$4\r\nPING\r\n", "1 2\n3", '{"job":"ok","trace_id":"t","data":{},"meta":{"id":"i7","schema_version":1},"attempts":2}'];
$redis->command('RPUSH', 'x', ...$bodies);
echo $stats($x->stats()), "\n";
$worker = new Ecoq\Messaging(
    handlers: ['ok' => function (array $data, Ecoq\Message $m) { echo "handled $m->id, attempts $m->attempts\n"; }],
    channels: ['x' => $servers->dsn()],
);
$worker->worker('x', stopWhenEmpty: true)->run();
echo $stats($x->stats()), "\n";
$dead = $redis->command('LRANGE', 'x.dlq', 0, -1);
sort($dead);
array_pop($bodies);
sort($bodies);
echo count($dead), ' ', count(array_intersect($bodies, $dead)), "\n";
$redis->command('DEL', 'x.dlq');

echo "-- without an id: two that are equal are two, and one that comes back from the dead is the same\n";
$body = '{"job":"ok","trace_id":"t","data":{},"meta":{"schema_version":1},"attempts":0}';
$redis->command('RPUSH', 'x', $body, $body);
$process = new Process(<<<'PHP'
    $ecoq = new Ecoq\Messaging(
        handlers: ['ok' => function (array $data, Ecoq\Message $m) { echo "$m->id\n"; sleep(60); }],
        channels: ['x' => $file],
    );
    $ecoq->worker('x', stopWhenEmpty: true)->run();
    PHP, $servers->dsn());
$first = $process->line();
$process->signal(SIGKILL);
$ids = [];
$collector = new Ecoq\Messaging(
    handlers: ['ok' => function (array $data, Ecoq\Message $m) use (&$ids) { $ids[] = $m->id; }],
    channels: ['x' => $servers->dsn()],
);
for ($until = microtime(true) + 30; count($ids) < 2 && microtime(true) < $until; usleep(100_000)) {
    $collector->worker('x', stopWhenEmpty: true)->run();
}
echo count($ids), ' ', count(array_unique($ids)), ' ', strlen($first), ' ', var_export(in_array($first, $ids), true), "\n";

echo "-- a dead letter of theirs, among many\n";
for ($i = 0; $i < 700; $i++) {
    $redis->command('RPUSH', 'x.dlq', sprintf('{"job":"theirs","trace_id":"t","data":{"other":"id-%03d"},"meta":{"id":"id-%03d","schema_version":1},"attempts":3}', 699 - $i, $i));
}
$framed = json_encode(['__bq_frame' => 1, 'headers' => ['h' => 'v'], 'body' => '{"job":"framed","trace_id":"t","data":{},"meta":{"id":"in-frame","schema_version":1},"attempts":3}']);
$redis->command('RPUSH', 'x.dlq', 'id-650 {"meta":{"id":"id-650"}', $framed);
$letters = $ecoq->deadLetters();
var_dump($letters->replay('id-650'), $letters->replay('in-frame'), $letters->replay('id-999'));
foreach ($d = $x->receive(10) as $one) {
    echo $one->message->type, ' ', $one->message->id, ' ', $one->message->payload['other'] ?? '', "\n";
    $one->ack();
}
echo $redis->command('LLEN', 'x.dlq'), "\n";

echo "-- names\n";
foreach (['{tag}.y', 'mixed {up'] as $name) {
    $c = $ecoq->channel($name);
    $c->send($make('m'), delay: 60_000);
    $c->send($make('n', 'o'), group: 'g');
    echo $types($d = $c->receive(10)), ' ', $stats($c->stats()), "\n";
    $d[0]->reject('no');
    foreach ($redis->command('KEYS', '*') as $key) {
        str_contains($key, $name) && $slots[] = preg_match('/\{(.+?)\}/', $key, $m) ? $m[1] : $key;
    }
    sort($slots);
    echo json_encode(array_values(array_unique($slots))), "\n";
    $slots = [];
}
try {
    (new Ecoq\Messaging(channels: ['a}b' => $servers->dsn()]))->channel('a}b')->setup();
} catch (Ecoq\Exception\ConfigurationException $e) {
    echo str_contains($e->getMessage(), 'hash tag') ? 'refused' : $e->getMessage(), "\n";
}
?>
--EXPECT--
-- others take
a f 1 d e 0/0/2 d g e/1 0/0/1
-- a retry that is due is theirs as well
r attempts 1
-- others put, whatever they like
11/0/0
handled i7, attempts 2
0/0/0
10 10
-- without an id: two that are equal are two, and one that comes back from the dead is the same
2 2 36 true
-- a dead letter of theirs, among many
bool(true)
bool(true)
bool(false)
theirs id-650 id-049
framed in-frame 
700
-- names
n 1/1/1
["tag"]
n 1/1/1
["mixed {up","mixed {up.dlq"]
refused
