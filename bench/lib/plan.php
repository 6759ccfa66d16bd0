<?php

declare(strict_types=1);

// What is measured: the groups, their rows and the budgets.

namespace Ecoq\Bench;

/** @return list<Group> */
function plan(Options $options): array
{
    $groups = [memoryGroup($options), memoryPeersGroup($options)];
    foreach ($options->synchronousModes() as $mode) {
        $groups[] = sqliteConsumeGroup($options, $mode);
        $groups[] = sqlitePeersGroup($options, $mode);
        $groups[] = sqliteSendGroup($options, $mode);
    }
    $groups[] = depthGroup($options);
    $groups[] = growthGroup($options);
    $groups[] = bootGroup($options);
    $groups[] = idleGroup($options);
    $groups[] = latencyGroup($options);

    return $groups;
}

function memoryGroup(Options $options): Group
{
    $arguments = ['n' => $options->quick ? 100_000 : 400_000, 'depth' => 10_000];

    return new Group(
        'memory',
        'memory channel: decode, dispatch, call and outcome, against json_decode() of the same envelopes',
        [
            'array' => new Row(
                'ecoq, array payload',
                'ecoq_memory',
                $arguments + ['typed' => false],
                budgets: [Budget::costs('array-json', 2.0)],
            ),
            'array-json' => new Row('json_decode() of these, same process', sample: 'json_decode', from: 'array'),
            'typed' => new Row(
                'ecoq, typed payload (4 fields, list of 3 objects)',
                'ecoq_memory',
                $arguments + ['typed' => true],
                against: 'typed',
                budgets: [Budget::costs('typed-json', 2.0)],
            ),
            'typed-json' => new Row('json_decode() of these, same process', sample: 'json_decode', from: 'typed', against: 'typed'),
        ],
        clock: 'cpu',
    );
}

function memoryPeersGroup(Options $options): Group
{
    $n = $options->quick ? 1_000 : 2_000;

    return new Group(
        'memory-peers',
        "memory channel, a backlog of $n messages, beside the peers",
        [
            'ecoq' => new Row('ecoq, typed payload', 'ecoq_memory', ['n' => 10 * $n, 'depth' => $n, 'typed' => true]),
            'symfony' => new Row('Symfony Messenger, in-memory, objects by reference', 'symfony_consume', ['n' => $n, 'transport' => 'memory'], peer: 'symfony'),
            'symfony-serialized' => new Row('Symfony Messenger, in-memory, serialized', 'symfony_consume', ['n' => $n, 'transport' => 'memory-serialized'], peer: 'symfony'),
            'ecotone' => new Row('Ecotone, in-memory, array payload', 'ecotone_consume', ['n' => $n, 'transport' => 'memory'], peer: 'ecotone'),
        ],
        clock: 'cpu',
        note: 'Ratios are of CPU time: Ecotone polls once per millisecond, so its wall time is that of its timer.',
    );
}

function sqliteConsumeGroup(Options $options, string $mode): Group
{
    $arguments = ['n' => $options->quick ? 20_000 : 50_000, 'synchronous' => $mode];

    return new Group(
        'sqlite-' . strtolower($mode),
        "SQLite, consume {$arguments['n']} messages, WAL, synchronous $mode",
        [
            'ecoq' => new Row(
                'ecoq, array payload',
                'ecoq_sqlite_consume',
                $arguments + ['typed' => false],
                budgets: [Budget::faster('claim-one', 4.0), Budget::faster('claim-many', 0.8)],
            ),
            'ecoq-typed' => new Row('ecoq, typed payload', 'ecoq_sqlite_consume', $arguments + ['typed' => true]),
            'claim-one' => new Row('PDO by hand, claims 1, deletes 1', 'pdo_claim_one', $arguments),
            'claim-many' => new Row('PDO by hand, claims 64 with owner and fence', 'pdo_claim_many', $arguments),
        ],
    );
}

function sqlitePeersGroup(Options $options, string $mode): Group
{
    $arguments = ['n' => $options->quick ? 1_000 : 3_000, 'synchronous' => $mode];

    return new Group(
        'sqlite-peers-' . strtolower($mode),
        "SQLite, consume {$arguments['n']} messages, WAL, synchronous $mode, beside the peers",
        [
            'ecoq' => new Row('ecoq, typed payload', 'ecoq_sqlite_consume', $arguments + ['typed' => true]),
            'symfony' => new Row('Symfony Messenger, Doctrine transport', 'symfony_consume', $arguments + ['transport' => 'doctrine'], peer: 'symfony'),
            'ecotone' => new Row('Ecotone, DBAL channel', 'ecotone_consume', $arguments + ['transport' => 'dbal'], peer: 'ecotone'),
        ],
    );
}

function sqliteSendGroup(Options $options, string $mode): Group
{
    $n = $mode === 'FULL' ? 2_000 : ($options->quick ? 3_000 : 5_000);
    $single = ['n' => $n, 'synchronous' => $mode, 'unit' => 1];
    $unit = ['unit' => 100] + $single;

    return new Group(
        'send-' . strtolower($mode),
        "SQLite, send $n messages, WAL, synchronous $mode",
        [
            'ecoq' => new Row('ecoq, one by one', 'ecoq_sqlite_send', $single),
            'pdo' => new Row('PDO by hand, one by one', 'pdo_send', $single),
            'symfony' => new Row('Symfony Messenger, one by one', 'symfony_send', $single, peer: 'symfony'),
            'ecotone' => new Row('Ecotone, one by one', 'ecotone_send', $single, peer: 'ecotone'),
            'ecoq-unit' => new Row('ecoq, units of 100', 'ecoq_sqlite_send', $unit, against: 'ecoq-unit'),
            'pdo-unit' => new Row('PDO by hand, transactions of 100', 'pdo_send', $unit, against: 'ecoq-unit'),
            'symfony-unit' => new Row('Symfony Messenger, transactions of 100', 'symfony_send', $unit, against: 'ecoq-unit', peer: 'symfony'),
            'ecotone-unit' => new Row('Ecotone, transactions of 100', 'ecotone_send', $unit, against: 'ecoq-unit', peer: 'ecotone'),
        ],
    );
}

function depthGroup(Options $options): Group
{
    $deep = $options->quick ? 100_000 : 1_000_000;
    $arguments = ['n' => 4_000, 'step' => 500, 'synchronous' => 'NORMAL'];

    return new Group(
        'depth',
        'SQLite, cost of a message at depth ' . number_format($deep, 0, '', ' ') . ' against 1 000',
        [
            'deep' => new Row(
                'ecoq, depth ' . number_format($deep, 0, '', ' '),
                'ecoq_depth',
                $arguments + ['file' => 'deep.sqlite'],
                budgets: [Budget::costs('shallow', 1.3)],
            ),
            'shallow' => new Row('ecoq, depth 1 000', 'ecoq_depth', $arguments + ['file' => 'shallow.sqlite']),
        ],
        prepare: ['ecoq_fill', ['queues' => ['deep.sqlite' => $deep, 'shallow.sqlite' => 1_000]]],
    );
}

function growthGroup(Options $options): Group
{
    $arguments = ['n' => $options->quick ? 100_000 : 1_000_000, 'early' => 10_000];

    return new Group(
        'growth',
        "resident memory of one worker after {$arguments['n']} messages, more than after 10000",
        [
            'memory' => new Row('ecoq, memory channel, each message publishes the next', 'ecoq_growth', $arguments + ['transport' => 'memory'], 'growth_mib', budgets: [Budget::value(1.0)]),
            'sqlite' => new Row('ecoq, SQLite', 'ecoq_growth', $arguments + ['transport' => 'sqlite'], 'growth_mib', budgets: [Budget::value(1.0)]),
        ],
        unit: 'MiB',
        prepare: ['ecoq_fill', ['queues' => ['full.sqlite' => $arguments['n']]]],
        rounds: 1,
    );
}

function bootGroup(Options $options): Group
{
    $arguments = ['classes' => 200];

    return new Group(
        'boot',
        'boot with 1 000 handlers in 200 files, fresh processes',
        [
            'cached' => new Row('ecoq, validated registry cache', 'ecoq_boot', $arguments, 'ms', budgets: [Budget::value(1.0)], ini: ['ecoq.cache_dir' => '{dir}/registry']),
            'unvalidated' => new Row('ecoq, registry cache, not validated', 'ecoq_boot', $arguments, 'ms', ini: ['ecoq.cache_dir' => '{dir}/registry', 'ecoq.cache_validate' => '0']),
            'uncached' => new Row('ecoq, no cache', 'ecoq_boot', $arguments, 'ms'),
            'ecotone' => new Row('Ecotone, warm cache', 'ecotone_boot', $arguments, 'ms', peer: 'ecotone'),
        ],
        unit: 'ms',
        prepare: ['boot_prepare', $arguments],
        rounds: $options->quick ? 7 : 21,
        note: 'The first process of a row fills its cache; the median does not notice.',
    );
}

function idleGroup(Options $options): Group
{
    $arguments = ['seconds' => $options->quick ? 3 : 10, 'synchronous' => 'NORMAL'];

    return new Group(
        'idle',
        'idle worker on SQLite',
        [
            'empty' => new Row('ecoq, nothing in the queue', 'ecoq_idle', $arguments + ['delayed' => 0], 'cpu_percent', budgets: [Budget::value(0.2)]),
            'delayed' => new Row('ecoq, 100 000 messages that are due tomorrow', 'ecoq_idle', $arguments + ['delayed' => 100_000], 'cpu_percent', budgets: [Budget::value(0.2)]),
        ],
        unit: '% CPU',
        rounds: $options->quick ? 1 : 3,
    );
}

function latencyGroup(Options $options): Group
{
    $arguments = ['n' => $options->quick ? 50 : 200, 'synchronous' => 'NORMAL'];

    return new Group(
        'latency',
        'SQLite, publish to start of the handler in an idle worker, another process',
        [
            'p50' => new Row('ecoq, median', 'ecoq_latency', $arguments, 'p50_ms'),
            'p99' => new Row('ecoq, 99th percentile', sample: 'p99_ms', from: 'p50'),
        ],
        unit: 'ms',
        rounds: $options->quick ? 1 : 3,
    );
}
