<?php

declare(strict_types=1);

namespace Ecoq\Bench;

/** The broker: the one that ECOQ_TEST_AMQP_DSN names, else one of scripts/servers.sh, started when the first row needs it. */
final class RabbitServer
{
    public readonly string $missing;
    public readonly string $version;
    private string $dsn;
    private bool $started = false;

    public function __construct(private readonly Tool $loop, private readonly string $dir)
    {
        $this->dsn = getenv('ECOQ_TEST_AMQP_DSN') ?: '';
        $canStart = str_contains((string) @file_get_contents(self::file()), 'rabbitmq');
        $this->missing = $loop->missing ?: ($this->dsn !== '' || $canStart ? '' : 'not measured: no broker (ECOQ_TEST_AMQP_DSN names one)');
        $this->version = $this->dsn !== '' ? 'that of ECOQ_TEST_AMQP_DSN' : 'that of scripts/servers.sh';
    }

    /** @return array<string, string> what Storage needs */
    public function create(string $queue, string $type): array
    {
        $this->dsn !== '' || $this->start();
        $server = $this->server($queue);
        (new RabbitClient($server))->declare($type);

        return $server;
    }

    /** With what ecoq makes beside a queue, and its delay levels: they may be full. */
    public function drop(string $queue): void
    {
        if ($this->dsn !== '') {
            $beside = array_map(static fn (string $suffix): string => "$queue.$suffix", ['returned', 'dlq', 'p0', 'p1', 'p2', 'p3', 'p5', 'p6', 'p7', 'p8', 'p9']);
            $levels = array_map(static fn (int $level): string => "ecoq.delay.$level", range(0, 26));
            (new RabbitClient($this->server($queue)))->delete($queue, ...$beside, ...$levels);
        }
    }

    public function stop(): void
    {
        if ($this->started) {
            $this->started = false;
            $this->script('stop');
            exec('rm -rf ' . escapeshellarg($this->home()));
        }
    }

    /** @return array<string, string> */
    private function server(string $queue): array
    {
        $url = parse_url($this->dsn);

        return [
            'engine' => 'amqp',
            'host' => $url['host'],
            'port' => (string) ($url['port'] ?? 5672),
            'user' => rawurldecode($url['user'] ?? 'guest'),
            'password' => rawurldecode($url['pass'] ?? 'guest'),
            'vhost' => rawurldecode(explode('/', $url['path'] ?? '')[1] ?? '') ?: '/',
            'database' => $queue,
            'loop' => $this->loop->file,
        ];
    }

    private function start(): void
    {
        $this->started = true;
        $output = $this->script('start');
        $this->dsn = preg_match("/^ECOQ_TEST_AMQP_DSN='([^']*)'/m", $output, $match) ? $match[1] : throw new \RuntimeException("RabbitMQ did not start: $output");
    }

    private function script(string $action): string
    {
        return (string) shell_exec(implode(' ', array_map(escapeshellarg(...), [self::file(), $action, $this->home(), 'rabbitmq'])) . ' 2>&1');
    }

    /** Beside the directory of the run: the broker's user has to reach it, and removing it is no matter of a single file. */
    private function home(): string
    {
        return "$this->dir-rabbitmq";
    }

    private static function file(): string
    {
        return dirname(__DIR__, 2) . '/scripts/servers.sh';
    }
}
