--TEST--
One message that kills its process each time, among thousands, is given up on after its attempts; nothing else is, and no other effect is lost or doubled
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
$count = (int) (getenv('ECOQ_STORM') ?: 3000);
$engine = engine();
$pdo = $engine->pdo();
$pdo->exec('CREATE TABLE effects (n INTEGER)');
$code = <<<'PHP'
    $handler = function (array $d) use (&$pdo) {
        $pdo->exec("INSERT INTO effects VALUES ($d[n])");
        if ($d['n'] === -1) {
            posix_kill(getmypid(), 11);
            sleep(1);
        }
    };
    $ecoq = new Ecoq\Messaging(handlers: ['t' => $handler], channels: ['q' => $channel], database: $connect);
    $ecoq->worker('q')->run();
PHP;
$ecoq = new Ecoq\Messaging(channels: ['q' => $engine->channel], database: $engine->pdo());
$messages = array_map(fn ($n) => Ecoq\Message::create('t', ['n' => $n]), range(1, $count));
array_splice($messages, intdiv($count, 2), 0, [Ecoq\Message::create('t', ['n' => -1])]);
foreach (array_chunk($messages, 500) as $chunk) {
    $ecoq->channel('q')->send($chunk);
}
$workers = [$engine->worker($code), $engine->worker($code)];
$deaths = 0;
until(function () use (&$workers, &$deaths, $engine, $code, $ecoq, $pdo, $count) {
    foreach ($workers as $i => $worker) {
        if (!$worker->isRunning()) {
            $deaths++;
            $workers[$i] = $engine->worker($code);
        }
    }
    $stats = $ecoq->channel('q')->stats();
    usleep(20_000);
    // RabbitMQ does not tell what workers hold
    $isKnown = $stats->exact || ($ecoq->deadLetters()->count() && $pdo->query('SELECT count(*) FROM effects')->fetchColumn() >= $count);
    return $stats->ready + $stats->reserved + $stats->delayed === 0 && $isKnown;
}, 100);
foreach ($workers as $worker) {
    $worker->signal(15);
    $worker->wait();
}
[$seen, $rows, $guilty] = $pdo->query('SELECT count(DISTINCT n), count(*), count(CASE WHEN n < 0 THEN 1 END) FROM effects')->fetch(PDO::FETCH_NUM);
echo $seen == $count ? 'all' : $seen, ' seen, ', $rows - $seen, " doubled, $guilty of the guilty\n";
foreach ($ecoq->deadLetters()->list() as $letter) {
    echo "dead: ", json_encode($letter->payload), " $letter->attempts ", preg_replace('/\d+/', 'N', $letter->error), "\n";
}
echo $deaths >= 3 && $deaths <= 5 ? 'a few' : $deaths, " deaths\n";
?>
--EXPECT--
all seen, 0 doubled, 0 of the guilty
dead: {"n":-1} 0 crashed: the worker died N times while it ran this message
a few deaths
