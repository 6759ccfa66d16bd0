--TEST--
Dead letters: list, show, count, replay, delete, purge
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
no channel "c" is configured; configured channels: a, b
Ecoq\DeadLetters::list(): Argument #2 ($limit) must not be negative
