--TEST--
MariaDB, MySQL: a session that is killed is opened again, nothing is lost; a \PDO of the application cannot be
--SKIPIF--
<?php
if (!getenv('ECOQ_TEST_MYSQL_DSN')) die('skip no ECOQ_TEST_MYSQL_DSN');
if (getenv('SKIP_SLOW_TESTS')) die('skip slow');
?>
--FILE--
<?php
require __DIR__ . '/mysql.inc';
$table = mysql_table();
$pdo = mysql_pdo();
$file = database_file();

/** Kills the sessions that the process of that id opened; it inherited this one's. */
$kill = function (int $pid) use ($pdo): int {
    $count = 0;
    foreach (array_diff(sessions($pid), sessions(getmypid())) as $port) {
        foreach ($pdo->query("SELECT id FROM information_schema.processlist WHERE host LIKE '%:$port'")->fetchAll(PDO::FETCH_COLUMN) as $id) {
            try {
                $pdo->exec("KILL $id");
                $count++;
            } catch (PDOException) {
                // it went by itself
            }
        }
    }
    return $count;
};
/** Local ports of a process's TCP connections. */
function sessions(int $pid): array
{
    $inodes = [];
    foreach (glob("/proc/$pid/fd/*") as $fd) {
        if (preg_match('/^socket:\[(\d+)\]/', (string) @readlink($fd), $m)) {
            $inodes[$m[1]] = true;
        }
    }
    $ports = [];
    foreach (array_slice(file('/proc/net/tcp'), 1) as $line) {
        $fields = preg_split('/\s+/', trim($line));
        if (isset($inodes[$fields[9]])) {
            $ports[] = hexdec(explode(':', $fields[1])[1]);
        }
    }
    return $ports;
}

// Between two calls, and with something in hand.
$code = 'require ' . var_export(__DIR__ . '/mysql.inc', true) . ';' . <<<'PHP'
    [$table, $file] = explode(' ', $file);
    $out = function (string $text): void { echo $text, "\n"; fflush(STDOUT); };
    $go = function () use ($file): void { while (!is_file("$file-go")) usleep(1000); unlink("$file-go"); };
    $c = (new Ecoq\Messaging(channels: ['x' => mysql_channel($table)]))->channel('x');
    $c->send(array_map(fn ($n) => Ecoq\Message::create("m$n", []), range(1, 3)));
    $out('sent');
    $go();
    // What became of a send whose connection breaks is not known: said, and repeated under the same id.
    $m4 = Ecoq\Message::create('m4', []);
    try {
        $c->send($m4);
        $out('sent again');
    } catch (Ecoq\Exception\ConnectionException $e) {
        $c->send($m4);
        $out('sent again');
    }
    $go();
    try {
        $d = $c->receive(2);
    } catch (Ecoq\Exception\ConnectionException $e) {
        $d = $c->receive(2);
    }
    $out('received ' . count($d));
    $go();
    foreach ($d as $one) {
        try {
            $one->ack();
        } catch (Ecoq\Exception\ConnectionException $e) {
            $one->ack();
        }
        $out('acknowledged');
    }
    for ($left = [], $until = microtime(true) + 60; count($left) < 2 && microtime(true) < $until;) {
        foreach ($c->receive(5, 100) as $one) {
            $left[] = $one->message->type;
            $one->ack();
        }
    }
    sort($left);
    $out(implode(' ', $left) . ' ' . json_encode($c->stats()));
    PHP;
$p = new Process($code, "$table $file");
echo $p->line(), "\n";
foreach (range(1, 3) as $i) {
    echo $kill($p->pid) ? 'killed, ' : 'not killed, ';
    file_put_contents("$file-go", "");
    echo $p->line(), "\n";
}
echo $p->line(), "\n", $p->line(), "\n";
$p->wait();

// A worker, whose session is killed again and again: each message is handled, and it says little.
$c = (new Ecoq\Messaging(channels: ['x' => mysql_channel($table)]))->channel('x');
$c->send(array_map(fn ($n) => Ecoq\Message::create('t', ['n' => $n]), range(1, 400)));
$code = 'require ' . var_export(__DIR__ . '/mysql.inc', true) . ';' . <<<'PHP'
    [$table, $file] = explode(' ', $file);
    $ecoq = new Ecoq\Messaging(handlers: ['t' => function (array $d) use ($file) {
        file_put_contents("$file-log", "$d[n]\n", FILE_APPEND);
        usleep(5000);
    }], channels: ['x' => mysql_channel($table)]);
    echo "up\n";
    $ecoq->worker('x')->run();
    PHP;
$p = new Process($code, "$table $file");
$p->line();
$killed = 0;
for ($until = microtime(true) + 100; ($s = $c->stats())->ready + $s->reserved > 0 && microtime(true) < $until;) {
    usleep(300_000);
    $killed += $killed < 6 ? $kill($p->pid) : 0;
}
$p->signal(SIGTERM);
$p->wait();
$runs = array_count_values(file("$file-log", FILE_IGNORE_NEW_LINES));
echo $killed >= 2 ? 'killed some' : "killed $killed", ', ', count($runs), ' handled, ', array_sum($runs) - count($runs) <= 256 ? 'doubles bounded' : 'many doubles', ', ';
echo $s->ready + $s->reserved, " left\n";

// The application's own.
$mine = mysql_pdo();
$c = (new Ecoq\Messaging(channels: ['x' => new Ecoq\Channel($mine, options: ['table' => $table])]))->channel('x');
$c->send(Ecoq\Message::create('a', []));
$pdo->exec('KILL ' . $mine->query('SELECT CONNECTION_ID()')->fetchColumn());
foreach ([1, 2] as $i) {
    try {
        $c->send(Ecoq\Message::create('b', []));
        echo "sent\n";
    } catch (Ecoq\Exception\ConnectionException $e) {
        echo preg_match('/cannot be (opened again|used any more)/', $e->getMessage(), $found) ? $found[0] : $e->getMessage(), "\n";
    }
}
?>
--EXPECT--
sent
killed, sent again
killed, received 2
killed, acknowledged
acknowledged
m3 m4 {"ready":0,"delayed":0,"reserved":0,"exact":true}
killed some, 400 handled, doubles bounded, 0 left
cannot be used any more
cannot be opened again
