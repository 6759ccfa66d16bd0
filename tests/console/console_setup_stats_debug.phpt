--TEST--
Console: setup, stats and debug, as text and as JSON; a channel that fails does not hide the others
--SKIPIF--
<?php if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite'); ?>
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

echo "== one channel fails\n";
$broken = new Ecoq\Messaging(channels: ['good' => 'memory:', "bad\x1b[0m" => 'sqlite:/nonexistent/queue.sqlite?queue=q', 'better' => 'memory:']);
foreach (['setup', 'stats', 'stats --json', 'setup --json'] as $line) {
    echo $line, "\n";
    $code = console($broken, ...explode(' ', $line));
    echo "exit code $code\n";
}

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
?>
--EXPECT--
