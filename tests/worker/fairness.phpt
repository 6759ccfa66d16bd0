--TEST--
A slow handler holds nothing but its own message: what was reserved behind it is handled elsewhere meanwhile
--SKIPIF--
<?php if (!extension_loaded('pdo_sqlite') || !extension_loaded('posix')) die('skip pdo_sqlite and posix are needed'); ?>
--FILE--
<?php
require __DIR__ . '/workers.inc';
$file = database_file();
$code = <<<'PHP'
    $handler = function (array $data) use ($file) { if ($data['slow']) { echo "slow started\n"; for ($i = 0; $i < 1200 && !is_file("$file-done"); $i++) usleep(100_000); echo $i < 1200 ? "slow done\n" : "waited for ever\n"; } };
    $ecoq = new Ecoq\Messaging(handlers: ['t' => $handler, 'slow' => $handler], channels: ['q' => "sqlite:$file"]);
    $ecoq->worker('q', stopWhenEmpty: true)->run();
PHP;
$ecoq = new Ecoq\Messaging(handlers: ['t' => fn () => null, 'slow' => fn () => null], channels: ['q' => "sqlite:$file"]);
$message = fn (string $type, int $n) => Ecoq\Message::create($type, ['n' => $n, 'slow' => $type === 'slow']);
// enough fast ones first, so that the worker reserves many at once
$ecoq->channel('q')->send([...array_map(fn ($n) => $message('t', $n), range(0, 699)), $message('slow', 700), ...array_map(fn ($n) => $message('t', $n), range(701, 1000))]);
$slow = new WorkerProcess($code, $file);
echo $slow->line(), "\n";
$report = $ecoq->worker('q', stopWhenEmpty: true)->run();
$stats = $ecoq->channel('q')->stats();
echo "others handled {$report->handled}, still reserved {$stats->reserved}\n";
touch("$file-done");
echo $slow->rest();
echo json_encode($slow->wait()[0]), "\n";
?>
--EXPECT--
slow started
others handled 300, still reserved 1
slow done
0
