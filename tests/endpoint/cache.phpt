--TEST--
Registry cache: a hit loads no class and gives the same endpoints; any change of a class, parent, interface, trait or constant is seen
--FILE--
<?php
require __DIR__ . '/cache.inc';

$files = [
    'Orders' => <<<'PHP'
        #[Asynchronous(Channels::MAIN), Priority(3)]
        class Orders extends Base implements Marker
        {
            use Traced;
            #[CommandHandler('place', endpointId: 'place'), Delayed(new Ecoq\TimeSpan(hours: 1, minutes: 60)), TimeToLive(5 * Limits::Long->value), Retry(max: 4, multiplier: 1.5)]
            public function place($p) { echo "place\n"; }
            #[EventHandler, Delayed(expression: 'payload.due'), TimeToLive(expression: 'Orders::ttl')] public function placed(Placed|Event $e) {}
            #[EventHandler('x.*'), EventHandler('\Placed'), Asynchronous(['r', self::OTHER]), Delayed(expression: [self::class, 'ttl'])] public function pattern() {}
            #[QueryHandler('find')] public static function find(int $n) { return $n + 1; }
            public static function ttl() { return 5; }
        }
        PHP,
    'Base' => 'class Base { const OTHER = "q"; #[EventHandler("base")] public function base() {} }',
    'Marker' => 'interface Marker {}',
    'Traced' => 'trait Traced { #[EventHandler("traced")] public function traced() {} }',
    'Channels' => 'final class Channels { const MAIN = "q"; }',
    'Limits' => 'enum Limits: int { case Long = 1000; }',
    'Event' => 'interface Event {}',
    'Placed' => '#[MessageType("order.placed")] class Placed implements Event {}',
];
$app = new CachedApplication($files);
$handlers = "[Orders::class, 'called' => fn () => print('called ')]";
$then = '$ecoq->publishTo("called"); echo $ecoq->queryTo("find", 41), "\n"; $ecoq->publishTo("order.placed"); $ecoq->sendTo("place"); echo $ecoq->channel("q")->stats()->delayed, " delayed\n";';

echo $off = $app->run($handlers, $then, ['ecoq.cache_dir' => '']);
var_dump($app->cacheFiles());
$first = $app->run($handlers, $then);
var_dump($first === $off, count($app->cacheFiles()), preg_match('/^[0-9a-f]{16}\.handlers$/', $app->cacheFiles()[0]));
printf("%04o\n", fileperms("$app->directory/cache/" . $app->cacheFiles()[0]) & 07777);
$hit = $app->run($handlers, $then);
echo strstr($hit, 'loaded');
var_dump(strstr($hit, 'loaded', true) === strstr($off, 'loaded', true));

echo "-- each source\n";
foreach (array_keys($files) as $i => $name) {
    touch("$app->directory/$name.php", time() - 50 + $i);
    echo $name, ' touched ', str_contains($app->run($handlers), 'start: none') ? 'unseen' : 'seen', ', then ', strstr($app->run($handlers), 'loaded');
}
$app->write('Channels', 'final class Channels { const MAIN = "r"; }', 30);
echo strstr($app->run($handlers), "\n", true), "\n", strstr($app->run($handlers), "\n", true), "\n";
$size = filesize("$app->directory/Base.php");
$app->write('Base', 'class Base { const OTHER = "q"; #[EventHandler("esab")] public function base() {} }', 20);
echo implode("\n", preg_grep('/base/', explode("\n", $app->run($handlers)))), "\n";
unlink("$app->directory/Marker.php");
echo strtok($app->run($handlers), "\n"), "\n";
$app->write('Marker', $files['Marker']);

echo "-- without validation\n";
$app->run($handlers);
touch("$app->directory/Base.php", time() - 10);
echo strstr($app->run($handlers, '', ['ecoq.cache_validate' => 0]), 'loaded');
$app->run($handlers);

echo "-- other lists, other scripts, and objects\n";
$app->write('Second', 'class Second { #[EventHandler("second")] public function on() { echo "second\n"; } }');
copy("$app->directory/boot.php", "$app->directory/other.php");
$app->run("[Orders::class, Second::class]");
$app->run("[Second::class, Orders::class]");
$app->run($handlers, '', [], 'other');
echo count($app->cacheFiles()), " files\n";
$app->run("[new Second()]", '$ecoq->publishTo("second");');
echo $app->run("[new Second()]", '$ecoq->publishTo("second");');
echo $app->run("[new Second(), 'second' => new class { function __invoke() { echo 'invoked '; } }]", '$ecoq->publishTo("second");');
$app->run("[Orders::class, Second::class]");
echo strstr($app->run("['a' => 'strlen', Orders::class, 'b' => 'strlen', '\\second']"), 'loaded');
echo $app->run("[Second::class, 'SECOND']");

echo "-- a class that is loaded from elsewhere\n";
$app->run('[Second::class]');
echo $app->run('[eval("class Second { #[Ecoq\Attribute\EventHandler(\"eval\")] public function on() {} }") ?? Second::class]');
?>
--EXPECT--
place: command place channels=["q"] delay=7200000 timeToLive=5000 priority=3 retry={"max":4,"multiplier":1.5}
Orders::placed: event Placed order.placed Event channels=["q"] delay="payload.due" timeToLive="callable" priority=3
Orders::pattern: event x.* Placed order.placed channels=["r","q"] delay="callable" priority=3
Orders::find: query find
Orders::base: event base channels=["q"] priority=3
Orders::traced: event traced channels=["q"] priority=3
called#callable: event called
called 42
1 delayed
loaded at the start: Orders Base Traced Marker Channels Limits Placed Event, in all: Orders Base Traced Marker Channels Limits Placed Event
array(0) {
}
bool(true)
int(1)
int(1)
0600
loaded at the start: none, in all: Orders Base Traced Marker
bool(true)
-- each source
Orders touched seen, then loaded at the start: none, in all: none
Base touched seen, then loaded at the start: none, in all: none
Marker touched seen, then loaded at the start: none, in all: none
Traced touched seen, then loaded at the start: none, in all: none
Channels touched seen, then loaded at the start: none, in all: none
Limits touched seen, then loaded at the start: none, in all: none
Event touched seen, then loaded at the start: none, in all: none
Placed touched seen, then loaded at the start: none, in all: none
place: command place channels=["r"] delay=7200000 timeToLive=5000 priority=3 retry={"max":4,"multiplier":1.5}
place: command place channels=["r"] delay=7200000 timeToLive=5000 priority=3 retry={"max":4,"multiplier":1.5}
Orders::base: event esab channels=["r"] priority=3
Error: Interface "Marker" not found
-- without validation
loaded at the start: none, in all: none
-- other lists, other scripts, and objects
4 files
Second::on: event second
second
loaded at the start: Second, in all: Second
Second::on: event second
second#callable: event second
second
invoked loaded at the start: Second, in all: Second
loaded at the start: none, in all: none
Ecoq\Exception\ConfigurationException: Endpoint id "Second::on" is used by Second::on and Second::on: the class is given twice in handlers
-- a class that is loaded from elsewhere
Second::on: event eval
loaded at the start: none, in all: none
