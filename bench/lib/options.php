<?php

declare(strict_types=1);

namespace Ecoq\Bench;

final class Options
{
    public const HELP = <<<'TEXT'
        bench/run.sh [options]

          --quick               about a minute: fewer rounds and messages, a less deep queue
          --only=GROUP[,GROUP]  these groups only (--list names them)
          --rounds=N            rounds per group (5; quick: 3)
          --synchronous=MODE    normal, full or both: SQLite's PRAGMA synchronous for all (both; quick: normal)
          --opcache             with opcache in every process (off is what PHP's command line does by default)
          --no-peers            without Symfony Messenger, Laravel, Ecotone and php-amqplib
          --json=FILE           writes every sample there
          --check               exit code 1 when a budget is missed
          --module=FILE         the extension (default: modules/ecoq.so, else the installed one; or ECOQ_MODULE)
          --dir=DIR             where the databases go (default: the system's temporary directory)
          --list                names the groups
          --help

        TEXT;

    public bool $quick = false;
    public bool $opcache = false;
    public bool $peers = true;
    public bool $check = false;
    public bool $list = false;
    public bool $help = false;
    public int $rounds = 0;
    /** @var list<string> empty: all */
    public array $only = [];
    public string $synchronous = '';
    public string $json = '';
    public string $module = '';
    public string $dir = '';

    /** @param list<string> $arguments without the script's name */
    public static function parse(array $arguments): self
    {
        $options = new self();
        while (($argument = array_shift($arguments)) !== null) {
            [$name, $value] = explode('=', $argument, 2) + [1 => null];
            switch ($name) {
                case '--quick':
                case '--opcache':
                case '--check':
                case '--list':
                case '--help':
                    $options->{substr($name, 2)} = true;
                    break;
                case '--no-peers':
                    $options->peers = false;
                    break;
                case '--json':
                case '--module':
                case '--dir':
                case '--synchronous':
                    $options->{substr($name, 2)} = $value ?? array_shift($arguments) ?? throw new \InvalidArgumentException("$name needs a value");
                    break;
                case '--rounds':
                    $options->rounds = max(1, (int) ($value ?? array_shift($arguments)));
                    break;
                case '--only':
                    $options->only = explode(',', $value ?? array_shift($arguments) ?? '');
                    break;
                default:
                    throw new \InvalidArgumentException("unknown option $name; see --help");
            }
        }
        $options->rounds = $options->rounds ?: ($options->quick ? 3 : 5);
        $options->synchronous = strtolower($options->synchronous) ?: ($options->quick ? 'normal' : 'both');
        $options->dir = $options->dir ?: sys_get_temp_dir();
        if (!in_array($options->synchronous, ['normal', 'full', 'both'], true)) {
            throw new \InvalidArgumentException('--synchronous is normal, full or both');
        }

        return $options;
    }

    /** @return list<string> */
    public function synchronousModes(): array
    {
        return $this->synchronous === 'both' ? ['NORMAL', 'FULL'] : [strtoupper($this->synchronous)];
    }
}
