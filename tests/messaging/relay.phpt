--TEST--
The relay: messages arrive in their order, with delay, time to live, priority, headers and ids as they were sent; hops and repeats
--SKIPIF--
<?php if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite'); ?>
--FILE--
<?php
use Ecoq\Attribute\{Asynchronous, CommandHandler, Delayed, EventHandler, Header, Priority, TimeToLive};
use Ecoq\{Message, Messaging, OutboxChannel};

require __DIR__ . '/../worker/workers.inc';
$log = [];

final class Shop
{
    #[Asynchronous('orders'), EventHandler('placed', endpointId: 'shop.placed')]
    public function placed(array $order, Message $message, #[Header('tenant')] ?string $tenant = null): void
    {
        $GLOBALS['log'][] = "placed {$order['n']} $tenant";
        $GLOBALS['ids'][$order['n']] = $message->id;
    }

    #[Asynchronous('orders'), CommandHandler('late', endpointId: 'shop.late'), Delayed(2000)]
    public function late(array $order): void { $GLOBALS['log'][] = 'late'; $GLOBALS['late'] = microtime(true); }

    #[Asynchronous('orders'), CommandHandler('urgent', endpointId: 'shop.urgent'), Priority(9)]
    public function urgent(array $order): void { $GLOBALS['log'][] = 'urgent'; }

    #[Asynchronous('orders'), CommandHandler('short', endpointId: 'shop.short'), TimeToLive(1)]
    public function short(array $order): void { $GLOBALS['log'][] = 'never'; }

    #[Asynchronous(['orders', 'second']), CommandHandler('hop', endpointId: 'shop.hop'), Delayed(2000)]
    public function hop(array $order): void { $GLOBALS['log'][] = 'hopped'; }
}

$file = database_file();
$pdo = new PDO('sqlite::memory:');
$ecoq = new Messaging(
    handlers: [Shop::class],
    channels: ['orders' => new OutboxChannel("sqlite:$file"), 'second' => new OutboxChannel('memory:')],
    database: $pdo,
);
function drain(string $channel): void
{
    global $ecoq, $log;
    $report = $ecoq->worker($channel, stopWhenEmpty: true)->run();
    echo "$channel: handled $report->handled, expired $report->expired, forwarded $report->forwarded, postponed $report->postponed: ", implode(', ', $log), "\n";
    $log = [];
}

echo "== order\n";
for ($n = 1; $n <= 600; $n++) {
    $ecoq->publishTo('placed', ['n' => $n], headers: ['tenant' => 'acme']);
}
$sent = $pdo->query("SELECT message_id FROM ecoq_messages WHERE queue = 'outbox:orders' ORDER BY id")->fetchAll(PDO::FETCH_COLUMN);
echo $pdo->query("SELECT count(*), min(rank), max(rank), max(due_at), max(attempts) FROM ecoq_messages")->fetch(PDO::FETCH_NUM) == [600, 5, 5, 0, 0] ? "plain rows\n" : "?\n";
echo 'relayed ', $ecoq->worker('outbox', stopWhenEmpty: true)->run()->handled, "\n";
$broker = new PDO("sqlite:$file");
echo $sent === $broker->query('SELECT message_id FROM ecoq_messages ORDER BY id')->fetchAll(PDO::FETCH_COLUMN) ? "in order, ids kept\n" : "?\n";
$ecoq->worker('orders', stopWhenEmpty: true)->run();
echo $log === array_map(fn ($n) => "placed $n acme", range(1, 600)) ? "handled in order\n" : implode("\n", $log);
$log = [];

echo "== times and priority\n";
$before = microtime(true);
$ecoq->sendTo('late');
$ecoq->publishTo('placed', ['n' => 1], priority: 0);
$ecoq->sendTo('short');
$ecoq->publishTo('placed', ['n' => 2]);
$ecoq->sendTo('urgent');
usleep(5000);
drain('outbox');
$stats = $ecoq->channel('orders')->stats();
echo "waiting $stats->ready, delayed $stats->delayed\n";
drain('orders');
$ecoq->worker('orders', limit: 1)->run();
echo implode($log), $late - $before >= 2 ? " after its delay\n" : " too early\n";
$log = [];

echo "== a delay that was over before the relay came\n";
$ecoq->publishTo('placed', ['n' => 3], delay: 1);
usleep(5000);
drain('outbox');
drain('orders');

echo "== through two channels: only the last one delays\n";
$before = microtime(true);
$ecoq->sendTo('hop');
drain('outbox');
drain('orders');
drain('outbox');
$stats = $ecoq->channel('second')->stats();
echo "waiting $stats->ready, delayed $stats->delayed\n";
$ecoq->worker('second', limit: 1)->run();
echo implode($log), microtime(true) - $before >= 2 ? " after its delay\n" : " too early\n";
$log = [];

echo "== a batch that was sent and not removed is sent again, and taken once\n";
$ecoq->publishTo('placed', ['n' => 4]);
$ecoq->publishTo('placed', ['n' => 5]);
$rows = $pdo->query("SELECT * FROM ecoq_messages WHERE queue = 'outbox:orders' ORDER BY id")->fetchAll(PDO::FETCH_ASSOC);
drain('outbox');
foreach ($rows as $row) {
    $columns = array_keys($row);
    $pdo->prepare('INSERT INTO ecoq_messages (' . implode(',', $columns) . ') VALUES (' . implode(',', array_fill(0, count($columns), '?')) . ')')->execute(array_values($row));
}
drain('outbox');
drain('orders');

echo "== limits\n";
for ($n = 1; $n <= 5; $n++) $ecoq->publishTo('placed', ['n' => $n]);
$report = $ecoq->worker('outbox', limit: 3)->run();
echo "$report->handled $report->stopReason, left {$ecoq->channel('outbox')->stats()->ready}\n";
?>
--EXPECT--
== order
plain rows
relayed 600
in order, ids kept
handled in order
== times and priority
outbox: handled 5, expired 0, forwarded 0, postponed 0: 
waiting 4, delayed 1
orders: handled 3, expired 1, forwarded 0, postponed 0: urgent, placed 2 , placed 1 
late after its delay
== a delay that was over before the relay came
outbox: handled 1, expired 0, forwarded 0, postponed 0: 
orders: handled 1, expired 0, forwarded 0, postponed 0: placed 3 
== through two channels: only the last one delays
outbox: handled 1, expired 0, forwarded 0, postponed 0: 
orders: handled 0, expired 0, forwarded 1, postponed 0: 
outbox: handled 1, expired 0, forwarded 0, postponed 0: 
waiting 0, delayed 1
hopped after its delay
== a batch that was sent and not removed is sent again, and taken once
outbox: handled 2, expired 0, forwarded 0, postponed 0: 
outbox: handled 2, expired 0, forwarded 0, postponed 0: 
orders: handled 2, expired 0, forwarded 0, postponed 0: placed 4 , placed 5 
== limits
3 message-limit, left 2
