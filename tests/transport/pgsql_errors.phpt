--TEST--
PostgreSQL: what can be wrong with a DSN, a login, rights or bytes is said with what to do; no password is shown
--SKIPIF--
<?php
if (!extension_loaded('pdo_pgsql')) die('skip no pdo_pgsql');
if (!getenv('ECOQ_TEST_PGSQL_DSN')) die('skip no ECOQ_TEST_PGSQL_DSN');
?>
--FILE--
<?php
require __DIR__ . '/servers.inc';
$server = new Server;
$admin = $server->pdo([PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
const SECRET = 'geheim;\'\\ x';

function attempt(string|Ecoq\Channel|PDO $definition): void
{
    global $server;
    try {
        (new Ecoq\Messaging(channels: ['x' => $definition]))->channel('x')->send(Ecoq\Message::create('a', []));
        echo "works\n";
    } catch (Ecoq\Exception\EcoqException $e) {
        $text = (string) $e;
        echo substr(strrchr(get_class($e), '\\'), 1), ': ', strtr($e->getMessage(), [$server->database => 'DB', "\"$server->user\"" => '"USER"']), "\n";
        foreach ([SECRET, rawurlencode(SECRET), 'geheim'] as $secret) {
            echo str_contains($text, $secret) ? "SHOWS $secret\n" : '';
        }
    }
}

// Both forms, and what they take.
attempt($server->channel());
attempt($server->url());
attempt(str_replace('postgresql:', 'postgres:', $server->url(['table' => 'other'])));
attempt($server->url(['sslmode' => 'disable', 'busy-timeout' => '1s', 'synchronous' => 'normal']));

// Wrong.
attempt($server->url(database: 'ecoq_nowhere'));
attempt($server->url(user: 'ecoq_nobody', password: SECRET));
attempt($server->url(password: SECRET, port: 1));
attempt($server->url(['sslmode' => 'perhaps']));
attempt("$server->dsn;user=$server->user;colour=red");
attempt("$server->dsn;password=a;geheim;user=$server->user");
attempt($server->channel(['sslmode' => 'disable', 'table' => '1']));
attempt('sqlite::memory:?sslmode=disable');

// A role with a password that may do nothing, and one that may do everything but make tables.
$role = "{$server->database}_role";
$admin->exec("CREATE ROLE $role LOGIN PASSWORD " . $admin->quote(SECRET));
$admin->exec('REVOKE CREATE ON SCHEMA public FROM public');
register_shutdown_function(fn () => (new PDO(getenv('ECOQ_TEST_PGSQL_DSN'), $server->user, $server->password))->exec("DROP ROLE $role"));
attempt($server->url(user: $role, password: SECRET));
$admin->exec("GRANT USAGE ON SCHEMA public TO $role");
attempt($server->url(['table' => 'fresh'], user: $role, password: SECRET));
$admin->exec("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO $role");
$admin->exec("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO $role");
attempt($server->url(user: $role, password: SECRET));

// A connection that the application made for another encoding.
$latin = $server->pdo();
$latin->exec("SET client_encoding = 'LATIN1'");
attempt($latin);

// Another driver's object; tables of a newer version.
$admin->exec('UPDATE ecoq_schema SET version = 99');
attempt($server->channel());
$admin->exec('UPDATE ecoq_schema SET version = 1');
attempt($server->channel());
echo $admin->query('SELECT max(version) FROM ecoq_schema')->fetchColumn(), "\n";

// The tables go while a channel is in use: they are made again.
$c = (new Ecoq\Messaging(channels: ['x' => $server->channel()]))->channel('x');
echo count($c->receive(10)) > 1 ? 'some' : 'none', "\n";
$admin->exec('DROP TABLE ecoq_messages, ecoq_owners, ecoq_schema CASCADE');
$c->send([Ecoq\Message::create('b', []), Ecoq\Message::create('c', [])]);
echo count($c->receive(10)), ' ', $admin->query('SELECT max(version) FROM ecoq_schema')->fetchColumn(), "\n";
?>
--EXPECTF--
works
works
works
works
ConfigurationException: Sending to channel "x": Connecting to PostgreSQL: SQLSTATE[08006] [7] %sdatabase "ecoq_nowhere" does not exist
ConfigurationException: Sending to channel "x": Connecting to PostgreSQL: SQLSTATE[08006] [7] %s"ecoq_nobody"%S
ConnectionException: Sending to channel "x": Connecting to PostgreSQL: SQLSTATE[08006] [7] %sConnection refused%S
ConfigurationException: Sending to channel "x": Connecting to PostgreSQL: SQLSTATE[08006] [7] invalid sslmode value: "perhaps"
ConfigurationException: Sending to channel "x": Connecting to PostgreSQL: SQLSTATE[08006] [7] invalid connection option "colour"
ConfigurationException: Sending to channel "x": Part 5 of the DSN is not of the form name=value; parts are separated by semicolons, and a value that holds one can be written in the form pgsql://user:password@host/database only, as %3b
ConfigurationException: Sending to channel "x": The option table is "1": expected at most 40 letters, digits and underscores, not beginning with a digit
ConfigurationException: Sending to channel "x": The option sslmode is for DSNs of PostgreSQL
ConfigurationException: Sending to channel "x": Reading the version of the message tables: %spermission denied for table ecoq_schema (pgsql DB); check the role's rights: the tables need SELECT, INSERT, UPDATE and DELETE, their sequences USAGE, and creating them CREATE on the schema
ConfigurationException: Sending to channel "x": Creating the tables for messages: %spermission denied for schema public (pgsql DB); check the role's rights: the tables need SELECT, INSERT, UPDATE and DELETE, their sequences USAGE, and creating them CREATE on the schema
works
ConfigurationException: Sending to channel "x": The connection to database DB has the client_encoding LATIN1; messages need UTF8: execute SET client_encoding = 'UTF8' after connecting, or add options='--client_encoding=UTF8' to its DSN
ConfigurationException: Sending to channel "x": The tables ecoq_… in DB have schema version 99, made by a newer ecoq; this one knows up to 2: update it, or use other tables with the option table
works
2
some
2 2