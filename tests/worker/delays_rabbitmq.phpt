--TEST--
Messages with random delays, on RabbitMQ's ladder of queues: each comes, none early, and on time; when the broker is ended meanwhile none is lost, and the number of queues is bounded
--SKIPIF--
<?php
require __DIR__ . '/storms.inc';
skip_rabbit_storm();
?>
--FILE--
<?php
require __DIR__ . '/workers.inc';
require __DIR__ . '/storms.inc';
// ECOQ_DELAYED=20000 ECOQ_LONGEST=60000 are the full figures
$count = (int) (getenv('ECOQ_DELAYED') ?: 300);
$longest = (int) (getenv('ECOQ_LONGEST') ?: 4000);
$servers = RabbitServers::single();
$ecoq = new Ecoq\Messaging(channels: ['q' => $servers->dsn()]);

/** Has all sent by another process and receives them; at the time $disturb_at (s) the broker is ended and started again. n => [received, due] of the last time */
$run = function (?float $disturb_at) use ($servers, $ecoq, $count, $longest): array {
    $sender = new WorkerProcess(sprintf('[$dsn, $count, $longest] = %s;', var_export([$servers->dsn(), $count, $longest], true)) . <<<'PHP'
        $channel = (new Ecoq\Messaging(channels: ['q' => $dsn]))->channel('q');
        for ($n = 0; $n < $count; $n++) {
            $delay = random_int(200, $longest);
            $due = microtime(true) + $delay / 1000;
            for ($tries = 0; $tries < 300; $tries++) {
                try {
                    $channel->send(Ecoq\Message::create('t', ['n' => $n, 'due' => $due]), delay: $delay);
                    continue 2;
                } catch (Ecoq\Exception\TransportException $e) {
                    usleep(200_000);
                }
            }
            echo $e->getMessage();
            exit(1);
        }
        echo 'sent';
    PHP, database_file());
    $seen = [];
    $started = microtime(true);
    $disturbance = null;
    while (count($seen) < $count && microtime(true) - $started < $longest / 1000 + 90 + $count / 50) {
        if ($disturb_at !== null && microtime(true) - $started > $disturb_at) {
            [$disturb_at, $disturbance] = [null, $servers->restart(0.5, 15)];
        }
        if ($disturbance?->valid()) {
            $disturbance->next();
        }
        try {
            foreach ($ecoq->channel('q')->receive(100, $disturbance ? 50 : 500) as $d) {
                $payload = $d->message->payload;
                $seen[$payload['n']] ??= [microtime(true), $payload['due']];
                $d->ack();
            }
        } catch (Ecoq\Exception\TransportException) {
            usleep(20_000);
        }
    }
    echo $sender->rest(), ', lost ', $count - count($seen);
    return $seen;
};

$late = array_map(fn ($times) => $times[0] - $times[1], $run(null));
sort($late);
$p99 = $late[(int) floor(count($late) * 0.99)] ?? INF;
// the figure is 1 s; a loaded machine may need longer to run anything at all
printf(", %s, %s\n", $late[0] > -0.005 ? 'none early' : "early by $late[0]", $p99 <= (getenv('ECOQ_STRICT') ? 1 : 5) ? 'on time' : "p99 $p99 s late");
getenv('ECOQ_SHOW') && printf("median %.3f, p99 %.3f, last %.3f s late\n", $late[intdiv(count($late), 2)], $p99, end($late));
$run(min($longest, 10_000) / 3000);
$queues = count($servers->ask('queues'));
echo ', ', $queues <= 27 + 13 ? "few queues\n" : "$queues queues\n";
?>
--EXPECT--
sent, lost 0, none early, on time
sent, lost 0, few queues
