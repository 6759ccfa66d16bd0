--TEST--
SQLite: what a killed process had reserved comes back as suspects, one at a time; a death while one runs is charged to that one
--SKIPIF--
<?php
if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite');
?>
--FILE--
<?php
require __DIR__ . '/processes.inc';
$file = database_file();
$pdo = new PDO("sqlite:$file");
$crashes = fn () => implode(',', $pdo->query('SELECT crashes FROM ecoq_messages ORDER BY id')->fetchAll(PDO::FETCH_COLUMN));
$c = (new Ecoq\Messaging(channels: ['x' => "sqlite:$file"]))->channel('x');
$c->send(array_map(fn ($n) => Ecoq\Message::create("m$n", []), range(1, 5)));
$receive = <<<'PHP'
    $c = (new Ecoq\Messaging(channels: ['x' => "sqlite:$file"]))->channel('x');
    $d = $c->receive(3, 60_000);
    echo implode(' ', array_map(fn ($x) => $x->message->type, $d)), "\n";
    sleep(300);
    PHP;

/** A process that receives up to three, then dies. */
function killed(string $code, string $file): string
{
    $p = new Process($code, $file);
    $types = $p->line();
    $p->signal(SIGKILL);
    $p->wait();
    return $types;
}
echo killed($receive, $file), ' ', $crashes(), "\n";

// While its owner is not known dead, nobody gets them; then one by one, before the others, uncharged.
$start = microtime(true);
$others = $c->receive(10);
echo count($others), ' ';
foreach ($others as $d) {
    $d->release();
}
$taken = null;
while (!$taken || $taken->message->type !== 'm1') {
    $taken?->release();
    $batch = $c->receive(10, 60_000);
    $taken = $batch[0];
    if (count($batch) > 1) {
        foreach (array_slice($batch, 1) as $d) {
            $d->release();
        }
    }
    usleep(10_000);
}
$elapsed = microtime(true) - $start;
echo $elapsed < 20 ? 'in time' : "$elapsed s", ' ', count($batch), ' ', $crashes(), "\n";
$taken->release();

// Now one dies while it runs a suspect: charged. The others stay innocent, and are not behind it.
echo killed($receive, $file), ' ';
$alone = [];
$until = microtime(true) + 60;
while (microtime(true) < $until && !str_starts_with($crashes(), '1')) {
    foreach ($c->receive(1) as $d) {
        $d->release();
    }
    usleep(20_000);
}
echo $crashes(), "\n";
while ($batch = $c->receive(10)) {
    $alone[] = implode('+', array_map(fn ($d) => $d->message->type . ($d->attempts ? "/$d->attempts" : ''), $batch));
    foreach ($batch as $d) {
        $d->ack();
    }
}
echo implode(' ', $alone), "\n";

// A process that ends in any regular way frees what it has at once, and nothing becomes a suspect.
foreach (['', 'exit(3);', 'throw new Exception("x");', '$f = new stdClass; $f->f = $f; $f->d = $d; $f->c = $c;'] as $end) {
    $c->send([Ecoq\Message::create('a', []), Ecoq\Message::create('b', [])]);
    $p = new Process('error_reporting(0);' . str_replace('sleep(300);', $end, $receive), $file);
    $p->wait();
    echo implode(' ', array_map(function ($d) { $d->ack(); return $d->message->type; }, $c->receive(10))), ', ';
}
echo $pdo->query('SELECT count(*) FROM ecoq_owners')->fetchColumn(), "\n";

// After a fatal error nobody knows what ran: both come back as suspects, each alone.
$c->send([Ecoq\Message::create('a', []), Ecoq\Message::create('b', [])]);
$p = new Process('error_reporting(0);' . str_replace('sleep(300);', 'class D {} eval("class D {}");', $receive), $file);
$p->wait();
$after = [];
for ($until = microtime(true) + 60; count($after) < 2 && microtime(true) < $until;) {
    foreach ($batch = $c->receive(10, 200) as $d) {
        $after[] = $d->message->type . count($batch);
        $d->ack();
    }
}
echo implode(' ', $after), ' ', $pdo->query('SELECT count(*) FROM ecoq_owners')->fetchColumn(), "\n";
?>
--EXPECT--
m1 m2 m3 0,0,0,0,0
2 in time 1 0,0,0,0,0
m1 1,0,0,0,0
m1 m2 m3 m4+m5
a b, a b, a b, a b, 1
a1 b1 1
