<?php

declare(strict_types=1);

// What every scenario starts with. A scenario is one process: it gets its arguments as JSON and prints one line of JSON.

namespace Ecoq\Bench;

require __DIR__ . '/meter.php';
require __DIR__ . '/order.php';
require __DIR__ . '/native.php';
require __DIR__ . '/rabbit_client.php';
require __DIR__ . '/redis_client.php';
require __DIR__ . '/storage.php';

set_error_handler(static function (int $level, string $text, string $file, int $line): bool {
    // A deprecation notice of a peer's own code on this PHP is not our matter; anything else is.
    if ($level & (E_DEPRECATED | E_USER_DEPRECATED)) {
        return true;
    }
    throw new \ErrorException($text, 0, $level, $file, $line);
});

/** @return array<string, mixed> always with `dir` (an empty directory of this process's own), `synchronous`, `server` and `n` where it applies */
function arguments(): array
{
    return json_decode($_SERVER['argv'][1] ?? '{}', true, 16, JSON_THROW_ON_ERROR);
}

/**
 * @param array<string, array{n: int, wall_ns: int, cpu_us: float}> $samples
 * @param array<string, float|int|string> $values
 */
function report(array $samples = [], array $values = []): void
{
    echo json_encode(['samples' => $samples, 'values' => $values], JSON_THROW_ON_ERROR), "\n";
}

/** A scenario that did other work than it was asked for has measured nothing. */
function expect(int $expected, int $actual, string $what): void
{
    if ($expected !== $actual) {
        throw new \RuntimeException("$what: expected $expected, got $actual");
    }
}

function database(string $file, string $synchronous): \PDO
{
    $pdo = new \PDO("sqlite:$file", options: [\PDO::ATTR_ERRMODE => \PDO::ERRMODE_EXCEPTION]);
    $pdo->exec('PRAGMA busy_timeout = 5000');
    $pdo->exec('PRAGMA journal_mode = WAL');
    $pdo->exec("PRAGMA synchronous = $synchronous");

    return $pdo;
}

/** Moves what filling left in the write-ahead log into the file, so that no consumer pays for it. */
function checkpoint(string $file): void
{
    (new \PDO("sqlite:$file"))->query('PRAGMA wal_checkpoint(TRUNCATE)')->fetchAll();
}
