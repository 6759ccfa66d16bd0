#include "envelope/payload_plan.h"

#include "ext/date/php_date.h"
#include "zend_enum.h"
#include "zend_smart_str.h"

#define LISTED_CASES 8
#define MICROSECOND_DIGITS 6

/* DateTimeImmutable::format() and DateTimeZone::getName(), so that overriding methods of user classes play no part; set once in MINIT. */
static zend_function *format_method;
static zend_function *zone_name_method;

static zend_function *method_of(zend_class_entry *ce, const char *lower_case_name)
{
	return zend_hash_str_find_ptr(&ce->function_table, lower_case_name, strlen(lower_case_name));
}

void ecoq_payload_native_minit(void)
{
	format_method = method_of(php_date_get_immutable_ce(), "format");
	zone_name_method = method_of(php_date_get_timezone_ce(), "getname");
}

bool ecoq_payload_is_native(const zend_class_entry *ce)
{
	return (ce->ce_flags & ZEND_ACC_ENUM) || instanceof_function(ce, php_date_get_interface_ce()) || instanceof_function(ce, php_date_get_timezone_ce())
		|| instanceof_function(ce, php_date_get_interval_ce());
}

/* ---- Enums ---- */

/* A new reference to the case, or NULL, without an exception where there is no such case. */
static zend_object *case_by_name(zend_class_entry *ce, zend_string *name)
{
	zend_class_constant *constant = zend_hash_find_ptr(CE_CONSTANTS_TABLE(ce), name);
	return constant && (ZEND_CLASS_CONST_FLAGS(constant) & ZEND_CLASS_CONST_IS_CASE) ? zend_enum_get_case(ce, name) : NULL;
}

static bool make_enum(zend_class_entry *ce, const zval *value, zval *result)
{
	zend_object *found = NULL;
	if (ce->enum_backing_type == IS_UNDEF && Z_TYPE_P(value) == IS_STRING) {
		found = case_by_name(ce, Z_STR_P(value));
	} else if (Z_TYPE_P(value) == ce->enum_backing_type) {
		bool is_int = Z_TYPE_P(value) == IS_LONG;
		zend_enum_get_case_by_value(&found, ce, is_int ? Z_LVAL_P(value) : 0, is_int ? NULL : Z_STR_P(value), true);
	}
	if (found) {
		ZVAL_OBJ_COPY(result, found);
	}
	return found != NULL;
}

void ecoq_payload_list_cases(zend_class_entry *ce, smart_str *out)
{
	zend_string *name;
	zend_class_constant *constant;
	int listed = 0;
	ZEND_HASH_FOREACH_STR_KEY_PTR(CE_CONSTANTS_TABLE(ce), name, constant) {
		if (!(ZEND_CLASS_CONST_FLAGS(constant) & ZEND_CLASS_CONST_IS_CASE)) {
			continue;
		}
		if (listed == LISTED_CASES) {
			smart_str_appends(out, ", …");
			break;
		}
		zend_object *enum_case = zend_enum_get_case(ce, name);
		const zval *form = enum_case ? (ce->enum_backing_type == IS_UNDEF ? zend_enum_fetch_case_name(enum_case) : zend_enum_fetch_case_value(enum_case)) : NULL;
		if (!form) {
			zend_clear_exception();
			continue;
		}
		smart_str_appends(out, listed++ ? ", " : " (one of ");
		if (Z_TYPE_P(form) == IS_LONG) {
			smart_str_append_long(out, Z_LVAL_P(form));
		} else {
			ecoq_payload_append_quoted(out, Z_STR_P(form));
		}
	}
	ZEND_HASH_FOREACH_END();
	if (listed) {
		smart_str_appendc(out, ')');
	}
}

/* ---- Dates ---- */

/* Reads `count` digits; -1 when there are others. */
static int digits(const char *at, int count)
{
	int value = 0;
	for (int i = 0; i < count; i++) {
		if (at[i] < '0' || at[i] > '9') {
			return -1;
		}
		value = value * 10 + (at[i] - '0');
	}
	return value;
}

static bool in_range(const char *at, int count, int low, int high)
{
	int value = digits(at, count);
	return value >= low && value <= high;
}

/* RFC 3339, section 5.6: whether `text` is a date-time, but for the length of the month. What comes of it is `canonical` (at least 40 bytes): no more
 * digits in the fraction than PHP keeps, where other languages write nine. Zend strings end with NUL, so reading stops there at the latest. */
static bool read_rfc3339(const zend_string *text, char *canonical, size_t *size)
{
	const char *at = ZSTR_VAL(text);
	if (ZSTR_LEN(text) < sizeof("2026-11-21T10:00:00Z") - 1 || digits(at, 4) < 0 || at[4] != '-' || !in_range(at + 5, 2, 1, 12) || at[7] != '-'
		|| !in_range(at + 8, 2, 1, 31) || (at[10] != 'T' && at[10] != 't') || !in_range(at + 11, 2, 0, 23) || at[13] != ':' || !in_range(at + 14, 2, 0, 59)
		|| at[16] != ':' || !in_range(at + 17, 2, 0, 59)) {
		return false;
	}
	memcpy(canonical, at, 19);
	canonical[10] = 'T';
	size_t written = 19;
	at += 19;
	if (*at == '.') {
		size_t fraction = strspn(at + 1, "0123456789");
		if (fraction == 0) {
			return false;
		}
		size_t kept = fraction < MICROSECOND_DIGITS ? fraction : MICROSECOND_DIGITS;
		memcpy(canonical + written, at, 1 + kept);
		written += 1 + kept;
		at += 1 + fraction;
	}
	bool is_offset = (*at == '+' || *at == '-') && in_range(at + 1, 2, 0, 23) && at[3] == ':' && in_range(at + 4, 2, 0, 59);
	size_t zone = is_offset ? 6 : *at == 'Z' || *at == 'z';
	if (zone == 0 || at + zone != ZSTR_VAL(text) + ZSTR_LEN(text)) {
		return false;
	}
	memcpy(canonical + written, at, zone);
	*size = written + zone;
	return true;
}

/* Calls the constructor with the text. False with an exception pending. */
static bool construct(zend_class_entry *ce, const char *text, size_t size, zval *result)
{
	zval argument;
	if (object_init_ex(result, ce) == FAILURE) {
		return false;
	}
	ZVAL_STRINGL(&argument, text, size);
	zend_call_known_function(ce->constructor, Z_OBJ_P(result), ce, NULL, 1, &argument, NULL);
	zval_ptr_dtor(&argument);
	if (EG(exception)) {
		zend_object_store_ctor_failed(Z_OBJ_P(result));
		zval_ptr_dtor(result);
		return false;
	}
	return true;
}

static bool make_date(const ecoq_payload_class *plan, const zend_string *text, zval *result, ecoq_payload_error *error)
{
	char canonical[48];
	size_t size;
	if (!read_rfc3339(text, canonical, &size)) {
		return false;
	}
	zend_class_entry *ce = plan->made;
	if (ce->constructor->type == ZEND_INTERNAL_FUNCTION) {
		canonical[size] = '\0';
		php_date_instantiate(ce, result);
		if (!php_date_initialize(Z_PHPDATE_P(result), canonical, size, NULL, NULL, 0)) {
			zval_ptr_dtor(result);
			return false;
		}
	} else if (!construct(ce, canonical, size, result)) {
		return ecoq_payload_fail_by_exception(error, "%s::__construct()", ZSTR_VAL(ce->name));
	}
	/* the engine makes 3 March of 31 February */
	const timelib_time *time = Z_PHPDATE_P(result)->time;
	if (!time || (ce->constructor->type == ZEND_INTERNAL_FUNCTION && time->d != digits(canonical + 8, 2))) {
		zval_ptr_dtor(result);
		return false;
	}
	return true;
}

/* RFC 3339 with the fraction it has, none where that is zero. */
static bool date_form(zend_object *date, zval *result, ecoq_payload_error *error)
{
	zval format;
	ZVAL_STRING(&format, "Y-m-d\\TH:i:s.uP");
	zend_call_known_function(format_method, date, date->ce, result, 1, &format, NULL);
	zval_ptr_dtor(&format);
	if (EG(exception)) {
		return ecoq_payload_fail_by_exception(error, "%s::format()", ZSTR_VAL(date->ce->name));
	}
	char *text = Z_STRVAL_P(result);
	size_t size = Z_STRLEN_P(result);
	if (size != sizeof("2026-11-21T10:00:00.123456+01:00") - 1 || *text == '-') {
		zval_ptr_dtor(result);
		return ecoq_payload_fail_inexpressible(error, "a date before the year 0 or after 9999");
	}
	if (memcmp(text + 19, ".000000", 7) == 0) {
		zval whole;
		ZVAL_NEW_STR(&whole, zend_string_concat2(text, 19, text + 26, size - 26));
		zval_ptr_dtor(result);
		ZVAL_COPY_VALUE(result, &whole);
	}
	return true;
}

/* ---- Time zones ---- */

/* What a native constructor refuses is no value of the class; what one of a user class throws is for the user to see. */
static bool make_by_text(const ecoq_payload_class *plan, const char *text, size_t size, zval *result, ecoq_payload_error *error)
{
	if (construct(plan->made, text, size, result)) {
		return true;
	}
	if (plan->made->constructor->type == ZEND_INTERNAL_FUNCTION) {
		zend_clear_exception();
		return false;
	}
	return ecoq_payload_fail_by_exception(error, "%s::__construct()", ZSTR_VAL(plan->made->name));
}

static bool zone_form(zend_object *zone, zval *result, ecoq_payload_error *error)
{
	zend_call_known_function(zone_name_method, zone, zone->ce, result, 0, NULL, NULL);
	if (EG(exception)) {
		return ecoq_payload_fail_by_exception(error, "%s::getName()", ZSTR_VAL(zone->ce->name));
	}
	return true;
}

/* ---- Intervals: ISO 8601, with two things that DateInterval holds and its constructor cannot read: a sign in front and a fraction of the seconds ---- */

/* Finds the fraction in "…12.345S": `*start` is where it begins, the result its size with the point, 0: none. */
static size_t find_fraction(const char *text, size_t size, size_t *start)
{
	const char *point = memchr(text, '.', size);
	if (!point) {
		return 0;
	}
	size_t length = 1 + strspn(point + 1, "0123456789");
	*start = (size_t) (point - text);
	return length > 1 && point[length] == 'S' && *start + length + 1 == size ? length : 0;
}

static int64_t microseconds_of(const char *fraction, size_t size)
{
	int64_t microseconds = 0;
	for (size_t i = 0; i < MICROSECOND_DIGITS; i++) {
		microseconds = microseconds * 10 + (i < size ? fraction[i] - '0' : 0);
	}
	return microseconds;
}

static bool make_interval(const ecoq_payload_class *plan, const zend_string *text, zval *result, ecoq_payload_error *error)
{
	bool is_inverted = *ZSTR_VAL(text) == '-';
	const char *at = ZSTR_VAL(text) + is_inverted;
	size_t size = ZSTR_LEN(text) - is_inverted;
	size_t start = 0;
	size_t fraction = find_fraction(at, size, &start);
	int64_t microseconds = fraction ? microseconds_of(at + start + 1, fraction - 1) : 0;
	zend_string *whole = fraction ? zend_string_concat2(at, start, at + start + fraction, size - start - fraction) : zend_string_init(at, size, 0);
	bool ok = make_by_text(plan, ZSTR_VAL(whole), ZSTR_LEN(whole), result, error);
	zend_string_release(whole);
	if (ok && (is_inverted || microseconds)) {
		timelib_rel_time *time = Z_PHPINTERVAL_P(result)->diff;
		time->invert = is_inverted;
		time->us = microseconds;
	}
	return ok;
}

static void append_fields(smart_str *out, const int64_t *values, const char *letters, int sign)
{
	for (int i = 0; letters[i]; i++) {
		if (values[i]) {
			smart_str_append_long(out, (zend_long) (values[i] * sign));
			smart_str_appendc(out, letters[i]);
		}
	}
}

static void append_seconds(smart_str *out, int64_t seconds, int64_t microseconds)
{
	if (!seconds && !microseconds) {
		return;
	}
	smart_str_append_long(out, (zend_long) seconds);
	if (microseconds) {
		char fraction[16];
		snprintf(fraction, sizeof(fraction), ".%06d", (int) microseconds);
		size_t size = strlen(fraction);
		while (fraction[size - 1] == '0') {
			size--;
		}
		smart_str_appendl(out, fraction, size);
	}
	smart_str_appendc(out, 'S');
}

static bool interval_form(zend_object *interval, zval *result, ecoq_payload_error *error)
{
	const php_interval_obj *object = php_interval_obj_from_obj(interval);
	const timelib_rel_time *time = object->diff;
	if (!object->initialized || time->have_weekday_relative || time->have_special_relative) {
		return ecoq_payload_fail_inexpressible(error, object->initialized ? "an interval relative to weekdays" : "an interval that was not constructed");
	}
	const int64_t date[] = {time->y, time->m, time->d};
	const int64_t clock[] = {time->h, time->i};
	const int64_t all[] = {time->y, time->m, time->d, time->h, time->i, time->s, time->us};
	bool has_positive = false, has_negative = false;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		has_positive |= all[i] > 0;
		has_negative |= all[i] < 0;
	}
	if (has_positive && has_negative) {
		return ecoq_payload_fail_inexpressible(error, "an interval with parts of both signs");
	}
	int sign = has_negative ? -1 : 1;
	smart_str out = {0};
	smart_str_appends(&out, (time->invert != 0) != has_negative ? "-P" : "P");
	append_fields(&out, date, "YMD", sign);
	if (clock[0] || clock[1] || time->s || time->us) {
		smart_str_appendc(&out, 'T');
		append_fields(&out, clock, "HM", sign);
		append_seconds(&out, time->s * sign, time->us * sign);
	} else if (!date[0] && !date[1] && !date[2]) {
		smart_str_appends(&out, "T0S");
	}
	ZVAL_STR(result, smart_str_extract(&out));
	return true;
}

/* ---- Which ---- */

bool ecoq_payload_native_make(const ecoq_payload_class *plan, zval *value, zval *result, ecoq_payload_error *error)
{
	switch (plan->kind) {
		case ECOQ_PAYLOAD_ENUM:
			return make_enum(plan->ce, value, result);
		case ECOQ_PAYLOAD_DATE:
			return make_date(plan, Z_STR_P(value), result, error);
		case ECOQ_PAYLOAD_ZONE:
			return make_by_text(plan, Z_STRVAL_P(value), Z_STRLEN_P(value), result, error);
		default:
			ZEND_ASSERT(plan->kind == ECOQ_PAYLOAD_INTERVAL);
			return make_interval(plan, Z_STR_P(value), result, error);
	}
}

bool ecoq_payload_native_form(zend_object *object, zval *result, ecoq_payload_error *error)
{
	if (object->ce->ce_flags & ZEND_ACC_ENUM) {
		ZVAL_COPY(result, object->ce->enum_backing_type == IS_UNDEF ? zend_enum_fetch_case_name(object) : zend_enum_fetch_case_value(object));
		return true;
	}
	if (instanceof_function(object->ce, php_date_get_interface_ce())) {
		return date_form(object, result, error);
	}
	if (instanceof_function(object->ce, php_date_get_timezone_ce())) {
		return zone_form(object, result, error);
	}
	return interval_form(object, result, error);
}
