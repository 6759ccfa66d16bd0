<?php

declare(strict_types=1);

// The table of the hand-written loops. Rows leave in the order of their primary key and are deleted when done, so the key is the only
// index that a single queue needs: a second one was measured to cost more than it saves.

namespace Ecoq\Bench;

function createJobs(\PDO $pdo): void
{
    $pdo->exec('CREATE TABLE jobs (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL, owner TEXT, fence INTEGER)');
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
