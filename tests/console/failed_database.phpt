--TEST--
Console: failed show, retry and remove over a database, with filters
--SKIPIF--
<?php if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite'); ?>
--FILE--
<?php
require __DIR__ . '/application.inc';

$pdo = new PDO('sqlite::memory:');
$make = fn (array $channels) => new Ecoq\Messaging(handlers: ['order.placed' => fn (array $order) => null, Orders::class], channels: $channels, database: $pdo);
$ecoq = $make(['orders' => $pdo, 'emails' => 'memory:']);
function shown(string ...$arguments): string
{
    ob_start();
    $code = console($GLOBALS['ecoq'], 'failed', ...$arguments);
    return preg_replace('/ +$/m', '', steady(ob_get_clean()) . ($code ? "exit code $code\n" : ''));
}

foreach (['one', 'two', 'three'] as $error) {
    $ecoq->publishTo('order.broken', ['error' => $error, 'card' => '4111-secret']);
    $ecoq->worker('orders', limit: 2, timeLimit: 100_000)->run();
}
$ids = $pdo->query('SELECT message_id FROM ecoq_dead_letters ORDER BY id')->fetchAll(PDO::FETCH_COLUMN);
$pdo->exec("UPDATE ecoq_dead_letters SET error_class = 'RuntimeException', failed_at = '2026-01-02 03:04:05.678' WHERE message_id = '$ids[1]'");

echo shown('show', '--max=1', '--offset=1');
echo shown('show', '--class=\RuntimeException', '--json');
foreach (['--type=order.broken', '--class-filter=\order.broken', '--endpoint=orders.broken', '--channel=emails', '--since=2026-01-02 03:04:06 UTC', '--until=2026-01-02 03:04:05.678 UTC', '--until=-1 week', '--limit=2'] as $filter) {
    echo "$filter: ", json_decode(shown('show', $filter, '--json'))->count, ' ', count(json_decode(shown('show', $filter, '--json'))->deadLetters), "\n";
}
echo shown('show', '--stats', '--class=RuntimeException');
echo shown('show', $ids[1], '--payload', '--json') === shown('show', $ids[1], '--json') ? 'same' : 'payload', "\n";
echo preg_match('/4111/', shown('show', $ids[1], '-v')) ? 'LEAKED' : 'clean', "\n";
echo shown('show', '--since=soonish'), shown('show', '--channel=nowhere'), shown('retry', '--type=order.broken', $ids[0]);

echo "== retry\n";
echo shown('retry', '--all', '--class=RuntimeException', '-n'), shown('retry', $ids[0], '--endpoint=other'), shown('retry', $ids[0], '--endpoint=orders.broken', '--ignore-record');
$pdo->exec("UPDATE ecoq_dead_letters SET endpoint = 'gone'");
echo shown('retry', '--all'), shown('retry', $ids[2], '--json');
$ecoq->worker('orders', limit: 4, timeLimit: 100_000)->run();
echo shown('show', '--stats');

echo "== a channel that was\n";
$pdo->exec("UPDATE ecoq_dead_letters SET channel = 'former' WHERE endpoint = 'gone'");
echo shown('retry', '--all', '--channel=former'), shown('remove', '--all', '--force', '--channel=former', '--json'), shown('show', '--channel=former');
echo shown('remove', '--all', '--force', '--until=1 minute'), shown('show', '--json');
?>
--EXPECTF--
There are 3 messages in the dead letters.
 Id                                    Endpoint       Type          Failed at            Error
 <id>  orders.broken  order.broken  <time>  two
Only 1 of them shown; "--max" and "--offset" show others.
{"count":1,"deadLetters":[{"id":"<id>","endpointId":"orders.broken","type":"order.broken","channel":"orders","attempts":2,"reason":"failed","errorClass":"RuntimeException","error":"two","failedAt":"<time>"}]}
--type=order.broken: 3 3
--class-filter=\order.broken: 3 3
--endpoint=orders.broken: 3 3
--channel=emails: 0 0
--since=2026-01-02 03:04:06 UTC: 2 2
--until=2026-01-02 03:04:05.678 UTC: 0 0
--until=-1 week: 1 1
--limit=2: 3 2
There is 1 message in the dead letters.
 Type          Count
 order.broken      1
payload
clean
error: Option "--since": "soonish" is no time; expected one as in "2026-11-21 15:00" or "-1 hour".
usage: worker.php failed show [options] [<id>]
exit code 2
error: Channel "nowhere" does not exist. Configured channels: "orders", "emails".
usage: worker.php failed show [options] [<id>]
exit code 2
error: Option "--type" goes with "--all".
usage: worker.php failed retry [options] [<id>...]
exit code 2
== retry
1 message was sent again.
error: There is no dead letter with id "%s".
0 messages were sent again.
exit code 1
1 message was sent again.
error: Message "%s" was not sent again: channel "orders" has no handler with the endpoint id "gone" any more.
0 messages were sent again.
exit code 1
{"time":"%s","level":"ERROR","message":"Message \"%s\" was not sent again: channel \"orders\" has no handler with the endpoint id \"gone\" any more."}
{"retried":0}
exit code 1
There are 3 messages in the dead letters.
 Type          Count
 order.broken      3
== a channel that was
error: Message "%s" was not sent again: its channel "former" is not configured any more.
0 messages were sent again.
exit code 1
{"removed":1}
error: Channel "former" does not exist. Configured channels: "orders", "emails".
usage: worker.php failed show [options] [<id>]
exit code 2
2 messages were removed.
{"count":0,"deadLetters":[]}
