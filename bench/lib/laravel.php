<?php

declare(strict_types=1);

// Laravel's queue without the rest of the framework: its Redis queue, its worker, the dispatcher that calls a job, and what an application binds around them.

namespace Ecoq\Bench;

use Illuminate\Bus\Dispatcher as Bus;
use Illuminate\Container\Container;
use Illuminate\Contracts\Bus\Dispatcher as BusContract;
use Illuminate\Contracts\Container\Container as ContainerContract;
use Illuminate\Contracts\Debug\ExceptionHandler;
use Illuminate\Contracts\Events\Dispatcher as EventsContract;
use Illuminate\Contracts\Queue\ShouldQueue;
use Illuminate\Events\Dispatcher as Events;
use Illuminate\Queue\Capsule\Manager;
use Illuminate\Queue\RedisQueue;
use Illuminate\Queue\Worker;
use Illuminate\Queue\WorkerOptions;
use Illuminate\Redis\RedisManager;

/** The job is a class with what it needs inside, as Laravel has it. */
final class ShipOrder implements ShouldQueue
{
    public static int $handled = 0;

    public function __construct(public readonly Order $order)
    {
    }

    public function handle(): void
    {
        self::$handled++;
    }
}

/** A job that fails has spoiled the measurement. */
final class FailLoudly implements ExceptionHandler
{
    public function report(\Throwable $e): void
    {
        throw $e;
    }

    public function shouldReport(\Throwable $e): bool
    {
        return true;
    }

    public function render($request, \Throwable $e): never
    {
        throw $e;
    }

    public function renderForConsole($output, \Throwable $e): never
    {
        throw $e;
    }
}

/** @return array{Manager, RedisQueue, Container} */
function laravel(Storage $storage, ?int $blockFor = null): array
{
    $container = new Container();
    Container::setInstance($container);
    $container->instance(ContainerContract::class, $container);
    $events = new Events($container);
    $container->instance('events', $events);
    $container->instance(EventsContract::class, $events);
    $container->singleton(BusContract::class, static fn (Container $c): Bus => new Bus($c));
    $container->instance(ExceptionHandler::class, new FailLoudly());
    $container->singleton('redis', static fn (Container $c): RedisManager => new RedisManager(
        $c,
        'phpredis',
        ['default' => ['host' => $storage->host(), 'port' => $storage->port(), 'database' => 0]],
    ));
    $manager = new Manager($container);
    $manager->addConnection(
        ['driver' => 'redis', 'connection' => 'default', 'queue' => $storage->name(), 'retry_after' => 90, 'block_for' => $blockFor],
        'redis',
    );

    return [$manager, $manager->getConnection('redis'), $container];
}

/** `php artisan queue:work` with its defaults, until so many jobs are done. */
function laravelWork(Manager $manager, Container $container, Storage $storage, int $jobs): void
{
    $worker = new Worker($manager->getQueueManager(), $container['events'], $container[ExceptionHandler::class], static fn (): bool => false);
    $worker->daemon('redis', $storage->name(), new WorkerOptions(maxJobs: $jobs, memory: 0));
}
