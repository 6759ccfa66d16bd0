<?php
// The command line of scripts/storm.sh.

require __DIR__ . '/storm.php';

$backend = $argv[1];
$options = ['messages' => 50000, 'kills' => PHP_INT_MAX, 'work' => 0, 'patience' => 3600];
for ($i = 2; $i < $argc; $i++) {
    match ($argv[$i]) {
        '--messages' => $options['messages'] = (int) $argv[++$i],
        '--kills' => $options['kills'] = (int) $argv[++$i],
        '--work' => $options['work'] = (int) $argv[++$i],
        '--restart' => $options['restart'] = (float) $argv[++$i],
        '--next' => [$options['next'], $options['consume']] = [$argv[++$i], ['storm', 'next']],
        '--no-database' => $options['with-database'] = false,
        default => exit("unknown option {$argv[$i]}\n"),
    };
}
if (isset($options['restart'])) {
    $options['restart-command'] = dirname(__DIR__) . '/servers.sh restart ' . escapeshellarg((string) getenv('ECOQ_TEST_SERVERS')) . " $backend --kill";
}
$result = (new Storm(storm_options($backend, $options)))->run();
foreach ($result as $name => $value) {
    printf("%-10s %s\n", $name, is_scalar($value) ? $value : json_encode($value));
}
$doubled = ($options['with-database'] ?? true) ? $result['doubled'] : 0;
exit($result['lost'] || $doubled || $result['dead'] || $result['left'] ? 1 : 0);
