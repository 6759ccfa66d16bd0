<?php

declare(strict_types=1);

// Laravel's worker; `block_for` null is its default (it sleeps three seconds between looks at an empty queue), a number makes it wait in BLPOP.

namespace Ecoq\Bench;

require __DIR__ . '/../lib/scenario.php';
require __DIR__ . '/../lib/latency.php';

['vendor' => $vendor, 'block_for' => $blockFor] = $arguments = arguments();
$storage = Storage::of($arguments);
require "$vendor/autoload.php";
require __DIR__ . '/../lib/laravel.php';

final class Tick implements \Illuminate\Contracts\Queue\ShouldQueue
{
    public function __construct(public readonly int $sentAt)
    {
    }

    public function handle(): void
    {
        Stopwatch::note($this->sentAt);
    }
}

[$manager, $queue, $container] = laravel($storage, $blockFor);
latency(
    $arguments,
    __FILE__,
    static fn (int $sentAt) => $queue->push(new Tick($sentAt)),
    static fn (int $n) => laravelWork($manager, $container, $storage, $n),
);
