--TEST--
SQLite: what can be wrong with a path, a file or an option is said with its name and what to do; nothing is left behind
--SKIPIF--
<?php
if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite');
?>
--FILE--
<?php
require __DIR__ . '/processes.inc';
$file = database_file();
$base = "$file-d";
mkdir($base);
mkdir("$base/dir");
file_put_contents("$base/text", str_repeat("this is no database\n", 100));
file_put_contents("$base/short", 'x');
touch("$base/empty");

function attempt(string|Ecoq\Channel $definition): void
{
    global $base;
    try {
        $ecoq = new Ecoq\Messaging(channels: ['x' => $definition]);
        $ecoq->channel('x')->send(Ecoq\Message::create('a', []));
        echo "works\n";
    } catch (Ecoq\Exception\EcoqException $e) {
        echo substr(strrchr(get_class($e), '\\'), 1), ': ', str_replace($base, '*', $e->getMessage()), "\n";
    }
}
attempt('sqlite:');
attempt("sqlite:$base/none/q.sqlite");
attempt("sqlite:$base/dir");
attempt("sqlite:$base/text/q.sqlite");
attempt("sqlite:$base/text");
attempt("sqlite:$base/short");
attempt("sqlite:$base/empty");
attempt("sqlite://$base/url.sqlite");
attempt("sqlite://host/q.sqlite");
attempt("sqlite:file:$base/uri");
attempt('sqlite:/proc/q.sqlite');
attempt("sqlite:$base/q?table=no-such");
attempt("sqlite:$base/q?table=2fast");
attempt("sqlite:$base/q?synchronous=off");
attempt("sqlite:$base/q?busy-timeout=long");
attempt("sqlite:$base/q?busy=1");
attempt(new Ecoq\Channel(new PDO('sqlite::memory:'), options: ['table' => '']));
echo implode(' ', array_diff(scandir($base), ['.', '..'])), "\n";
echo file_get_contents("$base/short"), "\n";

// Connections of the application that cannot be worked with.
$readonly = new PDO("sqlite:$base/empty", options: [PDO::SQLITE_ATTR_OPEN_FLAGS => PDO::SQLITE_OPEN_READONLY]);
attempt(new Ecoq\Channel($readonly));
$utf16 = new PDO("sqlite:$base/utf16");
$utf16->exec("PRAGMA encoding = 'UTF-16'");
$utf16->exec('CREATE TABLE t (a)');
attempt(new Ecoq\Channel($utf16));

// Written by a newer version; damaged while it is in use; its tables gone.
$pdo = new PDO("sqlite:$base/q");
attempt("sqlite:$base/q");
$pdo->exec('UPDATE ecoq_schema SET version = 99');
attempt("sqlite:$base/q");
attempt("sqlite:$base/q?table=mine");
$pdo->exec('UPDATE ecoq_schema SET version = 1');
$c = (new Ecoq\Messaging(channels: ['x' => "sqlite:$base/q"]))->channel('x');
echo count($c->receive(10)), ' ', $c->stats()->reserved, "\n";
foreach (['messages', 'owners', 'schema', 'recent'] as $table) {
    $pdo->exec("DROP TABLE ecoq_$table");
}
$c->send([Ecoq\Message::create('b', []), Ecoq\Message::create('c', [])]);
echo count($c->receive(10)), ' ', $pdo->query('SELECT version FROM ecoq_schema')->fetchColumn(), ' ', $pdo->query('SELECT count(*) FROM mine_messages')->fetchColumn(), "\n";

// Full: an answer of its own, and the next one works.
$pdo = new PDO("sqlite:$base/full");
$full = (new Ecoq\Messaging(channels: ['x' => $pdo]))->channel('x');
$full->stats();
$pdo->exec('PRAGMA max_page_count = 40');
try {
    $full->send(array_map(fn () => Ecoq\Message::create('a', ['x' => str_repeat('x', 5000)]), range(1, 100)));
} catch (Ecoq\Exception\EcoqException $e) {
    echo substr(strrchr(get_class($e), '\\'), 1), ': ', str_replace($base, '*', $e->getMessage()), "\n";
}
$full->send(Ecoq\Message::create('a', []));
echo $full->stats()->ready, "\n";
unset($c, $full, $pdo, $readonly, $utf16);
exec('rm -rf ' . escapeshellarg($base));
?>
--EXPECTF--
ConfigurationException: Sending to channel "x": The DSN names no database file: write sqlite:/path/to/file, or sqlite::memory:
ConfigurationException: Sending to channel "x": The directory of the database */none/q.sqlite does not exist (No such file or directory): create it
ConfigurationException: Sending to channel "x": */dir is a directory: the DSN needs the name of a database file, as in sqlite:*/dir/queue.sqlite
ConfigurationException: Sending to channel "x": The path of the database is too long, or its directory cannot be found: */text/q.sqlite
ConfigurationException: Sending to channel "x": Opening the database: file is not a database (sqlite */text); check the file, its directory and their permissions
ConfigurationException: Sending to channel "x": */short is not a SQLite database, and not empty: name another file
works
works
ConfigurationException: Sending to channel "x": A SQLite database has no host: write sqlite:/path/to/file or sqlite:///path/to/file
ConfigurationException: Sending to channel "x": SQLite's file: URIs cannot be told from options: write the path, or pass a PDO object
ConfigurationException: Sending to channel "x": The SQLite database /proc/q.sqlite cannot be opened: SQLSTATE[HY000] [14] unable to open database file
ConfigurationException: Sending to channel "x": The option table is "no-such": expected at most 40 letters, digits and underscores, not beginning with a digit
ConfigurationException: Sending to channel "x": The option table is "2fast": expected at most 40 letters, digits and underscores, not beginning with a digit
ConfigurationException: Sending to channel "x": The option synchronous is "off": expected full or normal
ConfigurationException: Sending to channel "x": Option "busy-timeout": expected a length of time: %sgot "long"
ConfigurationException: channel "x": unknown option "busy"; known options: ack, busy-timeout, %s
ConfigurationException: Sending to channel "x": The option table is "": expected at most 40 letters, digits and underscores, not beginning with a digit
dir empty short text url.sqlite
x
ConfigurationException: Sending to channel "x": Sending to queue "x": attempt to write a readonly database (sqlite */empty); check the file, its directory and their permissions
ConfigurationException: Sending to channel "x": The database is encoded in UTF-16le; messages are kept byte for byte only in a database encoded in UTF-8
works
ConfigurationException: Sending to channel "x": The tables ecoq_… in */q have schema version 99, made by a newer ecoq; this one knows up to 2: update it, or use other tables with the option table
works
1 1
2 2 1
ConnectionException: Sending to channel "x": Sending to queue "x": database or disk is full (sqlite */full); check disk space and the disk
1
