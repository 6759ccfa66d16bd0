<?php
// The command line of scripts/storm.sh.

require __DIR__ . '/storm.php';

require __DIR__ . '/redis.php';
require __DIR__ . '/rabbitmq.php';

$backend = $argv[1];
$options = ['messages' => in_array($backend, ['redis', 'rabbitmq'], true) ? 100_000 : 50_000, 'kills' => PHP_INT_MAX, 'work' => 0, 'patience' => 3600];
$make = $servers = $disturb = null;
for ($i = 2; $i < $argc; $i++) {
    match ($argv[$i]) {
        '--messages' => $options['messages'] = (int) $argv[++$i],
        '--kills' => $options['kills'] = (int) $argv[++$i],
        '--work' => $options['work'] = (int) $argv[++$i],
        '--restart' => $options['restart'] = (float) $argv[++$i],
        '--failover' => [$options['restart'], $make] = [(float) $argv[++$i], RedisServers::watched(...)],
        '--cluster' => [$options['restart'], $make] = [(float) $argv[++$i], $backend === 'rabbitmq' ? RabbitServers::cluster(...) : RedisServers::cluster(...)],
        '--next' => [$options['next'], $options['consume']] = [$argv[++$i], ['storm', 'next']],
        '--no-database' => $options['with-database'] = false,
        '--classic' => $options['channel'] = getenv('ECOQ_TEST_AMQP_DSN') . '?queue-type=classic',
        '--produce' => $options['produce'] = true,
        default => exit("unknown option {$argv[$i]}\n"),
    };
}
if ($make && $backend === 'rabbitmq') {
    $servers = $make();
    $options['channel'] = $servers->dsn();
    $disturb = fn () => $servers->killBusiest('storm');
} elseif ($make) {
    $servers = $make();
    // a message that only a dead master had would be lost
    $options['channel'] = $servers->dsn(['wait' => 1, 'prefix' => 'ecoq:']);
    $disturb = fn () => $servers->failOver('ecoq:storm');
} elseif (isset($options['restart'])) {
    $disturb = storm_command(escapeshellarg(dirname(__DIR__) . '/servers.sh') . ' restart ' . escapeshellarg((string) getenv('ECOQ_TEST_SERVERS')) . " $backend --kill");
}
if ($disturb && in_array($backend, ['redis', 'rabbitmq'], true)) {
    $options['produce'] = true;
}
if ($disturb && $backend === 'rabbitmq') {
    // it takes seconds to start: messages are sent until it was ended three times, and later ones would only prolong it
    $options['disturbances'] = $options['most-disturbances'] = 3;
}
$result = (new Storm(storm_options($backend, $options), $disturb))->run();
foreach ($result as $name => $value) {
    printf("%-10s %s\n", $name, is_scalar($value) ? $value : json_encode($value));
}
$doubled = ($options['with-database'] ?? true) ? $result['doubled'] : 0;
exit($result['lost'] || $doubled || $result['dead'] || $result['left'] ? 1 : 0);
