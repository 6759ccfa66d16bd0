--TEST--
RabbitMQ: virtual hosts and queues by DSN, option and environment; TLS; several hosts; what the broker is told; a connection that an operator closes
--SKIPIF--
<?php
if (!getenv('ECOQ_TEST_AMQP_DSN') || !getenv('ECOQ_TEST_RABBITMQ_API')) die('skip no ECOQ_TEST_AMQP_DSN or ECOQ_TEST_RABBITMQ_API');
ob_start();
(new ReflectionExtension('ecoq'))->info();
if (!preg_match('/^transport amqp/m', ob_get_clean())) die('skip no RabbitMQ transport');
?>
--FILE--
<?php
require __DIR__ . '/amqp_admin.inc';
$admin = new AmqpAdmin;
$run = 'ecoq-' . bin2hex(random_bytes(6));
$one = $admin->vhost("$run/one & 100%");
$two = $admin->vhost("$run two");
$open = fn (string $dsn, array $options = []) => (new Ecoq\Messaging(channels: ['x' => new Ecoq\Channel($dsn, options: $options)]))->channel('x');
$message = Ecoq\Message::create('a', ['n' => 1]);
$classic = ['queue-type' => 'classic'];
$path = fn (string $vhost, string $queue = '') => '/' . rawurlencode($vhost) . ($queue === '' ? '' : '/' . rawurlencode($queue));

echo "-- virtual host and queue\n";
$where = function (string $queue) use ($admin, $one, $two): string {
    $found = array_filter(['one' => $one, 'two' => $two], fn ($vhost) => $admin->queue($vhost, $queue) !== null);
    return implode(' and ', array_keys($found)) ?: 'nowhere';
};
$open(amqp_dsn($path($one, 'by.dsn'), $classic))->send($message);
$open(amqp_dsn('/' . rawurlencode($one) . '/with/slashes', $classic))->send($message);
$open(amqp_dsn($path($one), $classic))->send($message);
$open(amqp_dsn($path($one, 'not this'), $classic + ['queue' => 'by option', 'vhost' => $two]))->send($message);
putenv("ECOQ_TEST_OWN_VHOST=$two");
putenv('ECOQ_TEST_OWN_EMPTY=');
$open(amqp_dsn($path('no such one', 'by environment'), $classic), ['vhost' => 'nor this', 'vhost-env' => 'ECOQ_TEST_OWN_VHOST'])->send($message);
$open(amqp_dsn($path($one, 'by empty'), $classic + ['vhost-env' => 'ECOQ_TEST_OWN_EMPTY']))->send($message);
$open(amqp_dsn($path($one, 'by unset'), $classic + ['vhost-env' => 'ECOQ_TEST_OWN_UNSET']))->send($message);
// as libraries for .env files leave them
putenv("ECOQ_TEST_OWN_BOTH=$one");
$_ENV['ECOQ_TEST_OWN_ENV'] = $_ENV['ECOQ_TEST_OWN_BOTH'] = $two;
$_SERVER['ECOQ_TEST_OWN_SERVER'] = $two;
$_SERVER['ECOQ_TEST_OWN_BOTH'] = $_SERVER['HTTP_ECOQ_TEST_OWN'] = $_SERVER['ECOQ_TEST_OWN_ENV'] = 'no such one';
$_SERVER['ECOQ_TEST_OWN_NUMBER'] = $_ENV['ECOQ_TEST_OWN_NUMBER'] = 4711;
foreach (['env' => 'ENV', 'server' => 'SERVER', 'both' => 'BOTH', 'number' => 'NUMBER'] as $queue => $name) {
    $open(amqp_dsn($path($one, "by $queue"), $classic + ['vhost-env' => "ECOQ_TEST_OWN_$name"]))->send($message);
}
$open(amqp_dsn($path($one, 'by a header'), $classic + ['vhost-env' => 'HTTP_ECOQ_TEST_OWN']))->send($message);
$open(amqp_dsn($path($one, 'queue'), $classic + ['prefix' => 'branch.']))->send($message);
foreach (['by.dsn', 'with/slashes', 'x', 'not this', 'by option', 'by environment', 'by empty', 'by unset', 'by env', 'by server', 'by both', 'by number', 'by a header', 'queue', 'branch.queue'] as $queue) {
    echo "$queue: ", $where($queue), "\n";
}

echo "-- logins\n";
$user = $admin->user("$run:@/?", 'p%@:/?#&ä');
$admin->permit($user, $one);
$open(amqp_dsn($path($one, 'by user'), $classic, rawurlencode($user) . ':' . rawurlencode('p%@:/?#&ä')))->send($message);
preg_match('~//[^@]*@([^/]+)~', getenv('ECOQ_TEST_AMQP_DSN'), $host);
$open("amqp://$host[1]" . $path($one, 'by user'), $classic + ['user' => $user, 'password' => 'p%@:/?#&ä'])->send($message);
var_dump($open(amqp_dsn($path($one, 'by user')))->stats()->ready);

echo "-- several hosts\n";
$channel = $open(amqp_dsn($path($two, 'hosts'), $classic, host: "127.0.0.1:1,no-such-host.invalid,[::1]:1,$host[1]"));
$channel->send($message);
var_dump($channel->stats()->ready);

echo "-- TLS\n";
if ($tls = getenv('ECOQ_TEST_AMQPS_DSN')) {
    foreach ([['tls-ca' => getenv('ECOQ_TEST_TLS_CA')], ['tls-verify' => 'no'], []] as $options) {
        try {
            $channel = $open(amqp_dsn($path($two, 'tls'), $classic + $options, name: 'ECOQ_TEST_AMQPS_DSN'));
            $channel->send([$message, Ecoq\Message::create('a', ['text' => str_repeat('x', 300_000)])]);
            $got = [];
            for ($end = microtime(true) + 20; count($got) < 2 && microtime(true) < $end; usleep(10_000)) {
                $got = [...$got, ...$channel->receive(10)];
            }
            echo strlen($got[1]->message->payload['text']), "\n";
            array_map(fn ($delivery) => $delivery->ack(), $got);
        } catch (Ecoq\Exception\ConfigurationException $e) {
            echo preg_match('/certificate does not hold/', $e->getMessage()) ? "refused: its authority is not known\n" : $e->getMessage();
        }
    }
} else {
    echo "300000\n300000\nrefused: its authority is not known\n";
}

echo "-- what an operator sees, and does\n";
unset($channel, $got);
$three = $admin->vhost("$run three");
$channel = $open(amqp_dsn($path($three, 'q'), $classic + ['connection-name' => 'shop', 'heartbeat' => '7s']));
$channel->send($message);
[$connection] = $admin->connections($three, 1);
echo $connection['client_properties']['product'], ', ', $connection['timeout'], ' s, ',
    preg_match('/^shop \S+ ' . getmypid() . ' publishing$/', $connection['client_properties']['connection_name']) ? 'named' : $connection['client_properties']['connection_name'], "\n";
foreach (['publisher_confirms', 'basic.nack', 'consumer_cancel_notify', 'connection.blocked', 'authentication_failure_close'] as $capability) {
    echo ($connection['client_properties']['capabilities'][$capability] ?? null) === true ? '' : "no $capability\n";
}
$other = new Ecoq\Messaging(channels: ['x' => amqp_dsn($path($three, 'q'), $classic)], service: 'billing');
$other->channel('x')->send($message);
$names = array_map(fn ($c) => strtok($c['client_properties']['connection_name'], ' '), $admin->connections($three, 2));
sort($names);
echo implode(', ', $names), "\n";
for ($i = 1; $i <= 3; $i++) {
    $admin->close($connection, "for maintenance $i");
    usleep(200_000);
    $channel->send($message);
    $connection = current(array_filter($admin->connections($three, 2), fn ($c) => str_starts_with($c['client_properties']['connection_name'], 'shop ')));
}
var_dump($channel->stats()->ready);
?>
--EXPECT--
-- virtual host and queue
by.dsn: one
with/slashes: one
x: one
not this: nowhere
by option: two
by environment: two
by empty: one
by unset: one
by env: two
by server: two
by both: two
by number: one
by a header: one
queue: nowhere
branch.queue: one
-- logins
int(2)
-- several hosts
int(1)
-- TLS
300000
300000
refused: its authority is not known
-- what an operator sees, and does
ecoq, with librabbitmq, 7 s, named
billing, shop
int(5)
