--TEST--
Console: failures at run time are reported, not thrown; a channel that fails does not hide the others
--FILE--
<?php
require __DIR__ . '/application.inc';

final class Broken implements Ecoq\Transport
{
    private function down(string $password): never
    {
        throw new RuntimeException("broker\x1b[2J down", 0, new LogicException('no route'));
    }
    public function send(string $queue, array $messages): void { $this->down('hunter2'); }
    public function reserve(string $queue, int $max): array { $this->down('hunter2'); }
    public function acknowledge(string $queue, array $tokens): array { $this->down('hunter2'); }
    public function release(string $queue, array $tokens): void { $this->down('hunter2'); }
    public function owns(string $queue, string $token): bool { $this->down('hunter2'); }
    public function stats(string $queue): Ecoq\QueueStats { $this->down('hunter2'); }
    public function purge(string $queue): int { $this->down('hunter2'); }
    public function setup(string $queue): void { $this->down('hunter2'); }
    public function capabilities(): array { return []; }
}
ini_set('zend.exception_ignore_args', '0');
$ecoq = new Ecoq\Messaging(channels: ['good' => 'memory:', "bad\x1b[0m" => new Broken(), 'better' => 'memory:?queue=b']);

foreach (['setup', 'stats', 'stats --json', 'setup --json', 'consume --all -t 0.2', 'consume --all -t 0.2 --json', 'failed show', 'failed show -v', 'failed remove --all --force --json'] as $line) {
    echo "== $line\n";
    ob_start(fn ($text) => steady($text));
    $code = console($ecoq, ...explode(' ', $line));
    ob_end_flush();
    echo "exit code $code\n";
}
?>
--EXPECTF--
== setup
error: channel "bad\x1b[0m": Broken::setup() threw RuntimeException: broker\x1b[2J down
[OK] The channel "good" was set up successfully (memory, queue "good").
[OK] The channel "better" was set up successfully (memory, queue "b").
exit code 1
== stats
error: channel "bad\x1b[0m": Broken::stats() threw RuntimeException: broker\x1b[2J down
 Channel     Queue       Transport  Ready  Delayed  Reserved  Dead letters
 good        good        memory         0        0         0             0
 bad\x1b[0m  bad\x1b[0m  userland       ?        ?         ?             ?
 better      b           memory         0        0         0             0
exit code 1
== stats --json
{"time":"%s","level":"ERROR","channel":"bad\u001b[0m","message":"Broken::stats() threw RuntimeException: broker\u001b[2J down"}
{"channels":{"good":{"queue":"good","transport":"memory","ready":0,"delayed":0,"reserved":0,"exact":true,"deadLetters":0},"bad\u001b[0m":{"queue":"bad\u001b[0m","transport":"userland","ready":null,"delayed":null,"reserved":null,"exact":false,"deadLetters":null,"error":"Broken::stats() threw RuntimeException: broker\u001b[2J down"},"better":{"queue":"b","transport":"memory","ready":0,"delayed":0,"reserved":0,"exact":true,"deadLetters":0}}}
exit code 1
== setup --json
{"time":"%s","level":"ERROR","channel":"bad\u001b[0m","message":"Broken::setup() threw RuntimeException: broker\u001b[2J down"}
{"channels":{"good":{"transport":"memory","queue":"good","ok":true},"bad\u001b[0m":{"transport":"userland","queue":"bad\u001b[0m","ok":false,"error":"Broken::setup() threw RuntimeException: broker\u001b[2J down"},"better":{"transport":"memory","queue":"b","ok":true}}}
exit code 1
== consume --all -t 0.2
 [OK] Consuming messages from channels "good", "bad\x1b[0m", "better".
 // The worker stops once it has run for 0.2s, or at SIGTERM.
 // Quit the worker with CONTROL-C.
 // Run it with -vv to see every message.
%d:%d:%d WARNING   [bad\x1b[0m] Channel cannot be reached, next try in 1000 ms: Broken::reserve() threw RuntimeException: broker\x1b[2J down
handled 0, failed 0 in %f s, stopped: time-limit
exit code 0
== consume --all -t 0.2 --json
{"time":"%s","level":"WARNING","channel":"bad\u001b[0m","message":"Channel cannot be reached, next try in 1000 ms: Broken::reserve() threw RuntimeException: broker\u001b[2J down"}
{"handled":0,"failed":0,"retried":0,"deadLettered":0,"expired":0,"duplicates":0,"dropped":0,"postponed":0,"forwarded":0,"lost":0,"stopReason":"time-limit","durationMs":%d,"memoryPeak":%d}
exit code 0
== failed show
error: Ecoq\Exception\ConnectionException: Dead letters of channel "bad\x1b[0m": Broken::stats() threw RuntimeException: broker\x1b[2J down
exit code 1
== failed show -v
error: Ecoq\Exception\ConnectionException: Dead letters of channel "bad\x1b[0m": Broken::stats() threw RuntimeException: broker\x1b[2J down
  at %s:%d
  #0 Ecoq\Console->run() %s:%d
  #1 console() %s:%d
exit code 1
== failed remove --all --force --json
{"time":"%s","level":"ERROR","message":"Ecoq\\Exception\\ConnectionException: Dead letters of channel \"bad\u001b[0m\": Broken::stats() threw RuntimeException: broker\u001b[2J down"}
exit code 1
