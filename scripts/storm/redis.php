<?php
// Redis for storms and tests, without any extension: a client of a few lines, and servers of one's own: a master with replicas and Sentinels, or a Cluster.

/** A connection. Errors of the server are exceptions, at the end of a connection as well. */
final class Resp
{
    private $stream;

    /** $address: host:port, or the path of a unix socket. */
    public function __construct(string $address, string $password = '', string $user = '', float $timeout = 10)
    {
        $this->stream = @stream_socket_client(($address[0] === '/' ? 'unix://' : 'tcp://') . $address, $code, $text, $timeout)
            ?: throw new RuntimeException("Redis at $address: $text");
        stream_set_timeout($this->stream, (int) $timeout);
        if ($password !== '') {
            $this->command('AUTH', ...array_filter([$user, $password], strlen(...)));
        }
    }

    /** What a DSN of the transport names, its first host: redis://user:password@host:port or redis+unix://user:password@/path */
    public static function to(string $dsn): self
    {
        preg_match('~^redis(\+unix)?://(?:([^:@]*):([^@]*)@)?([^/?]*)([^?]*)~', $dsn, $m);
        return new self($m[1] === '' ? $m[4] : $m[5], rawurldecode($m[3]), rawurldecode($m[2]));
    }

    public function command(string|int|float ...$words): mixed
    {
        $text = '*' . count($words) . "\r\n" . implode('', array_map(fn ($word) => '$' . strlen((string) $word) . "\r\n$word\r\n", $words));
        if (@fwrite($this->stream, $text) !== strlen($text)) {
            throw new RuntimeException('The connection to Redis ended');
        }
        return $this->reply();
    }

    private function reply(): mixed
    {
        $line = fgets($this->stream);
        if ($line === false || !str_ends_with($line, "\r\n")) {
            throw new RuntimeException('The connection to Redis ended');
        }
        $rest = substr($line, 1, -2);
        switch ($line[0]) {
            case '-':
                throw new RuntimeException($rest);
            case ':':
                return (int) $rest;
            case '$':
                return $rest === '-1' ? null : substr($this->bytes((int) $rest + 2), 0, -2);
            case '*':
                // all of it is read before an error in it is thrown, as happens to no command used here
                return $rest === '-1' ? null : array_map(fn () => $this->reply(), $rest > 0 ? range(1, (int) $rest) : []);
            default:
                return $rest;
        }
    }

    private function bytes(int $count): string
    {
        $bytes = stream_get_contents($this->stream, $count);
        return strlen((string) $bytes) === $count ? $bytes : throw new RuntimeException('The connection to Redis ended');
    }

    /** Removes all keys of that beginning, and the side keys of the queues named so. */
    public function remove(string $prefix): void
    {
        foreach (["$prefix*", "{{$prefix}*"] as $pattern) {
            $cursor = '0';
            do {
                [$cursor, $keys] = $this->command('SCAN', $cursor, 'MATCH', $pattern, 'COUNT', 1000);
                if ($keys) {
                    $this->command('DEL', ...$keys);
                }
            } while ($cursor !== '0');
        }
    }
}

/** Servers on loopback ports, each with an append-only file that is flushed at each write, in a directory that goes with the object. */
final class RedisServers
{
    public const PASSWORD = 'storm';
    public readonly string $directory;
    private array $processes = []; // port => process
    private array $commands = [];  // port => words
    private array $ports = [];     // of the data servers
    private array $sentinels = [];
    private bool $isCluster = false;
    private readonly int $pid;

    public function __construct()
    {
        $this->pid = getmypid();
        $this->directory = sys_get_temp_dir() . '/ecoq-redis-' . bin2hex(random_bytes(5));
        mkdir($this->directory, 0700);
        register_shutdown_function($this->close(...));
    }

    public static function areInstalled(): bool
    {
        exec('redis-server --version 2>/dev/null', $output, $status);
        return $status === 0;
    }

    public static function single(): self
    {
        $servers = new self();
        $servers->start(['--requirepass', self::PASSWORD]);
        return $servers;
    }

    /** A master with replicas, watched by three Sentinels under the name `queue`. */
    public static function watched(int $replicas = 2): self
    {
        $servers = new self();
        $login = ['--requirepass', self::PASSWORD, '--masterauth', self::PASSWORD];
        $master = $servers->start($login);
        for ($i = 0; $i < $replicas; $i++) {
            $servers->start([...$login, '--replicaof', '127.0.0.1', (string) $master]);
        }
        $servers->until(fn () => count($servers->link($master)->command('ROLE')[2]) === $replicas, 'The replicas did not come');
        for ($i = 0; $i < 3; $i++) {
            $port = $servers->port();
            $file = "$servers->directory/sentinel-$port.conf";
            file_put_contents($file, implode("\n", [
                "port $port", 'bind 127.0.0.1', "dir $servers->directory", "sentinel monitor queue 127.0.0.1 $master 2", 'sentinel auth-pass queue ' . self::PASSWORD,
                'sentinel down-after-milliseconds queue 500', 'sentinel failover-timeout queue 2000', 'sentinel parallel-syncs queue 2', '',
            ]));
            $servers->sentinels[] = $port;
            $servers->run($port, ['redis-server', $file, '--sentinel']);
        }
        $known = fn (int $port) => array_combine(...array_map(fn ($n) => array_column(array_chunk($servers->link($port, '')->command('SENTINEL', 'MASTER', 'queue'), 2), $n), [0, 1]));
        foreach ($servers->sentinels as $port) {
            $servers->until(fn () => $known($port)['num-other-sentinels'] === '2' && $known($port)['num-slaves'] === (string) $replicas, 'The Sentinels did not meet');
        }
        return $servers;
    }

    /** Three masters, each with as many replicas. */
    public static function cluster(int $replicas = 1): self
    {
        $servers = new self();
        $servers->isCluster = true;
        for ($i = 0; $i < 3 * (1 + $replicas); $i++) {
            $servers->start(['--requirepass', self::PASSWORD, '--masterauth', self::PASSWORD, '--cluster-enabled', 'yes', '--cluster-node-timeout', '1000',
                '--cluster-replica-validity-factor', '0']);
        }
        exec('redis-cli --no-auth-warning -a ' . self::PASSWORD . ' --cluster create ' . implode(' ', array_map(fn ($port) => "127.0.0.1:$port", $servers->ports))
            . " --cluster-replicas $replicas --cluster-yes 2>&1", $output, $status);
        if ($status) {
            throw new RuntimeException(implode("\n", $output));
        }
        $servers->until(fn () => !array_filter($servers->ports, fn ($port) => !str_contains($servers->link($port)->command('CLUSTER', 'INFO'), 'cluster_state:ok')
            || substr_count($servers->link($port)->command('CLUSTER', 'NODES'), 'slave ') !== 3 * $replicas), 'The Cluster did not form');
        $servers->until(fn () => !array_filter($servers->ports, fn ($port) => $servers->info($port, 'role') === 'slave' && $servers->info($port, 'master_link_status') !== 'up'), 'The replicas did not come');
        return $servers;
    }

    public function dsn(array $options = []): string
    {
        $list = fn (array $ports) => implode(',', array_map(fn ($port) => "127.0.0.1:$port", $ports));
        $options = ($this->sentinels ? ['master' => 'queue'] : []) + $options;
        return ($this->sentinels ? 'redis+sentinel' : 'redis') . '://:' . self::PASSWORD . '@' . $list($this->sentinels ?: array_slice($this->ports, 0, 3))
            . ($options ? '?' . http_build_query($options) : '');
    }

    /** The port of the server that holds this key for writing, as a Sentinel or the Cluster has it. */
    public function master(string $key): int
    {
        foreach ($this->sentinels as $port) {
            return (int) $this->link($port, '')->command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'queue')[1];
        }
        foreach (array_filter($this->ports, fn ($port) => isset($this->processes[$port])) as $port) {
            $slot = $this->link($port)->command('CLUSTER', 'KEYSLOT', $key);
            foreach ($this->link($port)->command('CLUSTER', 'SLOTS') as [$first, $last, $node]) {
                if ($slot >= $first && $slot <= $last) {
                    return $node[1];
                }
            }
        }
        throw new RuntimeException('No master was found');
    }

    /**
     * Cuts the master of that key off from its replicas for a moment, so that it takes what nobody else has; kills it with -9, waits until another one is
     * promoted, and starts the killed one again, which becomes a replica. Yields while it waits; returns the seconds that were without a master.
     */
    public function failOver(string $key, float $alone = 0.3): Generator
    {
        $old = $this->master($key);
        $replicas = array_filter($this->ports, fn ($port) => $this->info($port, 'master_port') === (string) $old);
        $login = fn (string $password) => array_map(fn ($port) => $this->link($port)->command('CONFIG', 'SET', 'masterauth', $password), $replicas);
        $login('wrong');
        $this->link($old)->command('CLIENT', 'KILL', 'TYPE', 'replica');
        for ($end = microtime(true) + $alone; microtime(true) < $end;) {
            yield;
        }
        $this->kill($old);
        $started = microtime(true);
        $login(self::PASSWORD);
        yield from $this->awaiting(fn () => ($new = $this->master($key)) !== $old && $this->link($new)->command('ROLE')[0] === 'master', 'No other master was promoted');
        $seconds = microtime(true) - $started;
        $this->run($old, $this->commands[$old]);
        yield from $this->awaiting(fn () => $this->info($old, 'role') === 'slave' && $this->info($old, 'master_link_status') === 'up', 'The killed master did not become a replica');
        return $seconds;
    }

    /** Kills the first server with -9 and starts it again, after so many seconds. */
    public function restart(float $after = 0): Generator
    {
        $this->kill($this->ports[0]);
        for ($end = microtime(true) + $after; microtime(true) < $end;) {
            yield;
        }
        $this->run($this->ports[0], $this->commands[$this->ports[0]]);
    }

    public function info(int $port, string $name): ?string
    {
        return preg_match("/^$name:(.*?)\r?$/m", $this->link($port)->command('INFO'), $m) ? $m[1] : null;
    }

    public function link(int $port, string $password = self::PASSWORD): Resp
    {
        return new Resp("127.0.0.1:$port", $password);
    }

    public function kill(int $port): void
    {
        proc_terminate($this->processes[$port], 9);
        proc_close($this->processes[$port]);
        unset($this->processes[$port]);
    }

    /** A server of its own with these options; its port. */
    public function start(array $options = []): int
    {
        $port = $this->port();
        mkdir("$this->directory/$port");
        $this->ports[] = $port;
        $this->run($port, ['redis-server', '--port', (string) $port, '--bind', '127.0.0.1', '--dir', "$this->directory/$port", '--save', '', '--appendonly', 'yes', '--appendfsync', 'always',
            '--repl-diskless-sync-delay', '0', '--repl-timeout', '5', '--repl-ping-replica-period', '1', ...$options]);
        return $port;
    }

    private function run(int $port, array $command): void
    {
        $this->commands[$port] = $command;
        $log = ['file', "$this->directory/$port.log", 'a'];
        // they go with this process, even when it is killed
        $this->processes[$port] = proc_open(['setpriv', '--pdeathsig', 'KILL', ...$command], [0 => ['file', '/dev/null', 'r'], 1 => $log, 2 => $log], $pipes);
        $this->until(function () use ($port) {
            try {
                $this->link($port, '')->command('PING');
                return true;
            } catch (RuntimeException $e) {
                return str_starts_with($e->getMessage(), 'NOAUTH');
            }
        }, "The server at port $port did not start");
    }

    private function until(callable $condition, string $text): void
    {
        foreach ($this->awaiting($condition, $text) as $_) {
        }
    }

    private function awaiting(callable $condition, string $text, float $seconds = 60): Generator
    {
        for ($end = microtime(true) + $seconds; microtime(true) < $end; usleep(20_000)) {
            try {
                if ($condition()) {
                    return;
                }
            } catch (RuntimeException) {
                // not yet there, or loading
            }
            yield;
        }
        throw new RuntimeException("$text within $seconds s, see $this->directory");
    }

    /** Below the ports of outgoing connections, and so that the port of the Cluster's bus (10 000 above) exists and is free as well. */
    private function port(): int
    {
        do {
            $port = random_int(11_000, 21_000);
            $isTaken = false;
            foreach ($this->isCluster ? [$port, $port + 10_000] : [$port] as $candidate) {
                $isTaken = $isTaken || !($socket = @stream_socket_server("tcp://127.0.0.1:$candidate"));
                $socket && fclose($socket);
            }
        } while ($isTaken || isset($this->commands[$port]));
        return $port;
    }

    public function close(): void
    {
        if (getmypid() === $this->pid) {
            array_map($this->kill(...), array_keys($this->processes));
            exec('rm -rf ' . escapeshellarg($this->directory));
        }
    }
}
