--TEST--
The relay: a destination that is down blames no message and holds up no other one; what is refused becomes a dead letter alone
--SKIPIF--
<?php
if (!extension_loaded('pdo_sqlite') || !extension_loaded('posix')) die('skip pdo_sqlite and posix are needed');
?>
--FILE--
<?php
use Ecoq\{Channel, Message, Messaging, OutboxChannel};
use Ecoq\Exception\{ConfigurationException, ConnectionException};

require __DIR__ . '/../transport/userland.inc';
require __DIR__ . '/../worker/workers.inc';

function messages(int ...$numbers): array
{
    return array_map(fn ($n) => Message::create('t', ['n' => $n]), $numbers);
}
function arrived(ArrayTransport $broker): string
{
    return implode(',', array_map(fn ($entry) => json_decode($entry['message']->body)->data->n, $broker->queues['a'] ?? []));
}
function dead(PDO $pdo): string
{
    $rows = $pdo->query('SELECT channel, endpoint, reason, error FROM ecoq_dead_letters ORDER BY id')->fetchAll(PDO::FETCH_NUM);
    return json_encode($rows, JSON_UNESCAPED_SLASHES);
}
$logger = new class {
    public array $lines = [];
    public function error(string $text, array $context): void
    {
        $this->lines[] = preg_replace_callback('/{(\w+)}/', fn ($m) => $m[1] === 'id' ? 'ID' : $context[$m[1]], $text);
    }
    public function __call($name, $arguments): void {}
};
$pdo = new PDO('sqlite::memory:');
$broker = new ArrayTransport();
$ecoq = new Messaging(channels: ['a' => new OutboxChannel($broker), 'b' => new OutboxChannel('memory:')], database: $pdo, logger: $logger);
function relay(bool $isDown = false): void
{
    global $ecoq, $pdo, $broker;
    // of a destination that is down it is not known whether there is more: such a worker does not stop by itself, and tries again after a second
    $report = $ecoq->worker('outbox', idleLimit: 100, timeLimit: $isDown ? 700 : null)->run();
    $s = $ecoq->channel('outbox')->stats();
    echo "handled $report->handled, dead $report->deadLettered, failed $report->failed, $report->stopReason; left $s->ready, reserved $s->reserved; a: ", arrived($broker),
        "; b: {$ecoq->channel('b')->stats()->ready}; dead letters ", dead($pdo), "\n";
}

echo "== down\n";
$broker->before['send'] = fn () => throw new ConnectionException('no answer');
$ecoq->channel('a')->send(messages(1, 2, 3));
$ecoq->channel('b')->send(messages(1, 2, 3, 4));
relay(isDown: true);

echo "== up again\n";
unset($broker->before['send']);
relay();

echo "== it can never work, it says, for every message: that is no answer about one\n";
$broker->queues = [];
$broker->before['send'] = fn () => throw new ConfigurationException('no such exchange');
$ecoq->channel('a')->send(messages(1, 2, 3));
relay(isDown: true);

echo "== it says so for some, and takes others\n";
$calls = 0;
$broker->before['send'] = function () use (&$calls) {
    // the batch; then one by one: the first, the second, the third
    if (in_array(++$calls, [1, 2, 4])) throw new ConfigurationException("refused $calls");
};
relay();
echo implode("\n", $logger->lines), "\n";

echo "== it fails in the middle of one by one\n";
$calls = 0;
$logger->lines = $broker->queues = [];
$pdo->exec('DELETE FROM ecoq_dead_letters');
$broker->before['send'] = function () use (&$calls) {
    if (++$calls === 1) throw new ConfigurationException('refused');
    if ($calls === 3) throw new ConnectionException('gone');
};
$ecoq->channel('a')->send(messages(1, 2, 3));
relay(isDown: true);
unset($broker->before['send']);
relay();

echo "== a bug of the transport\n";
$broker->queues = [];
$ecoq->channel('a')->send(messages(1, 2));
$broker->before['send'] = fn () => throw new TypeError('bug');
try {
    $ecoq->worker('outbox', stopWhenEmpty: true)->run();
} catch (TypeError $e) {
    echo get_class($e), ' ', $e->getMessage(), ', left ', $ecoq->channel('outbox')->stats()->ready, "\n";
}
unset($broker->before['send']);
relay();

echo "== no envelope, too large by now, asking for what it cannot do\n";
$broker->queues = [];
$ecoq->channel('a')->send(messages(1, 2));
$ecoq->channel('a')->send(messages(3), priority: 9);
$ecoq->channel('a')->send(Message::create('t', ['n' => 4, 'x' => str_repeat('x', 1000)]));
$ecoq->channel('a')->send(messages(5));
$pdo->exec("UPDATE ecoq_messages SET body = 'junk' WHERE id = (SELECT min(id) FROM ecoq_messages WHERE queue = 'outbox:a')");
$poorer = new ArrayTransport(['delay']);
$ecoq = new Messaging(channels: ['a' => new OutboxChannel(new Channel($poorer, options: ['max-body' => 900])), 'b' => 'memory:'], database: $pdo);
$broker = $poorer;
relay();

echo "== a database that is not there yet\n";
$directory = sys_get_temp_dir() . '/ecoq' . getmypid();
$broker = new ArrayTransport();
$pdo->exec('DELETE FROM ecoq_dead_letters');
$ecoq = new Messaging(channels: ['a' => new OutboxChannel("sqlite:$directory/queue.sqlite"), 'b' => new OutboxChannel('memory:')], database: $pdo);
$ecoq->channel('a')->send(messages(1, 2));
$ecoq->channel('b')->send(messages(3));
relay(isDown: true);
mkdir($directory);
relay();
echo $ecoq->channel('a')->stats()->ready, "\n";
unset($ecoq);
array_map('unlink', glob("$directory/*"));
rmdir($directory);
?>
--EXPECT--
== down
handled 4, dead 0, failed 0, time-limit; left 3, reserved 0; a: ; b: 4; dead letters []
== up again
handled 3, dead 0, failed 0, idle-limit; left 0, reserved 0; a: 1,2,3; b: 4; dead letters []
== it can never work, it says, for every message: that is no answer about one
handled 0, dead 0, failed 0, time-limit; left 3, reserved 0; a: ; b: 4; dead letters []
== it says so for some, and takes others
handled 1, dead 2, failed 0, idle-limit; left 0, reserved 0; a: 2; b: 4; dead letters [["a","relay","failed","ArrayTransport::send() threw Ecoq\\Exception\\ConfigurationException: refused 2"],["a","relay","failed","ArrayTransport::send() threw Ecoq\\Exception\\ConfigurationException: refused 4"]]
Message ID could not be relayed to channel a and is a dead letter now: ArrayTransport::send() threw Ecoq\Exception\ConfigurationException: refused 2
Message ID could not be relayed to channel a and is a dead letter now: ArrayTransport::send() threw Ecoq\Exception\ConfigurationException: refused 4
== it fails in the middle of one by one
handled 1, dead 0, failed 0, time-limit; left 2, reserved 0; a: 1; b: 4; dead letters []
handled 2, dead 0, failed 0, idle-limit; left 0, reserved 0; a: 1,2,3; b: 4; dead letters []
== a bug of the transport
TypeError bug, left 2
handled 2, dead 0, failed 0, idle-limit; left 0, reserved 0; a: 1,2; b: 4; dead letters []
== no envelope, too large by now, asking for what it cannot do
handled 2, dead 3, failed 0, idle-limit; left 0, reserved 0; a: 2,5; b: 0; dead letters [["a","relay","poison","malformed: Reading an envelope of 4 bytes: it is not a JSON object (at byte 1)"],["a","relay","failed","the transport \"userland\" of channel \"a\" cannot honour a priority; send it without one, or to a channel that knows priorities"],["a","relay","poison","too_large: Reading an envelope: it has 1220 bytes, the limit is 900"]]
== a database that is not there yet
handled 1, dead 0, failed 0, time-limit; left 2, reserved 0; a: ; b: 1; dead letters []
handled 2, dead 0, failed 0, idle-limit; left 0, reserved 0; a: ; b: 1; dead letters []
2
