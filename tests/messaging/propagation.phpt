--TEST--
Trace id, user headers and parent id go from a message to those its handler sends
--FILE--
<?php
use Ecoq\Attribute\{Asynchronous, CommandHandler, EventHandler, Header};

class Flow
{
    #[Asynchronous('a'), CommandHandler('one')]
    public function one(Ecoq\Message $message, Ecoq\EventBus $events): void
    {
        self::show('one', $message);
        $events->publishTo('two', ['x' => 1], headers: ['own' => 'yes', 'tenant' => 'globex']);
    }
    #[Asynchronous('b'), EventHandler('two', endpointId: 'left')]
    public function left(Ecoq\Message $message): void { self::show('left', $message); }
    #[Asynchronous('b'), EventHandler('two', endpointId: 'right')]
    public function right(Ecoq\Message $message, #[Header('tenant')] string $tenant, #[Header('missing')] ?string $none, #[Header('missing')] int $default = 7): void
    {
        self::show("right $tenant " . var_export($none, true) . " $default", $message);
    }
    private static array $seen = [];
    private static function name(?string $id): string { return $id === null ? '-' : self::$seen[$id] ??= '#' . count(self::$seen); }
    public static function show(string $who, Ecoq\Message $m): void
    {
        $h = $m->headers;
        printf("%s: id %s trace %s event %s parent %s user %s key %s\n", $who, self::name($m->id), self::name($m->traceId), self::name($m->header('ecoq-event-id')),
            self::name($m->header('ecoq-parent-id')), json_encode(array_filter($h, fn ($k) => !str_starts_with($k, 'ecoq-'), ARRAY_FILTER_USE_KEY)),
            $m->idempotencyKey() !== $m->id ? 'derived' : 'same');
    }
}

$ecoq = new Ecoq\Messaging(handlers: [new Flow()], channels: ['a' => 'memory:', 'b' => 'memory:']);
$ecoq->sendTo('one', 'text', headers: ['tenant' => 'acme', 'list' => [1, ['k' => null]]]);
$ecoq->worker('a', 'b', stopWhenEmpty: true)->run();
?>
--EXPECT--
one: id #0 trace #1 event - parent - user {"tenant":"acme","list":[1,{"k":null}]} key derived
left: id #2 trace #1 event #3 parent #0 user {"tenant":"globex","list":[1,{"k":null}],"own":"yes"} key derived
right globex NULL 7: id #4 trace #1 event #3 parent #0 user {"tenant":"globex","list":[1,{"k":null}],"own":"yes"} key derived
