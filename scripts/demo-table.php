<?php

// The table at the end of scripts/demo.sh: php demo-table.php ORDERS REPORT, the report as `consume --format=json` wrote it.
// Fails when the numbers are not what the example's handlers must lead to.

[, $orders, $file] = $argv;
$orders = (int) $orders;
$lines = array_filter(explode("\n", trim(file_get_contents($file))));
$report = json_decode(end($lines) ?: '', true);
if (!is_array($report)) {
    fwrite(STDERR, "The worker left no report in $file\n");
    exit(1);
}

$ecoq = require dirname(__DIR__) . '/examples/orders/bootstrap.php';
$shop = Shop\database(getenv('ORDERS_DATA') . '/shop.sqlite');
$count = fn (string $what): int => (int) $shop->query("SELECT COUNT(*) FROM $what")->fetchColumn();
$stats = $ecoq->channel('notifications')->stats();

// see examples/orders/src/Stock.php: every 500th order never succeeds, every other 20th does at the second try
$hopeless = intdiv($orders, 500);
$flaky = intdiv($orders, 20) - $hopeless;
$expected = ['handled' => 3 * $orders - $hopeless, 'retried' => $flaky + 2 * $hopeless, 'deadLettered' => $hopeless];

$idle = $report['stopReason'] === 'idle-limit' ? 2000 : 0;
$busy = max(1, $report['duration'] - $idle) / 1000;
$rate = array_sum(array_intersect_key($report, ['handled' => 1, 'failed' => 1])) / $busy;
$rows = [
    ['handled', $report['handled'], sprintf('of %s messages: %s orders, three subscribers', number_format(3 * $orders), number_format($orders))],
    ['retried', $report['retried'], 'failures of the flaky subscriber that were tried again, 50 ms and 100 ms later'],
    ['dead-lettered', $report['deadLettered'], 'given up on after 3 attempts, and kept'],
    ['messages per second', $rate, sprintf('one worker, busy for %.1f s', $busy)],
    ['orders', $count('orders'), "in the shop's database"],
    ['confirmations', $count("mails WHERE kind = 'confirmation'"), 'by the slow subscriber'],
    ['reservations', $count('reservations'), 'by the flaky subscriber'],
    ['reviews', $count("mails WHERE kind = 'review'"), 'by the delayed subscriber'],
    ['left in the channel', $stats->ready + $stats->delayed + $stats->reserved, ''],
];
foreach ($rows as [$name, $number, $remark]) {
    printf("  %-20s %8s   %s\n", $name, number_format($number), $remark);
}

$faults = [];
foreach ($expected as $name => $number) {
    if ($report[$name] !== $number) {
        $faults[] = "$name is {$report[$name]}, expected $number";
    }
}
foreach (['confirmations' => $orders, 'reservations' => $orders - $hopeless, 'reviews' => $orders, 'left in the channel' => 0] as $name => $number) {
    $found = array_column($rows, 1, 0)[$name];
    if ($found !== $number) {
        $faults[] = "$name: $found, expected $number";
    }
}
foreach ($faults as $fault) {
    fwrite(STDERR, "Not as it should be: $fault\n");
}
exit($faults === [] ? 0 : 1);
