<?php

declare(strict_types=1);

namespace Ecoq\Bench;

/** A database server that the environment names (scripts/servers.sh prints it), or the reason why there is none. */
final class Server
{
    /** @param array<string, string> $settings of the DSN */
    private function __construct(
        public readonly string $engine,
        public readonly string $missing,
        public readonly string $version = '',
        private readonly array $settings = [],
        private readonly string $user = '',
        private readonly string $password = '',
    ) {
    }

    /** @param string $engine pgsql or mysql, as PDO calls it */
    public static function find(string $engine): self
    {
        $prefix = 'ECOQ_TEST_' . strtoupper($engine);
        $dsn = getenv("{$prefix}_DSN") ?: '';
        if ($dsn === '') {
            return new self($engine, "not measured: no server ({$prefix}_DSN; scripts/servers.sh starts one)");
        }
        if (!extension_loaded("pdo_$engine")) {
            return new self($engine, "not measured: PHP has no pdo_$engine");
        }
        $settings = [];
        foreach (explode(';', substr($dsn, strpos($dsn, ':') + 1)) as $setting) {
            [$name, $value] = explode('=', $setting, 2) + [1 => ''];
            $settings[$name] = $value;
        }
        $found = new self($engine, '', '', $settings + ['host' => '127.0.0.1', 'port' => $engine === 'pgsql' ? '5432' : '3306'], getenv("{$prefix}_USER") ?: '', getenv("{$prefix}_PASSWORD") ?: '');
        try {
            $version = $found->connect()->query($engine === 'pgsql' ? 'SHOW server_version' : 'SELECT VERSION()')->fetchColumn();
        } catch (\PDOException $e) {
            return new self($engine, 'not measured: ' . $e->getMessage());
        }

        return new self($engine, '', (string) $version, $found->settings, $found->user, $found->password);
    }

    /** @return array<string, string> what Storage needs */
    public function create(string $database): array
    {
        $this->connect()->exec("CREATE DATABASE $database" . ($this->engine === 'mysql' ? ' CHARACTER SET utf8mb4' : ''));

        return [
            'engine' => $this->engine,
            'host' => $this->settings['host'],
            'port' => $this->settings['port'],
            'user' => $this->user,
            'password' => $this->password,
            'database' => $database,
        ];
    }

    public function drop(string $database): void
    {
        $this->connect()->exec("DROP DATABASE IF EXISTS $database" . ($this->engine === 'pgsql' ? ' WITH (FORCE)' : ''));
    }

    private function connect(): \PDO
    {
        $dsn = "$this->engine:host={$this->settings['host']};port={$this->settings['port']};dbname={$this->settings['dbname']}";

        return new \PDO($dsn, $this->user, $this->password, [\PDO::ATTR_ERRMODE => \PDO::ERRMODE_EXCEPTION]);
    }
}
