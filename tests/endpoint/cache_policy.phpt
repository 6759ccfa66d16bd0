--TEST--
Registry cache: retry filters, time limits, deduplication, former ids and the others come out as they went in
--FILE--
<?php
require __DIR__ . '/cache.inc';

$app = new CachedApplication(['Orders' => <<<'PHP'
    use Ecoq\Attribute\{Deduplicated, InstantRetry, Timeout, WithoutTransaction};
    #[Asynchronous('q'), Retry(max: 1, never: [LogicException::class])]
    class Orders
    {
        #[CommandHandler('a', endpointId: 'now', formerly: ['before', 'long ago']), Deduplicated, Timeout(new Ecoq\TimeSpan(minutes: 1))] public function a() {}
        #[EventHandler('b', formerly: ['b 1']), EventHandler('b2', formerly: ['b 2']), Deduplicated(header: 'payment-id'), Retry(only: ['\App\Transient', Nobody::class], never: [])] public function b() {}
        #[EventHandler('c'), Deduplicated(expression: 'payload.order.id'), WithoutTransaction, Retry(delay: 5, only: [])] public function c() {}
        #[EventHandler('d'), Deduplicated(expression: [self::class, 'key'])] public function d() {}
        #[EventHandler('e'), Deduplicated(expression: 'strlen')] public function e() {}
        public static function key($m) { return 'k'; }
    }
    PHP,
    'Direct' => <<<'PHP'
    use Ecoq\Attribute\{InstantRetry, WithoutTransaction};
    #[WithoutTransaction, InstantRetry]
    class Direct
    {
        #[CommandHandler('f'), InstantRetry(max: 2, delay: new Ecoq\TimeSpan(seconds: 1), only: [RuntimeException::class])] public function f() {}
        #[CommandHandler('g')] public function g() {}
        #[QueryHandler('h')] public function h() {}
        #[EventHandler('i')] public function i() {}
    }
    PHP]);
$handlers = '[Orders::class, Direct::class]';
/* deduplication needs a database; it is not connected to here */
$boot = str_replace('channels: [', 'database: fn () => new PDO("sqlite::memory:"), channels: [', file_get_contents("$app->directory/boot.php"));
file_put_contents("$app->directory/boot.php", $boot);
touch("$app->directory/boot.php", time() - 60);
echo $read = $app->run($handlers);
$cached = $app->run($handlers);
echo strstr($cached, 'loaded');
var_dump(strstr($cached, 'loaded', true) === strstr($read, 'loaded', true));
?>
--EXPECT--
now: command a channels=["q"] retry={"max":1,"never":["LogicException"]} deduplicated="message id" timeout=60000 formerly=["before","long ago"]
Orders::b: event b b2 channels=["q"] retry={"only":["App\\Transient","Nobody"],"never":[]} deduplicated="header payment-id" formerly=["b 1","b 2"]
Orders::c: event c channels=["q"] retry={"delay":5,"only":[]} deduplicated="payload.order.id" withoutTransaction=true
Orders::d: event d channels=["q"] retry={"max":1,"never":["LogicException"]} deduplicated="callable"
Orders::e: event e channels=["q"] retry={"max":1,"never":["LogicException"]} deduplicated="callable"
Direct::f: command f instantRetry={"max":2,"delay":1000,"only":["RuntimeException"]} withoutTransaction=true
Direct::g: command g instantRetry={"max":3,"delay":0,"only":[]} withoutTransaction=true
Direct::h: query h withoutTransaction=true
Direct::i: event i
loaded at the start: Orders Direct, in all: Orders Direct
loaded at the start: none, in all: none
bool(true)
