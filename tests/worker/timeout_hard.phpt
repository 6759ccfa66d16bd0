--TEST--
A handler that hangs beyond its time-out is ended with its process; another worker goes on, whatever the dead one left running
--SKIPIF--
<?php
if (!extension_loaded('pdo_sqlite') || !extension_loaded('posix')) die('skip pdo_sqlite and posix are needed');
if (getenv('SKIP_SLOW_TESTS')) die('skip takes seconds');
?>
--FILE--
<?php
require __DIR__ . '/workers.inc';
require __DIR__ . '/misbehaving.inc';

$setup = 'require ' . var_export(__DIR__ . '/misbehaving.inc', true) . '; ini_set("ecoq.scoreboard", "$file.scoreboard");';
/** Lines of what the hanging handlers wrote: [letter, when, pid] */
$starts = fn (string $file): array => is_file("$file.hang") ? array_map(fn ($line) => explode(' ', $line), file("$file.hang", FILE_IGNORE_NEW_LINES)) : [];
$status = function (string $file): array {
    ini_set('ecoq.scoreboard', "$file.scoreboard");
    ob_start();
    (new Ecoq\Console(misbehaving($file)))->run(['w', 'status', '--json']);
    return json_decode(ob_get_clean())->workers;
};

// swallowing every exception, and a single call that no exception can reach
foreach (['swallow', 'hang'] as $kind) {
    $file = database_file();
    misbehaving($file)->sendTo($kind);
    $before = microtime(true);
    $worker = new WorkerProcess("$setup misbehaving(\$file)->worker('q')->run();", $file);
    $said = preg_replace(['/[\da-f]{8}-[\da-f-]{27}/', '/for [\d.]+ s/', '/process \d+/'], ['<id>', 'for <n> s', 'process <pid>'], $worker->rest());
    [$code] = $worker->wait();
    $seconds = microtime(true) - $before;
    $left = $status($file)[0];
    echo "$kind: exit code $code, ", $seconds >= 1.3 && $seconds < 15 ? 'in time' : "after $seconds s", "\n$said";
    echo "status: $left->state, $left->channel, $left->endpoint, ", preg_replace('/[\d.]+/', '<n>', $left->note), ', ', $left->pid === $worker->pid ? 'its pid' : 'another pid', "\n";
}

// its message goes to another worker, although a child of the first is still alive
$file = database_file();
misbehaving($file, 'retry.max=1')->sendTo('background');
$first = new WorkerProcess("$setup misbehaving(\$file)->worker('q')->run();", $file);
until(fn () => count($starts($file)) === 1);
$second = new WorkerProcess("$setup misbehaving(\$file)->worker('q', timeLimit: 20_000)->run();", $file);
[$code] = $first->wait();
$ended = microtime(true);
until(fn () => count($starts($file)) === 2);
$all = $starts($file);
printf("background: exit code %d, child %s, taken over %s\n", $code, posix_kill((int) $all[0][2], 0) ? 'alive' : 'gone', $all[1][1] - $ended < 4 ? 'soon' : 'late');
printf("its slot: %s\n", implode(', ', array_map(fn ($worker) => $worker->state . ' ' . ($worker->pid === $second->pid ? 'second' : 'first'), $status($file))));
$second->wait();
foreach ($starts($file) as [, , $pid]) {
    posix_kill((int) $pid, 9);
}

// a process that was stopped all the time gets its second after it was resumed
$file = database_file();
misbehaving($file)->sendTo('nap');
$worker = new WorkerProcess("$setup \$r = misbehaving(\$file)->worker('q', limit: 1)->run(); echo \"failed \$r->failed, lost \$r->lost\";", $file);
$worker->line();
$worker->signal(19);
usleep(2_500_000);
$worker->signal(18);
echo 'stopped and resumed: ', $worker->rest(), ', exit code ', $worker->wait()[0], "\n";

// one that hangs each time ends as crashed
$file = database_file();
misbehaving($file)->sendTo('hang');
for ($tries = 0; count(misbehaving($file)->deadLetters()->list()) === 0 && $tries < 6; $tries++) {
    $worker = new WorkerProcess("$setup misbehaving(\$file)->worker('q', limit: 1)->run();", $file);
    $worker->rest();
}
$letter = misbehaving($file)->deadLetters()->list()[0];
printf("hangs each time: %d runs, %d starts, %s\n", count($starts($file)), $tries, $letter->error);
?>
--EXPECT--
swallow: exit code 124, in time
ecoq: channel "q": handler swallow hung for <n> s (time-out 0.5 s) on message <id> and did not react: process <pid> is ended; the message is tried again
status: killed, q, swallow, hung for <n> s (time-out <n> s), its pid
hang: exit code 124, in time
ecoq: channel "q": handler hang hung for <n> s (time-out 0.5 s) on message <id> and did not react: process <pid> is ended; the message is tried again
status: killed, q, hang, hung for <n> s (time-out <n> s), its pid
background: exit code 124, child alive, taken over soon
its slot: killed first, handling second
stopped and resumed: failed 1, lost 0, exit code 0
hangs each time: 2 runs, 3 starts, crashed: the worker died 1 times while it ran this message
