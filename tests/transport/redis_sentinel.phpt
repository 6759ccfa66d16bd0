--TEST--
Redis Sentinel: the master is found, and the new one after a fail-over, without loss of what was sent with wait=1; what can be wrong is said
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
$servers = RedisServers::watched(1);
$dsn = $servers->dsn(['wait' => 1, 'queue' => 'orders']);
$open = fn (string $dsn) => (new Ecoq\Messaging(channels: ['x' => $dsn]))->channel('x');
$message = fn (int $n) => Ecoq\Message::create('t', ['n' => $n]);

echo "-- what can be wrong\n";
$master = $servers->master('orders');
$replica = $servers->link($master)->command('ROLE')[2][0][1];
foreach ([
    'another master' => str_replace('master=queue', 'master=other', $dsn),
    'no master' => str_replace('master=queue', 'unknown=ignore', $dsn),
    'a password that Sentinels do not want' => $dsn . '&sentinel-password=secret',
    'a wrong password' => str_replace(RedisServers::PASSWORD, 'secret', $dsn),
    'no Sentinel' => preg_replace('/@[^?]*/', '@127.0.0.1:1', $dsn),
    'a server for a Sentinel' => preg_replace('/@[^?]*/', "@127.0.0.1:$master", $dsn),
    'one Sentinel that is gone' => str_replace('@', '@127.0.0.1:1,', $dsn),
    'the replica' => 'redis://:' . RedisServers::PASSWORD . "@127.0.0.1:$replica/orders",
    'the replica, then the master' => 'redis://:' . RedisServers::PASSWORD . "@127.0.0.1:$replica,127.0.0.1:$master/orders",
] as $what => $wrong) {
    try {
        $open($wrong)->send($message(0));
        echo "$what: works\n";
    } catch (Ecoq\Exception\EcoqException $e) {
        $text = (string) $e;
        echo str_contains($text, 'secret') || str_contains($text, RedisServers::PASSWORD) ? "THE PASSWORD IS SHOWN\n" : '';
        echo "$what: ", substr(strrchr(get_class($e), '\\'), 1), ': ', preg_replace(['/^.*?: /', '/127\.0\.0\.1:\d{5}/'], ['', 'ADDRESS'], $e->getMessage()), "\n";
    }
}
$channel = $open($dsn);
$channel->purge();

echo "-- fail-over\n";
$stored = $got = [];
$n = 0;
$send = function (Ecoq\MessageChannel $channel) use ($message, &$n, &$stored): void {
    $m = $message(++$n);
    for ($try = 0; $try < 40; $try++) {
        try {
            $channel->send($m);
            $stored[] = $n;
            return;
        } catch (Ecoq\Exception\ConnectionException) {
        }
    }
};
for ($i = 0; $i < 50; $i++) {
    $send($channel);
}
$reserved = $channel->receive(10);
// Batches: from the second one in a row on they go without a script.
$single = $open(str_replace('wait=1&', '', $dsn));
$sendBatch = function () use ($single, $message, &$n, &$stored): void {
    $batch = array_map($message, range($n + 1, $n += 20));
    for ($try = 0; $try < 40; $try++) {
        try {
            $single->send($batch);
            array_push($stored, ...range($n - 19, $n));
            return;
        } catch (Ecoq\Exception\ConnectionException) {
        }
    }
};
array_map($sendBatch, range(1, 3));
$send($channel); // what came before on its connection is safe, too
$servers->kill($master);
$start = microtime(true);
// With one server left nothing is safe from the next fail-over: wait=1 says so, without it there is a queue again.
array_map($sendBatch, range(1, 3));
for ($i = 0; $i < 5; $i++) {
    $send($single);
}
echo $servers->master('orders') !== $master ? 'another master' : 'the same master', microtime(true) - $start < 60 ? '' : ', late', "\n";
try {
    $channel->send($message(-1));
    echo "sent\n";
} catch (Ecoq\Exception\ConnectionException $e) {
    echo preg_match('/0 of the 1 replicas/', $e->getMessage()) ? "no replica in time\n" : $e->getMessage() . "\n";
}
foreach ($reserved as $d) {
    $d->ack();
    $got[] = $d->message->payload['n'];
}
while ($deliveries = $channel->receive(100)) {
    foreach ($deliveries as $d) {
        $got[] = $d->message->payload['n'];
        $d->ack();
    }
}
$missing = array_diff($stored, $got);
echo count($stored), ' stored, ', count($missing), ' missing, ', count($got) - count(array_unique($got)), ' more than once, ', json_encode($channel->stats()), "\n";
?>
--EXPECT--
-- what can be wrong
another master: ConfigurationException: Asking the Sentinel at ADDRESS for the master "other": it knows no master of that name; look at the DSN's option master and at SENTINEL MASTERS
no master: ConfigurationException: A DSN of redis+sentinel:// names the master as its Sentinels do: redis+sentinel://sentinel1,sentinel2/orders?master=mymaster
a password that Sentinels do not want: ConfigurationException: Logging in to the Sentinel at ADDRESS: it wants a login of its own, or refuses this one: options sentinel-user and sentinel-password
a wrong password: ConfigurationException: Logging in to Redis at ADDRESS: user or password is wrong, or the user is disabled; look at the DSN's part before the @ and at ACL LIST (Redis: "WRONGPASS invalid username-password pair or user is disabled.")
no Sentinel: ConnectionException: Connecting to Redis at 127.0.0.1:1: Connection refused
a server for a Sentinel: ConfigurationException: Connecting to the Sentinel at ADDRESS: it wants a login of its own, or refuses this one: options sentinel-user and sentinel-password
one Sentinel that is gone: works
the replica: ConnectionException: Sending to queue "orders" at ADDRESS (channel "x"): this server is a read-only replica; point the DSN to the master, or use redis+sentinel:// (Redis: "READONLY You can't write against a read only replica.")
the replica, then the master: works
-- fail-over
another master
no replica in time
176 stored, 0 missing, 0 more than once, {"ready":0,"delayed":0,"reserved":0,"exact":true}
