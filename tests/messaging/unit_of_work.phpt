--TEST--
transactional() and bus calls are one transaction over `database`; the application's own begin, commit and rollBack nest, and what SQL does to it is found out
--SKIPIF--
<?php if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite'); ?>
--FILE--
<?php
final class Log
{
    public array $lines = [];
    public function __call(string $level, array $arguments): void { $this->lines[] = strtok($arguments[0], ':'); }
}

$pdo = new PDO('sqlite::memory:');
$pdo->exec('CREATE TABLE effects (n)');
$log = new Log();
$ecoq = new Ecoq\Messaging(handlers: [
    'write' => function (array $d) use ($pdo) {
        global $ecoq;
        $pdo->exec("INSERT INTO effects VALUES ($d[n])");
        $ecoq->channel('here')->send(Ecoq\Message::create('bare', []));
        if ($d['n'] < 0) {
            throw new DomainException("refuses $d[n]");
        }
    },
    'ask' => fn (array $d) => 0,
], channels: ['here' => $pdo, 'away' => 'memory:'], database: $pdo, logger: $log);
function state(string $when): void
{
    global $pdo, $ecoq, $log;
    printf("%-22s effects %s, here %d, away %d%s\n", $when, implode(',', $pdo->query('SELECT n FROM effects ORDER BY rowid')->fetchAll(PDO::FETCH_COLUMN)),
        $ecoq->channel('here')->stats()->ready, $ecoq->channel('away')->stats()->ready, $log->lines ? ', ' . implode(' | ', $log->lines) : '');
    $pdo->exec('DELETE FROM effects');
    $ecoq->channel('here')->purge();
    $ecoq->channel('away')->purge();
    $log->lines = [];
}
function tries(callable $call): void
{
    try {
        $result = $call();
        echo $result === null ? '' : json_encode($result) . "\n";
    } catch (Throwable $e) {
        echo get_class($e), ': ', substr($e->getMessage(), 0, 90), "\n";
    }
}
$insert = fn (int $n) => $pdo->exec("INSERT INTO effects VALUES ($n)");

tries(fn () => $ecoq->publishTo('write', ['n' => 1]));
state('bus call');
tries(fn () => $ecoq->publishTo('write', ['n' => -1]));
state('fails');
tries(fn () => $ecoq->transactional(fn () => [$insert(1), $ecoq->publishTo('write', ['n' => 2])]));
state('transactional');
tries(fn () => $ecoq->transactional(function () use ($insert, $ecoq) { $insert(1); $ecoq->publishTo('write', ['n' => -2]); }));
state('nested fails');
tries(fn () => $ecoq->transactional(function () use ($insert, $ecoq) {
    $insert(1);
    try {
        $ecoq->publishTo('write', ['n' => -2]);
    } catch (DomainException) {
    }
}));
state('nested, caught');

echo "-- the application's transactions nest\n";
tries(fn () => $ecoq->transactional(function () use ($insert, $pdo) {
    $pdo->beginTransaction(); $insert(1); $pdo->rollBack();
    $pdo->beginTransaction(); $insert(2); $pdo->commit();
    return $pdo->inTransaction();
}));
state('begin and end');
tries(fn () => $ecoq->transactional(function () use ($insert, $pdo) { $pdo->beginTransaction(); $insert(1); $pdo->beginTransaction(); }));
state('begin twice');
tries(fn () => $ecoq->transactional(fn () => $pdo->commit()));
state('commit alone');
tries(fn () => $ecoq->transactional(function () use ($insert, $pdo) { $insert(1); $pdo->beginTransaction(); $insert(2); }));
state('left open');
tries(fn () => $ecoq->transactional(function () use ($insert, $pdo, $ecoq) { $insert(1); $pdo->exec('COMMIT'); $ecoq->channel('here')->send(Ecoq\Message::create('x', [])); }));
state('raw COMMIT');
tries(fn () => $ecoq->transactional(function () use ($insert, $pdo) { $insert(1); $pdo->exec('ROLLBACK'); $insert(2); }));
state('raw ROLLBACK');
var_dump($pdo->inTransaction());

echo "-- within the application's own\n";
foreach (['beginTransaction', 'raw'] as $how) {
    foreach (['commit', 'rollBack'] as $end) {
        $how === 'raw' ? $pdo->exec('BEGIN') : $pdo->beginTransaction();
        $insert(1);
        tries(fn () => $ecoq->publishTo('write', ['n' => 2]));
        tries(fn () => $ecoq->publishTo('write', ['n' => -2]));
        tries(fn () => $ecoq->transactional(function () use ($pdo, $insert) { $pdo->beginTransaction(); $insert(3); $pdo->commit(); }));
        $how === 'raw' ? $pdo->exec($end === 'commit' ? 'COMMIT' : 'ROLLBACK') : $pdo->$end();
        state("$how, $end");
    }
}

echo "-- by hand\n";
$unit = $ecoq->unitOfWork();
$insert(1); $ecoq->publishTo('write', ['n' => 2]);
tries(fn () => $ecoq->transactional(fn () => $unit->flush()));
$unit->flush();
state('flushed');
$unit->flush();
$ecoq->unitOfWork();
$insert(1); $ecoq->publishTo('write', ['n' => 2]);
$ecoq->unitOfWork()->discard();
$unit->discard();
state('discarded');
$other = new Ecoq\Messaging(channels: ['here' => $pdo], database: $pdo);
$other->unitOfWork();
$insert(1);
unset($other);
state('never ended');
tries(fn () => new Ecoq\UnitOfWork());
tries(fn () => clone $unit);
echo "-- what can be a database\n";
foreach ([fn () => 5, 'strlen', 5, 'no such function', new stdClass(), [1]] as $database) {
    tries(fn () => (new Ecoq\Messaging(database: $database))->transactional(fn () => 'ran'));
}
$calls = 0;
$lazy = new Ecoq\Messaging(database: function () use (&$calls, $pdo) { $calls++; return $pdo; });
echo $calls;
$lazy->transactional(fn () => $insert(1));
$lazy->transactional(fn () => $insert(2));
echo $calls, "\n";
state('callable');
?>
--EXPECT--
bus call               effects 1, here 1, away 0
DomainException: refuses -1
fails                  effects , here 0, away 0
[1,null]
transactional          effects 1,2, here 1, away 0
DomainException: refuses -2
nested fails           effects , here 0, away 0
nested, caught         effects 1, here 0, away 0
-- the application's transactions nest
false
begin and end          effects 2, here 0, away 0
PDOException: There is already an active transaction
begin twice            effects , here 0, away 0
PDOException: There is no active transaction
commit alone           effects , here 0, away 0
left open              effects 1, here 0, away 0, A transaction that was begun within ecoq's and not ended was rolled back
raw COMMIT             effects 1, here 1, away 0, transaction ended by handler
raw ROLLBACK           effects 2, here 0, away 0, transaction ended by handler
bool(false)
-- within the application's own
DomainException: refuses -2
beginTransaction, commit effects 1,2,3, here 1, away 0
DomainException: refuses -2
beginTransaction, rollBack effects , here 0, away 0
DomainException: refuses -2
raw, commit            effects 1,2,3, here 1, away 0
DomainException: refuses -2
raw, rollBack          effects , here 0, away 0
-- by hand
Ecoq\Exception\ConfigurationException: UnitOfWork::flush(): the open unit of work is a handler's or transactional()'s, and is end
flushed                effects 1,2, here 1, away 0
discarded              effects , here 0, away 0
never ended            effects , here 0, away 0
Error: Call to private Ecoq\UnitOfWork::__construct() from global scope
Error: Trying to clone an uncloneable object of class Ecoq\UnitOfWork
-- what can be a database
Ecoq\Exception\ConfigurationException: The callable of database: returned int, expected a \PDO
ArgumentCountError: strlen() expects exactly 1 argument, 0 given
Ecoq\Exception\ConfigurationException: database: must be a \PDO or a callable that returns one, int given
Ecoq\Exception\ConfigurationException: database: must be a \PDO or a callable that returns one, string given
Ecoq\Exception\ConfigurationException: database: must be a \PDO or a callable that returns one, stdClass given
Ecoq\Exception\ConfigurationException: database: must be a \PDO or a callable that returns one, array given
01
callable               effects 1,2, here 0, away 0
