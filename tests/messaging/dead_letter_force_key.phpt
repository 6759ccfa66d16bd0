--TEST--
A forced replay runs the handler although its effect stands under a #[Deduplicated] key of its own; an unforced one is a duplicate
--SKIPIF--
<?php if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite'); ?>
--FILE--
<?php
use Ecoq\Attribute\{Asynchronous, CommandHandler, Deduplicated};

final class Payments
{
    public static bool $fails = true;
    public static array $log = [];

    #[Asynchronous('q'), CommandHandler('charge', endpointId: 'charge'), Deduplicated(expression: 'payload.webhook')]
    public function charge(array $payment): void
    {
        if ($payment['n'] === 1 && self::$fails) {
            throw new Ecoq\Exception\Unrecoverable('refused');
        }
        self::$log[] = "charged $payment[n]";
    }
}
$pdo = new PDO('sqlite::memory:');
$ecoq = new Ecoq\Messaging(handlers: [Payments::class], channels: ['q' => $pdo], database: $pdo);
$run = function () use ($ecoq): void {
    $report = $ecoq->worker('q', stopWhenEmpty: true)->run();
    echo "handled $report->handled, duplicates $report->duplicates, dead {$ecoq->deadLetters()->count()}: ", implode(', ', Payments::$log), "\n";
};
$ecoq->sendTo('charge', ['webhook' => 'wh-1', 'n' => 1]);
$run();
// another message of that key succeeds meanwhile
$ecoq->sendTo('charge', ['webhook' => 'wh-1', 'n' => 2]);
$run();
Payments::$fails = false;
[$letter] = $ecoq->deadLetters()->list();
$ecoq->deadLetters()->replay($letter->id);
$run();
Payments::$fails = true;
$ecoq->sendTo('charge', ['webhook' => 'wh-2', 'n' => 1]);
$run();
$ecoq->sendTo('charge', ['webhook' => 'wh-2', 'n' => 3]);
$run();
Payments::$fails = false;
[$letter] = $ecoq->deadLetters()->list();
$ecoq->deadLetters()->replay($letter->id, force: true);
$run();
?>
--EXPECT--
handled 0, duplicates 0, dead 1: 
handled 1, duplicates 0, dead 1: charged 2
handled 0, duplicates 1, dead 0: charged 2
handled 0, duplicates 0, dead 1: charged 2
handled 1, duplicates 0, dead 1: charged 2, charged 3
handled 1, duplicates 0, dead 0: charged 2, charged 3, charged 1
