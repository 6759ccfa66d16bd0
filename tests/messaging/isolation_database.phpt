--TEST--
Messages that handlers send: those of the successful handlers leave, those of the failing ones do not, and neither do their writes
--SKIPIF--
<?php if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite'); ?>
--FILE--
<?php
use Ecoq\Attribute\{Asynchronous, EventHandler, WithoutTransaction};

final class Subscribers
{
    public static int $flaky = 0;

    public function __construct(private readonly PDO $pdo)
    {
    }

    private function effect(string $who, Ecoq\EventBus $bus): void
    {
        $this->pdo->exec("INSERT INTO effects VALUES ('$who')");
        foreach (['on.database', 'on.outbox', 'on.broker'] as $type) {
            $bus->publishTo($type, ['from' => $who]);
        }
    }

    #[Asynchronous('work'), EventHandler('order.placed', endpointId: 'steady')]
    public function steady(array $event, Ecoq\EventBus $bus): void
    {
        $this->effect('steady', $bus);
    }

    #[Asynchronous('work'), EventHandler('order.placed', endpointId: 'flaky')]
    public function flaky(array $event, Ecoq\EventBus $bus): void
    {
        $this->effect('flaky', $bus);
        if (++self::$flaky < 3) {
            throw new RuntimeException('not yet');
        }
    }

    #[Asynchronous('work'), EventHandler('order.placed', endpointId: 'hopeless')]
    public function hopeless(array $event, Ecoq\EventBus $bus): void
    {
        $this->effect('hopeless', $bus);
        throw new DomainException('never');
    }

    #[Asynchronous('work'), EventHandler('order.placed', endpointId: 'leaves'), WithoutTransaction]
    public function leaves(array $event, Ecoq\EventBus $bus): void
    {
        $this->effect('leaves', $bus);
        throw new Ecoq\Exception\Unrecoverable('at once');
    }

    #[Asynchronous('database'), EventHandler('on.database')]
    public function one(array $event): void
    {
        echo "database: $event[from]\n";
    }

    #[Asynchronous('outboxed'), EventHandler('on.outbox')]
    public function two(array $event): void
    {
        echo "outbox: $event[from]\n";
    }

    #[Asynchronous('broker'), EventHandler('on.broker')]
    public function three(array $event): void
    {
        echo "broker: $event[from]\n";
    }
}

foreach (['the database itself', 'another broker'] as $where) {
    echo "-- work is on $where\n";
    Subscribers::$flaky = 0;
    $pdo = new PDO('sqlite::memory:');
    $pdo->exec('CREATE TABLE effects (who)');
    $retry = new Ecoq\RetryPolicy(maxRetries: 2, delay: 1, multiplier: 1.0, jitter: 0.0);
    $ecoq = new Ecoq\Messaging(
        handlers: [new Subscribers($pdo)],
        channels: [
            'work' => new Ecoq\Channel($where === 'another broker' ? 'memory:' : $pdo, retry: $retry),
            'database' => $pdo,
            'outboxed' => new Ecoq\OutboxChannel('memory:'),
            'broker' => 'memory:',
        ],
        database: $pdo,
    );
    $ecoq->publishTo('order.placed', ['id' => 1]);
    for ($until = microtime(true) + 30; $ecoq->deadLetters()->count() < 2 || Subscribers::$flaky < 3; usleep(2000)) {
        $ecoq->worker('work', stopWhenEmpty: true)->run();
        if (microtime(true) > $until) {
            die('too late');
        }
    }
    $left = fn (string $name) => $ecoq->channel($name)->stats()->ready;
    printf("database %d, outbox %d, outboxed %d, broker %d\n", $left('database'), $left('outbox'), $left('outboxed'), $left('broker'));
    echo 'relayed ', $ecoq->worker('outbox', stopWhenEmpty: true)->run()->handled, "\n";
    ob_start();
    $ecoq->worker('database', 'outboxed', 'broker', stopWhenEmpty: true)->run();
    $lines = explode("\n", trim(ob_get_clean()));
    sort($lines);
    echo implode("\n", $lines), "\n";
    $effects = $pdo->query('SELECT who FROM effects ORDER BY who')->fetchAll(PDO::FETCH_COLUMN);
    echo 'effects: ', implode(' ', $effects), "\n";
    $dead = array_map(fn ($letter) => $letter->endpointId, iterator_to_array($ecoq->deadLetters()->list()));
    sort($dead);
    echo 'dead: ', implode(' ', $dead), "\n";
}
?>
--EXPECT--
-- work is on the database itself
database 2, outbox 2, outboxed 0, broker 2
relayed 2
broker: flaky
broker: steady
database: flaky
database: steady
outbox: flaky
outbox: steady
effects: flaky leaves steady
dead: hopeless leaves
-- work is on another broker
database 2, outbox 2, outboxed 0, broker 2
relayed 2
broker: flaky
broker: steady
database: flaky
database: steady
outbox: flaky
outbox: steady
effects: flaky leaves steady
dead: hopeless leaves
