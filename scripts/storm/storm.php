<?php
// The storm: workers consume while one of them is killed with -9 again and again (and the server as well, if asked to), then everything is counted.
// Run by scripts/storm.sh, which tells the options, and by tests/worker/storm_*.phpt.

final class Storm
{
    private const TABLE = 'CREATE TABLE IF NOT EXISTS storm_effects (n INTEGER NOT NULL)';
    private array $workers = [];
    private array $ended = [];
    private string $log;
    private string $sent;      // what the producer got through: lines of "first count", at the end one with "refused" sends
    private $producer = null;
    private int $disturbances = 0;
    private ?bool $isExact = null;
    private array $counted = []; // where the broker does not tell what is reserved: what is missing, when that was looked at, since when it is so

    /** $disturb, called every `restart` seconds, does something to the server; it yields while it waits. */
    public function __construct(private readonly array $options, private readonly ?Closure $disturb = null)
    {
        $this->log = tempnam(sys_get_temp_dir(), 'ecoq-storm');
        touch($this->sent = "$this->log-sent");
    }

    public static function pdo(array $options): PDO
    {
        $pdo = new PDO($options['database'], $options['user'] ?? null, $options['password'] ?? null, [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION, PDO::ATTR_TIMEOUT => 10]);
        if ($pdo->getAttribute(PDO::ATTR_DRIVER_NAME) === 'sqlite') {
            $pdo->exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
        }
        return $pdo;
    }

    /** The application of a worker: its handler writes a row; with `relay`, it sends a message on to a second channel, whose handler writes another. */
    public static function application(array $options): Ecoq\Messaging
    {
        $connection = null;
        $connect = function () use ($options, &$connection) {
            return $connection = self::pdo($options);
        };
        $database = ($options['with-database'] ?? true) ? $connect : null;
        $effect = function (int $n) use (&$connection, $options) {
            usleep($options['work']);
            ($connection ??= self::pdo($options))->exec("INSERT INTO storm_effects VALUES ($n)");
        };
        $handlers = [
            'storm' => function (array $d) use ($effect, $options, &$ecoq) {
                if ($d['segfault'] ?? false) {
                    posix_kill(getmypid(), 11);
                    usleep(100_000);
                }
                if (isset($options['next'])) {
                    $ecoq->channel('next')->send(Ecoq\Message::create('storm.next', ['n' => $d['n'] + 1_000_000_000]));
                }
                if ($options['effects'] ?? true) {
                    $effect($d['n']);
                }
            },
            'storm.next' => fn (array $d) => $effect($d['n']),
        ];
        $channels = ['storm' => $options['channel'] ?? $options['database']];
        if (isset($options['next'])) {
            $handlers = [new StormHandlers($effect, $options)];
            $channels['next'] = $options['next'];
        }
        return $ecoq = new Ecoq\Messaging(handlers: $handlers, channels: $channels, database: $database);
    }

    /** One worker process; says what it did when it ends by itself. */
    public static function work(array $options): void
    {
        $report = self::application($options)->worker(...($options['consume'] ?? ['storm']))->run();
        echo json_encode($report) . "\n";
    }

    /** The producer's process, with `produce`: sends all the time while the queue is short, at least so many messages and until there were `disturbances`, and notes what `send` returned for; what failed goes again under numbers of its own. */
    public static function produce(array $options, string $file): void
    {
        $channel = self::application($options)->channel('storm');
        $notes = fopen($file, 'a');
        $refused = 0;
        for ($first = $sent = 0; $sent < $options['messages'] || isset($options['disturbances']) && !file_exists("$file-enough"); $first += $count) {
            $count = 100;
            while (!self::isShort($channel, $options['ahead'] ?? 3000)) {
                usleep(5000);
            }
            try {
                $channel->send(array_map(fn ($n) => Ecoq\Message::create('storm', ['n' => $n]), range($first, $first + $count - 1)));
            } catch (Ecoq\Exception\TransportException $e) {
                $refused++;
                fwrite($notes, '# ' . str_replace("\n", ' ', $e->getMessage()) . "\n");
                usleep(50_000);
                continue;
            }
            fwrite($notes, "$first $count\n");
            $sent += $count;
        }
        fwrite($notes, "refused $refused\n");
    }

    private static function isShort(Ecoq\MessageChannel $channel, int $ahead): bool
    {
        try {
            return $channel->stats()->ready < $ahead;
        } catch (Ecoq\Exception\TransportException) {
            return false;
        }
    }

    private function start(): void
    {
        $this->workers[] = $this->process('Storm::work(OPTIONS);');
    }

    /** @return resource */
    private function process(string $code)
    {
        $arguments = explode("\0", rtrim(file_get_contents('/proc/self/cmdline'), "\0"));
        $end = array_search('-f', $arguments, true) ?: array_search($_SERVER['SCRIPT_NAME'], $arguments, true);
        $options = 'json_decode(' . var_export(json_encode($this->options), true) . ', true)';
        $code = 'require ' . var_export(__FILE__, true) . '; ' . str_replace('OPTIONS', $options, $code);
        return proc_open([PHP_BINARY, ...array_slice($arguments, 1, $end - 1), '-r', $code],
            [0 => ['file', '/dev/null', 'r'], 1 => ['file', $this->log, 'a'], 2 => ['file', $this->log, 'a']], $pipes);
    }

    private function fill(Ecoq\Messaging $ecoq): void
    {
        if ($this->options['produce'] ?? false) {
            $this->producer = $this->process('Storm::produce(OPTIONS, ' . var_export($this->sent, true) . ');');
            return;
        }
        for ($n = 0; $n < $this->options['messages']; $n += 500) {
            $ecoq->channel('storm')->send(array_map(fn ($i) => Ecoq\Message::create('storm', ['n' => $i]), range($n, min($n + 499, $this->options['messages'] - 1))));
        }
        if ($this->options['segfault'] ?? false) {
            $ecoq->channel('storm')->send(Ecoq\Message::create('storm', ['n' => -1, 'segfault' => true]));
        }
    }

    private function pending(Ecoq\Messaging $ecoq): int
    {
        $pending = 0;
        foreach (array_merge(['storm'], isset($this->options['next']) ? ['next', 'outbox'] : []) as $name) {
            $stats = $ecoq->channel($name)->stats();
            $pending += $stats->ready + $stats->delayed + $stats->reserved;
        }
        return $pending;
    }

    /** Where the broker does not tell what workers hold: whether all is seen, or nothing more was for as long as a dead connection may take to be noticed. */
    private function isSettled(Ecoq\Messaging $ecoq): bool
    {
        if ($this->isExact ??= $ecoq->channel('storm')->stats()->exact) {
            return true;
        }
        if (microtime(true) - ($this->counted['at'] ?? 0) < 0.5) {
            return false;
        }
        $lost = $this->lost();
        $isNew = $lost !== ($this->counted['lost'] ?? -1);
        $this->counted = ['at' => microtime(true), 'lost' => $lost, 'since' => $isNew ? microtime(true) : $this->counted['since']];
        return microtime(true) - $this->counted['since'] > ($lost ? 100 : 1);
    }

    private function isProducing(): bool
    {
        if (!$this->producer) {
            return false;
        }
        $status = proc_get_status($this->producer);
        if (!$status['running']) {
            $this->producer = null;
            if ($status['exitcode']) {
                throw new RuntimeException("The producer ended with $status[exitcode]: " . file_get_contents($this->log));
            }
        }
        return $status['running'];
    }

    /** What is to be seen in the end: first => count. */
    private function sent(): array
    {
        if (!($this->options['produce'] ?? false)) {
            return [0 => $this->options['messages']];
        }
        preg_match_all('/^(\d+) (\d+)$/m', file_get_contents($this->sent), $m);
        return array_combine($m[1], $m[2]);
    }

    /** Kills the oldest worker and starts another, as often as wanted; then waits until nothing is left. */
    private function rage(Ecoq\Messaging $ecoq): array
    {
        $kills = 0;
        $started = $disturbed = $killed = microtime(true);
        $disturbance = null;
        do {
            usleep(20_000);
            foreach ($this->workers as $i => $process) {
                if (!proc_get_status($process)['running']) {
                    unset($this->workers[$i]);
                    $this->start();
                }
            }
            if (microtime(true) - $killed >= $this->options['every'] / 1000 && $kills < $this->options['kills']) {
                $victim = array_shift($this->workers);
                proc_terminate($victim, 9);
                while (proc_get_status($victim)['running']) {
                    usleep(1000);
                }
                $kills++;
                $killed = microtime(true);
                $this->start();
            }
            // one at a time, and none any more when all is sent and all are killed
            if ($disturbance) {
                $disturbance->next();
                $disturbance = $disturbance->valid() ? $disturbance : null;
                $disturbed = microtime(true);
            } elseif ($this->disturb && $this->disturbances < ($this->options['most-disturbances'] ?? PHP_INT_MAX) && microtime(true) - $disturbed >= $this->options['restart'] && ($this->producer || (!isset($this->options['produce']) && $kills < $this->options['kills']))) {
                $disturbance = ($this->disturb)();
                $disturbance->current();
                if (++$this->disturbances === ($this->options['disturbances'] ?? 0)) {
                    touch("$this->sent-enough");
                }
            }
            try {
                $isOver = $this->pending($ecoq) === 0 && $this->isSettled($ecoq);
            } catch (Ecoq\Exception\TransportException) {
                $isOver = false;
            }
        } while (($this->isProducing() || $disturbance || !$isOver) && microtime(true) - $started < $this->options['patience']);
        return [$kills, microtime(true) - $started];
    }

    public function run(): array
    {
        self::pdo($this->options)->exec(self::TABLE);
        self::pdo($this->options)->exec('DELETE FROM storm_effects');
        $ecoq = self::application($this->options);
        foreach (array_merge(['storm'], isset($this->options['next']) ? ['next'] : []) as $name) {
            $ecoq->channel($name)->purge();
        }
        $ecoq->deadLetters()->purge();
        $this->fill($ecoq);
        for ($i = 0; $i < $this->options['workers']; $i++) {
            $this->start();
        }
        [$kills, $seconds] = $this->rage($ecoq);
        foreach ($this->workers as $process) {
            proc_terminate($process, 15);
        }
        foreach ($this->workers as $process) {
            for ($until = microtime(true) + 20; proc_get_status($process)['running'] && microtime(true) < $until;) {
                usleep(5000);
            }
            if (proc_get_status($process)['running']) {
                proc_terminate($process, 9);
            }
        }
        return $this->count($kills, $seconds);
    }

    /** How many of the messages that were sent had no effect. */
    private function lost(): int
    {
        $lost = 0;
        $effects = array_flip(self::pdo($this->options)->query('SELECT DISTINCT n FROM storm_effects')->fetchAll(PDO::FETCH_COLUMN));
        foreach ($this->sent() as $first => $count) {
            for ($n = $first; $n < $first + $count; $n++) {
                $lost += (int) !isset($effects[$n]);
                $lost += (int) (isset($this->options['next']) && !isset($effects[$n + 1_000_000_000]));
            }
        }
        return $lost;
    }

    private function count(int $kills, float $seconds): array
    {
        $pdo = self::pdo($this->options);
        $ecoq = self::application($this->options); // the other one may have lost its connection
        $seen = $pdo->query('SELECT COUNT(DISTINCT n), COUNT(*) FROM storm_effects WHERE n >= 0')->fetch(PDO::FETCH_NUM);
        $reports = array_filter(array_map(fn ($line) => json_decode($line, true), file($this->log)));
        $others = array_filter(file($this->log), fn ($line) => json_decode($line) === null && trim($line) !== '');
        $total = fn (string $name) => array_sum(array_column($reports, $name));
        $result = [
            'messages' => $this->options['messages'], 'kills' => $kills, 'seconds' => round($seconds, 1),
            'lost' => ($this->options['effects'] ?? true) ? $this->lost() : null, 'doubled' => $seen[1] - $seen[0], 'dead' => $ecoq->deadLetters()->count(),
            'left' => $this->pending($ecoq), 'failed' => $total('failed'), 'lines' => count($others), 'output' => implode('', array_slice($others, 0, 20)),
        ];
        if ($this->disturb) {
            $result['disturbed'] = $this->disturbances;
        }
        if ($this->options['produce'] ?? false) {
            $notes = file_get_contents($this->sent);
            $result['refused'] = (int) substr(strrchr($notes, ' '), 1); // sends that threw: whether they were stored is open
            $result['refusals'] = array_count_values(preg_match_all('/^# (.*)$/m', $notes, $m) ? $m[1] : []);
            array_map(unlink(...), glob("$this->sent*"));
        }
        unlink($this->log);
        return $result;
    }
}

/** With `next`: the handler of the first channel sends to the second one through the bus. */
final class StormHandlers
{
    public function __construct(private readonly Closure $effect, private readonly array $options)
    {
    }

    #[Ecoq\Attribute\Asynchronous('storm'), Ecoq\Attribute\EventHandler('storm', endpointId: 'storm')]
    public function first(array $d, Ecoq\EventBus $bus): void
    {
        ($this->effect)($d['n']);
        $bus->publishTo('storm.next', ['n' => $d['n'] + 1_000_000_000]);
    }

    #[Ecoq\Attribute\Asynchronous('next'), Ecoq\Attribute\EventHandler('storm.next', endpointId: 'storm.next')]
    public function second(array $d): void
    {
        ($this->effect)($d['n']);
    }
}

/** Options of a storm over this backend (sqlite, postgresql, mariadb, redis, rabbitmq), from the environment that the test servers' start gives. */
function storm_options(string $backend, array $more): array
{
    $environment = ['postgresql' => 'PGSQL', 'mariadb' => 'MYSQL'][$backend] ?? null;
    if ($environment === null) {
        // the effects of handlers on Redis and RabbitMQ are counted in SQLite
        $file = $more['file'] ?? tempnam(sys_get_temp_dir(), 'ecoq-storm');
        $owner = getmypid();
        register_shutdown_function(fn () => getmypid() === $owner && array_map(unlink(...), glob("$file*")));
        $channel = ['redis' => getenv('ECOQ_TEST_REDIS_DSN') . '?prefix=ecoq:', 'rabbitmq' => getenv('ECOQ_TEST_AMQP_DSN')][$backend] ?? "sqlite:$file?synchronous=normal";
        $options = ['database' => "sqlite:$file", 'channel' => $channel];
    } else {
        $dsn = getenv("ECOQ_TEST_{$environment}_DSN");
        $user = getenv("ECOQ_TEST_{$environment}_USER");
        $password = (string) getenv("ECOQ_TEST_{$environment}_PASSWORD");
        $options = ['database' => $dsn, 'user' => $user, 'password' => $password, 'channel' => "$dsn;user=$user" . ($password === '' ? '' : ";password=$password")];
    }
    $options = $more + $options + ['messages' => 5000, 'kills' => 10, 'every' => 300, 'workers' => 4, 'patience' => 240];
    // long enough for all the kills to happen while there is work
    return $options + ['work' => (int) (1.5 * 1000 * $options['kills'] * $options['every'] * $options['workers'] / $options['messages'])];
}

/** A disturbance: runs a command, and waits for its end. */
function storm_command(string $command): Closure
{
    return function () use ($command): Generator {
        $process = proc_open("exec $command >/dev/null 2>&1", [], $pipes);
        while (($status = proc_get_status($process))['running']) {
            yield;
        }
        if ($status['exitcode']) {
            throw new RuntimeException("The server could not be restarted: $command");
        }
    };
}
