<?php

declare(strict_types=1);

namespace Ecoq\Bench;

/** Overwrites one line on a terminal; says nothing elsewhere. '' clears it. */
function progress(string $text): void
{
    if (stream_isatty(STDERR)) {
        fwrite(STDERR, "\r\033[K$text");
    }
}

function report(Result $result): void
{
    progress('');
    echo "\n", $result->group->title, "\n";
    if (($why = $result->commonFailure()) !== null) {
        echo "  $why\n";
        return;
    }
    $lines = $result->group->unit === '' ? rateLines($result) : valueLines($result);
    printTable($lines);
    foreach ($result->group->rows as $key => $row) {
        if ($why = $result->failure($key)) {
            echo "  {$row->label}: $why\n";
        }
        foreach ($row->budgets as $budget) {
            echo '  ', budgetLine($result, $key, $budget), "\n";
        }
    }
    if ($result->group->note !== '') {
        echo "  ({$result->group->note})\n";
    }
}

/** @return list<list<string>> */
function rateLines(Result $result): array
{
    $lines = [['', 'msg/s', 'us/msg', 'CPU us/msg', 'ecoq : this']];
    $first = array_key_first($result->group->rows);
    foreach ($result->group->rows as $key => $row) {
        $rate = $result->perSecond($key);
        $ratio = $rate === null ? null : $result->costRatio($key, $row->against ?: $first);
        $bytes = $result->values($key)['bytes'] ?? null;
        $label = $row->label . ($bytes ? " ($bytes bytes)" : '');
        $lines[] = [$label, figure($rate, 0), figure($rate ? 1e6 / $rate : null), figure($result->cpuUs($key)), $ratio ? figure($ratio) . ' x' : '-'];
    }

    return $lines;
}

/** @return list<list<string>> */
function valueLines(Result $result): array
{
    $lines = [['', $result->group->unit]];
    foreach ($result->group->rows as $key => $row) {
        $lines[] = [$row->label, figure($result->value($key), 3)];
    }

    return $lines;
}

function budgetLine(Result $result, string $key, Budget $budget): string
{
    $verdict = $result->judge($key, $budget);
    $bound = $budget->atLeast !== null ? ">= $budget->atLeast" : "<= $budget->atMost";
    $what = $budget->against === null
        ? "$bound {$result->group->unit}"
        : "$bound x " . ($budget->atLeast !== null ? 'the speed' : 'the cost') . " of \"{$result->group->rows[$budget->against]->label}\"";
    $outcome = match (true) {
        $result->isAbsent($key, $budget) => 'cannot be judged here',
        $verdict === null => 'NOT MEASURED',
        $verdict['ok'] => figure($verdict['figure']) . '  ok',
        default => figure($verdict['figure']) . '  MISSED',
    };

    if ($verdict && $verdict['cpu'] !== null && $result->group->clock !== 'cpu') {
        $outcome .= ' (of CPU time: ' . figure($verdict['cpu']) . ')';
    }

    return "budget  {$result->group->rows[$key]->label}: $what: $outcome";
}

function figure(?float $value, int $decimals = 2): string
{
    return $value === null ? '-' : number_format($value, $decimals, '.', ' ');
}

/** @param list<list<string>> $lines the first is the head; the first column is text, the others are numbers */
function printTable(array $lines): void
{
    $widths = [];
    foreach ($lines as $line) {
        foreach ($line as $column => $text) {
            $widths[$column] = max($widths[$column] ?? 0, mb_strlen($text));
        }
    }
    foreach ($lines as $line) {
        echo '  ';
        foreach ($line as $column => $text) {
            $padding = str_repeat(' ', $widths[$column] - mb_strlen($text));
            echo $column === 0 ? $text . $padding : "   $padding$text";
        }
        echo "\n";
    }
}
