<?php

declare(strict_types=1);

// Measures and prints; bench/run.sh starts it. See README.md beside it.

namespace Ecoq\Bench;

foreach (['options', 'group', 'plan', 'plan_redis', 'plan_rabbitmq', 'php', 'peer', 'server', 'redis_client', 'redis_server', 'tool', 'native', 'order', 'rabbit_client', 'rabbit_server', 'rabbit_queue', 'result', 'runner', 'report', 'machine'] as $file) {
    require __DIR__ . "/lib/$file.php";
}

function findModule(Options $options): string
{
    $module = $options->module ?: (getenv('ECOQ_MODULE') ?: '');
    if ($module !== '') {
        return realpath($module) ?: throw new \RuntimeException("no such file: $module");
    }
    $built = dirname(__DIR__) . '/modules/ecoq.so';

    return is_file($built) ? $built : 'ecoq';
}

/** @return list<Group> */
function chosen(Options $options): array
{
    $groups = plan($options);
    $names = array_column($groups, 'name');
    if ($unknown = array_diff($options->only, $names)) {
        throw new \InvalidArgumentException('no group ' . implode(', ', $unknown) . '; there are ' . implode(', ', $names));
    }

    return array_values(array_filter($groups, static fn (Group $group): bool => !$options->only || in_array($group->name, $options->only, true)));
}

/** @return array<string, Peer> */
function peers(Options $options): array
{
    $dir = getenv('ECOQ_BENCH_PEERS') ?: __DIR__ . '/peers';

    return [
        'symfony' => Peer::symfony("$dir/symfony", 'doctrine-messenger', 'doctrine/dbal'),
        'symfony-redis' => Peer::symfony("$dir/symfony", 'redis-messenger'),
        'symfony-amqp' => Peer::symfony("$dir/symfony", 'amqp-messenger'),
        'amqplib' => Peer::amqplib("$dir/amqplib"),
        'ecotone' => Peer::find("$dir/ecotone", ['ecotone/ecotone', 'ecotone/dbal', 'doctrine/dbal']),
        'laravel' => Peer::find("$dir/laravel", ['laravel/framework']),
    ];
}

/** @return array<string, Server|RedisServer|RabbitQueue> */
function servers(string $workDir, RabbitServer $rabbit): array
{
    return [
        'pgsql' => Server::find('pgsql'),
        'mysql' => Server::find('mysql'),
        'redis' => new RedisServer($workDir),
        'rabbitmq-classic' => new RabbitQueue($rabbit, 'classic'),
        'rabbitmq-quorum' => new RabbitQueue($rabbit, 'quorum'),
    ];
}

/** @return array<string, Tool> */
function tools(string $workDir): array
{
    return [
        'ext-redis' => Tool::extension('redis'),
        'redis_loop' => Tool::compile('redis_loop', 'hiredis', $workDir),
        'ext-amqp' => Tool::extension('amqp'),
        'amqp_loop' => Tool::compile('amqp_loop', 'librabbitmq', $workDir),
    ];
}

/** Rows of peers, and budgets against them, are left out with --no-peers. */
function withoutPeers(Group $group): Group
{
    $rows = [];
    foreach (array_filter($group->rows, static fn (Row $row): bool => $row->peer === '') as $key => $row) {
        $isOfPeer = static fn (Budget $budget): bool => ($group->rows[$budget->against]->peer ?? '') !== '';
        $rows[$key] = $row->withBudgets(array_filter($row->budgets, static fn (Budget $budget): bool => !$isOfPeer($budget)));
    }

    return new Group($group->name, $group->title, $rows, $group->clock, $group->unit, $group->prepare, $group->rounds);
}

/** @param list<Result> $results */
function asJson(array $machine, array $peers, array $results): string
{
    $groups = [];
    foreach ($results as $result) {
        $rows = [];
        foreach ($result->group->rows as $key => $row) {
            $rows[$key] = [
                'label' => $row->label,
                'failure' => $result->failure($key),
                'samples' => $result->samples($key),
                'values' => $result->values($key),
                'budgets' => array_map(
                    static fn (Budget $budget): array => get_object_vars($budget) + ['verdict' => $result->judge($key, $budget)],
                    $row->budgets,
                ),
            ];
        }
        $groups[$result->group->name] = ['title' => $result->group->title, 'unit' => $result->group->unit, 'rows' => $rows];
    }

    return json_encode(
        ['machine' => $machine, 'peers' => array_map(static fn (Peer $peer): array => get_object_vars($peer), $peers), 'groups' => $groups],
        JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR,
    ) . "\n";
}

/**
 * @param list<Result> $results
 * @return array{int, int} missed or not measured; and those that need a peer or a server that is not there
 */
function missedBudgets(array $results): array
{
    $missed = $absent = 0;
    foreach ($results as $result) {
        foreach ($result->group->rows as $key => $row) {
            foreach ($row->budgets as $budget) {
                if ($result->isAbsent($key, $budget)) {
                    $absent++;
                } elseif (!($result->judge($key, $budget)['ok'] ?? false)) {
                    $missed++;
                }
            }
        }
    }

    return [$missed, $absent];
}

function main(array $arguments): int
{
    $options = Options::parse($arguments);
    if ($options->help) {
        echo Options::HELP;
        return 0;
    }
    $groups = chosen($options);
    if ($options->list) {
        foreach ($groups as $group) {
            printf("%-22s %s\n", $group->name, $group->title);
        }
        return 0;
    }
    $module = findModule($options);
    $php = new Php($module, $options->opcache);
    if (!$php->hasModule()) {
        throw new \RuntimeException("PHP does not load $module; build it (phpize && ./configure && make) or name it with --module");
    }
    $peers = peers($options);
    $machine = machine($options);
    $workDir = "$options->dir/ecoq-bench-" . getmypid();
    mkdir($workDir);
    $tools = tools($workDir);
    $rabbit = new RabbitServer($tools['amqp_loop'], $workDir);
    $servers = servers($workDir, $rabbit);
    printMachine($machine, $options->peers ? $peers : [], $servers, $module);

    $runner = new Runner($options, $php, $peers, $servers, $tools, $workDir);
    $results = [];
    try {
        foreach ($groups as $group) {
            $result = $runner->run($options->peers ? $group : withoutPeers($group));
            report($result);
            $results[] = $result;
        }
    } finally {
        $servers['redis']->stop();
        $rabbit->stop();
        array_map(unlink(...), glob("$workDir/*", GLOB_NOSORT) ?: []);
        rmdir($workDir);
    }

    [$missed, $absent] = missedBudgets($results);
    echo "\n", $missed === 0 ? 'All budgets hold' : "$missed budgets are missed or were not measured", $absent ? ", $absent cannot be judged here.\n" : ".\n";
    if ($options->json !== '') {
        file_put_contents($options->json, asJson($machine, $peers, $results));
    }

    return $options->check && $missed > 0 ? 1 : 0;
}

try {
    exit(main(array_slice($_SERVER['argv'], 1)));
} catch (\InvalidArgumentException | \RuntimeException $e) {
    fwrite(STDERR, 'bench: ' . $e->getMessage() . "\n");
    exit(2);
}
