--TEST--
Handlers that read, then write, by four workers: no failure is reported, every effect stands once
--SKIPIF--
<?php
if (!getenv('ECOQ_TEST_ENGINE')) die('skip only by redirection from tests/worker/engine_*.phpt');
require __DIR__ . '/engines.inc';
Engine::skip(getenv('ECOQ_TEST_ENGINE'));
if (getenv('SKIP_SLOW_TESTS')) die('skip slow');
?>
--FILE--
<?php
require __DIR__ . '/engines.inc';
$count = (int) (getenv('ECOQ_STORM') ?: 800);
$engine = engine();
$pdo = $engine->pdo();
$pdo->exec('CREATE TABLE counter (n INTEGER)');
$pdo->exec('INSERT INTO counter VALUES (0)');
$code = <<<'PHP'
    $handler = function (array $d) use (&$pdo) {
        $n = $pdo->query('SELECT n FROM counter' . ($pdo->getAttribute(PDO::ATTR_DRIVER_NAME) === 'sqlite' ? '' : ' FOR UPDATE'))->fetchColumn();
        usleep(random_int(0, 300));
        $pdo->exec('UPDATE counter SET n = ' . ($n + 1));
    };
    $ecoq = new Ecoq\Messaging(handlers: ['t' => $handler], channels: ['q' => $channel], database: $connect);
    echo json_encode($ecoq->worker('q', idleLimit: 3000)->run()) . "\n";
PHP;
$ecoq = new Ecoq\Messaging(channels: ['q' => $engine->channel]);
foreach (array_chunk(range(1, $count), 200) as $chunk) {
    $ecoq->channel('q')->send(array_map(fn ($n) => Ecoq\Message::create('t', ['n' => $n]), $chunk));
}
$workers = [];
for ($i = 0; $i < 4; $i++) {
    $workers[] = $engine->worker($code);
}
$reports = [];
foreach ($workers as $worker) {
    $out = $worker->rest();
    $reports[] = json_decode($out, true) ?? die($out);
    $worker->wait();
}
$total = fn (string $name) => array_sum(array_column($reports, $name));
echo 'counted ', $pdo->query('SELECT n FROM counter')->fetchColumn() - $count, ' off, ';
echo 'handled ', $total('handled') - $count, ' off, failed ', $total('failed'), ', retried ', $total('retried'), ', lost ', $total('lost'), "\n";
?>
--EXPECT--
counted 0 off, handled 0 off, failed 0, retried 0, lost 0
