<?php

declare(strict_types=1);

namespace Ecoq\Bench;

/** A queue of one type at the broker: what a row of a group of RabbitMQ gets. */
final class RabbitQueue
{
    public readonly string $missing;
    public readonly string $version;

    public function __construct(private readonly RabbitServer $server, private readonly string $type)
    {
        $this->missing = $server->missing;
        $this->version = "$server->version, $type queues";
    }

    /** @return array<string, string> */
    public function create(string $name): array
    {
        return $this->server->create($name, $this->type);
    }

    public function drop(string $name): void
    {
        $this->server->drop($name);
    }
}
