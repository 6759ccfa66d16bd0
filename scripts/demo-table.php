<?php

// The table at the end of scripts/demo.sh: php demo-table.php ORDERS MILLISECONDS, how long the worker was busy. It is made from what
// the handlers left in the shop's database and from the channel itself. Fails when that is not what the handlers must lead to.

[, $orders, $busy] = array_map(intval(...), $argv);
$ecoq = require dirname(__DIR__) . '/examples/orders/bootstrap.php';
$shop = Shop\database(getenv('ORDERS_DATA') . '/shop.sqlite');
$count = fn (string $what): int => (int) $shop->query("SELECT COUNT(*) FROM $what")->fetchColumn();
$stats = $ecoq->channel('notifications')->stats();

$confirmations = $count("mails WHERE kind = 'confirmation'");
$reservations = $count('reservations');
$reviews = $count("mails WHERE kind = 'review'");
$faults = $count('faults');
$dead = $ecoq->deadLetters()->count();
$handled = $confirmations + $reservations + $reviews;
$left = $stats->ready + $stats->delayed + $stats->reserved;

// see examples/orders/src/Stock.php: every 1000th order never succeeds, every other 100th does at the second try
$hopeless = intdiv($orders, 1000);
$flaky = intdiv($orders, 100) - $hopeless;
$rows = [
    // what, how many, how many there must be, remark
    ['orders placed', $count('orders'), $orders, 'each an event for three subscribers: ' . number_format(3 * $orders) . ' messages'],
    ['handled', $handled, 3 * $orders - $hopeless, ''],
    ['  confirmations', $confirmations, $orders, 'the slow subscriber: now and then it takes 5 ms'],
    ['  reservations', $reservations, $orders - $hopeless, 'the flaky one'],
    ['  reviews', $reviews, $orders, 'the delayed one: a second after the order'],
    ['retried', $faults - $dead, $flaky + 2 * $hopeless, 'failures of the flaky one, tried again after 50 ms and 100 ms'],
    ['dead-lettered', $dead, $hopeless, 'given up on after three attempts, and kept'],
    ['left in the channel', $left, 0, ''],
    ['messages per second', ($handled + $faults) / max(1, $busy) * 1000, null, sprintf('one worker, busy for %.1f s', $busy / 1000)],
];
$status = 0;
foreach ($rows as [$what, $number, $expected, $remark]) {
    printf("  %-20s %8s   %s\n", $what, number_format($number), $remark);
    if ($expected !== null && $number !== $expected) {
        fwrite(STDERR, "Not as it should be: $what is $number, expected $expected\n");
        $status = 1;
    }
}
exit($status);
