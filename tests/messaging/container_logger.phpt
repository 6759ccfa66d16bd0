--TEST--
A PSR-11 container makes handlers and services; a PSR-3 logger is told of failures, and cannot do harm
--FILE--
<?php
use Ecoq\Attribute\{Asynchronous, CommandHandler};

class Clock { public function __construct(public string $now) {} }
class Needy
{
    public static int $made = 0;
    public function __construct(private string $name) { self::$made++; }
    #[CommandHandler('time')] public function time(array $payload, Clock $clock): string { return "{$this->name} {$clock->now}"; }
    #[CommandHandler('again')] public function again(): string { return $this->name; }
    #[Asynchronous('q'), CommandHandler('fail', endpointId: 'needy.fail')] public function fail(): void { throw new DomainException('broke'); }
}
class Missing { #[CommandHandler('missing')] public function go(array $payload, ArrayObject $service): void {} }
final class Container
{
    public function has(string $id): bool { return in_array($id, [Needy::class, Clock::class, 'Wrong'], true); }
    public function get(string $id): mixed { return match ($id) { Needy::class => new Needy('contained'), Clock::class => new Clock('noon') }; }
}
final class Logger
{
    public array $lines = [];
    public bool $broken = false;
    public function __call(string $level, array $arguments): void
    {
        [$message, $context] = $arguments;
        $this->lines[] = "$level: " . preg_replace('/[0-9a-f-]{36}/', '<id>', preg_replace_callback('/\{(\w+)\}/', fn ($m) => $context[$m[1]], $message));
        if ($this->broken) throw new Exception('disk full');
    }
}
$ecoq = new Ecoq\Messaging(handlers: [Needy::class, Missing::class], channels: ['q' => 'memory:?retry.max=1&retry.delay=0'], container: new Container(), logger: $logger = new Logger());
echo $ecoq->sendTo('time'), "\n", $ecoq->sendTo('again'), ', made ', Needy::$made, "\n";
try { $ecoq->sendTo('missing'); } catch (Throwable $e) { echo get_class($e), ': ', $e->getMessage(), "\n"; }
$ecoq->sendTo('fail');
$report = $ecoq->worker('q', stopWhenEmpty: true)->run();
echo "failed {$report->failed}, dead {$report->deadLettered}\n", implode("\n", $logger->lines), "\n";
$logger->broken = true;
$ecoq->sendTo('fail');
$report = $ecoq->worker('q', stopWhenEmpty: true)->run();
echo "failed {$report->failed}, dead {$report->deadLettered}, ", count($logger->lines), " lines\n";
// without a container: a constructor without arguments is fine, others are named
try { (new Ecoq\Messaging(handlers: [Needy::class], channels: ['q' => 'memory:']))->sendTo('time'); } catch (Throwable $e) { echo get_class($e), ': ', $e->getMessage(), "\n"; }
?>
--EXPECTF--
contained noon
contained, made 1
Ecoq\Exception\ConfigurationException: Missing::go(), parameter $service: %SArrayObject%S
failed 2, dead 1
warning: Message <id> on channel q was retried: DomainException: broke
error: Message <id> on channel q was dead-lettered: DomainException: broke
failed 2, dead 1, 4 lines
Ecoq\Exception\ConfigurationException: handler class Needy needs arguments for its constructor: pass an object in handlers:, or a container: that has it
