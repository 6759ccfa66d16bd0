<?php

declare(strict_types=1);

namespace Ecoq\Bench;

/** What is done to a queue from outside, and the loops in C: native/amqp_loop.c. */
final class RabbitClient
{
    /** @param array<string, string> $server see RabbitServer::create() */
    public function __construct(private readonly array $server)
    {
    }

    public function declare(string $type): void
    {
        $this->run('declare', $type);
    }

    /** @param string ...$beside other queues; those that are not there are no matter */
    public function delete(string ...$beside): void
    {
        $this->run('delete', ...$beside);
    }

    /** Plain envelopes with the properties of any producer of BabelQueue. */
    public function fill(int $count): void
    {
        $this->run('unconfirmed', '1', (string) $count, orderEnvelope(0));
        $this->await($count);
    }

    public function ready(): int
    {
        return $this->run('count')['n'];
    }

    /** A quorum queue counts late, and what was published without confirms arrives some time. */
    public function await(int $count): void
    {
        for ($try = 0; ($ready = $this->ready()) !== $count && $try < 200; $try++) {
            usleep(100_000);
        }
        expect($count, $ready, 'messages in the queue');
    }

    /** @return array{n: int, wall_ns: int, cpu_us: float} */
    public function run(string $what, string ...$words): array
    {
        ['loop' => $loop, 'host' => $host, 'port' => $port, 'user' => $user, 'password' => $password, 'vhost' => $vhost, 'database' => $queue] = $this->server;

        return nativeLoop($loop, $what, $host, $port, $user, $password, $vhost, $queue, ...$words);
    }
}
