--TEST--
exit() and a throwing destructor inside a transport written in PHP pass through; values refuse a second constructor call
--FILE--
<?php
require __DIR__ . '/userland.inc';

foreach ([
    fn () => (new Ecoq\QueueStats(1))->__construct(2),
    fn () => (new Ecoq\OutgoingMessage('b'))->__construct('c'),
    fn () => (new Ecoq\ReservedMessage('b', 't'))->__construct('c', 't'),
    fn () => new Ecoq\QueueStats(reserved: -1),
    fn () => new Ecoq\OutgoingMessage('b', priority: 10),
    fn () => new Ecoq\OutgoingMessage('b', expiresAt: -1),
    fn () => new Ecoq\ReservedMessage('b', ''),
    fn () => new Ecoq\ReservedMessage('b', 't', crashes: -1),
    function () { $stats = new Ecoq\QueueStats(1); $stats->ready = 2; },
    fn () => unserialize('O:15:"Ecoq\QueueStats":0:{}'),
] as $call) {
    echo thrown($call), "\n";
}
foreach ([new Ecoq\QueueStats(1, exact: false), new Ecoq\OutgoingMessage('b', 'i', 't', 9, 5, 6), new Ecoq\ReservedMessage('b', 't', 2, true, 0, true)] as $value) {
    echo eval('return ' . var_export($value, true) . ';') == $value ? 'same' : 'different', ' ', json_encode(clone $value), "\n";
}

$t = new ArrayTransport();
$c = (new Ecoq\Messaging(channels: ['orders' => $t]))->channel('orders');
$t->before = ['reserve' => function () { echo "leaving\n"; exit(3); }];
register_shutdown_function(function () { echo "shut down\n"; });
try {
    $c->receive(wait: 1000);
} catch (Throwable $e) {
    echo "caught ", $e::class, "\n";
} finally {
    echo "not reached\n";
}
?>
--EXPECTF--
Error: Cannot call Ecoq\QueueStats::__construct() twice, the object is immutable
Error: Cannot call Ecoq\OutgoingMessage::__construct() twice, the object is immutable
Error: Cannot call Ecoq\ReservedMessage::__construct() twice, the object is immutable
ValueError: Ecoq\QueueStats::__construct(): Argument #3 ($reserved) must not be negative
ValueError: Ecoq\OutgoingMessage::__construct(): Argument #4 ($priority) must be between 0 and 9, 10 given
ValueError: Ecoq\OutgoingMessage::__construct(): Argument #6 ($expiresAt) must be between 0 and 9223372036854775807, -1 given
ValueError: Ecoq\ReservedMessage::__construct(): Argument #2 ($token) %s empty
ValueError: Ecoq\ReservedMessage::__construct(): Argument #3 ($crashes) must be between 0 and 4294967295, -1 given
Error: Cannot modify readonly property Ecoq\QueueStats::$ready
Exception: Unserialization of 'Ecoq\QueueStats' is not allowed
same {"ready":1,"delayed":null,"reserved":null,"exact":false}
same {"body":"b","id":"i","type":"t","priority":9,"deliverAt":5,"expiresAt":6}
same {"body":"b","token":"t","crashes":2,"suspect":true,"priority":0,"redelivered":true}
leaving
shut down
