--TEST--
RabbitMQ: refused logins, virtual hosts and queues, ports where something else listens or nothing answers: said, without user and password
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
$vhost = $admin->vhost($run);
$user = $admin->user("$run-limited", 'secret');
preg_match('~//[^@]*@([^/]+)~', getenv('ECOQ_TEST_AMQP_DSN'), $host);
$path = '/' . rawurlencode($vhost);

function attempt(#[SensitiveParameter] string $definition, ?callable $with = null): void
{
    global $run, $host, $user;
    $begun = microtime(true);
    try {
        $c = (new Ecoq\Messaging(channels: ['x' => $definition]))->channel('x');
        $with ? $with($c) : $c->send(Ecoq\Message::create('a', []));
        echo "works\n";
    } catch (Ecoq\Exception\EcoqException $e) {
        echo preg_match('/secret|' . preg_quote($user) . '/', (string) $e) ? "THE LOGIN IS SHOWN\n" : '';
        $text = preg_replace('/(127\.0\.0\.1|localhost):\d+/', 'HOST', str_replace([$host[1], $run], ['HOST', 'VHOST'], $e->getMessage()));
        echo substr(strrchr(get_class($e), '\\'), 1), ': ', str_replace('Sending to channel "x": ', '', $text), "\n";
    }
    echo microtime(true) - $begun > 15 ? "IT TOOK TOO LONG\n" : '';
}
$limited = "amqp://$user:secret@$host[1]$path";

echo "-- login and virtual host\n";
attempt("amqp://$user:wrong-secret@$host[1]$path");
attempt("amqp://$run-nobody:secret@$host[1]$path");
attempt($limited);
attempt(amqp_dsn("$path-missing"));

echo "-- rights\n";
$admin->permit($user, $vhost, '^mine');
attempt("$limited/mine?queue-type=classic");
$admin->permit($user, $vhost, '^mine|^amq\.default$');
attempt("$limited/mine?queue-type=classic");
attempt("$limited/yours?queue-type=classic");

echo "-- limits\n";
$admin->ask('PUT', "vhost-limits/$vhost/max-connections", ['value' => 0]);
attempt(amqp_dsn("$path/limit"));
$admin->ask('DELETE', "vhost-limits/$vhost/max-connections");
attempt(amqp_dsn("$path/limit", ['queue-type' => 'classic']));

echo "-- something else\n";
$script = '$s = stream_socket_server("tcp://127.0.0.1:0"); echo stream_socket_get_name($s, false), "\n"; for (;;) { $c = stream_socket_accept($s, 60); fread($c, 8); fwrite($c, ANSWER); ENDING }';
$serve = function (string $answer, string $ending) use ($script) {
    $process = proc_open([PHP_BINARY, '-n', '-r', str_replace(['ANSWER', 'ENDING'], [var_export($answer, true), $ending], $script)], [1 => ['pipe', 'w']], $pipes);
    return [trim(fgets($pipes[1])), $process];
};
foreach ([
    'web server' => ["HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", 'fclose($c);'],
    'AMQP 1.0' => ["AMQP\0\1\0\0", 'fclose($c);'],
    'no word' => ['', 'fclose($c);'],
    'silence' => ['', '$all[] = $c;'],
    'a frame of 2 GB' => ["\1\0\0\x7f\xff\xff\xf0" . str_repeat('x', 1000), '$all[] = $c;'],
] as $name => $answer) {
    [$address, $process] = $serve(...$answer);
    echo "$name: ";
    attempt("amqp://u:secret@$address/?io-timeout=300ms");
    proc_terminate($process, 9);
    proc_close($process);
}
preg_match('~//[^@]*@([^/]+)~', (string) getenv('ECOQ_TEST_AMQPS_DSN'), $tls);
echo 'no TLS: ';
attempt("amqps://u:secret@$host[1]/?tls-verify=no");
echo 'TLS: ';
attempt("amqp://u:secret@$tls[1]/");
attempt('amqp://u:secret@no-such-host.invalid/');

echo "-- several hosts\n";
// the broker under an address that its certificate is not for
$proxy = proc_open([PHP_BINARY, '-n', '-r', strtr(<<<'PHP'
    $listener = stream_socket_server('tcp://127.0.0.2:0');
    echo stream_socket_get_name($listener, false), "\n";
    for ($other = [];;) {
        $read = [$listener, ...array_merge(...array_values($other))];
        stream_select($read, $write, $except, null);
        foreach ($read as $s) {
            if ($s === $listener) {
                [$client, $broker] = [stream_socket_accept($listener), stream_socket_client('tcp://BROKER')];
                $other[(int) $client] = [$broker];
                $other[(int) $broker] = [$client];
            } elseif (isset($other[(int) $s]) && ($bytes = fread($s, 1 << 16)) != '') {
                fwrite($other[(int) $s][0], $bytes);
            } elseif (isset($other[(int) $s])) {
                [$end] = $other[(int) $s];
                unset($other[(int) $s], $other[(int) $end]);
                fclose($end);
                fclose($s);
            }
        }
    }
    PHP, ['BROKER' => $tls[1] ?? $host[1]])], [1 => ['pipe', 'w']], $pipes);
$wrong = trim(fgets($pipes[1]));
$secure = str_replace('amqp://', 'amqps://', amqp_dsn("$path/hosts", ['queue-type' => 'classic', 'tls-ca' => getenv('ECOQ_TEST_TLS_CA')], host: 'HOSTS'));
foreach (["$wrong,$tls[1]", "$wrong,$host[1]", "$wrong,127.0.0.1:1"] as $hosts) {
    attempt(str_replace('HOSTS', $hosts, $secure));
}
attempt("amqp://$user:wrong-secret@$host[1],127.0.0.1:1$path");
attempt("amqps://$user:wrong-secret@$wrong,$tls[1]$path?tls-ca=" . rawurlencode(getenv('ECOQ_TEST_TLS_CA')));
proc_terminate($proxy, 9);

echo "-- a queue that is there, and that ecoq takes as it is\n";
$admin->ask('PUT', "queues/$vhost/other", ['durable' => true, 'arguments' => ['x-max-length' => 5]]);
attempt(amqp_dsn("$path/other"), function ($c) {
    $c->send(Ecoq\Message::create('a', []));
    var_dump($c->stats()->ready);
});
?>
--EXPECTF--
-- login and virtual host
ConfigurationException: Logging in to RabbitMQ at HOST, virtual host "VHOST": RabbitMQ says 403 "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN. For details see the broker logfile."; check user and password in the DSN; a broker lets the user guest in from its own host only
ConfigurationException: Logging in to RabbitMQ at HOST, virtual host "VHOST": RabbitMQ says 403 "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN. For details see the broker logfile."; check user and password in the DSN; a broker lets the user guest in from its own host only
ConfigurationException: Logging in to RabbitMQ at HOST, virtual host "VHOST": RabbitMQ says 530 "NOT_ALLOWED - access to vhost 'VHOST' refused for this user"; check the virtual host, the first part of the DSN's path ("/" is written %2f: amqp://host/%2f/orders), and the user's permissions for it
ConfigurationException: Logging in to RabbitMQ at HOST, virtual host "VHOST-missing": RabbitMQ says 530 "NOT_ALLOWED - vhost VHOST-missing not found"; check the virtual host, the first part of the DSN's path ("/" is written %2f: amqp://host/%2f/orders), and the user's permissions for it
-- rights
ConfigurationException: Sending to queue "mine" at HOST, virtual host "VHOST" (channel "x"): The broker closed the AMQP channel: RabbitMQ says 403 "ACCESS_REFUSED - %r(write )?%raccess to exchange 'amq.default' in vhost 'VHOST' refused for this user"; give the user the permission to write to the default exchange (amq\.default in the second pattern of rabbitmqctl set_permissions)
works
ConfigurationException: Declaring queue "yours": RabbitMQ says 403 "ACCESS_REFUSED - %r(configure )?%raccess to queue 'yours' in vhost 'VHOST' refused for this user"; give the user the permission (rabbitmqctl set_permissions; ecoq needs configure, write and read for the names of its queues and exchanges)
-- limits
ConnectionException: Logging in to RabbitMQ at HOST, virtual host "VHOST": RabbitMQ says 530 "NOT_ALLOWED - access to vhost 'VHOST' refused for this user: connection limit (0) is reached"; a limit of the broker for connections, channels or queues is reached; close others, or raise it
works
-- something else
web server: ConfigurationException: Logging in to RabbitMQ at HOST, virtual host "/": what answers there does not speak AMQP 0-9-1; check the port (5672 is the usual one, 15672 is that of the management pages)
AMQP 1.0: ConfigurationException: Logging in to RabbitMQ at HOST, virtual host "/": what answers there does not speak AMQP 0-9-1; check the port (5672 is the usual one, 15672 is that of the management pages)
no word: ConnectionException: Logging in to RabbitMQ at HOST, virtual host "/": the connection was closed without a word: the broker is starting or stopping, or the port is another one (5672 is usual; 5671 with TLS, written amqps://; 15672 is that of the management pages)
silence: ConnectionException: Logging in to RabbitMQ at HOST, virtual host "/": no answer came in time (options connect-timeout and io-timeout)
a frame of 2 GB: ConfigurationException: Logging in to RabbitMQ at HOST, virtual host "/": what answers there does not speak AMQP 0-9-1; check the port (5672 is the usual one, 15672 is that of the management pages)
no TLS: ConfigurationException: Connecting to RabbitMQ at HOST: the port has no TLS (5671 is the usual one with it); check it, or write amqp:// for a connection without TLS
TLS: ConnectionException: Logging in to RabbitMQ at HOST, virtual host "/": the connection was closed without a word: the broker is starting or stopping, or the port is another one (5672 is usual; 5671 with TLS, written amqps://; 15672 is that of the management pages)
ConnectionException: Connecting to RabbitMQ at no-such-host.invalid:5672: the host name was not found (%s)
-- several hosts
works
ConfigurationException: Connecting to RabbitMQ at 127.0.0.2:%d: the broker's certificate does not hold (IP address mismatch); trust its authority (option tls-ca), or use a host name that it is for (none of the hosts 127.0.0.2:%d,HOST, virtual host "VHOST" could be used; this is the first one's answer)
ConnectionException: Connecting to RabbitMQ at 127.0.0.2:%d: the broker's certificate does not hold (IP address mismatch); trust its authority (option tls-ca), or use a host name that it is for (none of the hosts 127.0.0.2:%d,HOST, virtual host "VHOST" could be used; others cannot be reached now)
ConfigurationException: Logging in to RabbitMQ at HOST, virtual host "VHOST": RabbitMQ says 403 "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN. For details see the broker logfile."; check user and password in the DSN; a broker lets the user guest in from its own host only
ConfigurationException: Logging in to RabbitMQ at HOST, virtual host "VHOST": RabbitMQ says 403 "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN. For details see the broker logfile."; check user and password in the DSN; a broker lets the user guest in from its own host only
-- a queue that is there, and that ecoq takes as it is
int(1)
works
