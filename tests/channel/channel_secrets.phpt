--TEST--
A channel definition shows no secret in dumps, exports, casts, serialisations and stack traces
--FILE--
<?php
$dsn = 'redis://user:s3cret@localhost/orders?password=s3cret&queue=q';
$channel = new Ecoq\Channel($dsn, new Ecoq\RetryPolicy(1), timeout: 5, options: ['token' => 's3cret']);
function show(callable $print): string
{
    ob_start();
    try {
        $print();
    } catch (Throwable $e) {
        echo $e::class, ': ', $e->getMessage();
    }
    return ob_get_clean();
}
$outputs = [
    'var_dump' => show(fn () => var_dump($channel)),
    'print_r' => show(fn () => print_r($channel)),
    'var_export' => show(fn () => var_export($channel)),
    'json' => show(fn () => print json_encode($channel)),
    'cast' => show(fn () => print_r((array) $channel)),
    'serialize' => show(fn () => print serialize($channel)),
    'reflection' => show(fn () => print_r(get_mangled_object_vars($channel))),
];
ini_set('zend.exception_ignore_args', '0');
$trace = show(function () use ($dsn) {
    try {
        new Ecoq\Channel($dsn, timeout: -1, options: ['token' => 's3cret']);
    } catch (ValueError $e) {
        echo $e->getMessage(), "\n", get_debug_type($e->getTrace()[0]['args'][0]), ' ', get_debug_type($e->getTrace()[0]['args'][8]);
        ob_start();
        print_r($e->getTrace()[0]);
        $outputs['trace'] = ob_get_clean();
        echo str_contains($outputs['trace'], 's3cret') ? ' secret' : '';
    }
});
foreach ($outputs as $name => $output) {
    echo $name, ': ', str_contains($output, 's3cret') ? 'SECRET' : 'clean', "\n";
}
echo $trace, "\n", $outputs['serialize'], "\n", $outputs['print_r'];
var_dump($channel == clone $channel, $channel == $channel);
?>
--EXPECT--
var_dump: clean
print_r: clean
var_export: clean
json: clean
cast: clean
serialize: clean
reflection: clean
Ecoq\Channel::__construct(): Argument #3 ($timeout) must not be negative
SensitiveParameterValue SensitiveParameterValue
Exception: Serialization of 'Ecoq\Channel' is not allowed
Ecoq\Channel Object
(
    [transport] => redis://***@localhost/orders?password=***&queue=q
    [retry] => Ecoq\RetryPolicy Object
        (
            [maxRetries] => 1
            [delay] => 1000
            [multiplier] => 2
            [maxDelay] => 60000
            [jitter] => 0.1
            [only] => Array
                (
                )

            [never] => Array
                (
                )

        )

    [timeout] => 5
    [options] => Array
        (
            [0] => token
        )

)
bool(false)
bool(true)
