--TEST--
RetryPolicy: defaults, ranges, times of every kind, export
--FILE--
<?php
use Ecoq\RetryPolicy;
echo json_encode(new RetryPolicy()), "\n";
$policy = new RetryPolicy(maxRetries: 0, delay: new Ecoq\TimeSpan(seconds: 2), multiplier: 3, maxDelay: new DateInterval('PT1H'), jitter: 1);
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
