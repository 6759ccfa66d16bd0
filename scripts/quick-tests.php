<?php

// The tests that passed and took less than a number of seconds, by the JUnit report of run-tests: php quick-tests.php REPORT SECONDS.

[, $report, $seconds] = $argv;
preg_match_all('~<testcase\b([^>]*?)(/>|>.*?</testcase>)~s', file_get_contents($report), $cases, PREG_SET_ORDER);
foreach ($cases as [, $attributes, $rest]) {
    if (preg_match('~<(failure|skipped|error)~', $rest) || !preg_match('~\btime=[\'"]([\d.]+)~', $attributes, $time) || (float) $time[1] >= (float) $seconds) {
        continue;
    }
    // (a test that was run by redirection is reported under a name that no file has)
    if (preg_match('~\bname=[\'"]([^\'"]+?\.phpt) \(~', $attributes, $name) && is_file($name[1])) {
        echo html_entity_decode($name[1], ENT_QUOTES | ENT_XML1), "\n";
    }
}
