<?php

declare(strict_types=1);

namespace Ecoq\Bench;

/** As little of a Redis client as filling and looking takes: processes that are measured load no ext-redis for it. */
final class RedisClient
{
    /** @var resource */
    private $stream;

    public function __construct(string $host, int $port)
    {
        $this->stream = @stream_socket_client("tcp://$host:$port", $code, $text, 5) ?: throw new \RuntimeException("Redis at $host:$port: $text");
        stream_set_timeout($this->stream, 60);
    }

    public function call(string|int ...$words): mixed
    {
        return $this->pipeline([$words])[0];
    }

    /**
     * @param list<list<string|int>> $commands
     * @return list<mixed>
     */
    public function pipeline(array $commands): array
    {
        $output = '';
        foreach ($commands as $words) {
            $output .= '*' . count($words) . "\r\n";
            foreach ($words as $word) {
                $output .= '$' . strlen((string) $word) . "\r\n$word\r\n";
            }
        }
        for ($sent = 0; $sent < strlen($output); $sent += $count) {
            $count = fwrite($this->stream, substr($output, $sent, 1 << 20)) ?: throw new \RuntimeException('Redis has closed the connection');
        }

        return array_map(fn (): mixed => $this->reply(), $commands);
    }

    private function reply(): mixed
    {
        $line = rtrim((string) fgets($this->stream), "\r\n");
        $rest = substr($line, 1);
        switch ($line[0] ?? '') {
            case '+':
                return $rest;
            case ':':
                return (int) $rest;
            case '$':
                return (int) $rest < 0 ? null : substr((string) stream_get_contents($this->stream, (int) $rest + 2), 0, -2);
            case '*':
                $elements = [];
                for ($i = 0; $i < (int) $rest; $i++) {
                    $elements[] = $this->reply();
                }
                return $elements;
            default:
                throw new \RuntimeException("Redis: $line");
        }
    }
}
