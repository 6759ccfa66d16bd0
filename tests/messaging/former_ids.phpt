--TEST--
A message that names a former endpoint id reaches the endpoint that has it in formerly:, and keeps its retries
--FILE--
<?php
use Ecoq\Attribute\{Asynchronous, CommandHandler, EventHandler};

class Before
{
    #[Asynchronous('q'), CommandHandler('place', endpointId: 'orders.place')] public function place(int $n): void { echo "before $n\n"; }
    #[Asynchronous('q'), EventHandler('placed')] public function placed(int $n): void { echo "before placed $n\n"; }
}
class After
{
    public static bool $fails = true;
    #[Asynchronous('q'), CommandHandler('place.v2', endpointId: 'place.v2', formerly: ['orders.place', 'older'])] public function place(int $n, Ecoq\Message $m): void
    {
        if (self::$fails) throw new Ecoq\Exception\Unrecoverable('not yet');
        echo "after $n\n";
    }
    #[Asynchronous('q'), EventHandler('placed', formerly: ['Before::placed'])] public function moved(int $n): void { echo "after placed $n\n"; }
}

$file = tempnam(sys_get_temp_dir(), 'ecoq');
$application = fn (string $class, string $unknown = 'dead-letter') => new Ecoq\Messaging(handlers: [$class], channels: ['q' => "sqlite:$file?unknown=$unknown"]);
$before = $application(Before::class);
$before->sendTo('place', 1);
$before->publishTo('placed', 2);
unset($before);
$after = $application(After::class);
$report = $after->worker('q', stopWhenEmpty: true)->run();
echo "handled {$report->handled}, given up {$report->deadLettered}\n";
$letter = $after->deadLetters()->list()[0];
echo $letter->endpointId, ': ', $letter->error, "\n";
After::$fails = false;
$after->deadLetters()->replayAll();
$report = $after->worker('q', stopWhenEmpty: true)->run();
echo "handled {$report->handled}\n";
unset($after);
array_map('unlink', glob("$file*"));
?>
--EXPECT--
after placed 2
handled 1, given up 1
place.v2: not yet
after 1
handled 1
