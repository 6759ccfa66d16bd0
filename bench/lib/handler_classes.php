<?php

declare(strict_types=1);

// Source files of many handler classes, for the boot scenarios. One file per class, found by an autoloader as in an application.

namespace Ecoq\Bench;

const HANDLERS_PER_CLASS = 5;

function handlerClassName(int $number): string
{
    return "Ecoq\\Bench\\Generated\\Handlers$number";
}

/** @return list<class-string> */
function handlerClassNames(int $classes): array
{
    return array_map(handlerClassName(...), range(1, $classes));
}

/** @param string $attributes namespace imports of the attributes `Asynchronous` and `EventHandler` */
function writeHandlerClasses(string $dir, int $classes, string $attributes): void
{
    for ($class = 1; $class <= $classes; $class++) {
        $methods = '';
        for ($method = 1; $method <= HANDLERS_PER_CLASS; $method++) {
            $methods .= <<<PHP

                #[Asynchronous('orders'), EventHandler('event.$class.$method', endpointId: 'handlers$class.on$method')]
                public function on$method(array \$event): void
                {
                }

            PHP;
        }
        file_put_contents(
            "$dir/Handlers$class.php",
            "<?php\n\nnamespace Ecoq\\Bench\\Generated;\n\n$attributes\n\nfinal class Handlers$class\n{{$methods}}\n",
        );
    }
}

function autoloadHandlerClasses(string $dir): void
{
    spl_autoload_register(static function (string $class) use ($dir): void {
        $file = $dir . '/' . substr($class, strrpos($class, '\\') + 1) . '.php';
        if (is_file($file)) {
            require $file;
        }
    });
}
