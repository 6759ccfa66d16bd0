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
        $groups[] = transactionGroup($options, $mode);
        $groups[] = deduplicatedGroup($options, $mode);
        $groups[] = outboxGroup($options, $mode);
    }
    foreach (['pgsql' => 'PostgreSQL', 'mysql' => 'MariaDB'] as $server => $label) {
        $groups[] = serverConsumeGroup($options, $server, $label);
        $groups[] = serverTransactionGroup($options, $server, $label);
        $groups[] = serverSendGroup($options, $server, $label);
    }
    array_push($groups, ...redisGroups($options), ...rabbitGroups($options));
    $groups[] = watchingGroup($options);
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
                'ecoq_consume',
                $arguments + ['typed' => false],
                budgets: [Budget::faster('claim-one', 4.0), Budget::faster('claim-many', 0.8)],
            ),
            'ecoq-typed' => new Row('ecoq, typed payload', 'ecoq_consume', $arguments + ['typed' => true]),
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
            'ecoq' => new Row('ecoq, typed payload', 'ecoq_consume', $arguments + ['typed' => true], budgets: [Budget::faster('symfony', 10.0)]),
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
            'ecoq' => new Row('ecoq, one by one', 'ecoq_send', $single),
            'pdo' => new Row('PDO by hand, one by one', 'pdo_send', $single),
            'symfony' => new Row('Symfony Messenger, one by one', 'symfony_send', $single, peer: 'symfony'),
            'ecotone' => new Row('Ecotone, one by one', 'ecotone_send', $single, peer: 'ecotone'),
            'ecoq-unit' => new Row('ecoq, units of 100', 'ecoq_send', $unit, against: 'ecoq-unit'),
            'pdo-unit' => new Row('PDO by hand, transactions of 100', 'pdo_send', $unit, against: 'ecoq-unit'),
            'symfony-unit' => new Row('Symfony Messenger, transactions of 100', 'symfony_send', $unit, against: 'ecoq-unit', peer: 'symfony'),
            'ecotone-unit' => new Row('Ecotone, transactions of 100', 'ecotone_send', $unit, against: 'ecoq-unit', peer: 'ecotone'),
        ],
    );
}

function transactionGroup(Options $options, string $mode): Group
{
    $arguments = ['n' => $options->quick ? 1_000 : 3_000, 'synchronous' => $mode];
    // With FULL each transaction waits for the disk, whoever commits it; and Messenger gets slower with the backlog.
    $budgets = $options->quick || $mode === 'FULL' ? [] : [Budget::faster('symfony', 10.0)];

    return new Group(
        'transaction-' . strtolower($mode),
        "SQLite, consume {$arguments['n']} messages with a handler that writes a row, one transaction each, WAL, synchronous $mode",
        [
            'ecoq' => new Row(
                'ecoq, channel on the database',
                'ecoq_transaction',
                $arguments + ['channel' => 'database', 'deduplicated' => false],
                budgets: $budgets,
            ),
            'pdo' => new Row('PDO by hand, claims 64, then one transaction each', 'pdo_transaction', $arguments + ['claims' => 64]),
            'pdo-one' => new Row('PDO by hand, reads and handles 1 in one transaction', 'pdo_transaction', $arguments + ['claims' => 0]),
            'symfony' => new Row('Symfony Messenger, Doctrine, transaction middleware', 'symfony_transaction', $arguments, peer: 'symfony'),
            'ecotone' => new Row('Ecotone, DBAL, without its deduplication', 'ecotone_transaction', $arguments + ['deduplication' => 'off'], peer: 'ecotone'),
        ],
    );
}

function deduplicatedGroup(Options $options, string $mode): Group
{
    $arguments = ['n' => $options->quick ? 1_000 : 3_000, 'synchronous' => $mode];
    $ecoq = static fn (string $label, string $channel, bool $attribute, string $against = ''): Row => new Row(
        $label,
        'ecoq_transaction',
        $arguments + ['channel' => $channel, 'deduplicated' => $attribute],
        against: $against,
    );

    return new Group(
        'deduplicated-' . strtolower($mode),
        "SQLite, consume {$arguments['n']} messages with a handler that writes a row, deduplicated, WAL, synchronous $mode",
        [
            'ecoq' => $ecoq('ecoq, channel in another file, by message id', 'broker', false),
            'pdo' => new Row('PDO by hand, the same', 'pdo_deduplicated', $arguments),
            'ecotone' => new Row('Ecotone, by message id, channel on the database', 'ecotone_transaction', $arguments + ['deduplication' => 'default'], peer: 'ecotone'),
            'ecoq-key' => $ecoq('ecoq, channel in another file, #[Deduplicated]', 'broker', true, 'ecoq-key'),
            'ecoq-key-database' => $ecoq('ecoq, channel on the database, #[Deduplicated]', 'database', true, 'ecoq-key'),
            'ecotone-key' => new Row('Ecotone, #[Deduplicated], channel on the database', 'ecotone_transaction', $arguments + ['deduplication' => 'header'], peer: 'ecotone', against: 'ecoq-key'),
        ],
        note: 'With #[Deduplicated] ecoq claims the key in a transaction before the handler\'s own, so that two workers never run it at once; the others do not.',
    );
}

function outboxGroup(Options $options, string $mode): Group
{
    $arguments = ['n' => $options->quick ? 1_000 : 3_000, 'synchronous' => $mode];

    return new Group(
        'outbox-' . strtolower($mode),
        "Outbox on SQLite, {$arguments['n']} messages, broker in another SQLite file, WAL, synchronous $mode",
        [
            'ecoq' => new Row('relay: ecoq', 'ecoq_outbox', $arguments, 'relay', budgets: [Budget::faster('ecotone', 20.0)]),
            'pdo' => new Row('relay: PDO by hand, 64 at a time', 'pdo_outbox', $arguments + ['batch' => 64], 'relay'),
            'pdo-one' => new Row('relay: PDO by hand, one by one', 'pdo_outbox', $arguments + ['batch' => 1], 'relay'),
            'symfony' => new Row('relay: Symfony Messenger, Doctrine, dispatched again', 'symfony_outbox', $arguments, 'relay', peer: 'symfony'),
            'ecotone' => new Row('relay: Ecotone, combined DBAL channels', 'ecotone_outbox', $arguments, 'relay', peer: 'ecotone'),
            'ecoq-write' => new Row('row and message in a transaction: ecoq', sample: 'write', from: 'ecoq', against: 'ecoq-write'),
            'pdo-write' => new Row('row and message in a transaction: PDO by hand', sample: 'write', from: 'pdo', against: 'ecoq-write'),
            'symfony-write' => new Row('row and message in a transaction: Symfony Messenger', sample: 'write', from: 'symfony', peer: 'symfony', against: 'ecoq-write'),
            'ecotone-write' => new Row('row and message in a transaction: Ecotone', sample: 'write', from: 'ecotone', peer: 'ecotone', against: 'ecoq-write'),
        ],
    );
}

function serverConsumeGroup(Options $options, string $server, string $label): Group
{
    $small = ['n' => $options->quick ? 500 : 2_000];
    $large = ['n' => $options->quick ? 5_000 : 20_000];

    return new Group(
        "$server-consume",
        "$label, consume {$large['n']} messages; where the backlog is small, {$small['n']}",
        [
            'ecoq' => new Row('ecoq, DSN', 'ecoq_consume', $large + ['typed' => true], server: $server),
            'ecoq-pdo' => new Row('ecoq, \\PDO', 'ecoq_consume', $large + ['typed' => true, 'pdo' => true], server: $server),
            'claim-one' => new Row('PDO by hand, claims 1, deletes 1', 'pdo_claim_one', $large, server: $server),
            'claim-many' => new Row('PDO by hand, claims 64 with owner and fence', 'pdo_claim_many', $large, server: $server),
            'ecoq-small' => new Row('ecoq, DSN, small backlog', 'ecoq_consume', $small + ['typed' => true], against: 'ecoq-small', budgets: [Budget::faster('symfony', 10.0)], server: $server),
            'symfony' => new Row('Symfony Messenger, Doctrine transport, small backlog', 'symfony_consume', $small + ['transport' => 'doctrine'], peer: 'symfony', against: 'ecoq-small', server: $server),
        ],
    );
}

function serverTransactionGroup(Options $options, string $server, string $label): Group
{
    $arguments = ['n' => $options->quick ? 500 : 2_000];

    return new Group(
        "$server-transaction",
        "$label, consume {$arguments['n']} messages with a handler that writes a row, one transaction each",
        [
            'ecoq' => new Row('ecoq, channel on the database', 'ecoq_transaction', $arguments + ['channel' => 'database', 'deduplicated' => false], server: $server),
            'ecoq-key' => new Row('ecoq, the same with #[Deduplicated]', 'ecoq_transaction', $arguments + ['channel' => 'database', 'deduplicated' => true], server: $server),
            'pdo' => new Row('PDO by hand, claims 64, then one transaction each', 'pdo_transaction', $arguments + ['claims' => 64], server: $server),
            'pdo-one' => new Row('PDO by hand, reads and handles 1 in one transaction', 'pdo_transaction', $arguments + ['claims' => 0], server: $server),
            'symfony' => new Row('Symfony Messenger, Doctrine, transaction middleware', 'symfony_transaction', $arguments, peer: 'symfony', server: $server),
        ],
    );
}

function serverSendGroup(Options $options, string $server, string $label): Group
{
    $arguments = ['n' => $options->quick ? 1_000 : 5_000, 'unit' => 100];

    return new Group(
        "$server-send",
        "$label, send {$arguments['n']} messages, units of 100",
        [
            'ecoq' => new Row('ecoq', 'ecoq_send', $arguments, server: $server),
            'pdo' => new Row('PDO by hand', 'pdo_send', $arguments, server: $server),
            'symfony' => new Row('Symfony Messenger', 'symfony_send', $arguments, peer: 'symfony', server: $server),
        ],
    );
}

function watchingGroup(Options $options): Group
{
    return new Group(
        'watching',
        'memory channel, what watching the worker costs, all in one process, in turn',
        [
            'main' => new Row('ecoq, as it comes: with scoreboard', 'ecoq_overhead', ['n' => $options->quick ? 100_000 : 400_000, 'depth' => 10_000]),
            'bare' => new Row('ecoq, ecoq.scoreboard= (none)', sample: 'bare', from: 'main'),
            'timeout' => new Row('ecoq, with scoreboard and a timeout for the handler', sample: 'timeout', from: 'main'),
            'database' => new Row('ecoq, with database: (transaction and record per message, SQLite in memory)', sample: 'database', from: 'main'),
        ],
        clock: 'cpu',
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
    $idle = static fn (string $label, string $channel, int $delayed = 0, string $server = ''): Row => new Row(
        $label,
        'ecoq_idle',
        $arguments + ['delayed' => $delayed, 'channel' => $channel],
        'cpu_percent',
        budgets: [Budget::value(0.2)],
        server: $server,
    );

    return new Group(
        'idle',
        'idle worker',
        [
            'empty' => $idle('SQLite by DSN, nothing in the queue', 'dsn'),
            'delayed' => $idle('SQLite by DSN, 100 000 messages that are due tomorrow', 'dsn', 100_000),
            'pdo' => $idle('SQLite, \\PDO that is also database:', 'pdo'),
            'outbox' => $idle('outbox with two destinations on SQLite', 'outbox'),
            'pgsql' => $idle('PostgreSQL by DSN', 'dsn', server: 'pgsql'),
            'pgsql-pdo' => $idle('PostgreSQL, \\PDO that is also database:', 'pdo', server: 'pgsql'),
            'mysql' => $idle('MariaDB by DSN', 'dsn', server: 'mysql'),
            'mysql-pdo' => $idle('MariaDB, \\PDO that is also database:', 'pdo', server: 'mysql'),
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
