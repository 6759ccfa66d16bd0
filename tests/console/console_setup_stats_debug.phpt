--TEST--
Console: setup, stats and debug, as text and as JSON
--FILE--
<?php
require __DIR__ . '/application.inc';
$ecoq = application();

echo console($ecoq, 'setup', '--exclude=emails'), "\n";
echo console($ecoq, 'setup'), "\n";
$ecoq->publishTo('order.placed', ['id' => 1]);
$ecoq->publishTo('order.placed', ['id' => 2]);
$ecoq->sendTo('email.send', ['to' => 'ada']);
echo console($ecoq, 'stats'), "\n";
echo console($ecoq, 'stats', '--format=json', 'emails'), "\n";

echo "== debug\n";
$ecoq = application();
echo console($ecoq, 'debug'), "\n";
echo console($ecoq, 'debug', 'emails.'), "\n";
echo console($ecoq, 'debug', 'nothing'), "\n";
ob_start();
console($ecoq, 'debug', '--json');
$all = json_decode(ob_get_clean(), true, flags: JSON_THROW_ON_ERROR);
echo implode(',', array_keys($all)), ' ', count($all['endpoints']), ' ', implode(',', array_keys($all['channels'])), "\n";
echo json_encode($all['endpoints'][2], JSON_UNESCAPED_SLASHES), "\n", json_encode($all['endpoints'][1]['retry']), "\n";
echo console(new Ecoq\Messaging(), 'debug'), "\n";

$policy = new Ecoq\Channel('memory:', retry: new Ecoq\RetryPolicy(maxRetries: 9, delay: 5), timeout: 60_000, unknown: 'ignore', ack: 'each');
$retry = new class {
    #[Ecoq\Attribute\Asynchronous('c')]
    #[Ecoq\Attribute\Delayed(expression: 'payload.due')]
    #[Ecoq\Attribute\TimeToLive(9000)]
    #[Ecoq\Attribute\Retry(max: 2, delay: 10, multiplier: 1.5, maxDelay: 99, jitter: 0)]
    #[Ecoq\Attribute\EventHandler("a.*", endpointId: 'e')]
    #[Ecoq\Attribute\EventHandler("b\x1b[0m", endpointId: 'f')]
    public function handle(array $event): void {}
};
$other = new Ecoq\Messaging(handlers: [$retry, 'c.d' => fn () => null], channels: ['c' => $policy]);
echo console($other, 'debug'), "\n";
echo console($other, 'debug', '--json', 'a.*'), "\n";
?>
--EXPECT--
[OK] The channel "orders" was set up successfully (memory, queue "orders").
0
[OK] The channel "orders" was set up successfully (memory, queue "orders").
[OK] The channel "emails" was set up successfully (memory, queue "mail").
0
 Channel  Queue   Transport  Ready  Delayed  Reserved  Dead letters
 orders   orders  memory         2        0         0             0
 emails   mail    memory         0        1         0             0
0
{"channels":{"emails":{"queue":"mail","transport":"memory","ready":0,"delayed":1,"reserved":0,"exact":true,"deadLetters":0}}}
0
== debug
Handlers
 Kind     Type          Endpoint        Handler          Channel  Options
 event    order.placed  orders.confirm  Orders::confirm  orders
 event    order.broken  orders.broken   Orders::broken   orders   retry max 1 delay 1 ms
 command  email.send    emails.send     Orders::email    emails   delay 60000 ms, priority 7
 query    order.get     Orders::get     Orders::get      -

Channels
 Channel  Transport  Queue   Where               Policy
 orders   memory     orders  memory:             retry max 3 delay 1000 ms multiplier 2 max delay 60000 ms jitter 0.1, unknown retry
 emails   memory     mail    memory:?queue=mail  retry max 3 delay 1000 ms multiplier 2 max delay 60000 ms jitter 0.1, unknown retry
0
Handlers
 Kind     Type        Endpoint     Handler        Channel  Options
 command  email.send  emails.send  Orders::email  emails   delay 60000 ms, priority 7
0
Handlers
 No handler matches.
0
endpoints,channels,problems 4 orders,emails
{"kind":"command","types":["email.send"],"endpoint":"emails.send","handler":"Orders::email","channels":["emails"],"delay":60000,"timeToLive":null,"priority":7,"retry":null,"instantRetry":null,"deduplicated":null,"timeout":null,"withoutTransaction":false,"formerly":[]}
{"max":1,"delay":1}
Handlers
 No handler is registered.

Channels
 Channel  Transport  Queue  Where  Policy
0
Handlers
 Kind   Type      Endpoint      Handler                  Channel  Options
 event  a.*       e             class@anonymous::handle  c        delay payload.due, time to live 9000 ms, retry max 2 delay 10 ms multiplier 1.5 max delay 99 ms jitter 0
 event  b\x1b[0m  f             class@anonymous::handle  c        delay payload.due, time to live 9000 ms, retry max 2 delay 10 ms multiplier 1.5 max delay 99 ms jitter 0
 event  c.d       c.d#callable  callable                 -

Channels
 Channel  Transport  Queue  Where    Policy
 c        memory     c      memory:  retry max 9 delay 5 ms multiplier 2 max delay 60000 ms jitter 0.1, unknown ignore, timeout 60000 ms, ack each
0
{"endpoints":[{"kind":"event","types":["a.*"],"endpoint":"e","handler":"class@anonymous::handle","channels":["c"],"delay":"payload.due","timeToLive":9000,"priority":null,"retry":{"max":2,"delay":10,"multiplier":1.5,"maxDelay":99,"jitter":0.0},"instantRetry":null,"deduplicated":null,"timeout":null,"withoutTransaction":false,"formerly":[]}],"problems":[]}
0
