--TEST--
Messages come in the order they were sent, by priority, byte for byte
--SKIPIF--
<?php if (!getenv('ECOQ_TEST_CHANNEL')) die('skip only by redirection from tests/transport/conformance_*.phpt'); ?>
--FILE--
<?php
require __DIR__ . '/conformance.inc';
$c = messaging(['a' => definition()])->channel('a');
// RabbitMQ has a queue for each priority, made by its first message: who receives hears of it a moment later.
$c->send(message('first'), priority: 0);
$c->send(message('first'), priority: 9);
array_map(fn ($d) => $d->ack(), receive($c, 2));
echo stats($c, 0, 0), "\n", count($c->receive()), "\n";

$c->send(array_map(message(...), ['a', 'b', 'c']));
$c->send(message('low'), priority: 0);
$c->send(message('high'), priority: 9);
$c->send(message('d'));
echo stats($c, 0, 0), "\n";
$first = receive($c, 2);
$rest = receive($c, 4);
echo types($first), ' | ', types($rest), "\n", stats($c, 0, 6), "\n";
foreach ([...$rest, ...$first] as $d) {
    $d->ack();
}
echo stats($c, 0, 0), "\n";

$payload = ['text' => "Café/☕ \u{10FFFF} '\"\\", 'nul' => "a\0b", 'big' => str_repeat('x', 1_000_000), 'float' => 1.10, 'o' => new stdClass()];
$sent = message('bytes', $payload);
$c->send($sent);
$d = $c->receive()[0];
var_dump($d->body === Ecoq\Envelope::encode($sent) || json_decode($d->body, true)['data'] == json_decode(json_encode($payload, JSON_PRESERVE_ZERO_FRACTION), true));
var_dump($d->message->id === $sent->id, $d->message->payload['big'] === $payload['big'], $d->message->payload['nul'] === "a\0b");
$d->ack();
$c->send([]);
echo stats($c, 0, 0), "\n";

// Many, in batches, through a small window.
for ($i = 0; $i < 1000; $i += 100) {
    $c->send(array_map(fn ($n) => message("n$n"), range($i, $i + 99)));
}
$seen = [];
while ($batch = $c->receive(64)) {
    foreach ($batch as $d) {
        $seen[] = (int) substr($d->message->type, 1);
        $d->ack();
    }
}
var_dump($seen === range(0, 999));
echo stats($c, 0, 0), "\n";
?>
--EXPECT--
ready 0, delayed 0, reserved 0
0
ready 6, delayed 0, reserved 0
high a | b c d low
ready 0, delayed 0, reserved 6
ready 0, delayed 0, reserved 0
bool(true)
bool(true)
bool(true)
bool(true)
ready 0, delayed 0, reserved 0
bool(true)
ready 0, delayed 0, reserved 0
