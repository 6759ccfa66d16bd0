--TEST--
RabbitMQ: what is taken away from a worker while it consumes is said in one line, and it goes on when it is there again: queues, AMQP channels, permissions, that to write only, a virtual host; streams are refused
--SKIPIF--
<?php
if (!extension_loaded('posix')) die('skip no posix');
require __DIR__ . '/amqp.inc';
amqp_skip(slow: true);
?>
--FILE--
<?php
require __DIR__ . '/amqp.inc';
require __DIR__ . '/processes.inc';
$space = new AmqpSpace;
$admin = $space->admin;
preg_match('~@([^/]+)~', getenv('ECOQ_TEST_AMQP_DSN'), $host);
$channel = fn (string $dsn) => (new Ecoq\Messaging(channels: ['x' => $dsn]))->channel('x');
$send = fn (string $dsn, string ...$types) => $channel($dsn)->send(amqp_messages(...$types));

/** A worker of one channel; it prints what it handles, and what it logs but for its beginning and end. */
$code = <<<'PHP'
    fclose(STDERR);
    $log = fopen('php://fd/1', 'w');
    $handlers = ['m' => function () { echo "handled\n"; }, 'f' => fn () => throw new RuntimeException('no')];
    exit((new Ecoq\Console(new Ecoq\Messaging(handlers: $handlers, channels: ['x' => $file])))->run(['worker.php', 'consume', 'x', '-v', '--idle-limit=20']));
    PHP;
final class Worker
{
    private Process $process;

    public function __construct(string $code, string $dsn)
    {
        $this->process = new Process($code, $dsn);
    }

    /** Its next lines up to one that matches, cut to what this test is about. */
    public function until(string $pattern): string
    {
        for ($seen = ''; ($line = $this->process->line()) !== '' && !preg_match($pattern, $line);) {
            $seen .= preg_match('/ (WARNING|ERROR) |^error:/', $line) ? "$line\n" : '';
        }
        return "$seen$line\n";
    }

    /** What it still logged; how much of a processor it used, of a tenth of a second for each that it ran. */
    public function end(): string
    {
        $cpu = explode(' ', preg_replace('/.*\) /', '', file_get_contents("/proc/{$this->process->pid}/stat")));
        $this->process->signal(SIGTERM);
        $rest = preg_replace('/^(?!.* (WARNING|ERROR) ).*\n?/m', '', $this->process->rest());
        return ($cpu[11] + $cpu[12] < 100 ? 'idle' : 'busy') . ($rest === '' ? "\n" : ": $rest");
    }
}
$short = fn (string $line) => preg_replace(['/^.*\[x\] /m', '/next try in \d+ ms/', "/(['\"]?)$space->vhost[\\w-]*\\1/", '/"PRECONDITION_FAILED - invalid arg[^"]*"/', '/at [\d.]+:\d+, /', '/; (give|check) .*/', '/(configure|write|read) (?=access)/', '/AMQP channel: RabbitMQ says/'],
    ['', 'next try', 'V', '...', '', '', '', "AMQP channel:\n  RabbitMQ says"], $line);

echo "-- queues are deleted\n";
$dsn = $space->dsn(['partitions' => 1], 'q');
$w = new Worker($code, $dsn);
$send($dsn, 'm');
$w->until('/^handled/');
$space->ask('DELETE', 'queues', 'q');
echo $short($w->until('/recovered/'));
$send($dsn, 'm');
echo $w->until('/^handled/');
$space->ask('DELETE', 'queues', 'q.g0');
echo $short($w->until('/recovered/'));
echo $w->end();

echo "-- an AMQP channel ends\n";
/** In front of the broker: once there is the file, it acknowledges something unknown where messages are consumed from. */
$switch = database_file();
unlink($switch);
$proxy = new Process(strtr(<<<'PHP'
    $listener = stream_socket_server('tcp://127.0.0.1:0');
    echo stream_socket_get_name($listener, false), "\n";
    $pairs = [];
    while (true) {
        clearstatcache();
        $read = [$listener, ...array_column($pairs, 'client'), ...array_column($pairs, 'broker')];
        $write = $except = null;
        stream_select($read, $write, $except, 0, 20_000);
        foreach ($pairs as $key => $pair) {
            if ($pair['channel'] && file_exists($file)) {
                unlink($file);
                fwrite($pair['broker'], pack('CnN', 1, $pair['channel'], 13) . pack('nnJC', 60, 80, 4711, 0) . "\xce");
            }
        }
        foreach ($read as $s) {
            if ($s === $listener) {
                $pairs[] = ['client' => stream_socket_accept($listener), 'broker' => stream_socket_client('tcp://BROKER'), 'channel' => 0];
                continue;
            }
            foreach ($pairs as $key => $pair) {
                if ($pair['client'] !== $s && $pair['broker'] !== $s) {
                    continue;
                }
                $bytes = fread($s, 1 << 20);
                if ($bytes === '' || $bytes === false) {
                    fclose($pair['client']);
                    fclose($pair['broker']);
                    unset($pairs[$key]);
                    break;
                }
                fwrite($s === $pair['client'] ? $pair['broker'] : $pair['client'], $bytes);
                // basic.consume of a queue, not of events
                if ($s === $pair['client'] && preg_match('/\x01(..)....\x00\x3c\x00\x14\x00\x00\x05other/s', $bytes, $m)) {
                    $pairs[$key]['channel'] = unpack('n', $m[1])[1];
                }
                break;
            }
        }
    }
    PHP, ['BROKER' => $host[1]]), $switch);
$port = (int) substr(strrchr($proxy->line(), ':'), 1);
$w = new Worker($code, $space->dsn([], 'other', null, "127.0.0.1:$port"));
$send($dsn = $space->dsn([], 'other'), 'm');
$w->until('/^handled/');
usleep(1_000_000); // it is idle
touch($switch);
echo preg_replace(['/^.*?(?=The broker)/', '/; queue .*/'], '', $short($w->until('/recovered|reached/'))); // by itself, or by whoever asks next
$send($dsn, 'm');
echo $w->until('/^handled/'), $w->end();
$proxy->signal(SIGKILL);

echo "-- a stream\n";
$space->ask('PUT', 'queues', 'stream', ['durable' => true, 'arguments' => ['x-queue-type' => 'stream']]);
try {
    $channel($space->dsn([], 'stream'))->receive();
} catch (Ecoq\Exception\ConfigurationException $e) {
    echo $short($e->getMessage()), "\n";
}
$dsn = $space->dsn([], 'r');
$w = new Worker($code, $dsn);
$send($dsn, 'm');
$w->until('/^handled/');
// the worker declares it, too, as soon as it hears of it
for ($type = ''; $type !== 'stream'; $type = $space->queues()['r'] ?? '') {
    $space->ask('DELETE', 'queues', 'r');
    try {
        $space->ask('PUT', 'queues', 'r', ['durable' => true, 'arguments' => ['x-queue-type' => 'stream']]);
    } catch (RuntimeException) {
    }
}
echo preg_replace('/.*(?=Channel cannot be reached)/s', '', $short($w->until('/reached/')));
$space->ask('DELETE', 'queues', 'r');
$send($dsn, 'm');
$w->until('/^handled/');
echo $w->end();

echo "-- permissions\n";
$user = $admin->user("$space->vhost-user", 'secret');
$admin->permit($user, $space->vhost);
$w = new Worker($code, $space->dsn([], 'p', "$user:secret"));
$send($dsn = $space->dsn([], 'p'), 'm');
$w->until('/^handled/');
$admin->permit($user, $space->vhost, '^$');
$space->ask('DELETE', 'queues', 'p');
echo $short($w->until('/reached/'));
$admin->permit($user, $space->vhost);
echo $short($w->until('/recovered/'));
$send($dsn, 'm');
echo $w->until('/^handled/'), $w->end();

echo "-- the permission to write\n";
$w = new Worker($code, $space->dsn(['retry.delay' => 0], 'p', "$user:secret"));
$send($dsn, 'm');
$w->until('/^handled/');
$admin->ask('PUT', 'permissions/' . rawurlencode($space->vhost) . "/$user", ['configure' => '.*', 'write' => '^(p|ecoq)', 'read' => '.*']);
$send($dsn, 'f', 'f');
for ($i = 0; $i < 2; $i++) {
    echo preg_replace(['/id [\w-]+/', '/at [\d.:]+/'], ['id ID', 'at HOST'], $short($w->until('/could not be stored|Lost/')));
}
$send($dsn, 'm');
echo $w->until('/^handled/');
usleep(2_000_000);
echo $w->end();

echo "-- a virtual host\n";
$dsn = amqp_dsn('/' . $admin->vhost("$space->vhost-2") . '/q');
$w = new Worker($code, $dsn);
$send($dsn, 'm');
$w->until('/^handled/');
$admin->ask('DELETE', "vhosts/$space->vhost-2");
$w->until('/reached/');
echo preg_replace('/.*(?=Channel cannot)/s', '', $short($w->until('/not found/')));
$admin->vhost("$space->vhost-2");
$send($dsn, 'm');
$w->until('/^handled/');
echo $w->end();
?>
--EXPECT--
-- queues are deleted
Channel recovered: The broker ended the consumption of queue "q" (basic.cancel), which was deleted or whose node went down; queue "q" is consumed again, and what is missing at the broker was made anew
handled
Channel recovered: The broker ended the consumption of queue "q.g0" (basic.cancel), which was deleted or whose node went down; queue "q" is consumed again, and what is missing at the broker was made anew
idle
-- an AMQP channel ends
The broker closed the AMQP channel:
  RabbitMQ says 406 "PRECONDITION_FAILED - unknown delivery tag 4711"; the AMQP channel is opened anew, and what was not acknowledged on it comes again
handled
idle
-- a stream
Receiving from channel "x": Consuming queue "stream": RabbitMQ says 406 ...; it is a stream, which cannot be a channel: it keeps what was handled, and gives it to everyone. Use a quorum or classic queue, which may be bound to the same exchange
Channel cannot be reached, next try: Consuming queue "r": RabbitMQ says 406 ...; it is a stream, which cannot be a channel: it keeps what was handled, and gives it to everyone. Use a quorum or classic queue, which may be bound to the same exchange
idle
-- permissions
Channel cannot be reached, next try: Declaring queue "p": RabbitMQ says 403 "ACCESS_REFUSED - access to queue 'p' in vhost V refused for this user"
Channel recovered: The broker ended the consumption of queue "p" (basic.cancel), which was deleted or whose node went down; queue "p" is consumed again, and what is missing at the broker was made anew
handled
idle
-- the permission to write
What became of f (endpoint f#callable, id ID) could not be stored; it stays with this worker, unacknowledged, until that ends: Sending to queue "p" virtual host V (channel "x"): The broker closed the AMQP channel:
  RabbitMQ says 403 "ACCESS_REFUSED - access to exchange 'amq.default' in vhost V refused for this user"
What became of f (endpoint f#callable, id ID) could not be stored; it stays with this worker, unacknowledged, until that ends: Sending to queue "p" virtual host V (channel "x"): The broker closed the AMQP channel:
  RabbitMQ says 403 "ACCESS_REFUSED - access to exchange 'amq.default' in vhost V refused for this user"
handled
idle
-- a virtual host
Channel cannot be reached, next try: Logging in to RabbitMQ virtual host V: RabbitMQ says 530 "NOT_ALLOWED - vhost V not found"
idle