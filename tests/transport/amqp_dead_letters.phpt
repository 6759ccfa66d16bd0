--TEST--
Dead letters in a queue of RabbitMQ: the same order each time, oldest first, whatever was looked at, given back or settled before; pages, counts and searches are right at once
--SKIPIF--
<?php
require __DIR__ . '/amqp.inc';
amqp_skip();
?>
--FILE--
<?php
require __DIR__ . '/amqp.inc';
use Ecoq\Message;

const LETTERS = 240;
$space = new AmqpSpace;

foreach (['quorum', 'classic'] as $type) {
    $queue = "orders-$type";
    $create = fn () => new Ecoq\Messaging(handlers: ['x' => fn () => throw new Ecoq\Exception\Unrecoverable('no'), 'y' => fn () => throw new Ecoq\Exception\Unrecoverable('neither')],
        channels: ['c' => $space->dsn(['queue-type' => $type], $queue)]);
    $e = $create();
    $letters = $e->deadLetters();
    $messages = array_map(fn ($n) => Message::create($n % 3 ? 'x' : 'y', ['n' => $n]), range(0, LETTERS - 1));
    $e->channel('c')->setup();
    printf("-- %s: %d\n", $type, count($letters->list()));
    $e->channel('c')->send($messages);
    $e->worker('c', stopWhenEmpty: true)->run();
    $numbers = fn (array $list) => array_map(fn ($letter) => $letter->payload['n'], $list);
    $failed = fn (array $list) => array_map(fn ($letter) => $letter->failedAt->format('U.u'), $list);
    $all = $letters->list(limit: LETTERS);
    $order = $numbers($all);
    $sorted = $failed($all);
    sort($sorted);
    $is = range(0, LETTERS - 1);
    $ids = $order;
    sort($ids);
    var_dump($ids === $is, $failed($all) === $sorted);

    // again, as another process, and after others have changed the order in the queue
    $wrong = [];
    for ($i = 0; $i < 6; $i++) {
        if ($i === 2) {
            $e = $create();
            $letters = $e->deadLetters();
        } elseif ($i === 3) {
            $space->get("$queue.dlq", 70, true);
            amqp_until(fn () => $letters->count() === LETTERS);
        } elseif ($i === 4) {
            $letters->replay('none');
        } elseif ($i === 5) {
            $letters->purge(type: 'none');
        }
        [$list, $count] = [$numbers($letters->list(limit: LETTERS)), $letters->count()];
        if ($list !== $order || $count !== LETTERS) {
            $wrong[] = [$i, count($list), $count];
        }
    }
    echo json_encode($wrong), "\n";

    $paged = $counts = [];
    for ($offset = 0; $offset < LETTERS + 50; $offset += 31) {
        array_push($paged, ...$numbers($letters->list(limit: 31, offset: $offset)));
        $counts[$letters->count()] = true;
    }
    var_dump($paged === $order, array_keys($counts) === [LETTERS]);
    echo json_encode($numbers($letters->list(limit: 3, offset: LETTERS))), json_encode($numbers($letters->list(limit: 0))), "\n";
    $only_y = array_values(array_filter($order, fn ($n) => $n % 3 === 0));
    var_dump($numbers($letters->list(type: 'y', limit: 40, offset: 20)) === array_slice($only_y, 20, 40));
    echo 'filtered: ', $letters->count(type: 'y'), ' of ', $letters->count(), "\n";

    // one in the middle, the last and the first: the others stay, in their order
    foreach ([intdiv(LETTERS, 2), LETTERS - 1, 0] as $at) {
        $id = $messages[$order[$at]]->id;
        echo $letters->show($id)->payload['n'] === $order[$at] ? 'shown' : 'WRONG', ' ', json_encode($at === 0 ? $letters->replay($id) : $letters->delete($id)), ' ', $letters->count(), "\n";
        unset($order[$at]);
    }
    $order = array_values($order);
    var_dump($numbers($letters->list(limit: LETTERS)) === $order);
    echo 'again: ', json_encode([$letters->show('none'), $letters->delete('none'), $letters->replay($id)]), "\n";

    // all of one kind, in one go; the others are where they were
    $y = count(array_filter($order, fn ($n) => $n % 3 === 0));
    echo $letters->purge(type: 'y') === $y ? 'purged' : 'WRONG', ', left ', $letters->count(), "\n";
    $order = array_values(array_filter($order, fn ($n) => $n % 3));
    var_dump($numbers($letters->list(limit: LETTERS)) === $order, $letters->count() === count($order));
    echo 'replayed ', $letters->replayAll(type: 'x'), ', left ', $letters->count(), "\n";
    $report = $e->worker('c', stopWhenEmpty: true)->run();
    echo "given up $report->deadLettered, letters ", $letters->count(), "\n";
    $again = $letters->list(limit: LETTERS);
    $sorted = $failed($again);
    sort($sorted);
    var_dump($failed($again) === $sorted, count(array_unique($numbers($again))));
    echo 'replayed ', $letters->replayAll(), ', left ', $letters->count(), "\n";
    // nothing of ecoq's own is made beside it
    echo implode(' ', array_filter(array_keys($space->queues()), fn ($name) => str_starts_with($name, "$queue.dlq"))), "\n";
}
?>
--EXPECT--
-- quorum: 0
bool(true)
bool(true)
[]
bool(true)
bool(true)
[][]
bool(true)
filtered: 80 of 240
shown true 239
shown true 238
shown true 237
bool(true)
again: [null,false,false]
purged, left 159
bool(true)
bool(true)
replayed 159, left 0
given up 160, letters 160
bool(true)
int(160)
replayed 160, left 0
orders-quorum.dlq
-- classic: 0
bool(true)
bool(true)
[]
bool(true)
bool(true)
[][]
bool(true)
filtered: 80 of 240
shown true 239
shown true 238
shown true 237
bool(true)
again: [null,false,false]
purged, left 159
bool(true)
bool(true)
replayed 159, left 0
given up 160, letters 160
bool(true)
int(160)
replayed 160, left 0
orders-classic.dlq
