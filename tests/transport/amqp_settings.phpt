--TEST--
RabbitMQ: what is said about a DSN and options that are wrong, without the password
--SKIPIF--
<?php
ob_start();
(new ReflectionExtension('ecoq'))->info();
if (!preg_match('/^transport amqp/m', ob_get_clean())) die('skip no RabbitMQ transport');
?>
--FILE--
<?php
function attempt(#[SensitiveParameter] string $definition, #[SensitiveParameter] array $options = []): void
{
    try {
        (new Ecoq\Messaging(channels: ['x' => new Ecoq\Channel($definition, options: $options)]))->channel('x')->send(Ecoq\Message::create('a', []));
        echo "works\n";
    } catch (Ecoq\Exception\EcoqException $e) {
        echo str_contains((string) $e, 'secret') ? "THE PASSWORD IS SHOWN\n" : '';
        echo substr(strrchr(get_class($e), '\\'), 1), ': ', str_replace('Sending to channel "x": ', '', $e->getMessage()), "\n";
    }
}
$dead = 'amqp://u:secret@127.0.0.1:1';

echo "-- hosts and login\n";
attempt('amqp:secret');
attempt('amqp:///x');
attempt('amqp://u@127.0.0.1:1/');
attempt('amqp://:secret@127.0.0.1:1/');
attempt("$dead/?user=other");
attempt("$dead/?password=secret");
attempt('amqp://127.0.0.1:1/?user=u');
attempt('amqp://127.0.0.1:1/', ['password' => 'secret', 'user' => 'u']);
attempt("$dead,[::1]:1,127.0.0.1:1/");
attempt("$dead/" . str_repeat('v', 256));

echo "-- options\n";
foreach (['heartbeat=10', 'heartbeat=2h', 'heartbeat=0', 'keepalive=1ms', 'connect-timeout=0', 'io-timeout=soon', 'confirm-timeout=25h', 'prefetch=0', 'prefetch=65536',
    'frame-max=4095', 'queue-type=stream', 'interop=perhaps', 'interop=1&queue-type=quorum', 'interop=1&queue-type=classic', 'exchange=', 'exchange=' . str_repeat('e', 256),
    'exchange-type=topic', 'binding-keys=a.*', 'exchange=e&exchange-type=topic&binding-keys=a.*,b', 'vhost=', 'sasl=gssapi', 'delay-prefix=' . str_repeat('p', 129), 'prefech=3'] as $options) {
    echo strlen($options) > 60 ? substr($options, 0, 20) . '...' : $options, ' ';
    $options === 'prefech=3' ? preg_match('/did you mean "prefetch"/', (function () use ($dead) {
        try {
            new Ecoq\Messaging(channels: ['x' => "$dead/?prefech=3"]);
        } catch (Ecoq\Exception\ConfigurationException $e) {
            return $e->getMessage();
        }
    })()) && print "is unknown\n" : attempt("$dead/?$options");
}

echo "-- TLS\n";
$tls = 'amqps://u:secret@127.0.0.1:1/';
attempt("$tls?tls=no");
attempt("$dead/?tls-ca=ca.pem");
attempt("$dead/?tls-verify=no");
attempt("$tls?tls-cert=c.pem");
attempt("$tls?tls-ca=ca.pem&tls-verify=no");
attempt("$tls?tls-ca=/no/such/file");
attempt("$tls?tls-ca=" . rawurlencode(__FILE__));
attempt("$tls?tls-cert=" . rawurlencode(__FILE__) . '&tls-key=/no/such/file&tls-verify=no');
attempt("$dead/?tls=yes&tls-verify=no");
attempt("$dead/?sasl=external");
attempt('amqps://u:secret@127.0.0.1:1/?sasl=external&tls-cert=c&tls-key=k');
?>
--EXPECTF--
-- hosts and login
ConfigurationException: A DSN of amqp: names a host: amqp://user:password@localhost/%2f/orders
ConfigurationException: A DSN of amqp: names a host: amqp://user:password@localhost/%2f/orders
ConfigurationException: The DSN has a user without a password; expected both: amqp://user:password@host
ConfigurationException: The DSN has a password without a user; expected both: amqp://user:password@host
ConfigurationException: Option "user": the DSN has one before the @ as well; keep one of them
ConfigurationException: Option "password": the DSN has one before the @ as well; keep one of them
ConfigurationException: The DSN has a user without a password; expected both: amqp://user:password@host
ConnectionException: Connecting to RabbitMQ at 127.0.0.1:1: Connection refused: no broker listens there; start it, or check host and port
ConnectionException: Connecting to RabbitMQ at 127.0.0.1:1: Connection refused: no broker listens there; start it, or check host and port (none of the hosts 127.0.0.1:1,[::1]:1,127.0.0.1:1, virtual host "/" could be used; this is the last one's answer)
ConfigurationException: The name of the virtual host has 256 bytes, at most 255 are allowed
-- options
heartbeat=10 ConfigurationException: Option "heartbeat": expected 0 (none) or 1s to 1h, got 10 ms; write 30s for seconds
heartbeat=2h ConfigurationException: Option "heartbeat": expected 0 (none) or 1s to 1h, got 7200000 ms; write 30s for seconds
heartbeat=0 ConnectionException: Connecting to RabbitMQ at 127.0.0.1:1: Connection refused: no broker listens there; start it, or check host and port
keepalive=1ms ConfigurationException: Option "keepalive": expected 0 (none) or 1s to 24h, got 1 ms; write 30s for seconds
connect-timeout=0 ConfigurationException: Option "connect-timeout": expected 1ms to 24h, got 0 ms; write 30s for seconds
io-timeout=soon ConfigurationException: Option "io-timeout": expected a length of time: milliseconds, or a number with ms, s, m, h or d, such as 500, 10ms, 1.5s, 24h, got "soon"
confirm-timeout=25h ConfigurationException: Option "confirm-timeout": expected 1ms to 24h, got 90000000 ms; write 30s for seconds
prefetch=0 ConfigurationException: Option "prefetch": expected an integer from 1 to 65535, got "0"
prefetch=65536 ConfigurationException: Option "prefetch": expected an integer from 1 to 65535, got "65536"
frame-max=4095 ConfigurationException: Option "frame-max": expected an integer from 4096 to 16777216, got "4095"
queue-type=stream ConfigurationException: Option "queue-type": expected quorum or classic
interop=perhaps ConfigurationException: Option "interop": expected 1, 0, true, false, yes, no, on or off, got "perhaps"
interop=1&queue-type=quorum ConfigurationException: Option "queue-type": interop=1 creates the queue without any argument, so that the broker decides on its type (classic as a rule); leave one of them out
interop=1&queue-type=classic ConnectionException: Connecting to RabbitMQ at 127.0.0.1:1: Connection refused: no broker listens there; start it, or check host and port
exchange= ConfigurationException: Option "exchange" is empty; leave it out
exchange=eeeeeeeeeee... ConfigurationException: Option "exchange": expected at most 255 bytes, got 256
exchange-type=topic ConfigurationException: Option "exchange-type" is about the exchange; add "exchange" with its name, or leave it out
binding-keys=a.* ConfigurationException: Option "binding-keys" is about the exchange; add "exchange" with its name, or leave it out
exchange=e&exchange-type=topic&binding-keys=a.*,b ConnectionException: Connecting to RabbitMQ at 127.0.0.1:1: Connection refused: no broker listens there; start it, or check host and port
vhost= ConfigurationException: Option "vhost" is empty; leave it out
sasl=gssapi ConfigurationException: Option "sasl": expected plain or external
delay-prefix=ppppppp... ConfigurationException: Option "delay-prefix": expected at most 128 bytes, got 129
prefech=3 is unknown
-- TLS
ConfigurationException: Option "tls": the DSN's amqps:// means TLS; write amqp:// for none
ConfigurationException: Option "tls-ca" needs TLS: write amqps://, or add tls=yes
ConfigurationException: Option "tls-verify" needs TLS: write amqps://, or add tls=yes
ConfigurationException: Options "tls-cert" and "tls-key" go together; only one of them is given
ConfigurationException: Option "tls-ca": with tls-verify=no no certificate is looked at; leave out one of them
ConfigurationException: TLS to RabbitMQ: the file "/no/such/file" of the option "tls-ca" cannot be read
ConfigurationException: TLS to RabbitMQ: the file "%samqp_settings.php" of the option "tls-ca" holds no certificate in PEM form
ConfigurationException: TLS to RabbitMQ: the file "/no/such/file" of the option "tls-key" cannot be read
ConnectionException: Connecting to RabbitMQ at 127.0.0.1:1: Connection refused: no broker listens there; start it, or check host and port
ConfigurationException: Option "sasl": external means that a certificate is the login; it needs amqps:// and the options "tls-cert" and "tls-key"
ConfigurationException: Option "sasl": with external there is no password; leave it out
