--TEST--
examples/orders: orders are placed by one process and drained by another, with retries, a delay and dead letters
--SKIPIF--
<?php
if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite');
if (getenv('SKIP_SLOW_TESTS')) die('skip slow');
?>
--FILE--
<?php
require __DIR__ . '/process.inc';
$data = sys_get_temp_dir() . '/ecoq-orders-' . getmypid();

function example(string $script, string ...$arguments): string
{
    global $data;
    $command = php_command(dirname(__DIR__, 2) . "/examples/orders/$script", ...$arguments);
    [$status, $output] = run($command, '/', ['ORDERS_DATA' => $data]);
    return $status === 0 ? $output : "exit code $status\n$output";
}

echo preg_replace('/in [\d.]+ s/', 'in N s', example('place-orders.php', '1000'));
$lines = explode("\n", trim(example('worker.php', 'consume', 'notifications', '--idle-limit=1.5', '--format=json')));
$report = json_decode(end($lines), true);
foreach (['handled', 'failed', 'retried', 'deadLettered', 'stopReason'] as $name) {
    echo "$name: ", $report[$name] ?? 'missing', "\n";
}

$shop = new PDO("sqlite:$data/shop.sqlite");
foreach (['orders', "mails WHERE kind = 'confirmation'", "mails WHERE kind = 'review'", 'reservations', 'faults'] as $what) {
    echo "$what: ", $shop->query("SELECT COUNT(*) FROM $what")->fetchColumn(), "\n";
}
putenv("ORDERS_DATA=$data");
$ecoq = require dirname(__DIR__, 2) . '/examples/orders/bootstrap.php';
foreach ($ecoq->deadLetters()->list() as $letter) {
    echo "dead letter: $letter->endpointId, $letter->attempts attempts, $letter->error\n";
}

unset($shop, $ecoq);
array_map(unlink(...), glob("$data/*"));
rmdir($data);
?>
--EXPECT--
1000 orders placed in N s, 3000 messages waiting for the worker
handled: 2999
failed: 12
retried: 11
deadLettered: 1
stopReason: idle-limit
orders: 1000
mails WHERE kind = 'confirmation': 1000
mails WHERE kind = 'review': 1000
reservations: 999
faults: 12
dead letter: stock, 3 attempts, The warehouse knows no article A-000
