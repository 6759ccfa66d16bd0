--TEST--
SQLite: a forked child works over a connection of its own, disturbs nothing of its parent's, and does not keep a dead parent alive
--SKIPIF--
<?php
if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite');
if (!extension_loaded('pcntl')) die('skip no pcntl');
?>
--FILE--
<?php
require __DIR__ . '/processes.inc';
$file = database_file();
$m = fn (string $type) => Ecoq\Message::create($type, []);
$pdo = new PDO("sqlite:$file");
$ecoq = new Ecoq\Messaging(channels: ['x' => "sqlite:$file", 'native' => new Ecoq\Channel($pdo, queue: 'x')]);
$c = $ecoq->channel('x');
$c->send(array_map($m, ['a', 'b', 'c', 'd']));
$held = $c->receive(2);
$native = $ecoq->channel('native');
$native->stats();

$child = pcntl_fork();
if ($child === 0) {
    $c->send($m('from the child'));
    [$d] = $c->receive(1);
    echo $d->message->type, ' ';
    $d->ack();
    [$d] = $c->receive(1);
    echo $d->message->type, ' ';
    try {
        $native->send($m('never'));
    } catch (Ecoq\Exception\ConfigurationException $e) {
        echo $e->getMessage(), "\n";
    }
    unset($d, $c, $native, $ecoq, $held);
    exit(7);
}
pcntl_waitpid($child, $status);
// The child's reservation was freed when it ended; the parent's stand.
echo pcntl_wexitstatus($status), ' ', implode(' ', array_map(fn ($d) => $d->message->type, $c->receive(10, 60_000))), "\n";
foreach ($held as $d) {
    echo $d->stillMine() ? 'mine ' : 'lost ';
    $d->ack();
}
echo $c->stats()->ready, "\n";
unset($c, $held, $d, $native, $ecoq);
gc_collect_cycles();

// A killed process leaves a forked child behind, which knows nothing of queues and lives on.
$p = new Process(<<<'PHP'
    $c = (new Ecoq\Messaging(channels: ['x' => "sqlite:$file"]))->channel('x');
    $d = $c->receive(10, 60_000);
    if (($child = pcntl_fork()) === 0) {
        fclose(STDOUT);
        sleep(90);
        exit;
    }
    echo count($d), ' ', $child, "\n";
    sleep(300);
    PHP, $file);
[$count, $child] = explode(' ', $p->line());
echo $count, ' ';
$p->signal(SIGKILL);
$p->wait();
$start = microtime(true);
$c = (new Ecoq\Messaging(channels: ['x' => "sqlite:$file"]))->channel('x');
$d = $c->receive(10, 120_000);
$elapsed = microtime(true) - $start;
echo count($d), ' ', $elapsed < 45 ? 'in time' : "after $elapsed s", "\n";
$d[0]->ack();
echo count($c->receive(10)), "\n";
exec("kill $child");
?>
--EXPECTF--
c d Sending to channel "native": The database connection was opened before this process was forked: open it in the child
7 d from the child
mine mine 0
2 1 in time
1
