--TEST--
Console: failed show, retry and remove; nothing of a message is shown unasked
--FILE--
<?php
require __DIR__ . '/application.inc';
$ecoq = application();

function shown(string ...$arguments): string
{
    global $ecoq;
    ob_start();
    $code = console($ecoq, ...$arguments);
    return ob_get_clean() . ($code ? "exit code $code\n" : '');
}

function fail(string ...$errors): void
{
    global $ecoq;
    foreach ($errors as $error) {
        $ecoq->publishTo('order.broken', ['error' => $error, 'card' => '4111-secret']);
    }
    $ecoq->worker('orders', limit: 2 * count($errors), timeLimit: 100_000)->run();
}

echo shown('failed', 'show'), shown('failed', 'show', '--json'), shown('failed', 'show', '--stats'), shown('failed', 'show', '--stats', '--json');
fail('first');
echo steady(shown('failed', 'show'));
fail("second\x1b[2J\nline");
echo steady(shown('failed', 'show', '--channel=orders', '--class-filter=order.broken'));
echo steady(shown('failed', 'show', '--class-filter=order.placed')), steady(shown('failed', 'show', '--channel=emails'));
echo shown('failed', 'show', '--stats');
echo shown('failed', 'show', '--stats', '--json');
echo count(explode("\n", shown('failed', 'show', '--max=1'))), ' ', strrchr(rtrim(shown('failed', 'show', '--max=1')), "\n"), "\n";

$list = json_decode(shown('failed', 'show', '--json'), true, flags: JSON_THROW_ON_ERROR);
echo $list['count'], ' ', count($list['deadLetters']), ' ', implode(',', array_keys($list['deadLetters'][0])), "\n";
[$first, $second] = array_column($list['deadLetters'], 'id');
echo steady(shown('failed', 'show', $first));
$detail = json_decode(shown('failed', 'show', $first, '--json', '--payload'), true, flags: JSON_THROW_ON_ERROR);
var_dump(json_decode($detail['body'], true)['data']['error'], str_contains($detail['trace'], 'Orders'));
var_dump(str_contains(shown('failed', 'show', $first, '--payload'), '4111-secret'), str_contains(shown('failed', 'show', $first, '-v'), 'Trace'));
foreach ([['show'], ['show', '-v'], ['show', $first, '-v'], ['show', '--json', '-v']] as $arguments) {
    if (preg_match('/4111|\x1b/', shown('failed', ...$arguments))) {
        echo 'LEAKED: ', implode(' ', $arguments), "\n";
    }
}

echo "== retry and remove\n";
echo shown('failed', 'show', 'nothing'), shown('failed', 'retry', 'nothing', $first), shown('failed', 'remove', "no\x1bthing", '--json');
echo shown('stats', '--json', 'orders');
echo shown('failed', 'remove', $second), shown('failed', 'remove', $second);
fail('third', 'fourth');
echo shown('failed', 'retry', '--all', '--channel=emails'), shown('failed', 'retry', '--all'), shown('failed', 'retry', '--all', '--json');
$ecoq->worker('orders', limit: 4, timeLimit: 100_000)->run();
echo shown('failed', 'remove', '--all', '--force', '--channel=emails'), shown('failed', 'remove', '--all', '--force'), shown('failed', 'show');
?>
--EXPECTF--
[OK] No failed messages were found.
{"count":0,"deadLetters":[]}
[OK] No failed messages were found.
{"count":0,"types":{}}
There is 1 message in the dead letters.
 Id                                    Endpoint       Type          Failed at            Error
 <id>  orders.broken  order.broken  <time>  first
There are 2 messages in the dead letters.
 Id                                    Endpoint       Type          Failed at            Error
 <id>  orders.broken  order.broken  <time>  first
 <id>  orders.broken  order.broken  <time>  second\x1b[2J\nline
[OK] No failed messages were found.
[OK] No failed messages were found.
There are 2 messages in the dead letters.
 Type          Count
 order.broken      2
{"count":2,"types":{"order.broken":2}}
5 
Only 1 of them shown; "--max" and "--offset" show others.
2 2 id,endpointId,type,channel,attempts,reason,errorClass,error,failedAt
Failed Message Details
  Id           <id>
  Type         order.broken
  Endpoint     orders.broken
  Channel      orders
  Failed at    <time>
  Attempts     2
  Reason       failed
  Error class  DomainException
  Error        first
string(5) "first"
bool(true)
bool(true)
bool(true)
== retry and remove
error: There is no dead letter with id "nothing".
exit code 1
error: There is no dead letter with id "nothing".
1 message was sent again.
exit code 1
{"time":"%s","level":"ERROR","message":"There is no dead letter with id \"no\u001bthing\"."}
{"removed":0}
exit code 1
{"channels":{"orders":{"queue":"orders","transport":"memory","ready":1,"delayed":0,"reserved":0,"exact":true,"deadLetters":1}}}
1 message was removed.
error: There is no dead letter with id "%s".
0 messages were removed.
exit code 1
0 messages were sent again.
1 message was sent again.
{"retried":0}
0 messages were removed.
3 messages were removed.
[OK] No failed messages were found.
