--TEST--
What a handler sent off the database and its worker, killed after the commit, did not: any worker of the database sends it
--SKIPIF--
<?php
if (!getenv('ECOQ_TEST_ENGINE')) die('skip only by redirection from tests/worker/relay_*.phpt');
if (getenv('SKIP_SLOW_TESTS')) die('skip slow');
?>
--FILE--
<?php
use Ecoq\{Message, Messaging};

require __DIR__ . '/relay.inc';
$transport = var_export(realpath(__DIR__ . '/../transport/userland.inc'), true);
$code = "require $transport;" . <<<'PHP'
    use Ecoq\Attribute\{Asynchronous, CommandHandler};
    final class Journal extends ArrayTransport
    {
        public function send(string $queue, array $messages): void
        {
            global $file, $killer;
            if ($killer) posix_kill(getmypid(), 9);
            file_put_contents("$file.journal", implode('', array_map(fn ($m) => json_decode($m->body)->data->n . ' ' . json_decode($m->body)->headers->tenant . "\n", $messages)), FILE_APPEND);
        }
    }
    final class Handlers
    {
        #[Asynchronous('in'), CommandHandler('start', endpointId: 'start')]
        public function start(array $data, Ecoq\Messaging $ecoq): void
        {
            $GLOBALS['pdo']->exec("INSERT INTO effects VALUES ({$data['n']})");
            $ecoq->sendTo('follow', ['n' => $data['n']]);
        }

        #[Asynchronous('out'), CommandHandler('follow', endpointId: 'follow')]
        public function follow(array $data): void {}
    }
    $pdo = CONNECT;
    $ecoq = new Ecoq\Messaging(handlers: [Handlers::class], channels: ['in' => $pdo, 'out' => new Journal(), 'other' => 'memory:'], database: $pdo);
    $report = $ecoq->worker($killer ? 'in' : 'other', idleLimit: 4000)->run();
    echo json_encode($report), "\n";
PHP;
$code = with_database($code);
$pdo->exec('CREATE TABLE effects (n INTEGER)');
$ecoq = new Messaging(channels: ['in' => $pdo, 'out' => 'memory:'], database: $pdo, handlers: ['start' => fn (array $x) => 1]);
$ecoq->channel('in')->send([Message::create('start', ['n' => 1], ['tenant' => 'acme']), Message::create('start', ['n' => 2], ['tenant' => 'acme'])]);
for ($i = 0; $i < 2; $i++) {
    [$status] = (new WorkerProcess('$killer = true;' . $code, $file))->wait(60);
    echo "worker ended with $status, ", scalar('SELECT count(*) FROM effects'), ' effects, ', file_exists("$file.journal") ? 'sent' : 'not sent', "\n";
}
$report = (new WorkerProcess('$killer = false;' . $code, $file))->rest();
$lines = file("$file.journal", FILE_IGNORE_NEW_LINES);
sort($lines);
echo implode(', ', $lines), '; ', scalar('SELECT count(*) FROM ecoq_messages'), ' rows left, ', json_decode($report)->stopReason ?? $report, "\n";
?>
--EXPECT--
worker ended with -9, 1 effects, not sent
worker ended with -9, 2 effects, not sent
1 acme, 2 acme; 0 rows left, idle-limit
