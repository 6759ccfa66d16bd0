--TEST--
A worker that is stopped past the channel's timeout (Redis, RabbitMQ: or for so long that it counts as dead) loses its message to another: what it wrote is rolled back, its acknowledgement refused and counted
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
// a stopped process sends RabbitMQ no heartbeat, and cannot give anything back in time
$engine = engine(rabbitmq: ['heartbeat' => '2s']);
$pdo = $engine->pdo();
$pdo->exec('CREATE TABLE effects (who INTEGER)');

/** $timeout of the channel in ms, or null: none, for brokers where a stopped process gives no sign of life either. */
function fenced(Engine $engine, PDO $pdo, ?int $timeout): string
{
    // Where the channel is on the database, the acknowledgement is part of the handler's transaction.
    $code = <<<'PHP'
        $handler = function (array $d) use (&$pdo, $file) {
            file_put_contents("$file-log", getmypid() . "\n", FILE_APPEND);
            try {
                if (count(file("$file-log")) === 1) {
                    posix_kill(getmypid(), SIGSTOP_);
                    usleep(100_000);
                }
            } finally {
                $pdo->exec('INSERT INTO effects VALUES (' . getmypid() . ')');
            }
        };
        $connect();
        $ecoq = new Ecoq\Messaging(handlers: ['stops' => $handler], channels: ['q' => new Ecoq\Channel($where(), timeout: TIMEOUT)], database: $pdo,
            logger: new class { public function __call($level, $arguments) { file_put_contents('php://stderr', ''); } });
        echo json_encode($ecoq->worker('q')->run()) . "\n";
    PHP;
    $code = strtr($code, ['SIGSTOP_' => '19', 'TIMEOUT' => var_export($timeout, true)]);
    $pdo->exec('DELETE FROM effects');
    @unlink("$engine->file-log");
    $ecoq = new Ecoq\Messaging(channels: ['q' => new Ecoq\Channel($engine->isApart ? $engine->channel : $engine->pdo(), timeout: $timeout)]);
    $ecoq->channel('q')->send(Ecoq\Message::create('stops', []));
    $log = fn () => @file("$engine->file-log", FILE_IGNORE_NEW_LINES) ?: [];
    $first = $engine->worker($code);
    until(fn () => count($log()) === 1);
    $second = $engine->worker($code);
    $text = until(fn () => count($log()) === 2, 30) ? "taken over\n" : "not taken over\n";
    $text .= ($log()[1] ?? '') === (string) $second->pid ? "by the other\n" : 'by ' . ($log()[1] ?? 'none') . "\n";
    until(fn () => $pdo->query('SELECT count(*) FROM effects')->fetchColumn() > 0, 30);
    $first->signal(18);
    usleep(500_000);
    $first->signal(15);
    $second->signal(15);
    $report = json_decode($output = $first->rest(), true);
    [$status] = $first->wait();
    $text .= 'the first: handled ' . ($report['handled'] ?? $output) . ', lost ' . ($report['lost'] ?? '?') . ", ended with $status\n";
    $report = json_decode($output = $second->rest(), true);
    $second->wait();
    $text .= 'the second: handled ' . ($report['handled'] ?? $output) . ', lost ' . ($report['lost'] ?? '?') . "\n";
    $by = $pdo->query('SELECT who FROM effects')->fetchAll(PDO::FETCH_COLUMN);
    $text .= 'effects by ' . (implode(' ', $by) === (string) $second->pid ? 'the second alone' : json_encode([$by, $first->pid, $second->pid])) . "\n";
    $stats = $ecoq->channel('q')->stats();
    return $text . ($stats->ready + $stats->reserved + $stats->delayed) . " left\n";
}

// the same comes of it either way
echo implode("--\n", array_unique(array_map(fn ($timeout) => fenced($engine, $pdo, $timeout), $engine->isApart ? [1000, null] : [1000])));
?>
--EXPECT--
taken over
by the other
the first: handled 0, lost 1, ended with 0
the second: handled 1, lost 0
effects by the second alone
0 left
