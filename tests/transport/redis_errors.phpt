--TEST--
Redis: what can be wrong with a server, a right or a key is said, without the password, and nothing is lost by it
--SKIPIF--
<?php
require dirname(__DIR__, 2) . '/scripts/storm/redis.php';
if (!RedisServers::areInstalled()) die('skip no redis-server');
ob_start();
(new ReflectionExtension('ecoq'))->info();
if (!preg_match('/^transport redis/m', ob_get_clean())) die('skip no Redis transport');
?>
--INI--
zend.exception_ignore_args=1
--FILE--
<?php
require dirname(__DIR__, 2) . '/scripts/storm/redis.php';
$servers = new RedisServers;
$redis = $servers->link($port = $servers->start(['--requirepass', RedisServers::PASSWORD]));
$server = '127.0.0.1:' . $port;
$url = fn (string $login, string $rest = '', string $scheme = 'redis') => "$scheme://$login@$server/$rest";
$own = ':' . RedisServers::PASSWORD;

function attempt(string $what, string|Ecoq\Channel $definition, ?callable $with = null): void
{
    $start = microtime(true);
    try {
        $c = (new Ecoq\Messaging(channels: ['x' => $definition]))->channel('x');
        $result = $with ? $with($c) : $c->send(Ecoq\Message::create('a', ['what' => 'payload']));
        echo "$what: works", is_string($result) ? " $result" : '', "\n";
    } catch (Ecoq\Exception\EcoqException $e) {
        $text = (string) $e;
        foreach (['secret', RedisServers::PASSWORD . '@', 'payload', 'reader', 'writer'] as $hidden) {
            echo str_contains($text, $hidden) ? "SHOWN: $hidden\n" : '';
        }
        // in its own words each version of the server says it differently
        $said = preg_replace(['/127\.0\.0\.1:\d{4,}/', '/(?<=channel "x"): Sending to queue "q" at ADDRESS \(channel "x"\)/', '/ \(Redis: "(\w+).*"\)$/', '/(?<=not found) \(.*\)$/'], ['ADDRESS', '', ' ($1)', ''], $e->getMessage());
        echo $what, ': ', substr(strrchr(get_class($e), '\\'), 1), ': ', str_replace('Sending to channel "x": ', '', $said), "\n";
    }
    if (microtime(true) - $start > 60) {
        echo "  LATE\n";
    }
}

echo "-- login\n";
attempt('right', $url($own, 'q'));
attempt('wrong password', $url(':secret', 'q'));
attempt('no password', "redis://$server/q");
attempt('no such user', $url('reader:secret', 'q'));
attempt('in options', new Ecoq\Channel("redis://$server/q", options: ['user' => 'default', 'password' => RedisServers::PASSWORD, 'db' => 1]));
attempt('user without password', $url('secret', 'q'));
attempt('no such database', $url($own, '16/q'));
attempt('nobody there', 'redis://:secret@127.0.0.1:1/q');
attempt('no such host', 'redis://:secret@no-such-host.invalid/q?connect-timeout=100ms');
attempt('the second of the hosts', str_replace('@', '@127.0.0.1:1,', $url($own, 'q')));

echo "-- rights\n";
$user = fn (string $name, string ...$rules) => $redis->command('ACL', 'SETUSER', $name, 'reset', 'on', '>secret', ...$rules);
$user('writer', '~q', '~{q}:*', '+@all', '-@admin', '-@dangerous');
attempt('enough', $url('writer:secret', 'q'));
attempt('another queue', $url('writer:secret', 'other'));
$user('writer', '~q', '+@all');
attempt('no side keys', $url('writer:secret', 'q'));
$user('writer', '~*', '+@all', '-@scripting');
attempt('no scripts', $url('writer:secret', 'q'));
$user('writer', '~*', '+@all', '-rpush', '-lpush');
attempt('no lists', $url('writer:secret', 'q'));
$user('writer', '~*', '+@all', '-script');
attempt('no SCRIPT LOAD, which was done before', $url('writer:secret', 'q'));
$redis->command('SCRIPT', 'FLUSH');
attempt('no SCRIPT LOAD', $url('writer:secret', 'q'));
$user('writer', '~*', '+@all', 'off');
attempt('switched off', $url('writer:secret', 'q?io-timeout=4s'));

echo "-- states of the server\n";
$redis->command('SCRIPT', 'FLUSH');
attempt('scripts are gone', $url($own, 'q'));
$redis->command('SET', 'other', 'text');
attempt('another kind of value', $url($own, 'other'));
attempt('another kind of value, receiving', $url($own, 'other'), fn ($c) => $c->receive(1));
$redis->command('CONFIG', 'SET', 'maxmemory', '1');
attempt('full', $url($own, 'q'));
$redis->command('CONFIG', 'SET', 'maxmemory', '0');
$redis->command('CONFIG', 'SET', 'min-replicas-to-write', '1');
attempt('too few replicas', $url($own, 'q'));
$redis->command('CONFIG', 'SET', 'min-replicas-to-write', '0');
$redis->command('REPLICAOF', '127.0.0.1', '1');
attempt('a replica', $url($own, 'q'));
$redis->command('REPLICAOF', 'NO', 'ONE');
$clients = $redis->command('CONFIG', 'GET', 'maxclients')[1];
$redis->command('CONFIG', 'SET', 'maxclients', '1');
attempt('too many clients', $url($own, 'q?io-timeout=4s'));
$redis->command('CONFIG', 'SET', 'maxclients', $clients);
$disabled = $servers->start(['--requirepass', RedisServers::PASSWORD, '--rename-command', 'EVALSHA', '']);
attempt('scripts disabled', "redis://$own@127.0.0.1:$disabled/q");
attempt('what was sent', $url($own, 'q'), function ($c) {
    foreach ($got = $c->receive(100) as $d) {
        $d->ack();
    }
    return (string) count($got);
});

echo "-- what is no Redis\n";
$listener = stream_socket_server('tcp://127.0.0.1:0');
$silent = stream_socket_get_name($listener, false);
attempt('silence', "redis://$own@$silent/q?connect-timeout=200ms");
?>
--EXPECT--
-- login
right: works
wrong password: ConfigurationException: Logging in to Redis at ADDRESS: user or password is wrong, or the user is disabled; look at the DSN's part before the @ and at ACL LIST (WRONGPASS)
no password: ConfigurationException: Connecting to Redis at ADDRESS: the server wants a password: redis://:password@host or redis://user:password@host (NOAUTH)
no such user: ConfigurationException: Logging in to Redis at ADDRESS: user or password is wrong, or the user is disabled; look at the DSN's part before the @ and at ACL LIST (WRONGPASS)
in options: works
user without password: ConfigurationException: The DSN has a user without a password; a password without a user is written with a colon before it: redis://:password@host
no such database: ConfigurationException: Selecting the database of Redis at ADDRESS: the server has no database of that number; see its setting databases, and the DSN's option db or the number in its path (ERR)
nobody there: ConnectionException: Connecting to Redis at 127.0.0.1:1: Connection refused
no such host: ConnectionException: Connecting to Redis at no-such-host.invalid:6379: the host name was not found
the second of the hosts: works
-- rights
enough: works
another queue: ConfigurationException: Sending to queue "other" at ADDRESS (channel "x"): NOPERM: the user may not touch all of the queue's keys; it needs ~<queue>* and ~{<queue>}:* (ACL SETUSER)
no side keys: ConfigurationException: NOPERM: the user may not touch all of the queue's keys; it needs ~<queue>* and ~{<queue>}:* (ACL SETUSER)
no scripts: ConfigurationException: NOPERM: the user may not run the command evalsha; ecoq does all its work in scripts, so the user needs +@scripting (ACL SETUSER), beside +@all -@admin -@dangerous or finer
no lists: ConfigurationException: the user may not run a command that ecoq's scripts need; an ACL of +@all -@admin -@dangerous and ~<queue>* ~{<queue>}:* is enough (ERR)
no SCRIPT LOAD, which was done before: works
no SCRIPT LOAD: ConfigurationException: NOPERM: the user may not run the command script|load; ecoq does all its work in scripts, so the user needs +@scripting (ACL SETUSER), beside +@all -@admin -@dangerous or finer
switched off: ConfigurationException: Logging in to Redis at ADDRESS: user or password is wrong, or the user is disabled; look at the DSN's part before the @ and at ACL LIST (WRONGPASS)
-- states of the server
scripts are gone: works
another kind of value: ConfigurationException: Sending to queue "other" at ADDRESS (channel "x"): at the queue's key, or at one of those beside it, stands another kind of value than ecoq's; choose another queue name, prefix or database, or remove that key (WRONGTYPE)
another kind of value, receiving: ConfigurationException: Receiving from channel "x": Reserving from queue "other" at ADDRESS (channel "x"): at the queue's key, or at one of those beside it, stands another kind of value than ecoq's; choose another queue name, prefix or database, or remove that key (WRONGTYPE)
full: ConnectionException: the server has reached its memory limit (maxmemory) and stored nothing; let consumers catch up, or raise the limit (maxmemory-policy must be noeviction) (OOM)
too few replicas: ConnectionException: the server has fewer replicas at hand than min-replicas-to-write demands; nothing was stored (NOREPLICAS)
a replica: ConnectionException: this server is a read-only replica; point the DSN to the master, or use redis+sentinel:// (READONLY)
too many clients: ConnectionException: Logging in to Redis at ADDRESS: the server has as many clients as its maxclients allows (ERR)
scripts disabled: ConfigurationException: the server does not know the command EVALSHA; scripting is disabled there or its commands are renamed, and ecoq does all its work in scripts
what was sent: works 5
-- what is no Redis
silence: ConnectionException: Connecting to Redis at ADDRESS: the connection stands, but no answer came in time (option connect-timeout: 200 ms)
