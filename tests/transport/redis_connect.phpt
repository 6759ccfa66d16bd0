--TEST--
Redis: ways to a server; connections are shared, stay for the next request, come back after a restart, and are left to the parent by a forked child
--SKIPIF--
<?php
if (!extension_loaded('posix') || !extension_loaded('pcntl')) die('skip no posix or pcntl');
require dirname(__DIR__, 2) . '/scripts/storm/redis.php';
if (!RedisServers::areInstalled()) die('skip no redis-server');
ob_start();
(new ReflectionExtension('ecoq'))->info();
if (!preg_match('/^transport redis/m', ob_get_clean())) die('skip no Redis transport');
?>
--FILE--
<?php
require dirname(__DIR__, 2) . '/scripts/storm/redis.php';
$servers = new RedisServers;
$socket = "$servers->directory/socket";
$redis = $servers->link($port = $servers->start(['--requirepass', RedisServers::PASSWORD, '--unixsocket', $socket]));
$own = ':' . RedisServers::PASSWORD . '@';
$open = fn (string|Ecoq\Channel $dsn) => (new Ecoq\Messaging(channels: ['x' => $dsn]))->channel('x');
$pass = function (string|Ecoq\Channel $dsn) use ($open): int {
    $c = $open($dsn);
    $c->send(Ecoq\Message::create('a', []));
    foreach ($got = $c->receive(5) as $d) {
        $d->ack();
    }
    return count($got);
};
/** What Redis tells of the connections that ecoq has made. */
$clients = function () use (&$redis): array {
    return array_values(array_filter(explode("\n", $redis->command('CLIENT', 'LIST')), fn ($line) => str_contains($line, ' name=ecoq ')));
};
$field = fn (string $line, string $name) => preg_match("/ $name=(\S+)/", $line, $m) ? $m[1] : null;

$sockets = fn () => count(array_filter($clients(), fn ($line) => str_contains($line, ' flags=U ')));

echo "-- ways\n";
foreach ([
    'host' => "redis://{$own}127.0.0.1:$port/orders",
    'name' => "redis://{$own}localhost:$port/orders",
    'user and password' => 'redis://default:' . RedisServers::PASSWORD . "@127.0.0.1:$port/orders",
    'database' => "redis://{$own}127.0.0.1:$port/3/orders",
    'database as an option' => "redis://{$own}127.0.0.1:$port/orders?db=4",
    'socket' => 'redis+unix://' . $own . $socket,
    'socket, database and queue' => 'redis+unix://' . $own . $socket . '?db=5&queue=orders',
] as $what => $dsn) {
    $before = $sockets();
    $open($dsn)->send(Ecoq\Message::create('a', []));
    $bySocket = $sockets() > $before;
    $place = [];
    foreach (range(0, 5) as $database) {
        $redis->command('SELECT', $database);
        foreach (['orders', 'x'] as $queue) {
            $redis->command('LLEN', $queue) && $place[] = "$database/$queue";
            $redis->command('DEL', $queue);
        }
    }
    echo "$what: ", implode(' ', $place), $bySocket ? ', by the socket' : '', "\n";
}
$redis->command('SELECT', 0);

echo "-- shared and kept\n";
$redis->command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
$dsn = "redis://{$own}127.0.0.1:$port";
$one = $open("$dsn/a");
$two = $open("$dsn/b?prefix=p:");
$one->send(Ecoq\Message::create('a', []));
$two->send(Ecoq\Message::create('a', []));
$id = $field($clients()[0], 'addr');
unset($one, $two);
$three = $open("$dsn/c");
$three->send(Ecoq\Message::create('a', []));
echo count($clients()), ' connection', $field($clients()[0], 'addr') === $id ? ', the same' : ', another', "\n";
$open("$dsn/d?db=1")->send(Ecoq\Message::create('a', []));
$open("$dsn/d?io-timeout=4s")->send(Ecoq\Message::create('a', []));
echo count($clients()), " with other settings\n";

echo "-- closed by the server while idle, and a restart: nobody notices\n";
$redis->command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
usleep(150_000);
echo $pass("$dsn/e"), "\n";
$restart = $servers->restart();
foreach ($restart as $_) {
}
usleep(150_000);
echo $pass("$dsn/e"), "\n";
$redis = $servers->link($port);

echo "-- a forked child\n";
$parent = $open("$dsn/f");
$parent->send(Ecoq\Message::create('a', ['n' => 1]));
$before = array_map(fn ($line) => $field($line, 'addr'), $clients());
if (($child = pcntl_fork()) === 0) {
    $parent->send(Ecoq\Message::create('a', ['n' => 2]));
    $open("$dsn/f")->send(Ecoq\Message::create('a', ['n' => 3]));
    unset($parent);
    exit;
}
pcntl_waitpid($child, $status);
$parent->send(Ecoq\Message::create('a', ['n' => 4]));
echo count(array_intersect($before, array_map(fn ($line) => $field($line, 'addr'), $clients()))) === count($before) ? 'all connections are still there' : 'connections are gone', "\n";
$got = array_map(fn ($d) => [$d->ack(), $d->message->payload['n']][1], $parent->receive(10));
echo json_encode($got), "\n";
?>
--EXPECT--
-- ways
host: 0/orders
name: 0/orders
user and password: 0/orders
database: 3/orders
database as an option: 4/orders
socket: 0/x, by the socket
socket, database and queue: 5/orders, by the socket
-- shared and kept
1 connection, the same
3 with other settings
-- closed by the server while idle, and a restart: nobody notices
1
1
-- a forked child
all connections are still there
[1,2,3,4]
