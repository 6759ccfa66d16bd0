--TEST--
MariaDB, MySQL: what can be wrong with a DSN, a right, a table or a message is said, without the password
--SKIPIF--
<?php
if (!getenv('ECOQ_TEST_MYSQL_DSN')) die('skip no ECOQ_TEST_MYSQL_DSN');
?>
--INI--
memory_limit=1G
--FILE--
<?php
require __DIR__ . '/mysql.inc';
$table = mysql_table();
preg_match('/host=([^;]+);port=(\d+);dbname=(\w+)/', getenv('ECOQ_TEST_MYSQL_DSN'), $m);
[, $host, $port, $database] = $m;
[$user, $password] = [getenv('ECOQ_TEST_MYSQL_USER'), (string) getenv('ECOQ_TEST_MYSQL_PASSWORD')];

function attempt(string|Ecoq\Channel $definition, ?callable $with = null): void
{
    global $database, $host, $port, $user, $password;
    try {
        $c = (new Ecoq\Messaging(channels: ['x' => $definition]))->channel('x');
        $with ? $with($c) : $c->send(Ecoq\Message::create('a', []));
        echo "works\n";
    } catch (Ecoq\Exception\EcoqException $e) {
        $text = (string) $e;
        echo str_contains($text, 'secret') || ($password !== '' && str_contains($text, $password)) ? "THE PASSWORD IS SHOWN\n" : '';
        $said = preg_replace(['/\br[0-9a-f]{12}\b/', '/\bt\d+_[0-9a-f]{6}_\d(?=_)/'], ['USER', 'TABLES'], str_replace([" $database)", "'$database'", "`$database`", "in $database ", "in $database,", "@'$host'"], [' DB)', "'DB'", '`DB`', 'in DB ', 'in DB,', '@HOST'], $e->getMessage()));
        echo substr(strrchr(get_class($e), '\\'), 1), ': ', $said, "\n";
    }
}
$url = fn (string $scheme, string $host) => sprintf('%s://%s:%s@%s:%d/%s?table=', $scheme, rawurlencode($user), rawurlencode($password), $host, $port, $database);
attempt($url('mysql', $host) . $table);
attempt($url('mariadb', 'localhost') . $table);
attempt("mysql:host=$host;port=1;dbname=x;user=u;password=secret");
attempt("mysql:host=$host;port=$port;dbname=$database;user=nobody;password=secret");
attempt("mysql://nobody:secret@$host:$port/$database");
attempt("mysql:host=$host;port=$port;user=$user;password=$password");
attempt("mysql:host=$host;port=$port;dbname=none_such;user=$user;password=$password");
attempt("mysql:host=$host;secret");
attempt("mysql:host=$host;password=secret;charset=latin1");
attempt("mysql:host=$host;sslmode=secret");
attempt("mysql://nobody:secret@one,two/x");
attempt(mysql_channel($table, '&synchronous=off'));
attempt(mysql_channel($table, '&lock=1'));
attempt(mysql_channel('2fast'));

// A user who may do nothing here; tables of a newer version, and tables that are gone meanwhile.
$pdo = mysql_pdo();
$reader = 'r' . bin2hex(random_bytes(6));
$pdo->exec("CREATE USER $reader@'%' IDENTIFIED BY 'secret'");
register_shutdown_function(fn () => mysql_pdo()->exec("DROP USER $reader@'%'"));
attempt("mysql:host=$host;port=$port;dbname=$database;user=$reader;password=secret?table=$table");
$pdo->exec("GRANT SELECT ON $database.* TO $reader@'%'");
attempt("mysql:host=$host;port=$port;dbname=$database;user=$reader;password=secret?table=$table");
$pdo->exec("UPDATE {$table}_schema SET version = 99");
attempt(mysql_channel($table, '&busy-timeout=4s'));
$pdo->exec("UPDATE {$table}_schema SET version = 2");
attempt(mysql_channel($table), function ($c) use ($table) {
    echo $c->purge(), ' ';
    mysql_drop($table);
    $c->send([Ecoq\Message::create('b', []), Ecoq\Message::create('c', [])]);
    echo count($c->receive(10)), ' ';
});
// A first use within a transaction: DDL would commit it.
$mine = mysql_table();
$pdo->beginTransaction();
attempt(new Ecoq\Channel($pdo, options: ['table' => $mine]));
var_dump($pdo->inTransaction());
$pdo->rollBack();
attempt(new Ecoq\Channel($pdo, options: ['table' => $mine]));

// Too long, too large: the answer is about this message, and the next one goes.
attempt(new Ecoq\Channel(mysql_channel($table), queue: str_repeat('q', 300)));
$pdo->exec("SET SESSION sql_mode = ''");
attempt(new Ecoq\Channel($pdo, queue: str_repeat('q', 300), options: ['table' => $mine]));
$limit = $pdo->query('SELECT @@max_allowed_packet')->fetchColumn();
foreach ([new Ecoq\Channel(mysql_channel($table, '&max-body=1000000000')), new Ecoq\Channel($pdo, options: ['table' => $mine, 'max-body' => 1_000_000_000])] as $definition) {
    attempt($definition, function ($c) use ($limit) {
        $before = $c->stats()->ready;
        foreach ([$limit - 100_000, $limit + 1000, 3 * $limit] as $size) {
            try {
                $c->send(Ecoq\Message::create('big', ['x' => str_repeat('x', $size)]));
                echo "sent\n";
            } catch (Ecoq\Exception\EcoqException $e) {
                echo substr(strrchr(get_class($e), '\\'), 1), ' ', str_contains($e->getMessage(), 'max_allowed_packet') ? 'max_allowed_packet' : $e->getMessage(), "\n";
            }
            $c->send(Ecoq\Message::create('small', []));
        }
        echo $c->stats()->ready - $before, ' ';
    });
}
?>
--EXPECTF--
works
works
ConnectionException: Sending to channel "x": Connecting to MariaDB or MySQL: SQLSTATE[HY000] [2002] Connection refused
ConfigurationException: Sending to channel "x": Connecting to MariaDB or MySQL: SQLSTATE[HY000] [1045] Access denied for user 'nobody'@HOST (using password: YES)
ConfigurationException: Sending to channel "x": Connecting to MariaDB or MySQL: SQLSTATE[HY000] [1045] Access denied for user 'nobody'@HOST (using password: YES)
ConfigurationException: Sending to channel "x": The connection to MariaDB or MySQL has no database selected: name one in the DSN, as in mysql:host=…;dbname=shop
ConfigurationException: Sending to channel "x": Connecting to MariaDB or MySQL: SQLSTATE[HY000] [1049] Unknown database 'none_such'
ConfigurationException: Sending to channel "x": Part 2 of the DSN is not of the form name=value; parts are separated by semicolons, and a value that holds one can be written in the form mysql://user:password@host/database only, as %3b
ConfigurationException: Sending to channel "x": Part 3 of the DSN has a name or a value that cannot be passed on to the database driver
ConfigurationException: Sending to channel "x": Part 2 of the DSN has a name or a value that cannot be passed on to the database driver
ConfigurationException: Sending to channel "x": The host or the name of the database in the DSN cannot be passed on to the database driver
ConfigurationException: Sending to channel "x": The option synchronous is "off": expected full or normal
ConfigurationException: channel "x": unknown option "lock" (did you mean "ack"?); known options: %s
ConfigurationException: Sending to channel "x": The option table is "2fast": expected at most 40 letters, digits and underscores, not beginning with a digit
ConfigurationException: Sending to channel "x": Connecting to MariaDB or MySQL: SQLSTATE[HY000] [1044] Access denied for user 'USER'@'%' to database 'DB'
ConfigurationException: Sending to channel "x": Sending to queue "x": INSERT command denied to user 'USER'@HOST for table `DB`.`TABLES_messages` (mysql DB); check the name of the database, and what the user may do there
ConfigurationException: Sending to channel "x": The tables TABLES_… in DB have schema version 99, made by a newer ecoq; this one knows up to 2: update it, or use other tables with the option table
2 2 works
ConfigurationException: Sending to channel "x": The tables TABLES_… are missing in DB, and creating them would commit the transaction that is open: create them before, with the command setup or by calling setup() on the channel
bool(true)
works
TransportException: Sending to channel "x": Sending to queue "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq": the name of the queue has 300 bytes, and at most 255 can be kept (mysql DB)
TransportException: Sending to channel "x": Sending to queue "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq": the name of the queue has 300 bytes, and at most 255 can be kept (mysql DB)
sent
TransportException max_allowed_packet
TransportException max_allowed_packet
4 works
sent
TransportException max_allowed_packet
TransportException max_allowed_packet
4 works
