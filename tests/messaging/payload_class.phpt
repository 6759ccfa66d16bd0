--TEST--
A handler of an interface, a parent or several classes gets an object of the class that was sent, also asynchronously
--FILE--
<?php
use Ecoq\Attribute\{Asynchronous, EventHandler, MessageType};

interface DomainEvent {}
abstract class Base implements DomainEvent { public function __construct(public readonly int $id) {} }
#[MessageType('thing.made')] class Made extends Base {}
class Broken extends Made { public function __construct(int $id, public readonly string $why = '?') { parent::__construct($id); } }
class Other { public int $id = 0; }
class Unrelated { public int $id = 5; }

class Listener
{
    #[Asynchronous('q'), EventHandler(endpointId: 'interface')] public function any(DomainEvent $e): void { self::show('interface', $e); }
    #[Asynchronous('q'), EventHandler(endpointId: 'parent')] public function base(Base $e): void { self::show('parent', $e); }
    #[Asynchronous('q'), EventHandler(endpointId: 'made')] public function made(Made $e): void { self::show('made', $e); }
    #[Asynchronous('q'), EventHandler(endpointId: 'union')] public function union(Other|Broken|null $e): void { self::show('union', $e); }
    private static function show(string $who, object $e): void { echo "$who: ", get_class($e), ' ', json_encode($e), "\n"; }
}

$ecoq = new Ecoq\Messaging(handlers: [Listener::class], channels: ['q' => 'memory:']);
foreach ([new Made(1), new Broken(2, 'so'), new Made(3)] as $event) {
    $ecoq->publish($event);
}
$other = new Other();
$other->id = 4;
$ecoq->publish($other);
$report = $ecoq->worker('q', stopWhenEmpty: true)->run();
echo "handled {$report->handled}\n";

echo "-- a message from elsewhere, with a copy for each of several handlers\n";
final class Wire implements Ecoq\Transport
{
    public function __construct(private array $bodies) {}
    public function send(string $queue, array $messages): void { foreach ($queue === 'q' ? $messages : [] as $m) { $this->bodies[] = $m->body; } }
    public function reserve(string $queue, int $max): array { return array_map(fn ($body) => new Ecoq\ReservedMessage($body, '1'), array_splice($this->bodies, 0, 1)); }
    public function acknowledge(string $queue, array $tokens): array { return []; }
    public function release(string $queue, array $tokens): void {}
    public function owns(string $queue, string $token): bool { return true; }
    public function stats(string $queue): Ecoq\QueueStats { return new Ecoq\QueueStats(count($this->bodies), 0, 0, true); }
    public function purge(string $queue): int { return 0; }
    public function setup(string $queue): void {}
    public function capabilities(): array { return ['delay', 'priority']; }
}
class Foreign
{
    #[Asynchronous('q'), EventHandler('from.afar', endpointId: 'afar 1')] public function any(DomainEvent $e): void { echo 'any: ', get_class($e), ' ', json_encode($e), "\n"; }
    #[Asynchronous('q'), EventHandler('from.afar', endpointId: 'afar 2')] public function base(Base $e): void { echo 'base: ', get_class($e), ' ', json_encode($e), "\n"; }
}
$bytes = '{"job":"from.afar","trace_id":"t","data":{"id":7,"why":"far"},"meta":{"id":"m-1","schema_version":1},"attempts":0,"headers":{"ecoq-class":"Broken"}}';
$report = (new Ecoq\Messaging(handlers: [Foreign::class], channels: ['q' => new Wire([$bytes])]))->worker('q', stopWhenEmpty: true)->run();
echo "handled {$report->handled}, forwarded {$report->forwarded}, dead {$report->deadLettered}\n";

echo "-- what a message names is only a hint\n";
foreach (['Unrelated', 'PDO', 'NoSuchClass', '../x', 'Closure'] as $class) {
    $bytes = '{"job":"x","trace_id":"t","data":{"id":7},"meta":{"schema_version":1},"attempts":0,"headers":{"ecoq-endpoint":"made","ecoq-class":"' . $class . '"}}';
    $message = Ecoq\Envelope::decode($bytes);
    $wire = new class($bytes) implements Ecoq\Transport {
        public function __construct(private ?string $bytes) {}
        public function send(string $queue, array $messages): void {}
        public function reserve(string $queue, int $max): array { [$bytes, $this->bytes] = [$this->bytes, null]; return $bytes ? [new Ecoq\ReservedMessage($bytes, '1')] : []; }
        public function acknowledge(string $queue, array $tokens): array { return []; }
        public function release(string $queue, array $tokens): void {}
        public function owns(string $queue, string $token): bool { return true; }
        public function stats(string $queue): Ecoq\QueueStats { return new Ecoq\QueueStats(0, 0, 0, true); }
        public function purge(string $queue): int { return 0; }
        public function setup(string $queue): void {}
        public function capabilities(): array { return ['delay', 'priority']; }
    };
    (new Ecoq\Messaging(handlers: [Listener::class], channels: ['q' => $wire]))->worker('q', stopWhenEmpty: true)->run();
}
?>
--EXPECT--
interface: Made {"id":1}
parent: Made {"id":1}
made: Made {"id":1}
interface: Broken {"id":2,"why":"so"}
parent: Broken {"id":2,"why":"so"}
made: Broken {"id":2,"why":"so"}
union: Broken {"id":2,"why":"so"}
interface: Made {"id":3}
parent: Made {"id":3}
made: Made {"id":3}
union: Other {"id":4}
handled 11
-- a message from elsewhere, with a copy for each of several handlers
any: Broken {"id":7,"why":"far"}
base: Broken {"id":7,"why":"far"}
handled 2, forwarded 1, dead 0
-- what a message names is only a hint
made: Made {"id":7}
made: Made {"id":7}
made: Made {"id":7}
made: Made {"id":7}
made: Made {"id":7}
