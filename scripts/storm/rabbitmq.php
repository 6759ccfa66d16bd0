<?php
// RabbitMQ for storms and tests that kill it or set it up in their own way: one node, or a cluster of three on this host.

/** Brokers on loopback ports, in a directory that goes with the object. */
final class RabbitServers
{
    public const PASSWORD = 'storm';
    private const SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server';
    public readonly string $directory;
    private array $processes = []; // name => process
    private array $nodes = [];     // name => ['amqp' => port, 'api' => port, 'between' => port]
    private array $used = [];
    private int $epmd;
    private readonly int $pid;

    /** $settings: lines of rabbitmq.conf */
    private function __construct(int $count, array $settings)
    {
        $this->pid = getmypid();
        $this->directory = sys_get_temp_dir() . '/ecoq-rabbitmq-' . bin2hex(random_bytes(5));
        mkdir($this->directory, 0700);
        register_shutdown_function($this->close(...));
        $this->epmd = $this->port();
        $this->processes['epmd'] = $this->spawn('epmd', ['epmd'], []);
        for ($i = 1; $i <= $count; $i++) {
            $this->nodes["e$i"] = ['amqp' => $this->port(), 'api' => $this->port(), 'between' => $this->port()];
        }
        $cookie = bin2hex(random_bytes(10));
        foreach ($this->nodes as $name => $ports) {
            $home = "$this->directory/$name";
            mkdir($home);
            file_put_contents("$home/.erlang.cookie", $cookie);
            chmod("$home/.erlang.cookie", 0400);
            file_put_contents("$home/enabled_plugins", "[rabbitmq_management].\n");
            // a node that starts tries to hand delayed messages on before it has its exchanges, and again after 3 minutes unless it is told otherwise
            file_put_contents("$home/advanced.config", "[{rabbit, [{dead_letter_worker_publisher_confirm_timeout, 3000}]}].\n");
            $lines = [
                "listeners.tcp.1 = 127.0.0.1:$ports[amqp]", 'management.tcp.ip = 127.0.0.1', "management.tcp.port = $ports[api]", 'default_user = ecoq',
                'default_pass = ' . self::PASSWORD, 'collect_statistics_interval = 1000', 'management.sample_retention_policies.global.minute = 1',
                'management.sample_retention_policies.basic.minute = 1', 'management.sample_retention_policies.detailed.10 = 1',
                'vm_memory_high_watermark.absolute = 2GB', 'disk_free_limit.absolute = 200MB', ...$settings,
            ];
            if ($count > 1) {
                $lines[] = 'cluster_formation.peer_discovery_backend = classic_config';
                foreach (array_keys($this->nodes) as $i => $other) {
                    $lines[] = 'cluster_formation.classic_config.nodes.' . ($i + 1) . " = $other@localhost";
                }
            }
            file_put_contents("$home/rabbitmq.conf", implode("\n", $lines) . "\n");
            $this->run($name);
        }
        foreach (array_keys($this->nodes) as $name) {
            $this->until(fn () => $this->isWhole($name), "Node $name did not start");
        }
    }

    public static function areInstalled(): bool
    {
        return is_executable(self::SERVER);
    }

    public static function single(array $settings = []): self
    {
        return new self(1, $settings);
    }

    /** Three nodes; takes some 20 s. */
    public static function cluster(): self
    {
        return new self(3, []);
    }

    public function dsn(array $options = []): string
    {
        return 'amqp://ecoq:' . self::PASSWORD . '@' . implode(',', array_map(fn ($ports) => "127.0.0.1:$ports[amqp]", $this->nodes)) . '/%2f'
            . ($options ? '?' . http_build_query($options) : '');
    }

    /** What the management API of a node says; null: it does not, or there is none. */
    public function ask(string $path, ?string $name = null): mixed
    {
        $name ??= array_key_first(array_intersect_key($this->nodes, $this->processes));
        $context = stream_context_create(['http' => ['header' => 'Authorization: Basic ' . base64_encode('ecoq:' . self::PASSWORD), 'timeout' => 10]]);
        $text = @file_get_contents("http://127.0.0.1:{$this->nodes[$name]['api']}/api/$path", false, $context);
        return $text === false ? null : json_decode($text, true);
    }

    /** Ends the first node, with -9 or in its own way, and starts it again after so many seconds. Yields while it waits. */
    public function restart(float $after = 0, int $signal = 9): Generator
    {
        $name = array_key_first($this->nodes);
        yield from $this->ending($name, $signal);
        for ($end = microtime(true) + $after; microtime(true) < $end;) {
            yield;
        }
        $this->run($name);
        yield from $this->awaiting(fn () => $this->isWhole($name), "Node $name did not start again");
    }

    /** Kills the node that most consumers of that queue are connected to, starts it again after a while, and waits until it holds all of the queue. */
    public function killBusiest(string $queue, float $after = 3): Generator
    {
        $consumers = [];
        yield from $this->awaiting(function () use ($queue, &$consumers) {
            // (of one that came just now the node is not known yet)
            $found = array_filter($this->ask('consumers') ?? [], fn ($consumer) => $consumer['queue']['name'] === $queue && isset($consumer['channel_details']['node']));
            $names = array_map(fn ($consumer) => explode('@', $consumer['channel_details']['node'])[0], $found);
            return $consumers = array_count_values(array_filter($names, fn ($name) => isset($this->processes[$name])));
        }, "Nobody consumes from $queue");
        arsort($consumers);
        $name = (string) array_key_first($consumers);
        yield from $this->ending($name, 9);
        for ($end = microtime(true) + $after; microtime(true) < $end;) {
            yield;
        }
        $this->run($name);
        yield from $this->awaiting(fn () => $this->isWhole($name) && count($this->ask('queues/%2f/' . rawurlencode($queue))['online'] ?? []) === count($this->nodes), "Node $name did not come back");
    }

    /** Whether a node answers, with all the others of the cluster. */
    private function isWhole(string $name): bool
    {
        $nodes = $this->ask('nodes', $name) ?? [];
        return count(array_filter($nodes, fn ($node) => $node['running'] ?? false)) === count($this->nodes)
            && ($this->ask("health/checks/port-listener/{$this->nodes[$name]['amqp']}", $name)['status'] ?? '') === 'ok';
    }

    private function run(string $name): void
    {
        $home = "$this->directory/$name";
        $this->processes[$name] = $this->spawn($name, [self::SERVER], [
            'HOME' => $home, 'LANG' => 'C.UTF-8', 'RUNNING_UNDER_SYSTEMD' => 'true', // it replaces its shell by Erlang then
            'RABBITMQ_NODENAME' => "$name@localhost", 'RABBITMQ_DIST_PORT' => $this->nodes[$name]['between'], 'RABBITMQ_CONF_ENV_FILE' => '/dev/null',
            'RABBITMQ_CONFIG_FILE' => "$home/rabbitmq.conf", 'RABBITMQ_ADVANCED_CONFIG_FILE' => "$home/advanced.config", 'RABBITMQ_ENABLED_PLUGINS_FILE' => "$home/enabled_plugins", 'RABBITMQ_MNESIA_BASE' => "$home/mnesia",
            'RABBITMQ_LOG_BASE' => "$home/log", 'RABBITMQ_PID_FILE' => "$home/pid", 'RABBITMQ_GENERATED_CONFIG_DIR' => $home,
            'RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS' => '+S 1:1 -kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none',
        ]);
    }

    /** @return resource */
    private function spawn(string $name, array $command, array $environment)
    {
        $log = ['file', "$this->directory/$name.log", 'a'];
        $environment += ['PATH' => getenv('PATH') . ':/usr/sbin:/usr/bin:/sbin:/bin', 'ERL_EPMD_ADDRESS' => '127.0.0.1', 'ERL_EPMD_PORT' => $this->epmd];
        // they go with this process, even when it is killed
        return proc_open(['setpriv', '--pdeathsig', 'KILL', ...$command], [0 => ['file', '/dev/null', 'r'], 1 => $log, 2 => $log], $pipes, null, $environment);
    }

    private function ending(string $name, int $signal): Generator
    {
        proc_terminate($this->processes[$name], $signal);
        while (proc_get_status($this->processes[$name])['running']) {
            yield;
        }
        proc_close($this->processes[$name]);
        unset($this->processes[$name]);
    }

    private function until(callable $condition, string $text): void
    {
        foreach ($this->awaiting($condition, $text) as $_) {
            usleep(100_000);
        }
    }

    private function awaiting(callable $condition, string $text, float $seconds = 120): Generator
    {
        for ($end = microtime(true) + $seconds, $next = 0; microtime(true) < $end; yield) {
            if (microtime(true) >= $next) {
                if ($condition()) {
                    return;
                }
                $next = microtime(true) + 0.2;
            }
        }
        throw new RuntimeException("$text within $seconds s: " . shell_exec('tail -n 3 ' . escapeshellarg($this->directory) . '/*.log'));
    }

    /** Below the ports of outgoing connections. */
    private function port(): int
    {
        do {
            $port = random_int(11_000, 31_000);
            $socket = @stream_socket_server("tcp://127.0.0.1:$port");
        } while (!$socket || isset($this->used[$port]));
        fclose($socket);
        $this->used[$port] = true;
        return $port;
    }

    public function close(): void
    {
        if (getmypid() === $this->pid) {
            foreach ($this->processes as $process) {
                proc_terminate($process, 9);
                proc_close($process);
            }
            exec('rm -rf ' . escapeshellarg($this->directory));
        }
    }
}
