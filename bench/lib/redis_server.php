<?php

declare(strict_types=1);

namespace Ecoq\Bench;

/**
 * A redis-server of the bench's own, started when the first row needs it. What is measured is clients, so it has the defaults but for persistence: there is none.
 * (Those of scripts/servers.sh flush each write to the disk.)
 */
final class RedisServer
{
    public readonly string $missing;
    public readonly string $version;
    /** @var resource|null */
    private $process = null;
    private int $port = 0;

    public function __construct(private readonly string $dir)
    {
        $version = preg_match('/v=(\S+)/', (string) shell_exec('redis-server --version 2>/dev/null'), $match) ? $match[1] : '';
        $this->missing = $version === '' ? 'not measured: there is no redis-server' : '';
        $this->version = "$version, without persistence";
    }

    /** @return array<string, string> what Storage needs */
    public function create(string $name): array
    {
        $this->process ?? $this->start();

        return ['engine' => 'redis', 'host' => '127.0.0.1', 'port' => (string) $this->port, 'user' => '', 'password' => '', 'database' => $name];
    }

    public function drop(string $name): void
    {
        if ($this->process) {
            $this->client()->call('FLUSHALL');
        }
    }

    public function stop(): void
    {
        if ($this->process) {
            proc_terminate($this->process);
            proc_close($this->process);
            $this->process = null;
        }
    }

    private function start(): void
    {
        $probe = stream_socket_server('tcp://127.0.0.1:0');
        $this->port = (int) substr(strrchr(stream_socket_get_name($probe, false), ':'), 1);
        fclose($probe);
        $command = ['redis-server', '--bind', '127.0.0.1', '--port', (string) $this->port, '--save', '', '--appendonly', 'no', '--dir', $this->dir];
        $this->process = proc_open($command, [['file', '/dev/null', 'r'], ['file', '/dev/null', 'w'], STDERR], $pipes) ?: null;
        for ($try = 0; $this->process && proc_get_status($this->process)['running'] && $try < 200; $try++) {
            try {
                $this->client()->call('PING');
                return;
            } catch (\RuntimeException) {
                usleep(25_000);
            }
        }
        $this->stop();
        throw new \RuntimeException('redis-server did not start');
    }

    private function client(): RedisClient
    {
        return new RedisClient('127.0.0.1', $this->port);
    }
}
