<?php

declare(strict_types=1);

namespace Ecoq\Bench;

/** Runs groups: every scenario in a process of its own, rows in turn within a round, so that a slow moment of the machine hits all alike. */
final class Runner
{
    private const TIMEOUT_SECONDS = 600;
    /** Extensions that peers and loops by hand need beside those that everybody has. */
    private const CLIENTS = ['redis' => ['igbinary', 'redis'], 'amqp' => ['sockets', 'amqp']];

    private int $databases = 0;

    /**
     * @param array<string, Peer> $peers
     * @param array<string, Server|RedisServer|RabbitQueue> $servers
     * @param array<string, Tool> $tools
     */
    public function __construct(
        private readonly Options $options,
        private readonly Php $php,
        private readonly array $peers,
        private readonly array $servers,
        private readonly array $tools,
        private readonly string $workDir,
    ) {
    }

    public function run(Group $group): Result
    {
        $result = new Result($group);
        $shared = $group->prepare ? $this->makeDir($group->name) : null;
        try {
            if ($group->prepare) {
                [$scenario, $arguments] = $group->prepare;
                $this->execute($scenario, $arguments + ['dir' => $shared], []);
            }
            $rounds = $group->rounds ?: $this->options->rounds;
            for ($round = 0; $round < $rounds; $round++) {
                $this->round($group, $result, $round, $shared);
            }
        } catch (\RuntimeException $e) {
            foreach ($group->rows as $key => $row) {
                $result->fail($key, 'preparation: ' . $e->getMessage());
            }
        } finally {
            if ($shared !== null) {
                $this->removeDir($shared);
            }
        }

        return $result;
    }

    private function round(Group $group, Result $result, int $round, ?string $shared): void
    {
        foreach ($group->rows as $key => $row) {
            if ($row->from !== '' || $result->failure($key) !== null) {
                continue;
            }
            $peer = $row->peer === '' ? null : $this->peers[$row->peer];
            $server = $row->server === '' ? null : $this->servers[$row->server];
            $tool = $row->tool === '' ? null : $this->tools[$row->tool];
            if ($missing = $server?->missing ?: $peer?->missing ?: $tool?->missing) {
                $this->skipAll($group, $result, $key, $missing);
                continue;
            }
            progress("{$group->name}  round " . ($round + 1) . "  {$row->label}");
            $dir = $shared ?? $this->makeDir("{$group->name}-$key");
            $database = $server ? 'ecoq_bench_' . getmypid() . '_' . ++$this->databases : '';
            try {
                $given = ['dir' => $dir, 'vendor' => $peer?->vendor, 'tool' => $tool?->file, 'server' => $server?->create($database)];
                $outcome = $this->execute($row->scenario, $row->arguments + $given, $row->ini);
                $this->collect($group, $result, $key, $round, $outcome);
            } catch (\RuntimeException $e) {
                $this->failAll($group, $result, $key, $e->getMessage());
            } finally {
                $server?->drop($database);
                if ($shared === null) {
                    $this->removeDir($dir);
                }
            }
        }
    }

    private function collect(Group $group, Result $result, string $key, int $round, array $outcome): void
    {
        foreach ($group->rows as $name => $row) {
            if ($name === $key || $row->from === $key) {
                $result->add($name, $round, $group->unit === '' ? $outcome['samples'][$row->sample] : $outcome['values'][$row->sample], $outcome['values']);
            }
        }
    }

    private function skipAll(Group $group, Result $result, string $key, string $why): void
    {
        foreach ($group->rows as $name => $row) {
            if ($name === $key || $row->from === $key) {
                $result->skip($name, $why);
            }
        }
    }

    private function failAll(Group $group, Result $result, string $key, string $why): void
    {
        foreach ($group->rows as $name => $row) {
            if ($name === $key || $row->from === $key) {
                $result->fail($name, $why);
            }
        }
    }

    /** @return array{samples: array<string, array>, values: array<string, mixed>} */
    private function execute(string $scenario, array $arguments, array $ini): array
    {
        $ini = str_replace('{dir}', $arguments['dir'], $ini);
        // Only ecoq's own processes carry the extension, and only those of others ext-redis and ext-amqp.
        $isOurs = str_starts_with($scenario, 'ecoq_');
        $clients = self::CLIENTS[$arguments['server']['engine'] ?? ''] ?? [];
        $command = $this->php->command($isOurs, $ini, $isOurs ? [] : $clients);
        $arguments['command'] = $command;
        $command = [...$command, __DIR__ . "/../scenarios/$scenario.php", json_encode($arguments, JSON_THROW_ON_ERROR)];
        $errors = tmpfile();
        $process = proc_open($command, [['file', '/dev/null', 'r'], ['pipe', 'w'], $errors], $pipes, $arguments['dir']);
        $output = $this->readAll($pipes[1], $process);
        $status = proc_close($process);
        $result = json_decode(trim($output), true);
        if ($status !== 0 || !is_array($result)) {
            rewind($errors);
            throw new \RuntimeException(self::reason($status, $output . stream_get_contents($errors)));
        }

        return $result;
    }

    /** @param resource $process */
    private function readAll($pipe, $process): string
    {
        $deadline = microtime(true) + self::TIMEOUT_SECONDS;
        $output = '';
        while (!feof($pipe)) {
            $read = [$pipe];
            $none = null;
            if (microtime(true) > $deadline) {
                proc_terminate($process, 9);
                break;
            }
            if (stream_select($read, $none, $none, 1)) {
                $output .= fread($pipe, 65536);
            }
        }
        fclose($pipe);

        return $output;
    }

    private static function reason(int $status, string $text): string
    {
        $lines = preg_grep('/\S/', explode("\n", $text)) ?: [];
        $found = preg_grep('/(Error|Exception|error:|failed)/', $lines) ?: $lines;
        $line = trim(reset($found) ?: 'no output');

        return mb_strimwidth(preg_replace('/^PHP Fatal error:\s+Uncaught /', '', $line), 0, 220, '…') . " (exit code $status)";
    }

    private function makeDir(string $name): string
    {
        $dir = "$this->workDir/$name";
        mkdir($dir);

        return $dir;
    }

    private function removeDir(string $dir): void
    {
        $entries = new \RecursiveIteratorIterator(
            new \RecursiveDirectoryIterator($dir, \FilesystemIterator::SKIP_DOTS),
            \RecursiveIteratorIterator::CHILD_FIRST,
        );
        foreach ($entries as $entry) {
            $entry->isDir() && !$entry->isLink() ? rmdir($entry->getPathname()) : unlink($entry->getPathname());
        }
        rmdir($dir);
    }
}
