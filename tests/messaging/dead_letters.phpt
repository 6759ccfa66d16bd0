--TEST--
Dead letters: list, show, count, replay, delete, purge
--SKIPIF--
<?php if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite'); ?>
--FILE--
<?php
use Ecoq\Attribute\{Asynchronous, CommandHandler};

class Job
{
    public static bool $repaired = false;
    #[Asynchronous('a'), CommandHandler('work', endpointId: 'a.work')] public function work(int $n, Ecoq\Message $m): void { $this->go("a$n", $m); }
    #[Asynchronous('b'), CommandHandler('other', endpointId: 'b.other')] public function other(int $n, Ecoq\Message $m): void { $this->go("b$n", $m); }
    private function go(string $what, Ecoq\Message $m): void
    {
        if (!self::$repaired) throw new Ecoq\Exception\Unrecoverable($what);
        echo "$what attempts {$m->attempts} ", isset($m->headers['ecoq-deliver-at']) ? 'scheduled' : 'plain', ' ', $m->id === $GLOBALS['ids'][$what] ? 'same id' : 'other id', "\n";
    }
}

$ecoq = new Ecoq\Messaging(handlers: [Job::class], channels: ['a' => 'memory:', 'b' => 'memory:']);
foreach ([1, 2, 3] as $n) { $ids["a$n"] = $ecoq->sendTo('work', $n, timeToLive: 60000, delay: $n); }
$ids['b1'] = $ecoq->sendTo('other', 1);
usleep(20000);
$run = fn () => $ecoq->worker('a', 'b', stopWhenEmpty: true)->run();
$run();
$dead = $ecoq->deadLetters();
$names = fn (array $letters) => implode(' ', array_map(fn ($l) => $l->error, $letters));
echo $dead->count(), ' ', $dead->count('a'), ' ', $dead->count('b'), "\n";
echo $names($dead->list()), ' | ', $names($dead->list('b')), ' | ', $names($dead->list(limit: 2, offset: 1)), ' | ', $names($dead->list(offset: 3)), ' | ', $names($dead->list(limit: 0)), "\n";
echo $dead->show($ids['a2'])->error, ' ', var_export($dead->show('nothing'), true), "\n";
var_dump($dead->delete($ids['a1']), $dead->delete($ids['a1']));
Job::$repaired = true;
var_dump($dead->replay($ids['a3']), $dead->replay($ids['a3']));
$run();
var_dump($dead->replayAll());
$run();
Job::$repaired = false;
$ecoq->sendTo('work', 4);
$run();
// replayed while it still fails: comes round once, not for ever
var_dump($dead->replayAll('a'));
$run();
var_dump($dead->purge('b'), $dead->purge(), $dead->count());

// filters, and a handler that does not exist any more: in queues, too
Job::$repaired = false;
foreach ([5, 6] as $n) { $ecoq->sendTo('work', $n); }
$ecoq->sendTo('other', 7);
$run();
$soon = new DateTimeImmutable('+1 minute');
echo $names($dead->list(type: 'work')), ' | ', $names($dead->list(endpoint: 'b.other')), ' | ', $names($dead->list(type: 'work', limit: 5, offset: 1)), ' | ', $names($dead->list('a', type: 'other')), ' | ',
    $names($dead->list(errorClass: Ecoq\Exception\Unrecoverable::class, limit: 2, offset: 1)), "\n";
var_dump($dead->count(type: 'work'), $dead->count(until: $soon), $dead->count(since: $soon), $dead->show($dead->list()[0]->id, 'b.other'), $dead->delete($dead->list()[0]->id, 'b.other'));
$letter = $dead->list()[0];
var_dump($letter->payload, $letter->headers['ecoq-endpoint'], $letter->failedAt < $soon);
class Other { #[Asynchronous('a'), CommandHandler('work', endpointId: 'new')] public function work(int $n): void {} #[Asynchronous('b'), CommandHandler('other', endpointId: 'b.other')] public function other(int $n): void { echo "other $n\n"; } }
$file = tempnam(sys_get_temp_dir(), 'ecoq');
$lines = [];
$logger = new class($lines) { public function __construct(private array &$lines) {} public function warning(string $text, array $context): void { isset($context['reason']) && $this->lines[] = $context['reason']; } public function __call($level, $arguments) {} };
$make = fn (string $class) => new Ecoq\Messaging(handlers: [$class], channels: ['a' => "sqlite:$file?queue=a", 'b' => "sqlite:$file?queue=b"], logger: $logger);
$old = $make(Job::class);
for ($n = 0; $n < 100; $n++) { $old->sendTo($n === 50 ? 'other' : 'work', $n); }
for ($n = 0; $n < 100; $n++) { $old->sendTo('other', $n); }
$old->worker('a', 'b', stopWhenEmpty: true)->run();
$new = $make(Other::class);
var_dump($new->deadLetters()->replayAll('a'), $new->deadLetters()->count('a'), count($lines), end($lines), $new->deadLetters()->replayAll('b', until: $soon), $new->deadLetters()->count('b'));
try { $new->deadLetters()->replay($new->deadLetters()->list('a')[0]->id); } catch (Ecoq\Exception\ConfigurationException $e) { echo preg_replace('/"[0-9a-f-]{36}"/', '<id>', $e->getMessage()), "\n"; }
var_dump($new->deadLetters()->count(), $old->deadLetters()->replayAll('a', type: 'work'), $new->deadLetters()->purge(), $old->channel('b')->stats()->ready);
array_map('unlink', glob("$file*"));

try { $dead->count('c'); } catch (Ecoq\Exception\ConfigurationException $e) { echo $e->getMessage(), "\n"; }
try { $dead->list(limit: -1); } catch (ValueError $e) { echo $e->getMessage(), "\n"; }
?>
--EXPECT--
4 3 1
a1 a2 a3 b1 | b1 | a2 a3 | b1 | 
a2 NULL
bool(true)
bool(false)
bool(true)
bool(false)
a3 attempts 0 plain same id
int(2)
a2 attempts 0 plain same id
b1 attempts 0 plain same id
int(1)
int(0)
int(1)
int(0)
a5 a6 | b7 | a6 |  | a6 b7
int(2)
int(3)
int(0)
NULL
bool(false)
int(5)
string(6) "a.work"
bool(true)
int(0)
int(99)
int(99)
string(65) "channel "a" has no handler with the endpoint id "a.work" any more"
int(101)
int(0)
Dead letter <id> cannot be replayed: channel "a" has no handler with the endpoint id "a.work" any more
int(99)
int(99)
int(0)
int(101)
no channel "c" is configured; configured channels: a, b
Ecoq\DeadLetters::list(): Argument #2 ($limit) must not be negative
