--TEST--
dedupKey: a message is sent once per key and type, if the sender's transaction commits
--SKIPIF--
<?php
if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite');
?>
--FILE--
<?php
use Ecoq\Attribute\{Asynchronous, CommandHandler, EventHandler};

final class Refund { public function __construct(public int $n = 0) {} }
final class Paid { public function __construct(public int $n = 0) {} }

final class Handlers
{
    public static array $calls = [];
    public static int $fail = 0;
    #[Asynchronous('q'), CommandHandler('later', endpointId: 'later')] public function later(): void { self::$calls[] = 'later'; }
    #[Asynchronous('memory'), CommandHandler('elsewhere', endpointId: 'elsewhere')] public function elsewhere(): void { self::$calls[] = 'elsewhere'; }
    #[CommandHandler('now', endpointId: 'now')] public function now(): string { self::$calls[] = 'now'; if (self::$fail-- > 0) throw new DomainException('failed'); return 'answer'; }
    #[CommandHandler(Refund::class, endpointId: 'refund')] public function refund(): string { self::$calls[] = 'refund'; return 'refunded'; }
    #[EventHandler('event', endpointId: 'sync')] public function sync(): void { self::$calls[] = 'sync'; }
    #[Asynchronous('q'), EventHandler('event', endpointId: 'async')] public function async(): void { self::$calls[] = 'async'; }
    #[EventHandler(Paid::class, endpointId: 'paid')] public function paid(): void { self::$calls[] = 'paid'; }
    #[Asynchronous('q'), CommandHandler('sends', endpointId: 'sends'), Ecoq\Attribute\Retry(max: 1, delay: 1, jitter: 0.0)]
    public function sends(array $payload, Ecoq\CommandBus $commands, Ecoq\EventBus $events): void
    {
        self::$calls[] = 'sends';
        $commands->sendTo('later', dedupKey: 'from a handler');
        $commands->send(new Refund, dedupKey: 'from a handler');
        $events->publishTo('event', dedupKey: 'from a handler');
        $events->publish(new Paid, dedupKey: 'from a handler');
        if (self::$fail-- > 0) {
            throw new DomainException('failed');
        }
    }
}

$pdo = new PDO('sqlite::memory:');
$ecoq = new Ecoq\Messaging(handlers: [Handlers::class], channels: ['q' => $pdo, 'memory' => 'memory:'], database: $pdo);
function said(mixed $result = null): string
{
    $calls = Handlers::$calls;
    Handlers::$calls = [];
    return (is_string($result) && strlen($result) === 36 ? 'id' : json_encode($result)) . ' [' . implode(' ', $calls) . ']';
}
function work(): string
{
    global $ecoq;
    for ($i = 0; $i < 3; $i++) {
        $ecoq->worker('q', 'memory', stopWhenEmpty: true)->run();
        usleep(5000);
    }
    return said();
}
function failing(callable $do): void
{
    try {
        $do();
        echo "nothing thrown\n";
    } catch (Throwable $e) {
        echo get_class($e), ': ', $e->getMessage(), "\n";
    }
}

echo "-- once per key and type\n";
foreach ([['later', 'a'], ['later', 'a'], ['later', 'b'], ['now', 'a'], ['now', 'a'], ['elsewhere', 'a'], ['elsewhere', 'a'], ['later', null], ['later', null]] as [$type, $key]) {
    echo $type, ' ', $key ?? '-', ' ', said($ecoq->sendTo($type, dedupKey: $key)), "\n";
}
echo work(), "\n";
foreach ([1, 2] as $_) {
    echo said($ecoq->send(new Refund, dedupKey: 'a')), said($ecoq->publish(new Paid, [], null, null, null, 'a')), said($ecoq->publishTo('event', dedupKey: 'a')), "\n";
}
echo work(), "\n";
$long = str_repeat('é', 500);
echo said($ecoq->sendTo('now', dedupKey: "$long\0a")), said($ecoq->sendTo('now', dedupKey: "$long\0b")), said($ecoq->sendTo('now', dedupKey: "$long\0a")), "\n";

echo "-- rolled back: not sent\n";
Handlers::$fail = 1;
failing(fn () => $ecoq->sendTo('now', dedupKey: 'fails'));
echo said($ecoq->sendTo('now', dedupKey: 'fails')), said($ecoq->sendTo('now', dedupKey: 'fails')), "\n";
$pdo->beginTransaction();
echo said($ecoq->sendTo('later', dedupKey: 'own')), said($ecoq->sendTo('later', dedupKey: 'own'));
$pdo->rollBack();
echo ' ', work(), ' ', said($ecoq->sendTo('later', dedupKey: 'own')), said($ecoq->sendTo('later', dedupKey: 'own')), ' ', work(), "\n";
failing(fn () => $ecoq->transactional(function () use ($ecoq) {
    echo said($ecoq->sendTo('later', dedupKey: 'unit')), said($ecoq->sendTo('later', dedupKey: 'unit')), ' ';
    throw new DomainException('rolled back');
}));
echo work(), ' ', said($ecoq->sendTo('later', dedupKey: 'unit')), said($ecoq->sendTo('later', dedupKey: 'unit')), ' ', work(), "\n";

echo "-- within a handler that fails first\n";
Handlers::$fail = 1;
$ecoq->sendTo('sends');
echo work(), "\n";
$ecoq->sendTo('sends');
echo work(), "\n";

echo "-- refused\n";
failing(fn () => $ecoq->sendTo('later', dedupKey: ''));
failing(fn () => $ecoq->publish(new Paid, dedupKey: ''));
failing(fn () => $ecoq->send(new Refund, dedupKey: []));
$without = new Ecoq\Messaging(handlers: [Handlers::class], channels: ['q' => 'memory:', 'memory' => 'memory:']);
failing(fn () => $without->sendTo('later', dedupKey: 'a'));
failing(fn () => $without->publishTo('event', dedupKey: 'a'));
echo said($without->channel('q')->stats()->ready), "\n";
failing(fn () => $ecoq->publishTo('nobody listens', dedupKey: 'a'));
failing(fn () => $ecoq->sendTo('nobody', dedupKey: 'a'));
?>
--EXPECT--
-- once per key and type
later a id []
later a null []
later b id []
now a "answer" [now]
now a null []
elsewhere a id []
elsewhere a null []
later - id []
later - id []
null [later later later later elsewhere]
"refunded" [refund]null [paid]null [sync]
null []null []null []
null [async]
"answer" [now]"answer" [now]null []
-- rolled back: not sent
DomainException: failed
"answer" [now now]null []
id []null [] null [] id []null [] null [later]
id []null [] DomainException: rolled back
null [] id []null [] null [later]
-- within a handler that fails first
null [sends refund sync paid sends refund sync paid later async]
null [sends]
-- refused
ValueError: Ecoq\Messaging::sendTo(): Argument #7 ($dedupKey) must not be empty: leave it out to send in any case
ValueError: Ecoq\Messaging::publish(): Argument #6 ($dedupKey) must not be empty: leave it out to send in any case
TypeError: Ecoq\Messaging::send(): Argument #6 ($dedupKey) must be of type ?string, array given
Ecoq\Exception\ConfigurationException: dedupKey: was given for "later", but there is no database to remember it in: give Ecoq\Messaging a database: (a \PDO, or a callable that returns one)
Ecoq\Exception\ConfigurationException: dedupKey: was given for "event", but there is no database to remember it in: give Ecoq\Messaging a database: (a \PDO, or a callable that returns one)
0 []
nothing thrown
Ecoq\Exception\HandlerNotFoundException: No command handler for "nobody": give a class with a method that has #[CommandHandler] for it in handlers:
