<?php
// The storm: workers consume while one of them is killed with -9 again and again (and the server restarted, if asked to), then everything is counted.
// Run by scripts/storm.sh, which tells the options, and by tests/worker/storm_*.phpt.

final class Storm
{
    private const TABLE = 'CREATE TABLE IF NOT EXISTS storm_effects (n INTEGER NOT NULL)';
    private array $workers = [];
    private array $ended = [];
    private string $log;

    public function __construct(private readonly array $options)
    {
        $this->log = tempnam(sys_get_temp_dir(), 'ecoq-storm');
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

    private function start(): void
    {
        $arguments = explode("\0", rtrim(file_get_contents('/proc/self/cmdline'), "\0"));
        $end = array_search('-f', $arguments, true) ?: array_search($_SERVER['SCRIPT_NAME'], $arguments, true);
        $code = 'require ' . var_export(__FILE__, true) . '; Storm::work(json_decode(' . var_export(json_encode($this->options), true) . ', true));';
        $process = proc_open([PHP_BINARY, ...array_slice($arguments, 1, $end - 1), '-r', $code],
            [0 => ['file', '/dev/null', 'r'], 1 => ['file', $this->log, 'a'], 2 => ['file', $this->log, 'a']], $pipes);
        $this->workers[] = $process;
    }

    private function fill(Ecoq\Messaging $ecoq): void
    {
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

    /** Kills the oldest worker and starts another, as often as wanted; then waits until nothing is left. */
    private function rage(Ecoq\Messaging $ecoq): array
    {
        $kills = 0;
        $started = $restarted = microtime(true);
        $killed = microtime(true);
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
            if (($this->options['restart'] ?? 0) && microtime(true) - $restarted >= $this->options['restart'] && $kills < $this->options['kills']) {
                exec($this->options['restart-command'] . ' >/dev/null 2>&1', $output, $status);
                if ($status) {
                    throw new RuntimeException('The server could not be restarted');
                }
                $restarted = microtime(true);
            }
            try {
                $pending = $this->pending($ecoq);
            } catch (Ecoq\Exception\TransportException) {
                $pending = null;
            }
        } while ($pending !== 0 && microtime(true) - $started < $this->options['patience']);
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

    private function count(int $kills, float $seconds): array
    {
        $pdo = self::pdo($this->options);
        $ecoq = self::application($this->options); // the other one may have lost its connection
        $seen = $pdo->query('SELECT COUNT(DISTINCT n), COUNT(*) FROM storm_effects WHERE n >= 0')->fetch(PDO::FETCH_NUM);
        $wanted = $this->options['messages'] * (isset($this->options['next']) ? 2 : 1);
        $reports = array_filter(array_map(fn ($line) => json_decode($line, true), file($this->log)));
        $others = array_filter(file($this->log), fn ($line) => json_decode($line) === null && trim($line) !== '');
        $total = fn (string $name) => array_sum(array_column($reports, $name));
        $result = [
            'messages' => $this->options['messages'], 'kills' => $kills, 'seconds' => round($seconds, 1),
            'lost' => ($this->options['effects'] ?? true) ? $wanted - $seen[0] : null, 'doubled' => $seen[1] - $seen[0], 'dead' => $ecoq->deadLetters()->count(),
            'left' => $this->pending($ecoq), 'failed' => $total('failed'), 'lines' => count($others), 'output' => implode('', array_slice($others, 0, 20)),
        ];
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

/** Options of a storm over this backend (sqlite, postgresql, mariadb), from the environment that the test servers' start gives. */
function storm_options(string $backend, array $more): array
{
    $environment = ['postgresql' => 'PGSQL', 'mariadb' => 'MYSQL'][$backend] ?? null;
    if ($environment === null) {
        $file = $more['file'] ?? tempnam(sys_get_temp_dir(), 'ecoq-storm');
        $options = ['database' => "sqlite:$file", 'channel' => "sqlite:$file?synchronous=normal"];
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
