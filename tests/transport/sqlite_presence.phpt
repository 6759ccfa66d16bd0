--TEST--
SQLite: presence survives what applications do: opened and closed files, other connections, a removed lock file, other table prefixes
--SKIPIF--
<?php
if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite');
?>
--FILE--
<?php
require __DIR__ . '/processes.inc';
$file = database_file();
$m = fn (string $type) => Ecoq\Message::create($type, []);
$open = fn (string $options = '') => (new Ecoq\Messaging(channels: ['x' => "sqlite:$file$options"]))->channel('x');
$pdo = new PDO("sqlite:$file");
$c = $open();
$c->send(array_map($m, ['a', 'b', 'c']));

/** What others find within 1.5 s, which is longer than a dead owner keeps its messages. */
$found = function (float $seconds = 1.5) use ($file): string {
    $p = new Process("\$seconds = $seconds;" . <<<'PHP'
        $c = (new Ecoq\Messaging(channels: ['x' => "sqlite:$file"]))->channel('x');
        for ($until = microtime(true) + $seconds, $d = []; !$d && microtime(true) < $until;) {
            $d = $c->receive(10, 100);
        }
        foreach ($d as $x) {
            $x->release();
        }
        echo implode(' ', array_map(fn ($x) => $x->message->type, $d)) ?: 'nothing', "\n";
        PHP, $file);
    $line = $p->line();
    $p->wait(); // it is an owner until it has ended
    return $line;
};

// Files of the process that are opened and closed elsewhere do not drop the lock, nor does a second Messaging that comes and goes.
$held = $c->receive(3);
fclose(fopen("$file-ecoq", 'r+'));
$second = $open();
$second->send($m('d'));
[$d] = $second->receive(1);
echo $d->message->type, ' ';
unset($second, $d);
(new PDO("sqlite:$file"))->query('SELECT 1 FROM ecoq_messages')->fetchAll();
echo $found(60), ' ', count($held), "\n";
echo count($c->receive(10)), ' ', $pdo->query('SELECT count(*) FROM ecoq_owners')->fetchColumn(), "\n";

// Owners of other tables in the same file share the lock file, not the bytes.
$mine = $open('?table=mine');
$mine->send($m('mine'));
[$own] = $mine->receive(1);
$ids = [$pdo->query('SELECT min(id) FROM ecoq_owners')->fetchColumn(), $pdo->query('SELECT min(id) FROM mine_owners')->fetchColumn()];
echo $found(), ' ', $own->stillMine() ? 'mine' : 'lost', ' ', json_encode($ids), "\n";

// The lock file removed: new locks are elsewhere, the old ones protect nothing; what was reserved under them is lost, what comes next is not.
unlink("$file-ecoq");
echo $found(60), ' ';
foreach ($held as $h) {
    try {
        $h->ack();
        echo 'acknowledged ';
    } catch (Ecoq\Exception\OwnershipLostException) {
        echo 'lost ';
    }
}
usleep(550_000);
$again = [];
while ($batch = $c->receive(10)) {
    array_push($again, ...$batch);
}
usort($again, fn ($a, $b) => $a->message->type <=> $b->message->type);
echo implode(' ', array_map(fn ($d) => $d->message->type, $again)), ' ', $found(), "\n";
foreach ($again as $d) {
    $d->ack();
}
echo $c->stats()->ready, ' ', $c->stats()->reserved, "\n";
?>
--EXPECT--
d d 3
1 1
nothing mine [1,1]
a lost lost lost a b c d nothing
0 0
