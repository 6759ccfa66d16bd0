<?php

declare(strict_types=1);

// The groups of Redis. Every row has a Redis of the bench's own to itself, without persistence.

namespace Ecoq\Bench;

/** @return list<Group> */
function redisGroups(Options $options): array
{
    return [redisConsumeGroup($options), redisPublishGroup($options), redisLatencyGroup($options), redisIdleGroup($options)];
}

/** One round trip per message is slow enough to be measured on fewer messages; a list does not get slower with its length. */
function redisConsumeGroup(Options $options): Group
{
    $many = ['n' => $options->quick ? 50_000 : 200_000];
    $few = ['n' => $options->quick ? 5_000 : 20_000];
    $loop = static fn (string $label, string $loop, int $batch, array $n): Row => new Row(
        $label,
        'native_consume',
        $n + ['loop' => $loop, 'batch' => $batch],
        server: 'redis',
        tool: 'redis_loop',
    );

    return new Group(
        'redis-consume',
        "Redis, consume {$many['n']} messages; with a round trip or more for each, {$few['n']}",
        [
            'ecoq' => new Row(
                'ecoq, array payload, plain envelopes of another language',
                'ecoq_consume',
                $many + ['typed' => false, 'plain' => true],
                budgets: [Budget::faster('list', 0.6), Budget::faster('symfony', 15.0)],
                server: 'redis',
            ),
            'ecoq-typed' => new Row('ecoq, typed payload, plain envelopes of another language', 'ecoq_consume', $many + ['typed' => true, 'plain' => true], server: 'redis'),
            'ecoq-own' => new Row('ecoq, typed payload, its own envelopes', 'ecoq_consume', $many + ['typed' => true], server: 'redis'),
            'list' => $loop('C loop: LMOVE, then LREM, pipelines of 100', 'list', 100, $many),
            'joined' => $loop('C loop: LREM and the next LMOVE in one pipeline of 200', 'joined', 100, $many),
            'lua' => $loop('C loop: scripts that reserve and acknowledge 100', 'lua', 100, $many),
            'list-one' => $loop('C loop: LMOVE, then LREM, one by one', 'list', 1, $few),
            'ext' => new Row('ext-redis by hand: LMOVE, json_decode, closure, LREM', 'redis_consume', $few, server: 'redis', tool: 'ext-redis'),
            'symfony' => new Row('Symfony Messenger, Redis transport', 'symfony_consume', $few + ['transport' => 'redis'], peer: 'symfony-redis', server: 'redis', tool: 'ext-redis'),
            'laravel' => new Row('Laravel, Redis queue', 'laravel_consume', $few, peer: 'laravel', server: 'redis', tool: 'ext-redis'),
        ],
    );
}

function redisPublishGroup(Options $options): Group
{
    $single = ['n' => $options->quick ? 5_000 : 20_000, 'unit' => 1];
    $batch = ['n' => $options->quick ? 50_000 : 200_000, 'unit' => 100];
    $ecoq = static fn (string $label, string $how): Row => new Row($label, 'ecoq_send', $batch + ['how' => $how], against: 'list', server: 'redis');

    return new Group(
        'redis-publish',
        "Redis, publish {$single['n']} messages one by one, {$batch['n']} 100 at a time",
        [
            'ecoq' => new Row('ecoq, one by one', 'ecoq_send', $single, server: 'redis'),
            'native' => new Row('C loop: RPUSH, one by one', 'native_send', $single, server: 'redis', tool: 'redis_loop'),
            'ext' => new Row('ext-redis by hand: json_encode, RPUSH, one by one', 'redis_send', $single, server: 'redis', tool: 'ext-redis'),
            'symfony' => new Row('Symfony Messenger, one by one', 'symfony_send', $single, peer: 'symfony-redis', server: 'redis', tool: 'ext-redis'),
            'laravel' => new Row('Laravel, push()', 'laravel_send', $single, peer: 'laravel', server: 'redis', tool: 'ext-redis'),
            'list' => $ecoq('ecoq, MessageChannel::send() of 100', 'list')->withBudgets([Budget::faster('native-batch', 0.7)]),
            'flush' => $ecoq('ecoq, publishTo() in units of work of 100', 'flush'),
            'native-batch' => new Row('C loop: RPUSH, pipelines of 100', 'native_send', $batch, against: 'list', server: 'redis', tool: 'redis_loop'),
            'ext-batch' => new Row('ext-redis by hand: json_encode, RPUSH, pipelines of 100', 'redis_send', $batch, against: 'list', server: 'redis', tool: 'ext-redis'),
            'laravel-batch' => new Row('Laravel, bulk() of 100', 'laravel_send', ['unit' => 100] + $single, peer: 'laravel', against: 'list', server: 'redis', tool: 'ext-redis'),
        ],
        note: 'The C loop pushes a ready-made envelope; Symfony Messenger has no batches here.',
    );
}

function redisLatencyGroup(Options $options): Group
{
    $arguments = ['n' => $options->quick ? 50 : 200];
    $rows = [];
    $add = static function (string $key, string $label, string $scenario, array $more = [], string $peer = '', string $tool = 'ext-redis', bool $promised = false) use (&$rows, $arguments): void {
        $budgets = static fn (float $bound): array => $promised ? [Budget::value($bound)] : [];
        $rows[$key] = new Row("$label, median", $scenario, $more + $arguments, 'p50_ms', peer: $peer, budgets: $budgets(1.0), server: 'redis', tool: $tool);
        $rows["$key-99"] = new Row("$label, 99th percentile", sample: 'p99_ms', from: $key, peer: $peer, budgets: $budgets(5.0));
    };
    $add('ecoq', 'ecoq', 'ecoq_latency', tool: '', promised: true);
    $add('ext', 'ext-redis by hand in BLMOVE', 'redis_latency');
    $add('laravel', 'Laravel, block_for 5', 'laravel_latency', ['block_for' => 5], 'laravel');
    $add('laravel-default', 'Laravel, default', 'laravel_latency', ['block_for' => null], 'laravel');
    $add('symfony', 'Symfony Messenger, default', 'symfony_latency', [], 'symfony-redis');

    return new Group(
        'redis-latency',
        'Redis, publish to start of the handler in an idle worker, another process',
        $rows,
        unit: 'ms',
        rounds: $options->quick ? 1 : 3,
    );
}

function redisIdleGroup(Options $options): Group
{
    $arguments = ['seconds' => $options->quick ? 5 : 20, 'channel' => 'dsn'];
    $idle = static fn (string $label, int $delayed): Row => new Row(
        $label,
        'ecoq_idle',
        $arguments + ['delayed' => $delayed],
        'cpu_percent',
        budgets: [Budget::value(0.2)],
        server: 'redis',
    );

    return new Group(
        'redis-idle',
        'idle worker on Redis',
        [
            'empty' => $idle('nothing in the queue', 0),
            'delayed' => $idle('100 000 messages that are due tomorrow', 100_000),
        ],
        unit: '% CPU',
        rounds: $options->quick ? 1 : 3,
    );
}
