--TEST--
Envelope: 20 000 mutated envelopes are judged, read and patched as json_decode() and the rules have it
--FILE--
<?php
require __DIR__ . '/differential.inc';

$verdicts = run_differential(20000, 20261121);
ksort($verdicts);
echo array_sum($verdicts), " agree\n";
// every verdict was reached often enough to mean something
foreach ($verdicts as $verdict => $count) {
    echo $verdict ?: 'accepted', $count >= 100 ? '' : " only $count times", "\n";
}
?>
--EXPECT--
20000 agree
accepted
invalid_attempts
invalid_data
malformed
missing_meta
missing_trace_id
missing_urn
unsupported_schema_version
