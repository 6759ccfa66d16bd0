--TEST--
Console: the outbox in stats, setup, debug, consume and relay
--SKIPIF--
<?php if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite'); ?>
--FILE--
<?php
require __DIR__ . '/application.inc';
use Ecoq\{Messaging, OutboxChannel};

$pdo = new PDO('sqlite::memory:');
function shop(string ...$outbox): Messaging
{
    global $pdo;
    $channels = ['plain' => 'memory:'];
    foreach ($outbox as $name) {
        $channels[$name] = new OutboxChannel('memory:');
    }
    return new Messaging(channels: $channels, database: $pdo);
}
function fill(Messaging $ecoq, string $channel, int $count): void
{
    for ($i = 0; $i < $count; $i++) $ecoq->channel($channel)->send(Ecoq\Message::create('t'));
}
/** Standard error goes where the process's goes: only what is on standard output is seen. */
function show(Messaging $ecoq, string ...$arguments): void
{
    echo '> ', implode(' ', $arguments), "\n";
    ob_start();
    $code = console($ecoq, ...$arguments);
    echo preg_replace(['/{("handled":\d+),.*("stopReason":"\w+").*}/', '/memory:  retry .*retry\b/'], ['{$1,$2}', 'memory:  <policy>'], ob_get_clean()), "= $code\n";
}

$ecoq = shop('orders', 'mails');
show($ecoq, 'setup', '--exclude=outbox', '--exclude=plain');
show($ecoq, 'setup', 'outbox');
fill($ecoq, 'orders', 2);
fill($ecoq, 'mails', 1);
show($ecoq, 'stats');
show($ecoq, 'stats', 'outbox', '--json');
show($ecoq, 'debug');
show($ecoq, 'relay', '--stop-when-empty', '--json', '-q');
show($ecoq, 'stats', 'orders', 'outbox');
fill($ecoq, 'orders', 1);
show($ecoq, 'consume', 'outbox', '--stop-when-empty', '--json', '-q');
show($ecoq, 'relay', 'orders');
show($ecoq, 'relay', '--all');

$single = shop('orders');
show($single, 'stats');
$without = new Messaging(channels: ['plain' => 'memory:']);
show($without, 'relay');
show($without, 'stats', 'outbox');
$only = shop();
show($only, 'stats');
show($only, 'relay', '--stop-when-empty', '--json', '-q');
?>
--EXPECT--
> setup --exclude=outbox --exclude=plain
[OK] The channel "orders" was set up successfully (memory, queue "orders").
[OK] The channel "mails" was set up successfully (memory, queue "mails").
= 0
> setup outbox
[OK] The channel "outbox" was set up successfully (outbox, queue "outbox").
= 0
> stats
 Channel        Queue          Transport  Ready  Delayed  Reserved  Dead letters
 plain          plain          memory         0        0         0             0
 orders         orders         memory         0        0         0             0
 mails          mails          memory         0        0         0             0
 outbox         outbox         outbox         3        0         0             0
 outbox:orders  outbox:orders  pdo            2        0         0             0
 outbox:mails   outbox:mails   pdo            1        0         0             0
= 0
> stats outbox --json
{"channels":{"outbox":{"queue":"outbox","transport":"outbox","ready":3,"delayed":0,"reserved":0,"exact":true,"deadLetters":0},"outbox:orders":{"queue":"outbox:orders","transport":"pdo","ready":2,"delayed":0,"reserved":0,"exact":true,"deadLetters":0},"outbox:mails":{"queue":"outbox:mails","transport":"pdo","ready":1,"delayed":0,"reserved":0,"exact":true,"deadLetters":0}}}
= 0
> debug
Handlers
 No handler is registered.

Channels
 Channel  Transport  Queue   Where    Policy
 plain    memory     plain   memory:  <policy>
 orders   memory     orders  memory:  <policy>, sent through the outbox
 mails    memory     mails   memory:  <policy>, sent through the outbox
= 0
> relay --stop-when-empty --json -q
{"handled":3,"stopReason":"empty"}
= 0
> stats orders outbox
 Channel        Queue          Transport  Ready  Delayed  Reserved  Dead letters
 orders         orders         memory         2        0         0             0
 outbox         outbox         outbox         0        0         0             0
 outbox:orders  outbox:orders  pdo            0        0         0             0
 outbox:mails   outbox:mails   pdo            0        0         0             0
= 0
> consume outbox --stop-when-empty --json -q
{"handled":1,"stopReason":"empty"}
= 0
> relay orders
error: Too many arguments, beginning with "orders".
usage: worker.php relay [options]
= 2
> relay --all
error: The outbox is relayed as a whole: leave "--queue" and "--all" out.
usage: worker.php relay [options]
= 2
> stats
 Channel  Queue   Transport  Ready  Delayed  Reserved  Dead letters
 plain    plain   memory         0        0         0             0
 orders   orders  memory         0        0         0             0
 outbox   outbox  outbox         0        0         0             0
= 0
> relay
error: There is no outbox: it is kept in the application's database; pass database: to the constructor of Ecoq\Messaging.
usage: worker.php relay [options]
= 2
> stats outbox
error: Channel "outbox" does not exist. Configured channels: "plain".
usage: worker.php stats [options] [--] [<channel>...]
= 2
> stats
 Channel  Queue  Transport  Ready  Delayed  Reserved  Dead letters
 plain    plain  memory         0        0         0             0
= 0
> relay --stop-when-empty --json -q
{"handled":0,"stopReason":"empty"}
= 0
