<?php

declare(strict_types=1);

// The groups of RabbitMQ. Every row of a group has a queue of the same type to itself.

namespace Ecoq\Bench;

/** @return list<Group> */
function rabbitGroups(Options $options): array
{
    return [
        rabbitConsumeGroup($options, 'classic'),
        rabbitConsumeGroup($options, 'quorum'),
        rabbitPublishGroup($options, 'classic'),
        rabbitPublishGroup($options, 'quorum'),
        rabbitLatencyGroup($options),
        rabbitIdleGroup($options),
    ];
}

/** The slow ones are measured on fewer messages. */
function rabbitConsumeGroup(Options $options, string $type): Group
{
    $many = ['n' => $options->quick ? 30_000 : 100_000];
    $few = ['n' => $options->quick ? 5_000 : 20_000];
    $server = "rabbitmq-$type";
    $loop = static fn (string $label, int $prefetch, int $acknowledge): Row => new Row(
        $label,
        'rabbit_native_consume',
        $many + ['prefetch' => $prefetch, 'acknowledge' => $acknowledge],
        server: $server,
    );

    return new Group(
        $type === 'classic' ? 'rabbitmq-consume' : "rabbitmq-consume-$type",
        "RabbitMQ, $type queue, consume {$many['n']} messages; by php-amqplib, ext-amqp and Messenger {$few['n']}",
        [
            'ecoq' => new Row(
                'ecoq, array payload, plain envelopes of another language',
                'ecoq_consume',
                $many + ['typed' => false, 'plain' => true],
                budgets: [Budget::faster('floor', 0.85), Budget::faster('symfony', 8.0)],
                server: $server,
            ),
            'floor' => $loop('C loop: prefetch 500, acknowledges 50 at a time', 500, 50),
            'ecoq-typed' => new Row('ecoq, typed payload, plain envelopes of another language', 'ecoq_consume', $many + ['typed' => true, 'plain' => true], server: $server),
            'ecoq-own' => new Row('ecoq, typed payload, its own envelopes', 'ecoq_consume', $many + ['typed' => true], server: $server),
            'each' => $loop('C loop: prefetch 100, acknowledges each', 100, 1),
            'ext' => new Row('ext-amqp by hand: prefetch 100, json_decode, closure, acknowledges each', 'rabbit_ext_consume', $few, server: $server, tool: 'ext-amqp'),
            'lib' => new Row('php-amqplib by hand: the same', 'rabbit_lib_consume', $few, peer: 'amqplib', server: $server),
            'symfony' => new Row('Symfony Messenger, AMQP transport', 'symfony_consume', $few + ['transport' => 'amqp'], peer: 'symfony-amqp', server: $server, tool: 'ext-amqp'),
        ],
    );
}

function rabbitPublishGroup(Options $options, string $type): Group
{
    $single = ['n' => $options->quick ? 1_000 : 5_000, 'unit' => 1];
    $batch = ['n' => $options->quick ? 20_000 : 50_000, 'unit' => 100];
    $server = "rabbitmq-$type";
    $ecoq = static fn (string $label, string $how): Row => new Row($label, 'ecoq_send', $batch + ['how' => $how], against: 'list', server: $server);
    $loop = static fn (string $label, array $arguments, bool $confirmed, string $against): Row => new Row(
        $label,
        'rabbit_native_send',
        $arguments + ['confirmed' => $confirmed],
        against: $against,
        server: $server,
    );
    $symfony = static fn (string $label, array $arguments, string $against): Row => new Row(
        $label,
        'symfony_send',
        $arguments,
        peer: 'symfony-amqp',
        against: $against,
        server: $server,
        tool: 'ext-amqp',
    );

    return new Group(
        $type === 'classic' ? 'rabbitmq-publish' : "rabbitmq-publish-$type",
        "RabbitMQ, $type queue, publish persistent messages: {$single['n']} each confirmed, {$batch['n']} confirmed 100 at a time, {$batch['n']} without confirms",
        [
            'ecoq' => new Row('ecoq, one by one', 'ecoq_send', $single, server: $server),
            'native' => $loop('C loop, one by one', $single, true, 'ecoq'),
            'symfony' => $symfony('Symfony Messenger with confirm_timeout', $single + ['confirm' => true], 'ecoq'),
            'list' => $ecoq('ecoq, MessageChannel::send() of 100', 'list')->withBudgets([Budget::faster('native-batch', 0.7)]),
            'native-batch' => $loop('C loop, 100 at a time', $batch, true, 'list'),
            'flush' => $ecoq('ecoq, publishTo() in units of work of 100', 'flush'),
            'ext-batch' => new Row('ext-amqp by hand, 100 at a time', 'rabbit_ext_send', $batch, against: 'list', server: $server, tool: 'ext-amqp'),
            'lib-batch' => new Row('php-amqplib by hand, 100 at a time', 'rabbit_lib_send', $batch, peer: 'amqplib', against: 'list', server: $server),
            'native-unconfirmed' => $loop('C loop, without confirms', $batch, false, 'list'),
            'symfony-unconfirmed' => $symfony('Symfony Messenger by default, without confirms', ['unit' => 1] + $batch, 'list'),
        ],
        note: 'The C loop publishes a ready-made envelope. Without confirms nobody knows what arrived: these rows are for information.',
    );
}

function rabbitLatencyGroup(Options $options): Group
{
    $arguments = ['n' => $options->quick ? 200 : 500];
    $rows = [];
    $add = static function (string $key, string $label, string $scenario, array $more = [], string $peer = '', string $tool = 'ext-amqp', string $type = 'classic', bool $promised = false) use (&$rows, $arguments): void {
        $budgets = static fn (float $bound): array => $promised ? [Budget::value($bound)] : [];
        $rows[$key] = new Row("$label, median", $scenario, $more + $arguments, 'p50_ms', peer: $peer, budgets: $budgets(1.0), server: "rabbitmq-$type", tool: $tool);
        $rows["$key-99"] = new Row("$label, 99th percentile", sample: 'p99_ms', from: $key, peer: $peer, budgets: $budgets(5.0));
    };
    $add('ecoq', 'ecoq', 'ecoq_latency', tool: '', promised: true);
    $add('ext', 'ext-amqp by hand', 'rabbit_latency');
    $add('lib', 'php-amqplib by hand', 'rabbit_latency', ['lib' => true], 'amqplib', '');
    $add('symfony', 'Symfony Messenger, default', 'symfony_latency', [], 'symfony-amqp');
    $add('ecoq-quorum', 'ecoq, quorum queue', 'ecoq_latency', tool: '', type: 'quorum');
    $add('ext-quorum', 'ext-amqp by hand, quorum queue', 'rabbit_latency', type: 'quorum');

    return new Group(
        'rabbitmq-latency',
        'RabbitMQ, classic queue, publish to start of the handler in an idle worker, another process',
        $rows,
        unit: 'ms',
        rounds: $options->quick ? 1 : 3,
    );
}

function rabbitIdleGroup(Options $options): Group
{
    $arguments = ['seconds' => $options->quick ? 5 : 20, 'channel' => 'dsn'];
    $idle = static fn (string $label, string $type, int $delayed): Row => new Row(
        $label,
        'ecoq_idle',
        $arguments + ['delayed' => $delayed],
        'cpu_percent',
        budgets: [Budget::value(0.2)],
        server: "rabbitmq-$type",
    );

    return new Group(
        'rabbitmq-idle',
        'idle worker on RabbitMQ',
        [
            'classic' => $idle('nothing in a classic queue', 'classic', 0),
            'quorum' => $idle('nothing in a quorum queue', 'quorum', 0),
            'delayed' => $idle('10 000 messages that are due tomorrow', 'quorum', 10_000),
        ],
        unit: '% CPU',
        rounds: $options->quick ? 1 : 3,
    );
}
