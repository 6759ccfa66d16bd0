--TEST--
MariaDB, MySQL: many messages in few statements: in order, byte for byte, each id once, whether or not the connection takes several statements at a time
--SKIPIF--
<?php
if (!extension_loaded('pdo_mysql')) die('skip no pdo_mysql');
if (!getenv('ECOQ_TEST_MYSQL_DSN')) die('skip ECOQ_TEST_MYSQL_DSN is not set');
?>
--FILE--
<?php
require __DIR__ . '/mysql.inc';
$message = fn (int $n, string $more = '') => Ecoq\Message::create("m$n", ['n' => $n, 'more' => $more]);
$types = function ($channel): array {
    for ($types = []; $some = $channel->receive(100);) {
        foreach ($some as $delivery) {
            $types[] = $delivery->message->type;
            $delivery->ack();
        }
    }
    return $types;
};
foreach (['DSN' => fn ($t) => mysql_channel($t), 'PDO' => fn ($t) => new Ecoq\Channel(mysql_pdo(), options: ['table' => $t]),
    'one at a time' => fn ($t) => new Ecoq\Channel(mysql_pdo([PDO::MYSQL_ATTR_MULTI_STATEMENTS => false]), options: ['table' => $t])] as $how => $make) {
    $channel = (new Ecoq\Messaging(channels: ['x' => $make(mysql_table())]))->channel('x');
    $channel->setup();
    $messages = array_map($message, range(1, 100));
    $channel->send($messages);
    // again, some of them, twice each, among new ones
    $channel->send([...array_slice($messages, 0, 20), $message(101), ...array_slice($messages, 0, 20), $new = $message(102), $new, ...array_map($message, range(103, 140))]);
    $got = $types($channel);
    echo "$how: ", count($got), ' ', $got === array_map(fn ($n) => "m$n", range(1, 140)) ? 'in order' : implode(' ', $got);
    // each nearly as large as the server takes, and small ones around them
    $large = str_repeat("\u{e9}'\"\\", (int) (mysql_pdo()->query('SELECT @@max_allowed_packet')->fetchColumn() / 3 / 8));
    $channel->send([...array_map($message, range(1, 9)), $message(10, $large), $message(11, $large), $message(12, $large), ...array_map($message, range(13, 40))]);
    $ok = true;
    for ($n = 0; $some = $channel->receive(1); $n++) {
        $ok = $ok && $some[0]->message->payload === ['n' => $n + 1, 'more' => $n >= 9 && $n < 12 ? $large : ''];
        $some[0]->ack();
    }
    echo ", $n ", $ok ? 'whole' : 'damaged', "\n";
}
?>
--EXPECT--
DSN: 140 in order, 40 whole
PDO: 140 in order, 40 whole
one at a time: 140 in order, 40 whole
