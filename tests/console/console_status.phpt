--TEST--
Console: status shows who does what since when, as text and as JSON; the dead and the unusable scoreboard
--SKIPIF--
<?php if (!extension_loaded('pdo_sqlite') || !extension_loaded('posix')) die('skip pdo_sqlite and posix are needed'); ?>
--FILE--
<?php
require __DIR__ . '/application.inc';
require __DIR__ . '/../worker/workers.inc';

$file = queue_file();
$board = "$file.scoreboard";
ini_set('ecoq.scoreboard', $board);
$setup = 'require ' . var_export(__DIR__ . '/application.inc', true) . '; ini_set("ecoq.scoreboard", "$file.scoreboard"); application($file)';
function status(string ...$arguments): array
{
    ob_start();
    $code = console(application(), 'status', ...$arguments);
    return [$code, ob_get_clean()];
}
/** The workers by pid, once the condition holds for them. */
function workers(callable $condition): array
{
    until(function () use (&$workers, $condition): bool {
        $workers = array_column(json_decode(status('--json')[1], flags: JSON_THROW_ON_ERROR)->workers, null, 'pid');
        return $condition($workers);
    });
    return $workers;
}

echo implode(': ', status()), implode(': ', status('--format=json')), file_exists($board) ? 'made' : 'not made', " by looking on\n";

$idle = new WorkerProcess("{$setup}->worker('emails')->run();", $file);
workers(fn ($all) => ($all[$idle->pid]->state ?? '') === 'idle');
application($file)->publishTo('order.placed', ['sleep' => 1]);
application($file)->publishTo('order.placed', ['sleep' => 20_000]);
(new PDO("sqlite:$file"))->exec(<<<'SQL'
    UPDATE ecoq_messages SET body = replace(body, '"id":"', '"id":"evil\u001b[31m') WHERE body LIKE '%20000%'
    SQL);
$busy = new WorkerProcess("{$setup}->worker('orders')->run();", $file);
$workers = workers(fn ($all) => ($all[$idle->pid]->state ?? '') === 'idle' && ($all[$busy->pid]->state ?? '') === 'handling' && $all[$busy->pid]->handled === 1);
echo count($workers), ' ', implode(',', array_keys((array) $workers[$idle->pid])), "\n";
foreach ([$idle, $busy] as $process) {
    $worker = $workers[$process->pid];
    echo json_encode([$worker->state, $worker->channel, $worker->message, $worker->endpoint, $worker->handled, $worker->failed, $worker->note]), ' ';
    $recent = fn (?string $time) => $time === null ? 'none' : (abs(strtotime($time) - time()) < 30 ? 'recent' : $time);
    echo implode(' ', [$recent($worker->since), $recent($worker->started), $recent($worker->lastDone)]), ' ', $worker->forMs >= 0 && $worker->forMs < 30_000 ? 'ms' : $worker->forMs, "\n";
}
[$code, $table] = status();
echo $code, "\n", preg_replace(['/\b\d+(?= +(idle|handling|dead))/', '/ +/'], ['<pid>', ' '], steady($table));
var_dump(decoct(fileperms($board) & 0777));

$busy->signal(9);
$busy->wait();
$workers = workers(fn ($all) => ($all[$busy->pid]->state ?? '') === 'dead');
echo $workers[$busy->pid]->state, ' ', $workers[$busy->pid]->endpoint, "\n";
$idle->signal(SIGTERM);
$idle->wait();
echo count(workers(fn ($all) => count($all) === 1)), " left: the dead one\n";

// one line, and the worker works
echo "== unusable\n";
unlink($board);
file_put_contents("$file.other", '');
symlink("$file.other", $board);
application($file)->publishTo('order.placed', ['print' => 'handled']);
$run = new WorkerProcess("{$setup}->worker('orders', limit: 1)->run();", $file);
echo str_replace($board, '<board>', $run->rest());
[$code] = status();
echo "exit code $code, ", filesize("$file.other"), " bytes written\n";
ini_set('ecoq.scoreboard', '');
echo status()[0], "\n";
?>
--EXPECTF--
0:  No worker of this user runs on this machine.
0: {"workers":[]}
not made by looking on
2 pid,state,channel,message,endpoint,since,forMs,started,lastDone,handled,failed,note
["idle",null,null,null,0,0,null] recent recent none ms
["handling","orders","evil\u001b[31m%s","orders.confirm",1,0,null] recent recent recent ms
0
 Worker State For Channel Message Endpoint Done Failed
 <pid> idle <n> s - - - 0 0
 <pid> handling <n> s orders evil\x1b[31m%s orders.confirm 1 0
string(3) "600"
dead orders.confirm
1 left: the dead one
== unusable
ecoq: The scoreboard <board> cannot be opened: Too many levels of symbolic links (it is a symbolic link)
handled
error: The scoreboard %s cannot be opened: Too many levels of symbolic links (it is a symbolic link)
exit code 1, 0 bytes written
error: The scoreboard is switched off (ecoq.scoreboard is empty)
1
