#include "php/time_span.h"

#include "ext/date/php_date.h"

#include "stubs/TimeSpan_arginfo.h"

zend_class_entry *ecoq_ce_TimeSpan;

static zval *milliseconds_slot(const zend_object *object)
{
	return OBJ_PROP_NUM((zend_object *) object, 0);
}

/* sum += count * unit; false when it does not fit. */
static bool add_part(zend_long count, zend_long unit, zend_long *sum)
{
	zend_long part;
	return !__builtin_mul_overflow(count, unit, &part) && !__builtin_add_overflow(*sum, part, sum);
}

ZEND_METHOD(Ecoq_TimeSpan, __construct)
{
	static const zend_long units[] = {1, 1000, 60 * 1000, 60 * 60 * 1000, 24 * 60 * 60 * 1000};
	zend_long parts[5] = {0};
	ZEND_PARSE_PARAMETERS_START(0, 5)
		Z_PARAM_OPTIONAL
		Z_PARAM_LONG(parts[0])
		Z_PARAM_LONG(parts[1])
		Z_PARAM_LONG(parts[2])
		Z_PARAM_LONG(parts[3])
		Z_PARAM_LONG(parts[4])
	ZEND_PARSE_PARAMETERS_END();

	zval *slot = milliseconds_slot(Z_OBJ_P(ZEND_THIS));
	if (!Z_ISUNDEF_P(slot)) {
		zend_throw_error(NULL, "Cannot modify readonly property Ecoq\\TimeSpan::$milliseconds");
		RETURN_THROWS();
	}
	zend_long sum = 0;
	for (int i = 0; i < 5; i++) {
		if (parts[i] < 0) {
			zend_argument_value_error(i + 1, "must not be negative");
			RETURN_THROWS();
		}
		if (!add_part(parts[i], units[i], &sum)) {
			zend_value_error("Ecoq\\TimeSpan: the length of time does not fit an integer of milliseconds");
			RETURN_THROWS();
		}
	}
	ZVAL_LONG(slot, sum);
}

ZEND_METHOD(Ecoq_TimeSpan, __set_state)
{
	HashTable *properties;
	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_ARRAY_HT(properties)
	ZEND_PARSE_PARAMETERS_END();

	zval *value = zend_hash_str_find_deref(properties, ZEND_STRL("milliseconds"));
	if (!value || Z_TYPE_P(value) != IS_LONG || Z_LVAL_P(value) < 0) {
		zend_argument_value_error(1, "must hold \"milliseconds\", a non-negative int");
		RETURN_THROWS();
	}
	object_init_ex(return_value, ecoq_ce_TimeSpan);
	ZVAL_LONG(milliseconds_slot(Z_OBJ_P(return_value)), Z_LVAL_P(value));
}

void ecoq_time_span_minit(void)
{
	ecoq_ce_TimeSpan = register_class_Ecoq_TimeSpan();
}

/* Milliseconds since the epoch of a DateTimeInterface, by its own format("Uv"). False with an exception pending. */
static bool milliseconds_of_instant(zend_object *instant, int64_t *out)
{
	zval format, text;
	ZVAL_STRINGL(&format, "Uv", 2);
	ZVAL_UNDEF(&text);
	zend_call_known_instance_method_with_1_params(zend_hash_str_find_ptr(&instant->ce->function_table, ZEND_STRL("format")), instant, &text, &format);
	zval_ptr_dtor(&format);
	bool ok = !EG(exception) && Z_TYPE(text) == IS_STRING;
	if (ok) {
		*out = ZEND_STRTOL(Z_STRVAL(text), NULL, 10);
	}
	zval_ptr_dtor(&text);
	return ok;
}

/* An interval has no length by itself when it holds months: it is measured from now. */
static bool milliseconds_of_interval(zend_object *interval, int64_t *out)
{
	zval now, then, argument;
	int64_t from = 0, to = 0;
	php_date_instantiate(php_date_get_immutable_ce(), &now);
	if (!php_date_initialize(Z_PHPDATE_P(&now), ZEND_STRL("now"), NULL, NULL, 0)) {
		zval_ptr_dtor(&now);
		return false;
	}
	ZVAL_OBJ(&argument, interval);
	ZVAL_UNDEF(&then);
	zend_call_known_instance_method_with_1_params(zend_hash_str_find_ptr(&php_date_get_immutable_ce()->function_table, ZEND_STRL("add")), Z_OBJ(now), &then, &argument);
	bool ok = !EG(exception) && Z_TYPE(then) == IS_OBJECT && milliseconds_of_instant(Z_OBJ(now), &from) && milliseconds_of_instant(Z_OBJ(then), &to);
	zval_ptr_dtor(&then);
	zval_ptr_dtor(&now);
	*out = to - from;
	return ok;
}

bool ecoq_milliseconds_from_zval(const zval *value, int64_t now_ms, int64_t *out)
{
	ZVAL_DEREF(value);
	if (Z_TYPE_P(value) == IS_LONG) {
		*out = Z_LVAL_P(value);
		return true;
	}
	if (Z_TYPE_P(value) != IS_OBJECT) {
		return false;
	}
	zend_object *object = Z_OBJ_P(value);
	if (object->ce == ecoq_ce_TimeSpan) {
		const zval *slot = milliseconds_slot(object);
		*out = Z_ISUNDEF_P(slot) ? 0 : Z_LVAL_P(slot);
		return true;
	}
	if (instanceof_function(object->ce, php_date_get_interval_ce())) {
		return milliseconds_of_interval(object, out);
	}
	int64_t instant;
	if (now_ms >= 0 && instanceof_function(object->ce, php_date_get_interface_ce()) && milliseconds_of_instant(object, &instant)) {
		*out = instant > now_ms ? instant - now_ms : 0;
		return true;
	}
	return false;
}

bool ecoq_milliseconds_from_date_text(const zend_string *text, int64_t now_ms, int64_t *out)
{
	const char *date = ZSTR_VAL(text);
	if (ZSTR_LEN(text) < 10 || date[4] != '-' || date[7] != '-') {
		return false;
	}
	zval instant;
	php_date_instantiate(php_date_get_immutable_ce(), &instant);
	bool ok = php_date_initialize(Z_PHPDATE_P(&instant), date, ZSTR_LEN(text), NULL, NULL, 0)
		&& ecoq_milliseconds_from_zval(&instant, now_ms, out);
	zval_ptr_dtor(&instant);
	return ok;
}
