--TEST--
A relay that is killed between sending and removing: everything arrives, in order, at most the batch in hand twice, and nothing is given up
--SKIPIF--
<?php
if (!getenv('ECOQ_TEST_ENGINE')) die('skip only by redirection from tests/worker/relay_*.phpt');
if (getenv('SKIP_SLOW_TESTS')) die('skip slow');
?>
--FILE--
<?php
use Ecoq\{Message, Messaging, OutboxChannel};

require __DIR__ . '/relay.inc';
$transport = var_export(realpath(__DIR__ . '/../transport/userland.inc'), true);
$code = "require $transport;" . <<<'PHP'
    final class Journal extends ArrayTransport
    {
        public function send(string $queue, array $messages): void
        {
            global $file;
            $numbers = array_map(fn ($message) => json_decode($message->body)->data->n, $messages);
            file_put_contents("$file.journal", implode("\n", $numbers) . "\n", FILE_APPEND);
            $file && touch("$file.sent");
            usleep(10_000);
        }
    }
    $ecoq = new Ecoq\Messaging(channels: ['a' => new Ecoq\OutboxChannel(new Journal())], database: CONNECT);
    $report = $ecoq->worker('outbox', idleLimit: 2500)->run();
    echo json_encode($report), "\n";
PHP;
$code = with_database($code);
$count = 1000;
$kills = 6;
$ecoq = new Messaging(channels: ['a' => new OutboxChannel('memory:')], database: $pdo);
$ecoq->channel('a')->send(array_map(fn ($n) => Message::create('t', ['n' => $n]), range(1, $count)));
for ($i = 0; $i < $kills; $i++) {
    @unlink("$file.sent");
    clearstatcache();
    $relay = new WorkerProcess($code, $file);
    until(function () use ($file) { clearstatcache(); return file_exists("$file.sent"); }, 60);
    usleep(random_int(0, 15_000));
    $relay->signal(9);
    $relay->wait();
}
for ($i = 0; $i < 5 && $ecoq->channel('outbox')->stats()->ready + $ecoq->channel('outbox')->stats()->reserved > 0; $i++) {
    $report = json_decode((new WorkerProcess($code, $file))->rest());
}
$journal = array_map('intval', file("$file.journal", FILE_IGNORE_NEW_LINES));
$first = array_values(array_unique($journal));
$doubled = count($journal) - count($first);
echo count($first), ' arrived, ', $first === range(1, $count) ? 'in order' : 'out of order', ', doubled ', $doubled > 0 && $doubled <= $kills * 256 ? 'a batch per kill at most' : $doubled, "\n";
$stats = $ecoq->channel('outbox')->stats();
echo "left $stats->ready/$stats->reserved, dead {$report->deadLettered}, failed {$report->failed}, dead letters ", scalar('SELECT count(*) FROM ecoq_dead_letters'), "\n";
getenv('ECOQ_SHOW') && print("doubled $doubled\n");
?>
--EXPECT--
1000 arrived, in order, doubled a batch per kill at most
left 0/0, dead 0, failed 0, dead letters 0
