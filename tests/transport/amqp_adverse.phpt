--TEST--
RabbitMQ: brokers that take no messages for a while, answer nothing any more or take deliveries back; users who may not make queues; what is on its way when a consumer ends
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
preg_match('~@([^/]+)~', getenv('ECOQ_TEST_AMQP_DSN'), $host);
$numbered = fn (string $type, int $count) => array_map(fn ($n) => Ecoq\Message::create($type, ['n' => $n]), range(1, $count));
$channel = fn (string $dsn) => (new Ecoq\Messaging(channels: ['x' => $dsn]))->channel('x');
$all = function (string $dsn) use ($channel): array {
    $c = $channel($dsn);
    for ($seen = []; $d = $c->receive(100, 300);) {
        foreach ($d as $one) {
            $seen[] = $one->message->payload['n'];
            $one->ack();
        }
    }
    return $seen;
};

/** In front of the broker: as long as there is a file $switch, what follows a basic.publish is held back and the client told "blocked", as a broker without memory does; "$switch.deaf": nothing gets through. */
$switch = database_file();
unlink($switch);
$proxy = new Process(strtr(<<<'PHP'
    $listener = stream_socket_server('tcp://127.0.0.1:0');
    echo stream_socket_get_name($listener, false), "\n";
    $pairs = [];
    $frame = fn (int $method, string $rest) => pack('CnN', 1, 0, 4 + strlen($rest)) . pack('nn', 10, $method) . $rest . "\xce";
    while (true) {
        clearstatcache();
        $blocks = file_exists($file);
        foreach ($pairs as $key => $pair) {
            if ($pair['held'] !== null && !$blocks) {
                fwrite($pair['client'], $frame(61, ''));
                fwrite($pair['broker'], $pair['held']);
                $pairs[$key]['held'] = null;
            }
        }
        $read = [$listener, ...array_column($pairs, 'client'), ...array_column($pairs, 'broker')];
        $write = $except = null;
        stream_select($read, $write, $except, 0, 20_000);
        clearstatcache();
        $blocks = file_exists($file);
        foreach ($read as $s) {
            if ($s === $listener) {
                $pairs[] = ['client' => stream_socket_accept($listener), 'broker' => stream_socket_client('tcp://BROKER'), 'held' => null];
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
                } elseif (file_exists("$file.deaf")) {
                    // swallowed
                } elseif ($s === $pair['broker']) {
                    fwrite($pair['client'], $bytes);
                } elseif ($pair['held'] !== null) {
                    $pairs[$key]['held'] .= $bytes;
                } elseif ($blocks && str_contains($bytes, "\0\x3c\0\x28")) {
                    $pairs[$key]['held'] = $bytes;
                    fwrite($pair['client'], $frame(60, "\x0dlow on memory"));
                } else {
                    fwrite($pair['broker'], $bytes);
                }
                break;
            }
        }
    }
    PHP, ['BROKER' => $host[1]]), $switch);
$port = (int) substr(strrchr($proxy->line(), ':'), 1);
$through = fn (string $queue, array $options = []) => $space->dsn($options, $queue, null, "127.0.0.1:$port");
$worker = <<<'PHP'
    fclose(STDERR);
    $log = fopen('php://fd/1', 'w'); // what a worker says of itself
    $handlers = [
        'fails' => function (array $d) { echo 'fails ', $d['n'], "\n"; throw new RuntimeException('no'); },
        'waits' => function (array $d) { echo "waits\n"; sleep(2); },
        'fine' => function (array $d) { echo 'fine ', $d['n'], "\n"; },
    ];
    exit((new Ecoq\Console(new Ecoq\Messaging(handlers: $handlers, channels: ['x' => $file])))->run(['worker.php', 'consume', 'x', '-v', '--idle-limit=1']));
    PHP;
/** The next line that matches; empty: it ended before. */
function line_of(Process $p, string $pattern): string
{
    for ($i = 0; $i < 200 && !preg_match($pattern, $line = $p->line()); $i++);
    return $line;
}
/** How long it took to end, in words. */
$ended = function (Process $p, float $most): string {
    $begun = microtime(true);
    $p->signal(SIGTERM);
    $p->wait(60);
    $took = microtime(true) - $begun;
    return $took < $most ? 'in time' : sprintf('after %.1f s', $took);
};

echo "-- blocked while it sends\n";
$c = $channel($through('sent', ['confirm-timeout' => '1s']));
$c->setup();
touch($switch);
$begun = microtime(true);
try {
    $c->send($numbered('a', 3));
} catch (Ecoq\Exception\ConnectionException $e) {
    echo preg_replace('/.*?\(channel "x"\): /', '', $e->getMessage()), "\n";
}
// waited for once, not once for each repeat
echo microtime(true) - $begun < 3.5 ? "in time\n" : "late\n";
// on another connection, which is not blocked
$begun = microtime(true);
$channel($space->dsn([], 'sent'))->send($numbered('a', 2));
$c->setup();
echo $c->stats()->ready, ', purged ', $c->purge(), ', ', $c->stats()->ready, microtime(true) - $begun < 5 ? "\n" : ", late\n";
unlink($switch);
$c->send($numbered('a', 1));
$c = null;
echo implode(' ', $all($space->dsn([], 'sent'))), "\n";

echo "-- blocked while a retry, and then a dead letter, is to be stored\n";
$channel($space->dsn([], 'retried'))->send($numbered('fails', 1));
touch($switch);
$p = new Process($worker, $through('retried', ['confirm-timeout' => '1s', 'retry.max' => 1, 'retry.delay' => 0]));
$first = line_of($p, '/^fails/');
usleep(1_500_000);
unlink($switch);
$rest = $p->rest();
// what was not confirmed in time was on its way all the same: it is waited for, not sent once more
echo $first, ' ', preg_match_all('/^fails/m', $rest), ' more, ', count($space->get('retried.dlq')), " letter\n";

echo "-- blocked while a retry is to be stored, another message to be sent, and then the retry again\n";
$c = $channel($through('doubled', ['confirm-timeout' => '1s', 'retry.delay' => 0]));
$c->send($numbered('a', 1));
$d = $c->receive(1, 10_000);
touch($switch);
foreach ([fn () => $d[0]->retry(), fn () => $c->send($numbered('b', 1))] as $call) {
    try {
        $call();
        echo "taken?\n";
    } catch (Ecoq\Exception\TransportException) {
    }
}
unlink($switch);
$d[0]->retry();
$c = $d = $call = null;
echo $channel($space->dsn([], 'doubled'))->stats()->ready, "\n";

echo "-- ended while blocked, with a retry to be stored\n";
$channel($space->dsn([], 'ended'))->send($numbered('fails', 1));
touch($switch);
$p = new Process($worker, $through('ended', ['retry.delay' => 0]));
line_of($p, '/^fails/');
usleep(300_000);
echo $ended($p, 12), "\n";
unlink($switch);
// uncharged
echo implode(' ', array_map(fn ($d) => $d->message->payload['n'] . '/' . $d->attempts, $d = $channel($space->dsn([], 'ended'))->receive(1, 10_000))), "\n";
$d[0]->ack();
$d = null;

echo "-- ended while the broker is silent\n";
$channel($space->dsn([], 'silent'))->send($numbered('fine', 1));
$p = new Process(str_replace('idle-limit=1', 'idle-limit=60', $worker), $through('silent'));
line_of($p, '/^fine/');
usleep(1_500_000); // it is idle, and does not wait for an answer
touch("$switch.deaf");
echo $ended($p, 9), "\n";
unlink("$switch.deaf");

echo "-- taken back by the broker\n";
$channel($space->dsn([], 'lost'))->send($numbered('waits', 1));
$p = new Process($worker, $through('lost'));
line_of($p, '/^waits/');
$proxy->signal(SIGKILL);
$line = line_of($p, '/Lost ownership/');
echo preg_match('/\(The broker gives the message of queue "lost" to others: .*(connection is (broken|closed)|closed the connection)/', $line) ? "said why\n" : "$line\n";
$p->signal(SIGKILL);
$p->wait();

echo "-- opened, one handled, closed: in order\n";
$channel($dsn = $space->dsn([], 'rounds'))->send($numbered('a', 15));
for ($seen = []; count($seen) < 15 && ($d = $channel($dsn)->receive(1, 10_000)); $d = null) {
    $seen[] = $d[0]->message->payload['n'];
    $d[0]->ack();
}
echo $seen === range(1, 15) ? "all\n" : implode(' ', $seen) . "\n";

echo "-- letters that were just looked at\n";
$ecoq = fn () => new Ecoq\Messaging(handlers: ['fails' => fn () => throw new RuntimeException('no')], channels: ['x' => $space->dsn(['retry.max' => 0], 'letters')]);
$ecoq()->channel('x')->send($numbered('fails', 12));
$ecoq()->worker('x', limit: 12)->run();
for ($found = []; count($found) < 5;) {
    $found[] = count($ecoq()->deadLetters()->list(errorClass: RuntimeException::class));
    $found[] = $ecoq()->deadLetters()->count(type: 'fails');
}
echo implode(' ', $found), ', removed ', $ecoq()->deadLetters()->purge(type: 'fails'), "\n";

echo "-- a user who may not make queues, and what a dead worker left\n";
$user = $space->admin->user("$space->vhost-user", 'secret');
$space->ask('PUT', 'permissions', $user, ['configure' => '', 'write' => '.*', 'read' => '.*']);
$channel($space->dsn([], 'left'))->send($numbered('waits', 1));
$p = new Process($worker, $space->dsn([], 'left', "$user:secret"));
line_of($p, '/^waits/');
$p->signal(SIGKILL);
$p->wait();
try {
    $channel($space->dsn([], 'left', "$user:secret"))->receive(1, 10_000);
    echo "nothing, and no word\n";
} catch (Ecoq\Exception\ConfigurationException $e) {
    echo preg_replace('/.*?(Declaring)| - (configure )?access to .*/', '$1', $e->getMessage()), "\n";
}
$space->ask('PUT', 'permissions', $user, ['configure' => '.*', 'write' => '.*', 'read' => '.*']);
echo count($d = $channel($space->dsn([], 'left', "$user:secret"))->receive(1, 10_000)), "\n";
$d[0]->ack();
?>
--EXPECT--
-- blocked while it sends
the broker takes no messages at present: low on memory; free what it lacks (when it goes on, it may take what it was sent so far)
in time
2, purged 2, 0
1 2 3 1
-- blocked while a retry, and then a dead letter, is to be stored
fails 1 1 more, 1 letter
-- blocked while a retry is to be stored, another message to be sent, and then the retry again
1
-- ended while blocked, with a retry to be stored
in time
1/0
-- ended while the broker is silent
in time
-- taken back by the broker
said why
-- opened, one handled, closed: in order
all
-- letters that were just looked at
12 12 12 12 12 12, removed 12
-- a user who may not make queues, and what a dead worker left
Declaring queue "left.returned": RabbitMQ says 403 "ACCESS_REFUSED
1
