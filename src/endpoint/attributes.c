#include "endpoint/attributes.h"

#include "endpoint/endpoint.h"
#include "endpoint/expression.h"
#include "php/class_list.h"
#include "php/time_span.h"
#include "php/value.h"
#include "zend_attributes.h"

#include "stubs/Attribute_arginfo.h"

#define INSTANT_RETRIES_MAX 100
#define INSTANT_RETRY_DELAY_MAX_MS 60000

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

/* Appends a former id to the list; throws about argument 3. */
static bool add_former_id(HashTable *ids, const zend_string *current, zval *id)
{
	zval *known;
	ZVAL_DEREF(id);
	if (Z_TYPE_P(id) != IS_STRING || Z_STRLEN_P(id) == 0) {
		zend_argument_value_error(3, "must hold endpoint ids, that is, strings that are not empty");
		return false;
	}
	bool twice = current && zend_string_equals(current, Z_STR_P(id));
	ZEND_HASH_FOREACH_VAL(ids, known) {
		twice = twice || zend_string_equals(Z_STR_P(known), Z_STR_P(id));
	}
	ZEND_HASH_FOREACH_END();
	if (twice) {
		zend_argument_value_error(3, "must not hold the id \"%s\", which the endpoint has already", Z_STRVAL_P(id));
		return false;
	}
	Z_TRY_ADDREF_P(id);
	zend_hash_next_index_insert(ids, id);
	return true;
}

static bool set_former_ids(zend_object *object, const zend_string *current, HashTable *formerly)
{
	HashTable *ids = zend_new_array(0);
	zval *id;
	if (formerly) {
		ZEND_HASH_FOREACH_VAL(formerly, id) {
			if (!add_former_id(ids, current, id)) {
				zend_array_release(ids);
				return false;
			}
		}
		ZEND_HASH_FOREACH_END();
	}
	ZVAL_ARR(property(object, ECOQ_HANDLER_FORMERLY), ids);
	return true;
}

static void construct_handler(INTERNAL_FUNCTION_PARAMETERS, bool may_be_pattern)
{
	zend_string *type = ZSTR_EMPTY_ALLOC();
	zend_string *endpoint_id = NULL;
	HashTable *formerly = NULL;
	ZEND_PARSE_PARAMETERS_START(0, 3)
		Z_PARAM_OPTIONAL
		Z_PARAM_STR(type)
		Z_PARAM_STR_OR_NULL(endpoint_id)
		Z_PARAM_ARRAY_HT(formerly)
	ZEND_PARSE_PARAMETERS_END();

	zend_object *object = Z_OBJ_P(ZEND_THIS);
	if (!ecoq_value_is_new(object) || !check_handler_type(type, may_be_pattern)) {
		RETURN_THROWS();
	}
	if (endpoint_id && ZSTR_LEN(endpoint_id) == 0) {
		zend_argument_value_error(2, "must not be empty");
		RETURN_THROWS();
	}
	if (!set_former_ids(object, endpoint_id, formerly)) {
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

/* What #[Retry] is given; NULL: not. */
typedef struct retry_arguments {
	zend_long max;
	double multiplier, jitter;
	bool no_max, no_multiplier, no_jitter;
	zval *delay, *max_delay, *only, *never;
} retry_arguments;

static bool is_given(const zval *value)
{
	return value && Z_TYPE_P(value) != IS_NULL;
}

/* The ranges of the plain arguments; written so that NaN fails. */
static bool check_retry(const zend_class_entry *ce, const retry_arguments *given)
{
	bool any = !given->no_max || !given->no_multiplier || !given->no_jitter || is_given(given->delay) || is_given(given->max_delay) || is_given(given->only)
		|| is_given(given->never);
	if (!any) {
		zend_value_error("%s needs at least one of max, delay, multiplier, maxDelay, jitter, only and never", ZSTR_VAL(ce->name));
	} else if (!given->no_max && (given->max < 0 || given->max > INT32_MAX)) {
		zend_argument_value_error(1, "must be between 0 and %d, " ZEND_LONG_FMT " given", INT32_MAX, given->max);
	} else if (!given->no_multiplier && !(zend_finite(given->multiplier) && given->multiplier >= 1)) {
		zend_argument_value_error(3, "must be a finite number of at least 1");
	} else if (!given->no_jitter && !(given->jitter >= 0 && given->jitter <= 1)) {
		zend_argument_value_error(5, "must be between 0 and 1");
	} else {
		return true;
	}
	return false;
}

/* Writes the class names of the argument, or null, to the slot. */
static bool set_class_list(zend_object *object, uint32_t number, const zval *names, uint32_t argument)
{
	zval list;
	if (!ecoq_class_list_from_argument(argument, names, &list)) {
		return false;
	}
	if (Z_ISUNDEF(list)) {
		ZVAL_NULL(property(object, number));
	} else {
		ZVAL_COPY_VALUE(property(object, number), &list);
	}
	return true;
}

ZEND_METHOD(Ecoq_Attribute_Retry, __construct)
{
	retry_arguments given = {.no_max = true, .no_multiplier = true, .no_jitter = true};
	ZEND_PARSE_PARAMETERS_START(0, 7)
		Z_PARAM_OPTIONAL
		Z_PARAM_LONG_OR_NULL(given.max, given.no_max)
		Z_PARAM_ZVAL(given.delay)
		Z_PARAM_DOUBLE_OR_NULL(given.multiplier, given.no_multiplier)
		Z_PARAM_ZVAL(given.max_delay)
		Z_PARAM_DOUBLE_OR_NULL(given.jitter, given.no_jitter)
		Z_PARAM_ZVAL(given.only)
		Z_PARAM_ZVAL(given.never)
	ZEND_PARSE_PARAMETERS_END();

	zend_object *object = Z_OBJ_P(ZEND_THIS);
	if (!ecoq_value_is_new(object) || !check_retry(object->ce, &given) || !set_time(object, ECOQ_RETRY_DELAY, given.delay, 2, 0)
		|| !set_time(object, ECOQ_RETRY_MAX_DELAY, given.max_delay, 4, 0) || !set_class_list(object, ECOQ_RETRY_ONLY, given.only, 6)
		|| !set_class_list(object, ECOQ_RETRY_NEVER, given.never, 7)) {
		RETURN_THROWS();
	}
	if (given.no_max) {
		ZVAL_NULL(property(object, ECOQ_RETRY_MAX));
	} else {
		ZVAL_LONG(property(object, ECOQ_RETRY_MAX), given.max);
	}
	set_double(object, ECOQ_RETRY_MULTIPLIER, given.no_multiplier, given.multiplier);
	set_double(object, ECOQ_RETRY_JITTER, given.no_jitter, given.jitter);
}

ZEND_METHOD(Ecoq_Attribute_Timeout, __construct)
{
	zval *time;
	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_ZVAL(time)
	ZEND_PARSE_PARAMETERS_END();

	zend_object *object = Z_OBJ_P(ZEND_THIS);
	if (!ecoq_value_is_new(object)) {
		RETURN_THROWS();
	}
	if (Z_TYPE_P(time) == IS_NULL) {
		zend_argument_type_error(1, "must be of type int|Ecoq\\TimeSpan|DateInterval, null given");
		RETURN_THROWS();
	}
	set_time(object, 0, time, 1, 1);
}

ZEND_METHOD(Ecoq_Attribute_Deduplicated, __construct)
{
	zend_string *header = NULL;
	zval *expression = NULL;
	ZEND_PARSE_PARAMETERS_START(0, 2)
		Z_PARAM_OPTIONAL
		Z_PARAM_STR_OR_NULL(header)
		Z_PARAM_ZVAL(expression)
	ZEND_PARSE_PARAMETERS_END();

	zend_object *object = Z_OBJ_P(ZEND_THIS);
	if (!ecoq_value_is_new(object)) {
		RETURN_THROWS();
	}
	if (header && is_given(expression)) {
		zend_value_error("%s takes either a header or an expression, both given", ZSTR_VAL(object->ce->name));
		RETURN_THROWS();
	}
	if (header && ZSTR_LEN(header) == 0) {
		zend_argument_value_error(1, "must not be empty");
		RETURN_THROWS();
	}
	if (is_given(expression) && !check_expression(expression)) {
		RETURN_THROWS();
	}
	set_string(object, ECOQ_DEDUPLICATED_HEADER, header);
	zval *slot = property(object, ECOQ_DEDUPLICATED_EXPRESSION);
	if (is_given(expression)) {
		ZVAL_COPY(slot, expression);
	} else {
		ZVAL_NULL(slot);
	}
}

ZEND_METHOD(Ecoq_Attribute_WithoutTransaction, __construct)
{
	ZEND_PARSE_PARAMETERS_NONE();
}

ZEND_METHOD(Ecoq_Attribute_InstantRetry, __construct)
{
	zend_long max = 3;
	zval *delay = NULL, *only = NULL;
	ZEND_PARSE_PARAMETERS_START(0, 3)
		Z_PARAM_OPTIONAL
		Z_PARAM_LONG(max)
		Z_PARAM_ZVAL(delay)
		Z_PARAM_ZVAL(only)
	ZEND_PARSE_PARAMETERS_END();

	zend_object *object = Z_OBJ_P(ZEND_THIS);
	zval zero, none;
	ZVAL_LONG(&zero, 0);
	ZVAL_EMPTY_ARRAY(&none);
	if (!ecoq_value_is_new(object)) {
		RETURN_THROWS();
	}
	if (delay && Z_TYPE_P(delay) == IS_NULL) {
		zend_argument_type_error(2, "must be of type int|Ecoq\\TimeSpan|DateInterval, null given");
		RETURN_THROWS();
	}
	if (max < 1 || max > INSTANT_RETRIES_MAX) {
		zend_argument_value_error(1, "must be between 1 and %d, " ZEND_LONG_FMT " given", INSTANT_RETRIES_MAX, max);
		RETURN_THROWS();
	}
	if (!set_time(object, ECOQ_INSTANT_RETRY_DELAY, delay ? delay : &zero, 2, 0) || !set_class_list(object, ECOQ_INSTANT_RETRY_ONLY, only ? only : &none, 3)) {
		RETURN_THROWS();
	}
	if (Z_LVAL_P(OBJ_PROP_NUM(object, ECOQ_INSTANT_RETRY_DELAY)) > INSTANT_RETRY_DELAY_MAX_MS) {
		zend_argument_value_error(2, "must be at most %d ms: the caller waits for it; for longer ones make the handler #[Asynchronous]", INSTANT_RETRY_DELAY_MAX_MS);
		RETURN_THROWS();
	}
	ZVAL_LONG(property(object, ECOQ_INSTANT_RETRY_MAX), max);
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
	register_attribute(ECOQ_ATTRIBUTE_TIMEOUT, register_class_Ecoq_Attribute_Timeout(), either);
	register_attribute(ECOQ_ATTRIBUTE_DEDUPLICATED, register_class_Ecoq_Attribute_Deduplicated(), either);
	register_attribute(ECOQ_ATTRIBUTE_WITHOUT_TRANSACTION, register_class_Ecoq_Attribute_WithoutTransaction(), either);
	register_attribute(ECOQ_ATTRIBUTE_INSTANT_RETRY, register_class_Ecoq_Attribute_InstantRetry(), either);
	register_attribute(ECOQ_ATTRIBUTE_HEADER, register_class_Ecoq_Attribute_Header(), ZEND_ATTRIBUTE_TARGET_PARAMETER);
	register_attribute(ECOQ_ATTRIBUTE_MESSAGE_TYPE, register_class_Ecoq_Attribute_MessageType(), ZEND_ATTRIBUTE_TARGET_CLASS);
}
