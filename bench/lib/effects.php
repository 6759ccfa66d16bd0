<?php

declare(strict_types=1);

// What a handler that does something does: one row in a table of the application's.

namespace Ecoq\Bench;

const INSERT_EFFECT = 'INSERT INTO effects (order_id, customer, total) VALUES (?, ?, ?)';

function createEffects(Storage $storage, \PDO $pdo): void
{
    $key = match ($storage->engine) {
        'sqlite' => 'INTEGER PRIMARY KEY',
        'pgsql' => 'BIGSERIAL PRIMARY KEY',
        'mysql' => 'BIGINT AUTO_INCREMENT PRIMARY KEY',
    };
    $pdo->exec("CREATE TABLE effects (id $key, order_id BIGINT NOT NULL, customer VARCHAR(100) NOT NULL, total BIGINT NOT NULL)");
}

/** Every message took effect, and once. */
function expectEffects(Storage $storage, int $count): void
{
    [$rows, $orders] = $storage->pdo()->query('SELECT COUNT(*), COUNT(DISTINCT order_id) FROM effects')->fetch(\PDO::FETCH_NUM);
    expect($count, (int) $rows, 'rows that handlers wrote');
    expect($count, (int) $orders, 'orders that handlers wrote');
}
