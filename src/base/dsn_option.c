#include "base/dsn.h"

#include <stdint.h>
#include <strings.h>

/* strtod() and its kind obey the locale, which PHP code may change; these readers do not. */

/* What came is shown only when it looks like a value someone typed here: a DSN taken apart at the wrong place may hold a secret. */
static ecoq_result refuse(ecoq_error *error, const char *name, ecoq_bytes value, const char *expected)
{
	bool plain = value.size <= 32;

	for (size_t i = 0; plain && i < value.size; i++) {
		char c = value.data[i];
		plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '+';
	}
	if (!plain) {
		return ecoq_fail(error, ECOQ_INVALID, "Option \"%s\": expected %s", name, expected);
	}
	return ecoq_fail(error, ECOQ_INVALID, "Option \"%s\": expected %s, got \"%.*s\"", name, expected, (int) value.size, value.size ? value.data : "");
}

/* Reads digits at the front of `rest`. False when there is none or the number does not fit. */
static bool take_digits(ecoq_bytes *rest, unsigned long long *out)
{
	unsigned long long number = 0;
	size_t i = 0;

	for (; i < rest->size && rest->data[i] >= '0' && rest->data[i] <= '9'; i++) {
		unsigned digit = (unsigned) (rest->data[i] - '0');
		if (number > (UINT64_MAX - digit) / 10) {
			return false;
		}
		number = number * 10 + digit;
	}
	rest->data += i;
	rest->size -= i;
	*out = number;
	return i > 0;
}

static bool take_character(ecoq_bytes *rest, char c)
{
	if (rest->size == 0 || rest->data[0] != c) {
		return false;
	}
	rest->data++;
	rest->size--;
	return true;
}

ecoq_result ecoq_option_int(const char *name, ecoq_bytes value, long long min, long long max, long long *out, ecoq_error *error)
{
	ecoq_bytes rest = value;
	unsigned long long digits = 0;
	bool negative = take_character(&rest, '-');
	bool valid = take_digits(&rest, &digits) && rest.size == 0 && digits <= (unsigned long long) INT64_MAX + negative;
	long long number = negative ? (long long) (0 - digits) : (long long) digits;

	if (!valid || number < min || number > max) {
		ecoq_error expected;
		ecoq_fail(&expected, ECOQ_INVALID, "an integer from %lld to %lld", min, max);
		return refuse(error, name, value, expected.text);
	}
	*out = number;
	return ECOQ_OK;
}

/* digits[.digits], at most 18 significant ones behind each other, so that the number and its scale are exact integers */
static bool take_decimal(ecoq_bytes *rest, unsigned long long *number, unsigned long long *scale)
{
	unsigned long long fraction = 0;

	*scale = 1;
	if (!take_digits(rest, number)) {
		return false;
	}
	if (!take_character(rest, '.')) {
		return true;
	}
	const char *start = rest->data;
	if (!take_digits(rest, &fraction)) {
		return false;
	}
	for (; start < rest->data; start++) {
		if (*number > UINT64_MAX / 10 || *scale > UINT64_MAX / 10) {
			return false;
		}
		*number *= 10;
		*scale *= 10;
	}
	if (*number > UINT64_MAX - fraction) {
		return false;
	}
	*number += fraction;
	return true;
}

ecoq_result ecoq_option_double(const char *name, ecoq_bytes value, double min, double max, double *out, ecoq_error *error)
{
	ecoq_bytes rest = value;
	unsigned long long digits = 0, scale = 1;
	bool negative = take_character(&rest, '-');
	bool valid = take_decimal(&rest, &digits, &scale) && rest.size == 0;
	double number = (double) digits / (double) scale;

	number = negative ? -number : number;
	if (!valid || number < min || number > max) {
		ecoq_error expected;
		ecoq_fail(&expected, ECOQ_INVALID, "a number from %g to %g, such as 0.5", min, max);
		return refuse(error, name, value, expected.text);
	}
	*out = number;
	return ECOQ_OK;
}

static bool is_word(ecoq_bytes value, const char *word)
{
	return value.size == strlen(word) && strncasecmp(value.data, word, value.size) == 0;
}

ecoq_result ecoq_option_bool(const char *name, ecoq_bytes value, bool *out, ecoq_error *error)
{
	static const char *const words[2][4] = {{"0", "false", "no", "off"}, {"1", "true", "yes", "on"}};

	for (int truth = 0; truth < 2; truth++) {
		for (int i = 0; i < 4; i++) {
			if (is_word(value, words[truth][i])) {
				*out = truth == 1;
				return ECOQ_OK;
			}
		}
	}
	return refuse(error, name, value, "1, 0, true, false, yes, no, on or off");
}

ecoq_result ecoq_option_duration(const char *name, ecoq_bytes value, long long *out_ms, ecoq_error *error)
{
	static const struct {
		const char *unit;
		unsigned long long ms;
	} units[] = {{"", 1}, {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
	ecoq_bytes rest = value;
	unsigned long long digits = 0, scale = 1;
	bool valid = take_decimal(&rest, &digits, &scale);

	for (size_t i = 0; valid && i < sizeof(units) / sizeof(units[0]); i++) {
		if (!is_word(rest, units[i].unit)) {
			continue;
		}
		unsigned __int128 ms = ((unsigned __int128) digits * units[i].ms + scale / 2) / scale;
		if (ms > INT64_MAX) {
			break;
		}
		*out_ms = (long long) ms;
		return ECOQ_OK;
	}
	return refuse(error, name, value, "a length of time: milliseconds, or a number with ms, s, m, h or d, such as 500, 10ms, 1.5s, 24h");
}
