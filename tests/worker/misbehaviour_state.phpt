--TEST--
Handlers that leave buffers, handlers, settings, globals behind, throw or exit: the next message finds a clean worker, and the 100 others are handled
--SKIPIF--
<?php if (!extension_loaded('pdo_sqlite') || !extension_loaded('posix')) die('skip pdo_sqlite and posix are needed'); ?>
--FILE--
<?php
require __DIR__ . '/misbehaviour.inc';
chdir(sys_get_temp_dir());
$file = database_file();

function mine(int $level, string $text): bool { return false; }
set_error_handler('mine');
set_error_handler(fn () => false);
set_error_handler('mine');
set_exception_handler($handler = fn (Throwable $e) => print("uncaught\n"));

class Throws { public function __destruct() { throw new Exception('destructor'); } }
class Sets { public function __destruct() { set_error_handler('strlen'); error_reporting(1); } }
$ways = [
    'throw' => fn () => throw new Error('thrown'),
    'exit' => function () { ob_start(); set_error_handler('strlen'); exit(3); },
    'buffer' => function () { ob_start(); echo "[buffer"; ob_start(); echo " within]\n"; },
    'buffer with a callback' => function () { ob_start(fn (string $text) => strtoupper($text)); echo "[in capitals]\n"; },
    'buffer that cannot be removed' => function () { ob_start(null, 0, 0); echo "[stays]\n"; },
    'buffer whose callback throws' => function () { ob_start(fn () => throw new Exception('in a callback')); echo '[is flushed]'; },
    'buffer whose callback exits' => function () { ob_start(function () { exit; }); echo '[is flushed]'; },
    'buffer, then a throw' => function () { ob_start(); echo "[flushed]\n"; throw new Exception('thrown'); },
    'error handler' => function () { set_error_handler(fn () => true); set_error_handler('strlen'); },
    'error handler set and restored' => function () { set_error_handler(fn () => true); restore_error_handler(); set_exception_handler(null); restore_exception_handler(); },
    'error handler restored too often' => function () { restore_error_handler(); restore_error_handler(); restore_error_handler(); set_error_handler('strlen'); },
    'error handler of an object that throws' => function () { $t = new Throws(); set_error_handler(function () use ($t) {}); },
    'error handler of an object that sets another' => function () { $t = new Sets(); set_error_handler(function () use ($t) {}); },
    'exception handler' => function () { set_exception_handler(fn () => null); restore_exception_handler(); restore_exception_handler(); },
    'error_reporting' => function () { error_reporting(0); },
    'error_reporting, silenced' => function () { @throw_it(); },
    'time limit' => function () { set_time_limit(1); },
    'globals' => function () { $GLOBALS['x'] = 1; unset($GLOBALS['_SERVER']); static $n = 0; $n++; putenv('LANG=x'); },
    'directory' => function () { chdir('/'); umask(0777); umask(0022); },
    'shutdown function' => function () { register_shutdown_function(fn () => null); },
    'warnings' => function () { echo @$undefined; trigger_error('x', E_USER_WARNING); error_clear_last(); },
];
function throw_it(): void { throw new Exception('silenced'); }

$dirty = [];
$handled = 0;
ini_set('display_errors', 0);
ob_start();
$clean = traces();
ob_end_clean();
$handlers = ['ok' => function () use (&$handled, &$dirty, $clean) {
    $handled++;
    if (traces() !== $clean) {
        $dirty[] = json_encode(traces());
    }
}];
foreach ($ways as $how => $way) {
    $handlers[str_replace([' ', ','], ['.', ''], $how)] = $way;
}
$name = basename($file);
foreach (['memory:?retry.max=0', "sqlite:$name?retry.max=0"] as $dsn) {
    $ecoq = new Ecoq\Messaging(handlers: $handlers, channels: ['q' => $dsn], logger: $logger = new LineLogger());
    foreach (array_slice(array_keys($handlers), 1) as $how) {
        send_among_others($ecoq, $how);
        $handled = 0;
        $dirty = $logger->lines = [];
        ob_start();
        $report = $ecoq->worker('q', stopWhenEmpty: true)->run();
        $after = traces();
        $printed = ob_get_clean();
        if ($handled !== 100 || $dirty || $after !== $clean || $report->handled + $report->failed !== 101 || $ecoq->channel('q')->stats()->ready + $ecoq->channel('q')->stats()->reserved) {
            echo "$how on $dsn: $handled handled, dirty ", json_encode(array_unique($dirty)), json_encode($report), "\n";
        }
        if ($dsn[0] === 'm') {
            echo "$how: failed {$report->failed}\n", preg_replace('/^/m', '  ', implode("\n", [...array_filter(explode("\n", $printed)), ...$logger->lines])), "\n";
        }
    }
}
?>
--EXPECT--
throw: failed 1
  error: Message <id> on channel q was dead-lettered: Error: thrown
exit: failed 1
  warning: The handler of message <id> on channel q left behind: an open output buffer, an error handler. It was cleared away
  error: Message <id> on channel q was dead-lettered: the handler called exit()
buffer: failed 0
  [buffer within]
  warning: The handler of message <id> on channel q left behind: open output buffers. It was cleared away
buffer.with.a.callback: failed 0
  [IN CAPITALS]
  warning: The handler of message <id> on channel q left behind: an open output buffer. It was cleared away
buffer.that.cannot.be.removed: failed 0
  [stays]
  warning: The handler of message <id> on channel q left behind: an open output buffer. It was cleared away
buffer.whose.callback.throws: failed 0
  [is flushed]
  warning: The handler of message <id> on channel q left behind: an open output buffer, its callback threw Exception: in a callback. It was cleared away
buffer.whose.callback.exits: failed 0
  [is flushed]
  warning: The handler of message <id> on channel q left behind: an open output buffer, its callback called exit(). It was cleared away
buffer.then.a.throw: failed 1
  [flushed]
  warning: The handler of message <id> on channel q left behind: an open output buffer. It was cleared away
  error: Message <id> on channel q was dead-lettered: Exception: thrown
error.handler: failed 0
  warning: The handler of message <id> on channel q left behind: an error handler. It was cleared away
error.handler.set.and.restored: failed 0
  
error.handler.restored.too.often: failed 0
  warning: The handler of message <id> on channel q left behind: an error handler. It was cleared away
error.handler.of.an.object.that.throws: failed 0
  warning: The handler of message <id> on channel q left behind: an error handler. It was cleared away
error.handler.of.an.object.that.sets.another: failed 0
  warning: The handler of message <id> on channel q left behind: an error handler, another error_reporting. It was cleared away
exception.handler: failed 0
  warning: The handler of message <id> on channel q left behind: an exception handler. It was cleared away
error_reporting: failed 0
  warning: The handler of message <id> on channel q left behind: another error_reporting. It was cleared away
error_reporting.silenced: failed 1
  error: Message <id> on channel q was dead-lettered: Exception: silenced
time.limit: failed 0
  warning: The handler of message <id> on channel q left behind: another time limit. It was cleared away
globals: failed 0
  
directory: failed 0
  
shutdown.function: failed 0
  
warnings: failed 0
  
