--TEST--
RetryPolicy: defaults, ranges, times of every kind, export
--FILE--
<?php
use Ecoq\RetryPolicy;
echo json_encode(new RetryPolicy()), "\n";
$policy = new RetryPolicy(maxRetries: 0, delay: new Ecoq\TimeSpan(seconds: 2), multiplier: 3, maxDelay: new DateInterval('PT1H'), jitter: 1, only: ['x' => '\App\A', Nobody\Knows::class], never: ['b']);
echo json_encode($policy), "\n";
var_dump(eval('return ' . var_export($policy, true) . ';') == $policy, clone $policy == $policy);
foreach ([
    fn () => new RetryPolicy(-1),
    fn () => new RetryPolicy(1_000_001),
    fn () => new RetryPolicy(delay: -1),
    fn () => new RetryPolicy(delay: '5s'),
    fn () => new RetryPolicy(delay: new DateTimeImmutable()),
    fn () => new RetryPolicy(multiplier: 0.99),
    fn () => new RetryPolicy(multiplier: NAN),
    fn () => new RetryPolicy(multiplier: INF),
    fn () => new RetryPolicy(maxDelay: 999),
    fn () => new RetryPolicy(delay: 120_000),
    fn () => new RetryPolicy(jitter: -0.1),
    fn () => new RetryPolicy(jitter: NAN),
    fn () => new RetryPolicy(only: [1]),
    fn () => new RetryPolicy(never: ['A', 'B-C']),
    fn () => new RetryPolicy(only: ['']),
    fn () => new RetryPolicy(only: 'A'),
    fn () => $policy->__construct(),
    fn () => RetryPolicy::__set_state(['maxRetries' => -1]),
    fn () => serialize($policy),
] as $make) {
    try {
        $make();
        echo "accepted\n";
    } catch (Throwable $e) {
        echo $e::class, ': ', $e->getMessage(), "\n";
    }
}
?>
--EXPECT--
{"maxRetries":3,"delay":1000,"multiplier":2,"maxDelay":60000,"jitter":0.1,"only":[],"never":[]}
{"maxRetries":0,"delay":2000,"multiplier":3,"maxDelay":3600000,"jitter":1,"only":["App\\A","Nobody\\Knows"],"never":["b"]}
bool(true)
bool(true)
ValueError: Ecoq\RetryPolicy::__construct(): Argument #1 ($maxRetries) must be between 0 and 1000000
ValueError: Ecoq\RetryPolicy::__construct(): Argument #1 ($maxRetries) must be between 0 and 1000000
ValueError: Ecoq\RetryPolicy::__construct(): Argument #2 ($delay) must not be negative
TypeError: Ecoq\RetryPolicy::__construct(): Argument #2 ($delay) must be an int of milliseconds, an Ecoq\TimeSpan or a DateInterval, string given
TypeError: Ecoq\RetryPolicy::__construct(): Argument #2 ($delay) must be an int of milliseconds, an Ecoq\TimeSpan or a DateInterval, DateTimeImmutable given
ValueError: Ecoq\RetryPolicy::__construct(): Argument #3 ($multiplier) must be between 1.0 and 1000.0
ValueError: Ecoq\RetryPolicy::__construct(): Argument #3 ($multiplier) must be between 1.0 and 1000.0
ValueError: Ecoq\RetryPolicy::__construct(): Argument #3 ($multiplier) must be between 1.0 and 1000.0
ValueError: Ecoq\RetryPolicy::__construct(): Argument #4 ($maxDelay) must not be less than $delay: 999 ms is less than 1000 ms
ValueError: Ecoq\RetryPolicy::__construct(): Argument #4 ($maxDelay) must not be less than $delay: 60000 ms is less than 120000 ms
ValueError: Ecoq\RetryPolicy::__construct(): Argument #5 ($jitter) must be between 0.0 and 1.0
ValueError: Ecoq\RetryPolicy::__construct(): Argument #5 ($jitter) must be between 0.0 and 1.0
TypeError: Ecoq\RetryPolicy::__construct(): Argument #6 ($only) must hold class names, int given
ValueError: Ecoq\RetryPolicy::__construct(): Argument #7 ($never) must hold class names, "B-C" given
ValueError: Ecoq\RetryPolicy::__construct(): Argument #6 ($only) must hold class names, "" given
TypeError: Ecoq\RetryPolicy::__construct(): Argument #6 ($only) must be of type array, string given
Error: Cannot call Ecoq\RetryPolicy::__construct() twice, the object is immutable
ValueError: Ecoq\RetryPolicy::__construct(): Argument #1 ($maxRetries) must be between 0 and 1000000
Exception: Serialization of 'Ecoq\RetryPolicy' is not allowed
