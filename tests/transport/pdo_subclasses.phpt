--TEST--
PDO's own subclasses of PHP 8.4 as `database` and as channels: transactions and what the application nests in them work, and nothing deprecated is called
--SKIPIF--
<?php if (PHP_VERSION_ID < 80400) die('skip needs PHP 8.4'); ?>
--FILE--
<?php
use Ecoq\Attribute\{Asynchronous, EventHandler};
require __DIR__ . '/servers.inc';
final class Writer
{
    public function __construct(private PDO $pdo)
    {
    }

    #[Asynchronous('work'), EventHandler('write')]
    public function write(array $d, Ecoq\EventBus $bus): void
    {
        $pdo = $this->pdo;
        $pdo->exec("INSERT INTO effects VALUES ($d[n])");
        $pdo->beginTransaction();
        $pdo->exec('INSERT INTO effects VALUES (100)');
        $pdo->inTransaction() ? $pdo->rollBack() : print("not in a transaction\n");
        $pdo->beginTransaction();
        $pdo->exec('INSERT INTO effects VALUES (' . $d['n'] + 10 . ')');
        $pdo->commit();
        $bus->publishTo('sent');
        if ($d['n'] === 2) {
            throw new DomainException('no');
        }
    }

    #[Asynchronous('later'), EventHandler('sent')]
    public function sent(): void
    {
    }
}
final class Own extends PDO {} // of the application's; it lacks what the driver's class has
set_error_handler(function (int $level, string $text) { echo "the application saw: $text\n"; return true; });

/** One object of each class that this PHP can make for the driver. */
function connections(string $driver): array
{
    if (!extension_loaded("pdo_$driver") || ($driver !== 'sqlite' && !getenv('ECOQ_TEST_' . strtoupper($driver) . '_DSN'))) {
        return [];
    }
    $server = $driver === 'sqlite' ? null : new Server($driver);
    $arguments = $server ? [$server->dsn, $server->user, $server->password] : ['sqlite::memory:'];
    $class = ['sqlite' => 'Pdo\Sqlite', 'pgsql' => 'Pdo\Pgsql', 'mysql' => 'Pdo\Mysql'][$driver];
    return [PDO::connect(...$arguments), new $class(...$arguments), new PDO(...$arguments), new Own(...$arguments)];
}

foreach (['sqlite', 'pgsql', 'mysql'] as $driver) {
    $failed = [];
    foreach (connections($driver) as $i => $pdo) {
        $pdo->exec('DROP TABLE IF EXISTS effects');
        $pdo->exec('CREATE TABLE effects (n INTEGER)');
        $ecoq = new Ecoq\Messaging(handlers: [new Writer($pdo)], channels: ['later' => $pdo, 'work' => new Ecoq\Channel($pdo, retry: new Ecoq\RetryPolicy(maxRetries: 0))], database: $pdo);
        $ecoq->publishTo('write', ['n' => 1]);
        $ecoq->publishTo('write', ['n' => 2]);
        $ecoq->worker('work', stopWhenEmpty: true)->run();
        $sent = $ecoq->channel('later')->stats()->ready;
        $rows = $pdo->query('SELECT n FROM effects ORDER BY n')->fetchAll(PDO::FETCH_COLUMN);
        $seen = json_encode([array_map(intval(...), $rows), $sent, $ecoq->deadLetters()->purge(), $pdo->inTransaction(), $pdo->getAttribute(PDO::ATTR_DRIVER_NAME)]);
        if ($seen !== "[[1,11],1,1,false,\"$driver\"]") {
            $failed[] = get_class($pdo) . " $seen";
        }
        // PDO's own transactions are as before
        $pdo->beginTransaction();
        $pdo->exec('DELETE FROM effects');
        $pdo->rollBack();
        if ((int) $pdo->query('SELECT count(*) FROM effects')->fetchColumn() !== 2) {
            $failed[] = get_class($pdo) . ' does not roll back any more';
        }
        $ecoq->channel('later')->purge();
        unset($ecoq);
    }
    echo $driver, $failed ? ': ' . implode("\n", $failed) : ' fine', "\n";
}
?>
--EXPECT--
sqlite fine
pgsql fine
mysql fine
