--TEST--
Redis over TLS: the server's certificate must be valid and for its name; a client's certificate where the server wants one
--SKIPIF--
<?php
require dirname(__DIR__, 2) . '/scripts/storm/redis.php';
if (!RedisServers::areInstalled()) die('skip no redis-server');
exec('openssl version 2>/dev/null', $output, $status);
if ($status) die('skip no openssl');
try {
    (new Ecoq\Messaging(channels: ['x' => 'rediss://127.0.0.1:1/q']))->channel('x')->stats();
} catch (Ecoq\Exception\EcoqException $e) {
    if ($e instanceof Ecoq\Exception\ConfigurationException) die('skip no TLS in this build');
}
?>
--INI--
zend.exception_ignore_args=1
--FILE--
<?php
require dirname(__DIR__, 2) . '/scripts/storm/redis.php';
$servers = new RedisServers;
$d = $servers->directory;

function run(string $command): void
{
    exec("$command 2>&1", $output, $status);
    $status === 0 || die(implode("\n", $output));
}
foreach (['ca', 'stranger'] as $name) {
    run("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=$name -keyout $d/$name.key -out $d/$name.crt");
}
foreach (['server' => 'DNS:localhost', 'elsewhere' => 'DNS:elsewhere.example,IP:10.0.0.1', 'client' => 'DNS:client'] as $name => $for) {
    run("openssl req -newkey rsa:2048 -nodes -subj /CN=$name -keyout $d/$name.key -out $d/$name.csr");
    file_put_contents("$d/$name.ext", "subjectAltName=$for\n");
    run("openssl x509 -req -in $d/$name.csr -CA $d/ca.crt -CAkey $d/ca.key -CAcreateserial -days 2 -extfile $d/$name.ext -out $d/$name.crt");
}
/** The port for TLS of a server with that certificate. */
$start = function (string $certificate, string $clients) use ($servers, $d): int {
    $socket = stream_socket_server('tcp://127.0.0.1:0');
    $port = (int) substr(strrchr(stream_socket_get_name($socket, false), ':'), 1);
    fclose($socket);
    $servers->start(['--tls-port', (string) $port, '--tls-cert-file', "$d/$certificate.crt", '--tls-key-file', "$d/$certificate.key", '--tls-ca-cert-file', "$d/ca.crt", '--tls-auth-clients', $clients]);
    return $port;
};
function attempt(string $what, string $host, int $port, array $options): void
{
    global $d;
    try {
        $c = (new Ecoq\Messaging(channels: ['x' => "rediss://$host:$port/q?" . http_build_query($options)]))->channel('x');
        $c->send([Ecoq\Message::create('a', ['x' => str_repeat('x', 300_000)]), Ecoq\Message::create('b', [])]);
        $got = $c->receive(2);
        echo "$what: works, ", strlen($got[0]->message->payload['x']), "\n";
        foreach ($got as $delivery) {
            $delivery->ack();
        }
    } catch (Ecoq\Exception\EcoqException $e) {
        echo $what, ': ', substr(strrchr(get_class($e), '\\'), 1), ': ', preg_replace(['/:\d{4,}/', '/ \(error:.*?\)/'], [':PORT', ''], str_replace([$d, 'Sending to channel "x": '], ['DIR', ''], $e->getMessage())), "\n";
    }
}
$ca = ['tls-ca' => "$d/ca.crt"];
$port = $start('server', 'no');
attempt('valid', 'localhost', $port, $ca);
attempt('another name', '127.0.0.1', $port, $ca);
attempt('another name, not looked at', '127.0.0.1', $port, ['tls-verify' => 'no']);
attempt('unknown authority', 'localhost', $port, ['tls-ca' => "$d/stranger.crt"]);
attempt('unknown authority, not looked at', 'localhost', $port, ['tls-ca' => "$d/stranger.crt", 'tls-verify' => 'no']);
attempt('no such file', 'localhost', $port, ['tls-ca' => "$d/none.crt"]);
attempt('no certificates in it', 'localhost', $port, ['tls-ca' => "$d/server.ext"]);
attempt('key of another', 'localhost', $port, $ca + ['tls-cert' => "$d/client.crt", 'tls-key' => "$d/server.key"]);
$right = $port;
$port = $start('elsewhere', 'no');
attempt('certificate for another host', 'localhost', $port, $ca);
attempt('a wrong one, then a right one', "localhost:$port,localhost", $right, $ca);
attempt('a wrong one, then a login that is refused', "user:secret@localhost:$port,localhost", $right, $ca);
attempt('two wrong ones', "localhost:$port,127.0.0.1", $right, $ca);
attempt('a wrong one, and one that is away', 'localhost:1,localhost', $port, $ca);
$port = $start('server', 'yes');
attempt('no certificate of our own', 'localhost', $port, $ca);
attempt('one of our own', 'localhost', $port, $ca + ['tls-cert' => "$d/client.crt", 'tls-key' => "$d/client.key"]);
?>
--EXPECTF--
valid: works, 300000
another name: ConfigurationException: TLS to Redis at 127.0.0.1:PORT: the server's certificate is refused: IP address mismatch
another name, not looked at: works, 300000
unknown authority: ConfigurationException: TLS to Redis at localhost:PORT: the server's certificate is refused: self%csigned certificate in certificate chain
unknown authority, not looked at: works, 300000
no such file: ConfigurationException: TLS to Redis at localhost:PORT: cannot read DIR/none.crt: No such file or directory
no certificates in it: ConfigurationException: TLS to Redis at localhost:PORT: option tls-ca: cannot read certificates from DIR/server.ext
key of another: ConfigurationException: TLS to Redis at localhost:PORT: option tls-key: no private key that fits the certificate in DIR/server.key
certificate for another host: ConfigurationException: TLS to Redis at localhost:PORT: the server's certificate is refused: %s mismatch
a wrong one, then a right one: works, 300000
a wrong one, then a login that is refused: ConfigurationException: Logging in to Redis at localhost:PORT: %s
two wrong ones: ConfigurationException: TLS to Redis at localhost:PORT: the server's certificate is refused: %s mismatch
a wrong one, and one that is away: ConnectionException: TLS to Redis at localhost:PORT: the server's certificate is refused: %s mismatch
no certificate of our own: ConnectionException: Connecting to Redis at localhost:PORT: the connection broke at once (%s); the server may want a client's certificate (options tls-cert and tls-key)
one of our own: works, 300000
