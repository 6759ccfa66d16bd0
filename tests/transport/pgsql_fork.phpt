--TEST--
PostgreSQL: a forked child works over a connection of its own, disturbs nothing of its parent's, and does not keep a dead parent alive; a message wakes a worker
--SKIPIF--
<?php
if (!extension_loaded('pdo_pgsql')) die('skip no pdo_pgsql');
if (!extension_loaded('pcntl')) die('skip no pcntl');
if (!getenv('ECOQ_TEST_PGSQL_DSN')) die('skip no ECOQ_TEST_PGSQL_DSN');
?>
--FILE--
<?php
require __DIR__ . '/processes.inc';
require __DIR__ . '/servers.inc';
$server = new Server;
$m = fn (string $type) => Ecoq\Message::create($type, []);
$sockets = fn () => array_filter(scandir('/proc/self/fd'), fn ($fd) => is_numeric($fd) && str_starts_with((string) @readlink("/proc/self/fd/$fd"), 'socket:'));
$before = $sockets();
$ecoq = new Ecoq\Messaging(channels: ['x' => $server->channel()]);
$c = $ecoq->channel('x');
$c->send(array_map($m, ['a', 'b', 'c', 'd']));
$held = $c->receive(2);

// Sockets are close-on-exec.
$closed = [];
foreach (array_diff($sockets(), $before) as $fd) {
    preg_match('/^flags:\s+([0-7]+)/m', file_get_contents("/proc/self/fdinfo/$fd"), $flags);
    $closed[] = (bool) (octdec($flags[1]) & 02000000);
}
echo json_encode($closed), "\n";

$child = pcntl_fork();
if ($child === 0) {
    $c->send($m('from the child'));
    [$d] = $c->receive(1);
    echo $d->message->type, ' ';
    $d->ack();
    [$d] = $c->receive(1);
    echo $d->message->type, "\n";
    unset($d, $c, $ecoq, $held);
    exit(7);
}
pcntl_waitpid($child, $status);
// Another that does nothing but end, with everything it inherited.
if (($idle = pcntl_fork()) === 0) {
    exit(8);
}
pcntl_waitpid($idle, $other);
// The child's reservation was freed when it ended; the parent's stand.
echo pcntl_wexitstatus($status), pcntl_wexitstatus($other), ' ', implode(' ', array_map(fn ($d) => $d->message->type, $c->receive(10, 60_000))), "\n";
foreach ($held as $d) {
    echo $d->stillMine() ? 'mine ' : 'lost ';
    $d->ack();
}
echo $c->stats()->ready, "\n";
unset($c, $held, $d, $ecoq);
gc_collect_cycles();

// A killed process leaves a forked child behind, which knows nothing of queues and lives on.
$p = new Process(<<<'PHP'
    $c = (new Ecoq\Messaging(channels: ['x' => $file]))->channel('x');
    $d = $c->receive(10, 60_000);
    if (($child = pcntl_fork()) === 0) {
        fclose(STDOUT);
        sleep(90);
        exit;
    }
    echo count($d), ' ', $child, "\n";
    sleep(300);
    PHP, $server->channel());
[$count, $child] = explode(' ', $p->line());
echo $count, ' ';
$p->signal(SIGKILL);
$p->wait();
$start = microtime(true);
$c = (new Ecoq\Messaging(channels: ['x' => $server->channel()]))->channel('x');
$d = $c->receive(10, 120_000);
$elapsed = microtime(true) - $start;
echo count($d), ' ', $elapsed < 45 ? 'in time' : "after $elapsed s", "\n";
$d[0]->ack();
posix_kill((int) $child, SIGKILL);
$c->purge();

// An idle worker hears of a message: most come sooner than it would look by itself (twice a second).
$w = new Process(<<<'PHP'
    $ecoq = new Ecoq\Messaging(handlers: ['t' => function (array $d) { echo microtime(true) - $d['at'], "\n"; }], channels: ['x' => $file]);
    $ecoq->worker('x')->run();
    PHP, $server->channel());
$late = 0;
for ($i = 0; $i < 8; $i++) {
    usleep(600_000);
    $c->send(Ecoq\Message::create('t', ['at' => microtime(true)]));
    $late += $w->line() > 0.2 && $i > 0;
}
echo $late < 4 ? 'woken' : "$late late", "\n";
$w->signal(SIGTERM);
$w->wait();
?>
--EXPECT--
[true]
c d
78 d from the child
mine mine 0
2 1 in time
woken
