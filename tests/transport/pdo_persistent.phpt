--TEST--
Two PDO objects over one persistent connection: a unit of work within another's is a part of it, whichever object it came by
--SKIPIF--
<?php if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite'); ?>
--FILE--
<?php
require __DIR__ . '/servers.inc';
require __DIR__ . '/processes.inc';

foreach (['sqlite', 'pgsql', 'mysql'] as $driver) {
    if (!extension_loaded("pdo_$driver") || ($driver !== 'sqlite' && !getenv('ECOQ_TEST_' . strtoupper($driver) . '_DSN'))) {
        continue;
    }
    $server = $driver === 'sqlite' ? null : new Server($driver);
    $arguments = $server ? [$server->dsn, $server->user, $server->password] : ['sqlite:' . database_file(), '', ''];
    [$one, $other] = array_map(fn () => new PDO(...$arguments, options: [PDO::ATTR_PERSISTENT => true]), [1, 2]);
    $one->exec('CREATE TABLE effects (n INTEGER)');
    $outer = new Ecoq\Messaging(channels: ['x' => $one], database: $one, logger: $log = new class {
        public array $lines = [];
        public function __call(string $level, array $arguments): void { $this->lines[] = $arguments[0]; }
    });
    $inner = new Ecoq\Messaging(channels: ['x' => $other], database: $other, logger: $log);
    $run = function (bool $fails) use ($one, $other, $outer, $inner) {
        $outer->transactional(function () use ($one, $other, $inner, $fails) {
            $one->exec('INSERT INTO effects VALUES (1)');
            $inner->transactional(function () use ($one, $other) {
                $other->exec('INSERT INTO effects VALUES (2)');
                $one->beginTransaction();
                $one->exec('INSERT INTO effects VALUES (3)');
                $one->rollBack();
            });
            $other->beginTransaction();
            $other->exec('INSERT INTO effects VALUES (4)');
            $other->commit();
            $inner->channel('x')->send(Ecoq\Message::create('sent', []));
            if ($fails) {
                throw new DomainException('no');
            }
        });
    };
    $state = fn () => [implode(' ', $one->query('SELECT n FROM effects ORDER BY n')->fetchAll(PDO::FETCH_COLUMN)), $outer->channel('x')->stats()->ready,
        $one->inTransaction(), $other->inTransaction(), $log->lines];
    try {
        $run(true);
    } catch (DomainException) {
    }
    if ($state() !== ['', 0, false, false, []]) {
        echo "$driver, rolled back: ", json_encode($state()), "\n";
    }
    $run(false);
    if ($state() !== ['1 2 4', 1, false, false, []]) {
        echo "$driver, committed: ", json_encode($state()), "\n";
    }
    // PDO's own transactions are as before
    $other->beginTransaction();
    $one->exec('DELETE FROM effects');
    $other->rollBack();
    if ($state() !== ['1 2 4', 1, false, false, []]) {
        echo "$driver, afterwards: ", json_encode($state()), "\n";
    }
}
echo "done\n";
?>
--EXPECT--
done
