<?php

declare(strict_types=1);

// The table of the hand-written loops. Rows leave in the order of their primary key and are deleted when done, so the key is the only
// index that a single queue needs: a second one was measured to cost more than it saves.

namespace Ecoq\Bench;

function createJobs(Storage $storage, \PDO $pdo): void
{
    $key = match ($storage->engine) {
        'sqlite' => 'INTEGER PRIMARY KEY AUTOINCREMENT',
        'pgsql' => 'BIGSERIAL PRIMARY KEY',
        'mysql' => 'BIGINT AUTO_INCREMENT PRIMARY KEY',
    };
    $pdo->exec("CREATE TABLE jobs (id $key, body TEXT NOT NULL, owner VARCHAR(32), fence BIGINT)");
}

function fillJobs(\PDO $pdo, int $count): void
{
    $insert = $pdo->prepare('INSERT INTO jobs (body) VALUES (?)');
    $pdo->beginTransaction();
    for ($i = 0; $i < $count; $i++) {
        $insert->execute([orderEnvelope($i)]);
    }
    $pdo->commit();
}

/**
 * Claims rows for an owner: `[id, body]` each. With a fence where it claims several.
 *
 * @return \Closure(string, int): list<array{int, string}>
 */
function claimer(Storage $storage, \PDO $pdo, int $limit): \Closure
{
    $set = $limit === 1 ? 'owner = ?' : 'owner = ?, fence = ?';
    if ($storage->engine === 'mysql') {
        return lockingClaimer($pdo, $limit, $set);
    }
    $lock = $storage->engine === 'pgsql' ? ' FOR UPDATE SKIP LOCKED' : '';
    $is = $limit === 1 ? '=' : 'IN';
    $claim = $pdo->prepare("UPDATE jobs SET $set WHERE id $is (SELECT id FROM jobs WHERE owner IS NULL ORDER BY id LIMIT $limit$lock) RETURNING id, body");

    return static function (string $owner, int $fence) use ($claim, $limit): array {
        $claim->execute($limit === 1 ? [$owner] : [$owner, $fence]);

        return $claim->fetchAll(\PDO::FETCH_NUM);
    };
}

/** MariaDB cannot return what it updates. */
function lockingClaimer(\PDO $pdo, int $limit, string $set): \Closure
{
    $select = $pdo->prepare("SELECT id, body FROM jobs WHERE owner IS NULL ORDER BY id LIMIT $limit FOR UPDATE SKIP LOCKED");
    $update = static fn (int $count): \PDOStatement => $pdo->prepare("UPDATE jobs SET $set WHERE id IN (" . places($count) . ')');
    $full = $update($limit);

    return static function (string $owner, int $fence) use ($pdo, $select, $update, $full, $limit): array {
        $pdo->beginTransaction();
        $select->execute();
        $rows = $select->fetchAll(\PDO::FETCH_NUM);
        if ($rows !== []) {
            $claim = count($rows) === $limit ? $full : $update(count($rows));
            $claim->execute([...($limit === 1 ? [$owner] : [$owner, $fence]), ...array_column($rows, 0)]);
        }
        $pdo->commit();

        return $rows;
    };
}

function places(int $count): string
{
    return implode(',', array_fill(0, $count, '?'));
}
