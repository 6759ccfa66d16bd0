<?php

declare(strict_types=1);

namespace Ecoq\Bench;

/** Where a scenario keeps its messages or its application's rows: a SQLite file of its own, the database that the runner made on a server, or a queue in Redis or RabbitMQ. */
final class Storage
{
    private function __construct(
        public readonly string $engine,
        public readonly string $file,
        private readonly string $synchronous,
        /** @var array{host: string, port: string, user: string, password: string, database: string, vhost?: string, loop?: string} */
        private readonly array $server,
    ) {
    }

    /** @param string $name of the SQLite file; a server has one database for everything */
    public static function of(array $arguments, string $name = 'queue'): self
    {
        $server = $arguments['server'] ?? null;

        return new self($server['engine'] ?? 'sqlite', "{$arguments['dir']}/$name.sqlite", $arguments['synchronous'] ?? 'NORMAL', $server ?? []);
    }

    public function pdo(): \PDO
    {
        if ($this->engine === 'sqlite') {
            return database($this->file, $this->synchronous);
        }
        ['host' => $host, 'port' => $port, 'user' => $user, 'password' => $password, 'database' => $database] = $this->server;
        $charset = $this->engine === 'mysql' ? ';charset=utf8mb4' : '';

        return new \PDO("$this->engine:host=$host;port=$port;dbname=$database$charset", $user, $password, [
            \PDO::ATTR_ERRMODE => \PDO::ERRMODE_EXCEPTION,
            \PDO::ATTR_EMULATE_PREPARES => false,
        ]);
    }

    /** For a channel of ecoq, which opens a connection of its own. */
    public function dsn(): string
    {
        if ($this->engine === 'sqlite') {
            return "sqlite:$this->file?synchronous=" . strtolower($this->synchronous);
        }
        if ($this->engine === 'redis') {
            return "redis://{$this->host()}:{$this->port()}/{$this->name()}";
        }
        if ($this->engine === 'amqp') {
            return "{$this->vhostDsn()}/" . rawurlencode($this->name());
        }
        ['host' => $host, 'port' => $port, 'user' => $user, 'password' => $password, 'database' => $database] = array_map(rawurlencode(...), $this->server);
        $account = $password === '' ? $user : "$user:$password";

        return "$this->engine://$account@$host:$port/$database";
    }

    /** amqp://user:password@host:port/vhost */
    public function vhostDsn(): string
    {
        ['host' => $host, 'port' => $port, 'user' => $user, 'password' => $password, 'vhost' => $vhost] = array_map(rawurlencode(...), $this->server);

        return "amqp://$user:$password@$host:$port/$vhost";
    }

    /** For the peers. */
    public function dbal(): \Doctrine\DBAL\Connection
    {
        if ($this->engine === 'sqlite') {
            $connection = \Doctrine\DBAL\DriverManager::getConnection(['driver' => 'pdo_sqlite', 'path' => $this->file]);
            $connection->executeStatement('PRAGMA busy_timeout = 5000');
            $connection->executeStatement('PRAGMA journal_mode = WAL');
            $connection->executeStatement("PRAGMA synchronous = $this->synchronous");

            return $connection;
        }

        return \Doctrine\DBAL\DriverManager::getConnection([
            'driver' => "pdo_$this->engine",
            'host' => $this->server['host'],
            'port' => (int) $this->server['port'],
            'user' => $this->server['user'],
            'password' => $this->server['password'],
            'dbname' => $this->server['database'],
        ] + ($this->engine === 'mysql' ? ['charset' => 'utf8mb4'] : []));
    }

    public function rabbit(): RabbitClient
    {
        return new RabbitClient($this->server);
    }

    /** @return array{host: string, port: int, user: string, password: string, vhost: string} */
    public function login(): array
    {
        return ['port' => $this->port()] + array_intersect_key($this->server, ['host' => 0, 'user' => 0, 'password' => 0, 'vhost' => 0]);
    }

    public function redis(): RedisClient
    {
        return new RedisClient($this->host(), $this->port());
    }

    public function host(): string
    {
        return $this->server['host'];
    }

    public function port(): int
    {
        return (int) $this->server['port'];
    }

    /** Of the database; in Redis and RabbitMQ, of the queue. */
    public function name(): string
    {
        return $this->server['database'];
    }

    /** After filling: nobody that is measured pays for what filling put off. */
    public function settle(): void
    {
        if ($this->engine === 'sqlite') {
            checkpoint($this->file);
        } elseif ($this->engine === 'pgsql') {
            $this->pdo()->exec('VACUUM ANALYZE');
        }
    }
}
