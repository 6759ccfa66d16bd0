<?php

namespace Shop;

use PDO;

/** Opens the shop's own database, and makes its tables on first use. It has nothing to do with the channel. */
function database(string $file): PDO
{
    $database = new PDO("sqlite:$file");
    $database->exec('PRAGMA journal_mode = WAL');
    $database->exec('PRAGMA synchronous = NORMAL');
    $database->exec('PRAGMA busy_timeout = 5000');
    $database->exec('CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, email TEXT, sku TEXT, quantity INTEGER, placed_at TEXT)');
    $database->exec('CREATE TABLE IF NOT EXISTS mails (order_id INTEGER, kind TEXT, recipient TEXT, PRIMARY KEY (order_id, kind)) WITHOUT ROWID');
    $database->exec('CREATE TABLE IF NOT EXISTS reservations (order_id INTEGER PRIMARY KEY, sku TEXT, quantity INTEGER)');
    $database->exec('CREATE TABLE IF NOT EXISTS faults (id INTEGER PRIMARY KEY, order_id INTEGER, text TEXT)');
    return $database;
}
