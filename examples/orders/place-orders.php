<?php

// php place-orders.php [HOW MANY]: places orders, as a shop's web pages would.

use Shop\NextOrderId;
use Shop\PlaceOrder;

$ecoq = require __DIR__ . '/bootstrap.php';
$count = (int) ($argv[1] ?? 5_000);
if ($count < 1) {
    fwrite(STDERR, "usage: php place-orders.php [HOW MANY]\n");
    exit(2);
}
$live = stream_isatty(STDERR);
$first = $ecoq->query(new NextOrderId());
$start = hrtime(true);

for ($i = 0; $i < $count; $i++) {
    $id = $first + $i;
    $ecoq->send(new PlaceOrder($id, "customer$id@example.com", sprintf('A-%03d', $id % 1000), 1 + $id % 3));
    if ($live && ($i + 1) % 100 === 0) {
        fprintf(STDERR, "\r%d of %d orders", $i + 1, $count);
    }
}
$seconds = (hrtime(true) - $start) / 1e9;
if ($live) {
    fwrite(STDERR, "\r\e[K");
}
printf("%d orders placed in %.1f s, %d messages waiting for the worker\n", $count, $seconds, 3 * $count);
