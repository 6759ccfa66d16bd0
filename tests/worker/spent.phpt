--TEST--
Handlers that end the process: fatal error, memory limit, segfault: nothing is lost and the others are handled
--SKIPIF--
<?php if (!extension_loaded('pdo_sqlite') || !extension_loaded('posix')) die('skip pdo_sqlite and posix are needed'); ?>
--FILE--
<?php
require __DIR__ . '/workers.inc';
$code = <<<'PHP'
    ini_set('display_errors', 0); ini_set('memory_limit', '32M');
    class Deadly {
        #[Ecoq\Attribute\Asynchronous('q'), Ecoq\Attribute\CommandHandler('ok', endpointId: 'ok')] public function ok(int $n): void { file_put_contents($GLOBALS['file'] . '.log', "$n\n", FILE_APPEND); }
        #[Ecoq\Attribute\Asynchronous('q'), Ecoq\Attribute\CommandHandler('fatal', endpointId: 'fatal')] public function fatal(): void { eval('class Deadly {}'); }
        #[Ecoq\Attribute\Asynchronous('q'), Ecoq\Attribute\CommandHandler('memory', endpointId: 'memory')] public function memory(): void { $x = str_repeat('x', 64 << 20); }
        #[Ecoq\Attribute\Asynchronous('q'), Ecoq\Attribute\CommandHandler('segfault', endpointId: 'segfault')] public function segfault(): void { posix_kill(getmypid(), 11); }
    }
    $ecoq = new Ecoq\Messaging(handlers: [Deadly::class], channels: ['q' => "sqlite:$file?retry.max=2"]);
PHP;
foreach (['fatal', 'memory', 'segfault'] as $how) {
    $file = database_file();
    eval(str_replace('class Deadly', "class Deadly_$how", str_replace('Deadly::class', "Deadly_$how::class", preg_replace('/^.*ini_set.*$/m', '', $code))));
    for ($n = 0; $n < 100; $n++) {
        if ($n === 50) $ecoq->sendTo($how);
        $ecoq->sendTo('ok', $n);
    }
    $starts = 0;
    do {
        $worker = new WorkerProcess($code . 'exit($ecoq->worker("q", stopWhenEmpty: true)->run()->failed > 0 ? 9 : 0);', $file);
        $worker->rest();
        [$status] = $worker->wait();
        $starts++;
        usleep(1_100_000); // the dead one is noticed
        $stats = $ecoq->channel('q')->stats();
    } while ($stats->ready + $stats->reserved + $stats->delayed > 0 && $starts < 12);
    $handled = array_count_values(file("$file.log", FILE_IGNORE_NEW_LINES));
    $letters = $ecoq->deadLetters()->list();
    printf("%s: %d of 100 handled, %s twice, %d dead letter(s): %s %s, within %s starts\n", $how, count($handled), max($handled) > 1 ? 'some' : 'none', count($letters), $letters[0]->type ?? '-',
        strstr(($letters[0]->error ?? '') . ':', ':', true), $starts <= 8 ? 'few' : $starts);
}
?>
--EXPECT--
fatal: 100 of 100 handled, none twice, 1 dead letter(s): fatal crashed, within few starts
memory: 100 of 100 handled, none twice, 1 dead letter(s): memory crashed, within few starts
segfault: 100 of 100 handled, none twice, 1 dead letter(s): segfault crashed, within few starts
