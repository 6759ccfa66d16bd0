#include "endpoint/attributes.h"

#include "endpoint/endpoint.h"
#include "endpoint/expression.h"
#include "php/time_span.h"
#include "php/value.h"
#include "zend_attributes.h"

#include "stubs/Attribute_arginfo.h"

zend_class_entry *ecoq_attribute_classes[ECOQ_ATTRIBUTE_COUNT];

static zval *property(zend_object *object, uint32_t number)
{
	zval *slot = OBJ_PROP_NUM(object, number);
	Z_PROP_FLAG_P(slot) = 0;
	return slot;
}

static void set_string(zend_object *object, uint32_t number, zend_string *string)
{
	zval *slot = property(object, number);
	if (string) {
		ZVAL_STR_COPY(slot, string);
	} else {
		ZVAL_NULL(slot);
	}
}

static bool check_handler_type(zend_string *type, bool may_be_pattern)
{
	if (!may_be_pattern && memchr(ZSTR_VAL(type), '*', ZSTR_LEN(type))) {
		zend_argument_value_error(1, "must not hold \"*\": only an event handler takes patterns");
		return false;
	}
	return true;
}

static void construct_handler(INTERNAL_FUNCTION_PARAMETERS, bool may_be_pattern)
{
	zend_string *type = ZSTR_EMPTY_ALLOC();
	zend_string *endpoint_id = NULL;
	ZEND_PARSE_PARAMETERS_START(0, 2)
		Z_PARAM_OPTIONAL
		Z_PARAM_STR(type)
		Z_PARAM_STR_OR_NULL(endpoint_id)
	ZEND_PARSE_PARAMETERS_END();

	zend_object *object = Z_OBJ_P(ZEND_THIS);
	if (!ecoq_value_is_new(object) || !check_handler_type(type, may_be_pattern)) {
		RETURN_THROWS();
	}
	if (endpoint_id && ZSTR_LEN(endpoint_id) == 0) {
		zend_argument_value_error(2, "must not be empty");
		RETURN_THROWS();
	}
	set_string(object, ECOQ_HANDLER_TYPE, type);
	set_string(object, ECOQ_HANDLER_ENDPOINT_ID, endpoint_id);
}

ZEND_METHOD(Ecoq_Attribute_CommandHandler, __construct)
{
	construct_handler(INTERNAL_FUNCTION_PARAM_PASSTHRU, false);
}

ZEND_METHOD(Ecoq_Attribute_EventHandler, __construct)
{
	construct_handler(INTERNAL_FUNCTION_PARAM_PASSTHRU, true);
}

ZEND_METHOD(Ecoq_Attribute_QueryHandler, __construct)
{
	zend_string *type = ZSTR_EMPTY_ALLOC();
	ZEND_PARSE_PARAMETERS_START(0, 1)
		Z_PARAM_OPTIONAL
		Z_PARAM_STR(type)
	ZEND_PARSE_PARAMETERS_END();

	zend_object *object = Z_OBJ_P(ZEND_THIS);
	if (!ecoq_value_is_new(object) || !check_handler_type(type, false)) {
		RETURN_THROWS();
	}
	set_string(object, ECOQ_HANDLER_TYPE, type);
}

/* Appends a channel name to the list; throws about argument 1. */
static bool add_channel(HashTable *channels, zval *name)
{
	ZVAL_DEREF(name);
	if (Z_TYPE_P(name) != IS_STRING || Z_STRLEN_P(name) == 0) {
		zend_argument_value_error(1, "must hold channel names, that is, strings that are not empty");
		return false;
	}
	zval *known;
	ZEND_HASH_FOREACH_VAL(channels, known) {
		if (zend_string_equals(Z_STR_P(known), Z_STR_P(name))) {
			zend_argument_value_error(1, "must not hold channel \"%s\" twice", Z_STRVAL_P(name));
			return false;
		}
	}
	ZEND_HASH_FOREACH_END();
	Z_TRY_ADDREF_P(name);
	zend_hash_next_index_insert(channels, name);
	return true;
}

/* Adds the name, or else the names. */
static bool add_channels(HashTable *channels, zend_string *name, HashTable *names)
{
	zval *item;
	if (name) {
		zval single;
		ZVAL_STR(&single, name);
		return add_channel(channels, &single);
	}
	if (zend_hash_num_elements(names) == 0) {
		zend_argument_value_error(1, "must name a channel");
		return false;
	}
	ZEND_HASH_FOREACH_VAL(names, item) {
		if (!add_channel(channels, item)) {
			return false;
		}
	}
	ZEND_HASH_FOREACH_END();
	return true;
}

ZEND_METHOD(Ecoq_Attribute_Asynchronous, __construct)
{
	zend_string *name;
	HashTable *names;
	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_ARRAY_HT_OR_STR(names, name)
	ZEND_PARSE_PARAMETERS_END();

	zend_object *object = Z_OBJ_P(ZEND_THIS);
	if (!ecoq_value_is_new(object)) {
		RETURN_THROWS();
	}
	HashTable *channels = zend_new_array(1);
	if (add_channels(channels, name, names)) {
		ZVAL_ARR(property(object, 0), channels);
	} else {
		zend_array_release(channels);
	}
}

/* Writes the milliseconds of `time` (NULL: null) to the slot; throws about the argument. */
static bool set_time(zend_object *object, uint32_t number, zval *time, uint32_t argument, int64_t minimum)
{
	if (!time || Z_TYPE_P(time) == IS_NULL) {
		ZVAL_NULL(property(object, number));
		return true;
	}
	int64_t ms;
	if (!ecoq_milliseconds_from_zval(time, -1, &ms)) {
		if (!EG(exception)) {
			zend_argument_type_error(argument, "must be of type int|Ecoq\\TimeSpan|DateInterval|null, %s given", zend_zval_type_name(time));
		}
		return false;
	}
	if (ms < minimum) {
		zend_argument_value_error(argument, "must be at least " ZEND_LONG_FMT " ms, " ZEND_LONG_FMT " ms given", (zend_long) minimum, (zend_long) ms);
		return false;
	}
	ZVAL_LONG(property(object, number), ms);
	return true;
}

static bool check_expression(zval *expression)
{
	if (Z_TYPE_P(expression) == IS_STRING && ecoq_expression_is_path(Z_STR_P(expression))) {
		return true;
	}
	char *why = NULL;
	bool ok = zend_is_callable_ex(expression, NULL, 0, NULL, NULL, &why);
	if (!ok && !EG(exception)) {
		zend_argument_value_error(2, "must be a path like \"payload.customer.id\" or \"headers.tenant\", or a callable (%s)", why ? why : "not callable");
	}
	if (why) {
		efree(why);
	}
	return ok;
}

static void construct_time(INTERNAL_FUNCTION_PARAMETERS, int64_t minimum)
{
	zval *time = NULL, *expression = NULL;
	ZEND_PARSE_PARAMETERS_START(0, 2)
		Z_PARAM_OPTIONAL
		Z_PARAM_ZVAL(time)
		Z_PARAM_ZVAL(expression)
	ZEND_PARSE_PARAMETERS_END();

	zend_object *object = Z_OBJ_P(ZEND_THIS);
	bool has_time = time && Z_TYPE_P(time) != IS_NULL;
	bool has_expression = expression && Z_TYPE_P(expression) != IS_NULL;
	if (!ecoq_value_is_new(object)) {
		RETURN_THROWS();
	}
	if (has_time == has_expression) {
		zend_value_error("%s takes either a time or an expression, %s given", ZSTR_VAL(object->ce->name), has_time ? "both" : "none");
		RETURN_THROWS();
	}
	if (has_expression && !check_expression(expression)) {
		RETURN_THROWS();
	}
	if (!set_time(object, ECOQ_TIME_MILLISECONDS, time, 1, minimum)) {
		RETURN_THROWS();
	}
	if (has_expression) {
		ZVAL_COPY(property(object, ECOQ_TIME_EXPRESSION), expression);
	} else {
		ZVAL_NULL(property(object, ECOQ_TIME_EXPRESSION));
	}
}

ZEND_METHOD(Ecoq_Attribute_Delayed, __construct)
{
	construct_time(INTERNAL_FUNCTION_PARAM_PASSTHRU, 0);
}

ZEND_METHOD(Ecoq_Attribute_TimeToLive, __construct)
{
	construct_time(INTERNAL_FUNCTION_PARAM_PASSTHRU, 1);
}

ZEND_METHOD(Ecoq_Attribute_Priority, __construct)
{
	zend_long priority;
	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_LONG(priority)
	ZEND_PARSE_PARAMETERS_END();

	zend_object *object = Z_OBJ_P(ZEND_THIS);
	if (!ecoq_value_is_new(object)) {
		RETURN_THROWS();
	}
	if (priority < 0 || priority > 9) {
		zend_argument_value_error(1, "must be between 0 and 9, " ZEND_LONG_FMT " given", priority);
		RETURN_THROWS();
	}
	ZVAL_LONG(property(object, 0), priority);
}

static void set_double(zend_object *object, uint32_t number, bool is_null, double value)
{
	zval *slot = property(object, number);
	if (is_null) {
		ZVAL_NULL(slot);
	} else {
		ZVAL_DOUBLE(slot, value);
	}
}

ZEND_METHOD(Ecoq_Attribute_Retry, __construct)
{
	zend_long max = 0;
	double multiplier = 0, jitter = 0;
	bool no_max = true, no_multiplier = true, no_jitter = true;
	zval *delay = NULL, *max_delay = NULL;
	ZEND_PARSE_PARAMETERS_START(0, 5)
		Z_PARAM_OPTIONAL
		Z_PARAM_LONG_OR_NULL(max, no_max)
		Z_PARAM_ZVAL(delay)
		Z_PARAM_DOUBLE_OR_NULL(multiplier, no_multiplier)
		Z_PARAM_ZVAL(max_delay)
		Z_PARAM_DOUBLE_OR_NULL(jitter, no_jitter)
	ZEND_PARSE_PARAMETERS_END();

	zend_object *object = Z_OBJ_P(ZEND_THIS);
	if (!ecoq_value_is_new(object)) {
		RETURN_THROWS();
	}
	bool no_delay = !delay || Z_TYPE_P(delay) == IS_NULL;
	bool no_max_delay = !max_delay || Z_TYPE_P(max_delay) == IS_NULL;
	if (no_max && no_delay && no_multiplier && no_max_delay && no_jitter) {
		zend_value_error("%s needs at least one of max, delay, multiplier, maxDelay and jitter", ZSTR_VAL(object->ce->name));
		RETURN_THROWS();
	}
	if (!no_max && (max < 0 || max > INT32_MAX)) {
		zend_argument_value_error(1, "must be between 0 and %d, " ZEND_LONG_FMT " given", INT32_MAX, max);
		RETURN_THROWS();
	}
	if (!no_multiplier && !(zend_finite(multiplier) && multiplier >= 1)) {
		zend_argument_value_error(3, "must be a finite number of at least 1");
		RETURN_THROWS();
	}
	if (!no_jitter && !(jitter >= 0 && jitter <= 1)) {
		zend_argument_value_error(5, "must be between 0 and 1");
		RETURN_THROWS();
	}
	if (!set_time(object, ECOQ_RETRY_DELAY, delay, 2, 0) || !set_time(object, ECOQ_RETRY_MAX_DELAY, max_delay, 4, 0)) {
		RETURN_THROWS();
	}
	if (no_max) {
		ZVAL_NULL(property(object, ECOQ_RETRY_MAX));
	} else {
		ZVAL_LONG(property(object, ECOQ_RETRY_MAX), max);
	}
	set_double(object, ECOQ_RETRY_MULTIPLIER, no_multiplier, multiplier);
	set_double(object, ECOQ_RETRY_JITTER, no_jitter, jitter);
}

static void construct_name(INTERNAL_FUNCTION_PARAMETERS, bool is_type)
{
	zend_string *name;
	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_STR(name)
	ZEND_PARSE_PARAMETERS_END();

	zend_object *object = Z_OBJ_P(ZEND_THIS);
	if (!ecoq_value_is_new(object)) {
		RETURN_THROWS();
	}
	if (ZSTR_LEN(name) == 0) {
		zend_argument_value_error(1, "must not be empty");
		RETURN_THROWS();
	}
	if (is_type && memchr(ZSTR_VAL(name), '*', ZSTR_LEN(name))) {
		zend_argument_value_error(1, "must not hold \"*\": a message has one type");
		RETURN_THROWS();
	}
	set_string(object, 0, name);
}

ZEND_METHOD(Ecoq_Attribute_Header, __construct)
{
	construct_name(INTERNAL_FUNCTION_PARAM_PASSTHRU, false);
}

ZEND_METHOD(Ecoq_Attribute_MessageType, __construct)
{
	construct_name(INTERNAL_FUNCTION_PARAM_PASSTHRU, true);
}

static void register_attribute(ecoq_attribute_kind kind, zend_class_entry *ce, uint32_t flags)
{
	ecoq_attribute_classes[kind] = ce;
	zend_internal_attribute_register(ce, flags);
}

void ecoq_endpoint_minit(void)
{
	const uint32_t method = ZEND_ATTRIBUTE_TARGET_METHOD;
	const uint32_t either = ZEND_ATTRIBUTE_TARGET_METHOD | ZEND_ATTRIBUTE_TARGET_CLASS;
	register_attribute(ECOQ_ATTRIBUTE_COMMAND_HANDLER, register_class_Ecoq_Attribute_CommandHandler(), method | ZEND_ATTRIBUTE_IS_REPEATABLE);
	register_attribute(ECOQ_ATTRIBUTE_EVENT_HANDLER, register_class_Ecoq_Attribute_EventHandler(), method | ZEND_ATTRIBUTE_IS_REPEATABLE);
	register_attribute(ECOQ_ATTRIBUTE_QUERY_HANDLER, register_class_Ecoq_Attribute_QueryHandler(), method);
	register_attribute(ECOQ_ATTRIBUTE_ASYNCHRONOUS, register_class_Ecoq_Attribute_Asynchronous(), either);
	register_attribute(ECOQ_ATTRIBUTE_DELAYED, register_class_Ecoq_Attribute_Delayed(), either);
	register_attribute(ECOQ_ATTRIBUTE_TIME_TO_LIVE, register_class_Ecoq_Attribute_TimeToLive(), either);
	register_attribute(ECOQ_ATTRIBUTE_PRIORITY, register_class_Ecoq_Attribute_Priority(), either);
	register_attribute(ECOQ_ATTRIBUTE_RETRY, register_class_Ecoq_Attribute_Retry(), either);
	register_attribute(ECOQ_ATTRIBUTE_HEADER, register_class_Ecoq_Attribute_Header(), ZEND_ATTRIBUTE_TARGET_PARAMETER);
	register_attribute(ECOQ_ATTRIBUTE_MESSAGE_TYPE, register_class_Ecoq_Attribute_MessageType(), ZEND_ATTRIBUTE_TARGET_CLASS);
}
