--TEST--
README.md and docs/: links lead somewhere; every option, command, INI setting, attribute, exception, method, argument and table is told of; what is SQL runs
--SKIPIF--
<?php
if (!extension_loaded('pdo_sqlite')) die('skip no pdo_sqlite');
?>
--FILE--
<?php
$root = dirname(__DIR__, 2);
$pages = [];
foreach (["$root/README.md", ...glob("$root/docs/*.md")] as $file) {
    $pages[substr($file, strlen($root) + 1)] = file_get_contents($file);
}

// ---- links, to headings, too
function anchors(string $page): array
{
    preg_match_all('/^#+ (.*)$/m', preg_replace('/^```.*?^```$/ms', '', $page), $headings);
    return array_map(fn ($heading) => str_replace(' ', '-', preg_replace('/[^a-z0-9 _-]/', '', strtolower($heading))), $headings[1]);
}
$links = 0;
foreach ($pages as $name => $page) {
    preg_match_all('/\]\(([^)#\s]*)(?:#([^)]*))?\)/', preg_replace('/^```.*?^```$/ms', '', $page), $found, PREG_SET_ORDER);
    foreach ($found as $link) {
        [, $target, $anchor] = $link + [2 => ""];
        if (preg_match('/^https?:/', $target)) {
            continue;
        }
        $links++;
        $path = $target === '' ? $name : ltrim(dirname($name) . "/$target", './');
        if (!file_exists("$root/$path")) {
            echo "$name: nothing at $target\n";
        } elseif ($anchor !== '' && !in_array($anchor, anchors($pages[$path] ?? ''), true)) {
            echo "$name: no heading for $target#$anchor\n";
        }
    }
    if (!str_contains($pages['README.md'], "]($name)") && $name !== 'README.md') {
        echo "README.md does not lead to $name\n";
    }
}

// ---- everything that can be written down by a user is on the page for it
function told(string $page, string $what, string ...$words): void
{
    global $pages;
    foreach ($words as $word) {
        if (!preg_match('/(?<![\w-])' . preg_quote($word, '/') . '(?![\w-])/', $pages[$page] ?? '')) {
            echo "$page does not tell of the $what $word\n";
        }
    }
}
function options_of(string $dsn): array
{
    try {
        new Ecoq\Messaging(channels: ['x' => "$dsn?none-such=1"]);
    } catch (Ecoq\Exception\ConfigurationException $e) {
        return explode(', ', preg_replace('/.*known options: /s', '', $e->getMessage()));
    }
}
$ecoq = new Ecoq\Messaging(channels: ['x' => 'memory:'], database: $pdo = new PDO('sqlite::memory:'));
function console(string ...$arguments): string
{
    global $ecoq;
    ob_start();
    (new Ecoq\Console($ecoq))->run(['worker.php', ...$arguments]);
    return ob_get_clean();
}
told('docs/channels.md', 'option', ...options_of('memory:'));
told('docs/databases.md', 'option', ...array_diff(options_of('sqlite:/nowhere'), options_of('memory:')));
if (in_array('io-timeout', options_of('redis://h'), true)) { // a build without the library knows no such scheme
    told('docs/redis.md', 'option', ...array_diff(options_of('redis://h'), options_of('memory:')));
}
if (in_array('confirm-timeout', options_of('amqp://h'), true)) {
    told('docs/rabbitmq.md', 'option', ...array_diff(options_of('amqp://h'), options_of('memory:')));
}
preg_match_all('/^  ([a-z]+(?: [a-z]+)?)  /m', strstr(console('list'), 'Options', true), $commands);
told('docs/worker.md', 'command', ...$commands[1]);
foreach ($commands[1] as $command) {
    // the options of every command come after those of this one
    preg_match_all('/--[a-zA-Z-]+/', strstr(console('help', ...explode(' ', $command)), "\nOptions of every", true), $options);
    told('docs/worker.md', "option of $command", ...array_diff(array_unique($options[0]), ['--transport', '--class-filter', '--json']));
}
told('docs/getting-started.md', 'setting', ...array_keys(ini_get_all('ecoq')));

$classes = array_filter(get_declared_classes(), fn ($class) => str_starts_with($class, 'Ecoq\\'));
foreach ($classes as $class) {
    $name = substr(strrchr($class, '\\'), 1);
    if (str_starts_with($class, 'Ecoq\Attribute\\')) {
        told('docs/handlers.md', 'attribute', $name);
    } elseif (!preg_match("/(?<!\w)$name(?!\w)/", implode($pages))) {
        echo "nothing tells of $class\n";
    }
}
$all = implode($pages);
foreach (['Messaging', 'UnitOfWork', 'DeadLetters', 'MessageChannel', 'Delivery', 'Channel', 'RetryPolicy'] as $class) {
    foreach ((new ReflectionClass("Ecoq\\$class"))->getMethods(ReflectionMethod::IS_PUBLIC) as $method) {
        if (!str_starts_with($method->name, '__') && !preg_match("/(?<!\w){$method->name}(?!\w)/", $all)) {
            echo "nothing tells of $class::{$method->name}()\n";
        }
        foreach ($method->getParameters() as $parameter) {
            if ($method->name !== '__set_state' && !$parameter->isVariadic() && !preg_match("/(?<!\w){$parameter->name}(?!\w)/", $all)) {
                echo "nothing tells of $class::{$method->name}(), argument {$parameter->name}\n";
            }
        }
    }
}
foreach ((new ReflectionClass('Ecoq\WorkerReport'))->getProperties() as $property) {
    preg_match("/(?<!\w){$property->name}(?!\w)/", $all) || print("nothing tells of WorkerReport::\${$property->name}\n");
}

// ---- tables, and SQL
$ecoq->channel('outbox')->setup();
$ecoq->transactional(fn () => null);
$tables = $pdo->query("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'ecoq%'")->fetchAll(PDO::FETCH_COLUMN);
told('docs/databases.md', 'table', ...$tables);
told('docs/failures.md', 'column', ...array_column($pdo->query('PRAGMA table_info(ecoq_dead_letters)')->fetchAll(), 'name'));
$statements = 0;
foreach ($pages as $name => $page) {
    preg_match_all('/^```sql\n(.*?)^```/ms', $page, $blocks);
    foreach ($blocks[1] as $sql) {
        $pdo->query($sql)->fetchAll();
        $statements++;
    }
}
echo $links > 20 && count($tables) > 5 && count($commands[1]) > 7 && $statements > 1 ? "looked at\n" : "$links links, " . count($tables) . " tables, $statements statements\n";
?>
--EXPECT--
looked at
