--TEST--
Registry cache: what depends on run time, was just edited or was made by eval is never kept, and does not keep others from it
--FILE--
<?php
require __DIR__ . '/cache.inc';

$sources = [
    'literal' => 'class Subject { #[CommandHandler("a"), Asynchronous("q"), Delayed(5)] public function a() {} }',
    'global constant' => 'class Subject { #[CommandHandler("a"), Asynchronous("q"), Delayed(DELAY)] public function a() {} }',
    'class constant of a global one' => 'class Subject { const D = DELAY; #[CommandHandler("a"), Asynchronous("q"), Delayed(self::D)] public function a() {} }',
    'the same, evaluated before' => 'class Subject { const D = DELAY; #[CommandHandler("a"), Asynchronous("q"), Delayed(Subject::D)] public function a() {} } constant("Subject::D");',
    'literal class constant' => 'class Subject { const D = 5; #[CommandHandler("a"), Asynchronous("q"), Delayed(self::D * 2)] public function a() {} }',
    'constant of another class' => 'class Subject { #[CommandHandler("a"), Asynchronous("q"), Delayed(Constants::D)] public function a() {} }',
    'folded global constant' => 'class Subject { #[CommandHandler("a"), Asynchronous("q"), Delayed(1 + 2 * DELAY)] public function a() {} }',
    'message type of a global constant' => 'class Subject { #[EventHandler] public function a(Typed $t) {} } #[MessageType("delay" . DELAY)] class Typed {}',
    'parent with a global constant' => 'class Subject extends Above {} class Above { #[CommandHandler("a"), Asynchronous("q"), Delayed(DELAY)] public function a() {} }',
    'DateInterval' => 'class Subject { #[CommandHandler("a"), Asynchronous("q"), Delayed(new DateInterval("P1M"))] public function a() {} }',
    'TimeSpan of a global constant' => 'class Subject { #[CommandHandler("a"), Asynchronous("q"), Delayed(new Ecoq\TimeSpan(DELAY))] public function a() {} }',
    'object as callable' => 'class Subject { #[CommandHandler("a"), Asynchronous("q"), Delayed(expression: new Subject())] public function a() {} public function __invoke() {} }',
    'subclass of an attribute' => '#[Attribute] class Soon extends Delayed { public function __construct() { parent::__construct(DELAY); } } class Subject { #[CommandHandler("a"), Asynchronous("q"), Soon] public function a() {} }',
    'parameter class that does not exist' => 'class Subject { #[EventHandler] public function a(Nowhere $n) {} }',
    'eval' => 'eval(\'class Subject { #[Ecoq\Attribute\CommandHandler("a")] public function a() {} }\');',
    'unknown attribute' => 'class Subject { #[CommandHandler("a"), Asynchronous("q"), Soon] public function a() {} }',
];
foreach ($sources as $name => $code) {
    $app = new CachedApplication(['Subject' => $code, 'Other' => 'class Other { #[EventHandler("other")] public function a() {} }', 'Constants' => 'class Constants { const D = 5; }']);
    $app->write('boot', "define('DELAY', 7);\n" . implode("\n", array_slice(explode("\n", file_get_contents("$app->directory/boot.php")), 2)));
    $first = $app->run('[Other::class, Subject::class]');
    $second = $app->run('[Other::class, Subject::class]');
    echo "$name: ", strstr($second, 'loaded'), strstr($first, 'loaded', true) === strstr($second, 'loaded', true) ? '' : "different: $first$second";
}

echo "-- an attribute class that is loaded later is a subclass of ecoq's\n";
$soon = '#[Attribute] class Soon extends Delayed { public function __construct() { parent::__construct(70); } }';
$app->write('Soon', $soon);
echo $app->run('[class_exists("Soon") ? Subject::class : 0]');
echo $app->run('[Subject::class]');

echo "-- loaded before: its arguments may hold constants of other files; once it is loaded by its name only, it is kept\n";
$app = new CachedApplication(['Subject' => $sources['constant of another class'], 'Constants' => 'class Constants { const D = 5; }']);
$early = '[class_exists("Constants") && class_exists("Subject") ? Subject::class : 0, Other::class]';
$app->write('Other', 'class Other { #[EventHandler("other")] public function a() {} }');
$app->run($early);
echo strstr($app->run($early), 'loaded');
$app->write('Constants', 'class Constants { const D = 6; }', 30);
echo strstr($app->run($early), "\n", true), "\n";
$app->run('[Subject::class, Other::class]');
echo $app->run('[Subject::class, Other::class]');

echo "-- just edited\n";
$app = new CachedApplication(['Subject' => $sources['literal']]);
$app->write('Subject', $sources['literal'], -10); // however slow this machine is, it is not 2 s old
$app->run('[Subject::class]');
echo count($app->cacheFiles()), " files\n";
?>
--EXPECT--
literal: loaded at the start: none, in all: none
global constant: loaded at the start: Subject, in all: Subject
class constant of a global one: loaded at the start: Subject, in all: Subject
the same, evaluated before: loaded at the start: Subject, in all: Subject
literal class constant: loaded at the start: none, in all: none
constant of another class: loaded at the start: none, in all: none
folded global constant: loaded at the start: Subject, in all: Subject
message type of a global constant: loaded at the start: Subject, in all: Subject
parent with a global constant: loaded at the start: Subject, in all: Subject
DateInterval: loaded at the start: Subject, in all: Subject
TimeSpan of a global constant: loaded at the start: Subject, in all: Subject
object as callable: loaded at the start: Subject, in all: Subject
subclass of an attribute: loaded at the start: Subject, in all: Subject
parameter class that does not exist: loaded at the start: Subject, in all: Subject
eval: loaded at the start: Subject, in all: Subject
unknown attribute: loaded at the start: none, in all: none
-- an attribute class that is loaded later is a subclass of ecoq's
Subject::a: command a channels=["q"] delay=70
loaded at the start: Soon Subject, in all: Soon Subject
Subject::a: command a channels=["q"]
loaded at the start: Subject, in all: Subject
-- loaded before: its arguments may hold constants of other files; once it is loaded by its name only, it is kept
loaded at the start: Constants Subject, in all: Constants Subject
Subject::a: command a channels=["q"] delay=6
Subject::a: command a channels=["q"] delay=6
Other::a: event other
loaded at the start: none, in all: none
-- just edited
0 files
