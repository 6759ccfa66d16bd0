--TEST--
A worker whose database cannot be reached for a while waits for it, charges nothing, and goes on; what can never work ends it at once
--SKIPIF--
<?php if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite'); ?>
--FILE--
<?php
final class Log
{
    public array $lines = [];
    public function __call(string $level, array $arguments): void { $this->lines[] = $level; }
}
function run(callable $database, array $options = ['stopWhenEmpty' => true]): void
{
    $log = new Log();
    $ran = [];
    $ecoq = new Ecoq\Messaging(handlers: ['t' => function (array $d) use (&$ran) { $ran[] = $d['n']; }], channels: ['q' => 'memory:'], database: $database, logger: $log);
    $ecoq->channel('q')->send(array_map(fn ($n) => Ecoq\Message::create('t', ['n' => $n]), range(1, 3)));
    try {
        $report = $ecoq->worker('q', ...$options)->run();
        printf("handled %s, report handled %d failed %d dead %d retried %d, stopped: %s", implode(' ', $ran), $report->handled, $report->failed, $report->deadLettered, $report->retried, $report->stopReason);
    } catch (Throwable $e) {
        echo get_class($e), ': ', $e->getMessage();
    }
    $stats = $ecoq->channel('q')->stats();
    echo ', left ', $stats->ready + $stats->delayed + $stats->reserved, ', lines ', count($log->lines) <= 6 ? 'few' : count($log->lines), "\n";
}

echo "-- refuses at first\n";
$calls = 0;
run(function () use (&$calls) {
    if (++$calls < 4) {
        throw new PDOException('SQLSTATE[HY000] [2002] Connection refused');
    }
    return new PDO('sqlite::memory:');
}, ['limit' => 3]);
echo "-- a library's exception around PDO's\n";
$calls = 0;
run(function () use (&$calls) {
    if (++$calls < 3) {
        throw new RuntimeException('An exception occurred in the driver', 0, new PDOException('Connection refused'));
    }
    return new PDO('sqlite::memory:');
}, ['limit' => 3]);
echo "-- never works\n";
run(fn () => throw new DomainException('no such service'));
run(fn () => 5);
run(fn () => new PDO('sqlite:' . tempnam(sys_get_temp_dir(), 'ecoq') . '', null, null, [PDO::ATTR_PERSISTENT => true]));

?>
--EXPECT--
-- refuses at first
handled 1 2 3, report handled 3 failed 0 dead 0 retried 0, stopped: message-limit, left 0, lines few
-- a library's exception around PDO's
handled 1 2 3, report handled 3 failed 0 dead 0 retried 0, stopped: message-limit, left 0, lines few
-- never works
DomainException: no such service, left 3, lines few
Ecoq\Exception\ConfigurationException: Consuming channel "after:q": The callable of database: returned int, expected a \PDO, left 3, lines few
Ecoq\Exception\ConfigurationException: A worker cannot use a persistent \PDO as database: its locks would outlive the worker; open it without PDO::ATTR_PERSISTENT, left 3, lines few
