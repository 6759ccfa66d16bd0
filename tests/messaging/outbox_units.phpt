--TEST--
The outbox and units of work: what handlers and transactions send is there when they commit, and only then; a worker's own rows are nobody else's
--SKIPIF--
<?php if (!extension_loaded('pdo_sqlite') || !extension_loaded('posix')) die('skip pdo_sqlite and posix are needed'); ?>
--FILE--
<?php
use Ecoq\Attribute\{Asynchronous, CommandHandler};
use Ecoq\{Channel, Message, Messaging, OutboxChannel};
use Ecoq\Exception\{ConnectionException, Unrecoverable};

require __DIR__ . '/../transport/userland.inc';
require __DIR__ . '/../worker/workers.inc';

final class Handlers
{
    #[Asynchronous('in'), CommandHandler('start', endpointId: 'start')]
    public function start(array $data, Messaging $ecoq): void
    {
        $ecoq->sendTo('order', $data);
        $ecoq->sendTo('mail', $data);
        if ($data['n'] < 0) throw new Unrecoverable('no');
    }

    #[Asynchronous('orders'), CommandHandler('order', endpointId: 'order')]
    public function order(array $data): void {}

    #[Asynchronous('mails'), CommandHandler('mail', endpointId: 'mail')]
    public function mail(array $data): void {}

    #[Asynchronous('urgent'), CommandHandler('alarm', endpointId: 'alarm')]
    public function alarm(array $data): void {}
}

$file = database_file();
function messaging(?ArrayTransport $broker = null): array
{
    global $file;
    $pdo = new PDO("sqlite:$file");
    $pdo->exec('PRAGMA journal_mode = WAL');
    $broker ??= new ArrayTransport();
    return [$pdo, $broker, new Messaging(handlers: [Handlers::class], channels: [
        'in' => $pdo,
        'orders' => new OutboxChannel($broker),
        'mails' => $broker,
        'urgent' => new Channel($broker, options: ['in-transaction' => 'immediate']),
    ], database: $pdo)];
}
[$pdo, $broker, $ecoq] = messaging();
[, $otherBroker, $other] = messaging();
function show(string $what): void
{
    global $pdo, $broker, $ecoq;
    $rows = $pdo->query("SELECT queue || ' ' || CASE state WHEN 0 THEN 'ready' WHEN 2 THEN 'reserved' ELSE state END || ' ' || count(*) FROM ecoq_messages GROUP BY queue, state ORDER BY 1")
        ->fetchAll(PDO::FETCH_COLUMN);
    $outbox = $ecoq->channel('outbox')->stats();
    echo "$what: rows [", implode(', ', $rows), "], outbox $outbox->ready/$outbox->reserved, sent ", json_encode(array_map('count', $broker->queues)), "\n";
}
$run = fn (string $channel) => $ecoq->worker($channel, stopWhenEmpty: true)->run();
$ecoq->channel('outbox')->setup();

$ecoq->channel('in')->send([Message::create('start', ['n' => 1]), Message::create('start', ['n' => -1]), Message::create('start', ['n' => 2])]);
$broker->before['send'] = function () {
    global $other, $otherBroker, $shown;
    if (!$shown++) {
        show('while the first is sent');
        echo 'another relay: ', $other->worker('outbox', stopWhenEmpty: true)->run()->forwarded, ' of the own rows, ', count($otherBroker->queues['orders']), " of the outbox\n";
    }
};
$report = $run('in');
echo "handled $report->handled, dead $report->deadLettered\n";
unset($broker->before['send']);
show('handled');

echo "== a broker that is down when the handler has committed\n";
$ecoq->channel('in')->send(Message::create('start', ['n' => 3]));
$broker->before['send'] = fn () => throw new ConnectionException('no answer');
$report = $run('in');
echo "handled $report->handled, failed $report->failed, dead $report->deadLettered\n";
show('down');
unset($broker->before['send']);
$report = $ecoq->worker('outbox', stopWhenEmpty: true)->run();
echo "relayed $report->handled, sent what was left $report->forwarded\n";
show('up');

echo "== the application's own transaction\n";
$broker->queues = [];
$pdo->beginTransaction();
$ecoq->sendTo('order', ['n' => 4]);
$ecoq->sendTo('mail', ['n' => 4]);
$ecoq->sendTo('alarm', ['n' => 4]);
show('open');
$pdo->rollBack();
show('rolled back');
$pdo->beginTransaction();
$ecoq->sendTo('order', ['n' => 5]);
$ecoq->sendTo('mail', ['n' => 5]);
$pdo->commit();
show('committed');
$run('outbox');
show('relayed');

echo "== transactional()\n";
$broker->queues = [];
try {
    $ecoq->transactional(function () use ($ecoq) {
        $ecoq->sendTo('order', ['n' => 6]);
        $ecoq->sendTo('mail', ['n' => 6]);
        throw new DomainException('declined');
    });
} catch (DomainException) {
}
show('rolled back');
$ecoq->transactional(function () use ($ecoq) {
    $ecoq->sendTo('order', ['n' => 7]);
    $ecoq->sendTo('mail', ['n' => 7]);
    show('within');
});
show('committed');
?>
--EXPECT--
while the first is sent: rows [after:mails reserved 1, in ready 2, outbox:orders ready 1], outbox 1/0, sent []
another relay: 0 of the own rows, 1 of the outbox
handled 2, dead 1
handled: rows [outbox:orders ready 1], outbox 1/0, sent {"mails":2}
== a broker that is down when the handler has committed
handled 1, failed 0, dead 0
down: rows [after:mails ready 1, outbox:orders ready 2], outbox 3/0, sent {"mails":2}
relayed 2, sent what was left 1
up: rows [], outbox 0/0, sent {"mails":3,"orders":2}
== the application's own transaction
open: rows [after:mails ready 1, outbox:orders ready 1], outbox 2/0, sent {"urgent":1}
rolled back: rows [], outbox 0/0, sent {"urgent":1}
committed: rows [after:mails ready 1, outbox:orders ready 1], outbox 2/0, sent {"urgent":1}
relayed: rows [], outbox 0/0, sent {"urgent":1,"orders":1,"mails":1}
== transactional()
rolled back: rows [], outbox 0/0, sent []
within: rows [], outbox 0/0, sent []
committed: rows [outbox:orders ready 1], outbox 1/0, sent {"mails":1}
