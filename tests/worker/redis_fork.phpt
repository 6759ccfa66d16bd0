--TEST--
Workers on Redis: processes forked by a handler, or when the worker is idle, use connections of their own and hold nothing of their parent's
--SKIPIF--
<?php
if (getenv('SKIP_SLOW_TESTS')) die('skip takes seconds, and its processes kill themselves');
if (!extension_loaded('posix') || !extension_loaded('pcntl')) die('skip posix and pcntl are needed');
require dirname(__DIR__, 2) . '/scripts/storm/redis.php';
if (!RedisServers::areInstalled()) die('skip no redis-server');
ob_start();
(new ReflectionExtension('ecoq'))->info();
if (!preg_match('/^transport redis/m', ob_get_clean())) die('skip no Redis transport');
?>
--FILE--
<?php
require __DIR__ . '/workers.inc';
require dirname(__DIR__, 2) . '/scripts/storm/redis.php';

$servers = new RedisServers;
$redis = $servers->link($port = $servers->start(['--requirepass', RedisServers::PASSWORD]));
$dsn = $servers->dsn();
$blocked = fn (string $command) => preg_match_all("/ flags=\\w*b\\w* .* cmd=$command /", $redis->command('CLIENT', 'LIST'));
$waiting = fn (int $queues) => until(fn () => $blocked('blmove') === $queues && $blocked('blpop') === $queues, 30) ?: print("NOBODY WAITS\n");
$message = fn (string $type) => Ecoq\Message::create($type, ['by' => getmypid()]);

// Without a worker: the child has a connection of its own, what the parent has reserved stays the parent's, the child's is freed with it.
$ecoq = new Ecoq\Messaging(channels: ['x' => $dsn]);
$c = $ecoq->channel('x');
$c->send(array_map($message, ['a', 'b', 'c', 'd']));
$held = $c->receive(2);
$clients = $redis->command('CLIENT', 'LIST');
$child = pcntl_fork();
if ($child === 0) {
    foreach ($held as $d) {
        try {
            $d->ack();
            echo "ACKNOWLEDGED BY THE CHILD\n";
        } catch (Ecoq\Exception\EcoqException|Error $e) {
            echo get_class($e), ' ';
        }
    }
    $c->send($message('from the child'));
    [$d] = $c->receive(1, 1000);
    echo $d->message->type, ' ';
    $d->ack();
    [$d] = $c->receive(1);
    echo $d->message->type, "\n";
    unset($d, $c, $ecoq, $held);
    exit(7);
}
pcntl_waitpid($child, $status);
if (($idle = pcntl_fork()) === 0) {
    exit(8);
}
pcntl_waitpid($idle, $other);
echo pcntl_wexitstatus($status), pcntl_wexitstatus($other), ' ', implode(' ', array_map(fn ($d) => $d->message->type, $rest = $c->receive(10, 30_000))), "\n";
foreach ([...$held, ...$rest] as $d) {
    echo $d->stillMine() ? 'mine ' : 'lost ';
    $d->ack();
}
echo $c->stats()->ready, $c->stats()->reserved, "\n";

// A worker, whose handler forks a child that lives on; and one that forks when it becomes idle.
$p = new WorkerProcess(<<<'PHP'
    $ecoq = null;
    $fork = function (string $why) use (&$ecoq) {
        if (($child = pcntl_fork()) === 0) {
            $ecoq->channel('out')->send(Ecoq\Message::create("child of $why", ['by' => getmypid()]));
            [$d] = $ecoq->channel('in')->receive(1, 8_000);
            $d->ack();
            $ecoq->channel('out')->send(Ecoq\Message::create("child of $why took {$d->message->type}", ['by' => getmypid()]));
            sleep(2);
            posix_kill(getmypid(), 9);
        }
    };
    $ecoq = new Ecoq\Messaging(handlers: [
        'fork' => fn () => $fork('handler'),
        'arm' => function () use (&$armed) { $armed = true; },
        'plain' => function (array $data) use (&$ecoq) { $ecoq->channel('out')->send(Ecoq\Message::create('plain', ['by' => getmypid()])); },
    ], channels: ['x' => $file, 'in' => $file, 'out' => $file]);
    $ecoq->hooks(idle: function () use (&$armed, $fork) {
        $forks = $armed;
        $armed = false;
        $forks && $fork('idle');
    });
    echo "ready\n";
    $report = $ecoq->worker('x')->run();
    echo "$report->stopReason handled $report->handled\n";
    PHP, $dsn);
$p->line();
$out = (new Ecoq\Messaging(channels: ['x' => $dsn, 'in' => $dsn, 'out' => $dsn]));
$next = function () use ($out, $p) {
    $d = $out->channel('out')->receive(1, 8_000);
    echo $d ? $d[0]->message->type . ($d[0]->message->payload['by'] === $p->pid ? ' by the worker' : ' by another') : 'NOTHING', "\n";
    $d && $d[0]->ack();
};
foreach (['handler' => fn () => $out->channel('x')->send($message('fork')), 'idle' => fn () => $out->channel('x')->send($message('arm'))] as $why => $do) {
    $waiting(1);
    $do();
    $next();
    // the child has copies of all the connections of its parent, which goes on with them
    for ($i = 0; $i < 3; $i++) {
        $out->channel('x')->send($message('plain'));
        $next();
    }
    $out->channel('in')->send($message($why));
    $next();
}
$p->signal(SIGTERM);
[$status, $took] = $p->wait();
echo $p->rest(), "exit $status ", $took < 2 ? 'at once' : "after $took", "\n";
foreach (['x', 'in', 'out'] as $name) {
    $stats = $out->channel($name)->stats();
    echo "$stats->ready$stats->reserved ";
}
?>
--EXPECT--
Ecoq\Exception\OwnershipLostException Ecoq\Exception\OwnershipLostException c d
78 d from the child
mine mine mine mine 00
child of handler by another
plain by the worker
plain by the worker
plain by the worker
child of handler took handler by another
child of idle by another
plain by the worker
plain by the worker
plain by the worker
child of idle took idle by another
signal handled 8
exit 0 at once
00 00 00 
