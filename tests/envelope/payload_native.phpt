--TEST--
Payload: enums, dates, time zones and intervals, both ways
--INI--
date.timezone=Europe/Berlin
--FILE--
<?php
require __DIR__ . '/payload.inc';

const TWO = 2;
enum Suit: string { case Hearts = 'h'; case Spades = 's'; const Wild = self::Hearts; }
enum Level: int { case One = 1; case Two = TWO; }
enum Unit { case A; case B; }
enum Many: int { case C1 = 1; case C2 = 2; case C3 = 3; case C4 = 4; case C5 = 5; case C6 = 6; case C7 = 7; case C8 = 8; case C9 = 9; }
enum None: string {}
final class MyDate extends DateTimeImmutable {}
final class Strict extends DateTimeImmutable { public function __construct(string $text) { if (str_starts_with($text, '1')) { throw new RangeException('too old'); } parent::__construct($text); } }
final class Overriding extends DateTimeImmutable { public function format(string $format): string { return 'overridden'; } }
final class Holder { public ?Suit $suit = null; public ?Level $level = null; public ?Unit $unit = null; public ?DateTimeImmutable $at = null; public ?DateTime $mutable = null; public ?DateTimeZone $zone = null; public ?DateInterval $span = null; }

echo "-- enums\n";
foreach (['h', 'x', 1, 'Hearts', 'Wild', null, []] as $value) {
    show(fn () => convert(fn (Suit $v) => keep($v), $value));
}
foreach ([1, 2, 3, '1', 1.0] as $value) {
    show(fn () => convert(fn (Level $v) => keep($v), $value));
}
foreach (['A', 'C', 1, str_repeat('ä', 50), "a\nb\0\xff\"c\\"] as $value) {
    show(fn () => convert(fn (Unit $v) => keep($v), $value));
}
show(fn () => convert(fn (Many $v) => keep($v), 10));
show(fn () => convert(fn (None $v) => keep($v), 'x'));
show(fn () => convert(fn (Suit|string $v) => keep($v), 'h'));
show(fn () => convert(fn (Suit|int $v) => keep($v), 'h'));
show(fn () => convert(fn (Suit|Unit $v) => keep($v), 'B'));
show(fn () => convert(fn (Suit|Unit $v) => keep($v), 'C'));
show(fn () => convert(fn (UnitEnum $v) => keep($v), 'B'));
show(fn () => convert(fn (Suit $v) => keep($v), Suit::Spades));

echo "-- dates that are\n";
foreach (['2026-11-21T10:00:00+01:00', '2026-11-21t10:00:00z', '2026-11-21T10:00:00Z', '2026-11-21T10:00:00.5Z', '2026-11-21T10:00:00.123456-11:30', '2026-11-21T10:00:00.123456789+00:00', '2024-02-29T23:59:59Z',
    '0000-01-01T00:00:00Z', '9999-12-31T23:59:59.999999Z'] as $text) {
    show(fn () => convert(fn (DateTimeImmutable $v) => keep($v), $text));
}
foreach ([fn (DateTimeInterface $v) => keep($v), fn (DateTime $v) => keep($v), fn (MyDate $v) => keep($v), fn (Strict $v) => keep($v), fn (DateTimeImmutable|int $v) => keep($v)] as $handler) {
    show(fn () => convert($handler, '2026-11-21T10:00:00.25+02:00'));
}
echo "-- and are not\n";
foreach (['', 'now', 'tomorrow', '2026-11-21', '2026-11-21 10:00:00+01:00', '2026-11-21T10:00:00', '2026-11-21T10:00+01:00', '2026-11-21T10:00:00+0100', '2026-11-21T10:00:00.Z', '2026-11-21T10:00:00,5Z',
    '2026-13-01T00:00:00Z', '2026-00-01T00:00:00Z', '2026-02-29T00:00:00Z', '2026-04-31T00:00:00Z', '2026-01-01T24:00:00Z', '2026-01-01T00:60:00Z', '2026-01-01T00:00:00+24:00', '2026-01-01T00:00:00Z ',
    "2026-01-01T00:00:00Z\0", '2026-01-01T00:00:00+1:000', '+2026-01-01T00:00:00Z', '2026-01-01T00:00:00Europe/Berlin', 1766000000, ['date' => '2026-01-01']] as $value) {
    show(fn () => convert(fn (DateTimeImmutable $v) => keep($v), $value));
}
show(fn () => convert(fn (Strict $v) => keep($v), '1999-11-21T10:00:00Z'));

echo "-- zones and intervals\n";
foreach (['Europe/Berlin', '+02:00', 'UTC', 'Mars/Base', ''] as $text) {
    show(fn () => convert(fn (DateTimeZone $v) => keep($v), $text));
}
foreach (['P1Y2M3DT4H5M6S', 'PT0S', 'P2W', '-P1D', 'PT1.5S', '-PT0.000001S', 'PT1.S', 'P', '1 day', 'PT1.5H', '--P1D', ''] as $text) {
    show(fn () => convert(fn (DateInterval $v) => keep($v), $text));
}

echo "-- encoded\n";
show(fn () => encode(['a' => Suit::Hearts, 'b' => Level::Two, 'c' => Unit::A, 'd' => [Unit::B]]));
show(fn () => encode(Unit::A));
show(fn () => encode(Suit::Hearts));
show(fn () => encode(new DateTimeImmutable('2026-07-01 12:00:00')));
show(fn () => encode(['a' => new DateTime('2026-01-01 00:00:00.000001 UTC'), 'b' => new Overriding('2026-01-01 00:00:00.1 -05:30')]));
show(fn () => encode(['far' => new DateTimeImmutable('+12345-01-01T00:00:00Z')]));
show(fn () => encode(['far' => new DateTimeImmutable('-0001-01-01T00:00:00Z')]));
show(fn () => encode([new DateTimeZone('Europe/Berlin'), new DateTimeZone('+01:00'), new DateInterval('P1Y2M3DT4H5M6S'), new DateInterval('PT0S'), new DateInterval('P2W')]));
show(fn () => encode([(new DateTime('2026-01-02'))->diff(new DateTime('2026-01-01 12:00:00.25')), DateInterval::createFromDateString('-1 day -2 hours'), DateInterval::createFromDateString('3 seconds')]));
show(fn () => encode([DateInterval::createFromDateString('1 day -2 hours')]));
show(fn () => encode(['next' => DateInterval::createFromDateString('next weekday')]));

echo "-- and back\n";
$holder = new Holder;
[$holder->suit, $holder->level, $holder->unit] = [Suit::Spades, Level::Two, Unit::B];
[$holder->at, $holder->mutable] = [new DateTimeImmutable('2026-11-21T10:00:00.000120+05:45'), new DateTime('1970-01-01T00:00:00Z')];
[$holder->zone, $holder->span] = [new DateTimeZone('America/New_York'), new DateInterval('P3DT1S')];
$holder->span->f = 0.25;
$holder->span->invert = 1;
show(fn () => encode($holder));
show(fn () => convert(fn (Holder $v) => keep($v), json_decode(encode($holder), true)));
?>
--EXPECT--
-- enums
Suit::Hearts
ConversionException: data: expected Suit (one of "h", "s"), got string "x"
ConversionException: data: expected Suit (one of "h", "s"), got int 1
ConversionException: data: expected Suit (one of "h", "s"), got string "Hearts"
ConversionException: data: expected Suit (one of "h", "s"), got string "Wild"
ConversionException: data: expected Suit, got null
ConversionException: data: expected Suit, got array
Level::One
Level::Two
ConversionException: data: expected Level (one of 1, 2), got int 3
ConversionException: data: expected Level (one of 1, 2), got string "1"
ConversionException: data: expected Level, got float 1.0
Unit::A
ConversionException: data: expected Unit (one of "A", "B"), got string "C"
ConversionException: data: expected Unit (one of "A", "B"), got int 1
ConversionException: data: expected Unit (one of "A", "B"), got string "ääääääääääääääääääääääääääääääääääääääää…"
ConversionException: data: expected Unit (one of "A", "B"), got string "a?b??\"c\\"
ConversionException: data: expected Many (one of 1, 2, 3, 4, 5, 6, 7, 8, …), got int 10
ConversionException: data: expected None, got string "x"
h
Suit::Hearts
Unit::B
ConversionException: data: expected Suit|Unit, got string "C" (Suit: no such value; Unit: no such value)
ConversionException: data: expected UnitEnum (an interface: no object can be made from JSON), got string "B"
Suit::Spades
-- dates that are
DateTimeImmutable(2026-11-21T10:00:00.000000+01:00)
DateTimeImmutable(2026-11-21T10:00:00.000000+00:00)
DateTimeImmutable(2026-11-21T10:00:00.000000+00:00)
DateTimeImmutable(2026-11-21T10:00:00.500000+00:00)
DateTimeImmutable(2026-11-21T10:00:00.123456-11:30)
DateTimeImmutable(2026-11-21T10:00:00.123456+00:00)
DateTimeImmutable(2024-02-29T23:59:59.000000+00:00)
DateTimeImmutable(0000-01-01T00:00:00.000000+00:00)
DateTimeImmutable(9999-12-31T23:59:59.999999+00:00)
DateTimeImmutable(2026-11-21T10:00:00.250000+02:00)
DateTime(2026-11-21T10:00:00.250000+02:00)
MyDate(2026-11-21T10:00:00.250000+02:00)
Strict(2026-11-21T10:00:00.250000+02:00)
DateTimeImmutable(2026-11-21T10:00:00.250000+02:00)
-- and are not
ConversionException: data: expected DateTimeImmutable as in "2026-11-21T10:00:00+01:00", got string ""
ConversionException: data: expected DateTimeImmutable as in "2026-11-21T10:00:00+01:00", got string "now"
ConversionException: data: expected DateTimeImmutable as in "2026-11-21T10:00:00+01:00", got string "tomorrow"
ConversionException: data: expected DateTimeImmutable as in "2026-11-21T10:00:00+01:00", got string "2026-11-21"
ConversionException: data: expected DateTimeImmutable as in "2026-11-21T10:00:00+01:00", got string "2026-11-21 10:00:00+01:00"
ConversionException: data: expected DateTimeImmutable as in "2026-11-21T10:00:00+01:00", got string "2026-11-21T10:00:00"
ConversionException: data: expected DateTimeImmutable as in "2026-11-21T10:00:00+01:00", got string "2026-11-21T10:00+01:00"
ConversionException: data: expected DateTimeImmutable as in "2026-11-21T10:00:00+01:00", got string "2026-11-21T10:00:00+0100"
ConversionException: data: expected DateTimeImmutable as in "2026-11-21T10:00:00+01:00", got string "2026-11-21T10:00:00.Z"
ConversionException: data: expected DateTimeImmutable as in "2026-11-21T10:00:00+01:00", got string "2026-11-21T10:00:00,5Z"
ConversionException: data: expected DateTimeImmutable as in "2026-11-21T10:00:00+01:00", got string "2026-13-01T00:00:00Z"
ConversionException: data: expected DateTimeImmutable as in "2026-11-21T10:00:00+01:00", got string "2026-00-01T00:00:00Z"
ConversionException: data: expected DateTimeImmutable as in "2026-11-21T10:00:00+01:00", got string "2026-02-29T00:00:00Z"
ConversionException: data: expected DateTimeImmutable as in "2026-11-21T10:00:00+01:00", got string "2026-04-31T00:00:00Z"
ConversionException: data: expected DateTimeImmutable as in "2026-11-21T10:00:00+01:00", got string "2026-01-01T24:00:00Z"
ConversionException: data: expected DateTimeImmutable as in "2026-11-21T10:00:00+01:00", got string "2026-01-01T00:60:00Z"
ConversionException: data: expected DateTimeImmutable as in "2026-11-21T10:00:00+01:00", got string "2026-01-01T00:00:00+24:00"
ConversionException: data: expected DateTimeImmutable as in "2026-11-21T10:00:00+01:00", got string "2026-01-01T00:00:00Z "
ConversionException: data: expected DateTimeImmutable as in "2026-11-21T10:00:00+01:00", got string "2026-01-01T00:00:00Z?"
ConversionException: data: expected DateTimeImmutable as in "2026-11-21T10:00:00+01:00", got string "2026-01-01T00:00:00+1:000"
ConversionException: data: expected DateTimeImmutable as in "2026-11-21T10:00:00+01:00", got string "+2026-01-01T00:00:00Z"
ConversionException: data: expected DateTimeImmutable as in "2026-11-21T10:00:00+01:00", got string "2026-01-01T00:00:00Europe/Berlin"
ConversionException: data: expected DateTimeImmutable as in "2026-11-21T10:00:00+01:00", got int 1766000000
ConversionException: data: expected DateTimeImmutable as in "2026-11-21T10:00:00+01:00", got array
ConversionException: data: Strict::__construct() threw RangeException: too old <- RangeException: too old
-- zones and intervals
DateTimeZone(Europe/Berlin)
DateTimeZone(+02:00)
DateTimeZone(UTC)
ConversionException: data: expected DateTimeZone as in "Europe/Berlin", got string "Mars/Base"
ConversionException: data: expected DateTimeZone as in "Europe/Berlin", got string ""
DateInterval(+ 1-2-3 4:5:6.000000)
DateInterval(+ 0-0-0 0:0:0.000000)
DateInterval(+ 0-0-14 0:0:0.000000)
DateInterval(- 0-0-1 0:0:0.000000)
DateInterval(+ 0-0-0 0:0:1.500000)
DateInterval(- 0-0-0 0:0:0.000001)
ConversionException: data: expected DateInterval as in "P1DT2H30M", got string "PT1.S"
ConversionException: data: expected DateInterval as in "P1DT2H30M", got string "P"
ConversionException: data: expected DateInterval as in "P1DT2H30M", got string "1 day"
ConversionException: data: expected DateInterval as in "P1DT2H30M", got string "PT1.5H"
ConversionException: data: expected DateInterval as in "P1DT2H30M", got string "--P1D"
ConversionException: data: expected DateInterval as in "P1DT2H30M", got string ""
-- encoded
{"a":"h","b":2,"c":"A","d":["B"]}
{"value":"A"} (value)
{"value":"h"} (value)
{"value":"2026-07-01T12:00:00+02:00"} (value)
{"a":"2026-01-01T00:00:00.000001+00:00","b":"2026-01-01T00:00:00.100000-05:30"}
ConversionException: data.far: a date before the year 0 or after 9999 cannot be expressed in JSON
ConversionException: data.far: a date before the year 0 or after 9999 cannot be expressed in JSON
{"value":["Europe/Berlin","+01:00","P1Y2M3DT4H5M6S","PT0S","P14D"]} (value)
{"value":["-PT11H59M59.75S","-P1DT2H","PT3S"]} (value)
ConversionException: data[0]: an interval with parts of both signs cannot be expressed in JSON
ConversionException: data.next: an interval relative to weekdays cannot be expressed in JSON
-- and back
{"suit":"s","level":2,"unit":"B","at":"2026-11-21T10:00:00.000120+05:45","mutable":"1970-01-01T00:00:00+00:00","zone":"America/New_York","span":"-P3DT1.25S"}
Holder{suit: Suit::Spades, level: Level::Two, unit: Unit::B, at: DateTimeImmutable(2026-11-21T10:00:00.000120+05:45), mutable: DateTime(1970-01-01T00:00:00.000000+00:00), zone: DateTimeZone(America/New_York), span: DateInterval(- 0-0-3 0:0:1.250000)}
