#include "messaging/gateway.h"

#include "base/clock.h"
#include "channel/arguments.h"
#include "envelope/headers.h"
#include "php/exceptions.h"
#include "php/time_span.h"

/* The raw arguments that send() and publish() have in common behind the message. */
typedef struct send_arguments {
	HashTable *headers;
	zval *delay;
	zend_long priority;
	bool priority_is_null;
	zval *time_to_live;
	zend_string *dedup_key;
	bool immediately;
	zend_string *group;
	uint32_t first; /* argument number of the headers */
} send_arguments;

static bool check_header(zend_string *name, zval *value, uint32_t argument)
{
	if (!name || ZSTR_LEN(name) == 0) {
		zend_argument_value_error(argument, "must have non-empty string keys");
		return false;
	}
	if (ecoq_header_is_own(name)) {
		zend_argument_value_error(argument, "must not hold \"%s\": names that begin with " ECOQ_HEADER_PREFIX " are ecoq's own", ZSTR_VAL(name));
		return false;
	}
	ZVAL_DEREF(value);
	if (Z_TYPE_P(value) > IS_ARRAY) {
		zend_argument_type_error(argument, "must hold scalars, null and arrays only, \"%s\" is %s", ZSTR_VAL(name), zend_zval_type_name(value));
		return false;
	}
	return true;
}

static bool check_headers(HashTable *headers, uint32_t argument)
{
	zend_string *name;
	zval *value;
	if (headers) {
		ZEND_HASH_FOREACH_STR_KEY_VAL(headers, name, value) {
			if (!check_header(name, value, argument)) {
				return false;
			}
		}
		ZEND_HASH_FOREACH_END();
	}
	return true;
}

/* Milliseconds of an optional time; -1 when it is not given. */
static bool read_time(zval *value, bool takes_instant, uint32_t argument, int64_t *out)
{
	*out = -1;
	if (!value || Z_TYPE_P(value) == IS_NULL) {
		return true;
	}
	if (!ecoq_milliseconds_from_zval(value, takes_instant ? ecoq_clock_now_ms() : -1, out)) {
		if (!EG(exception)) {
			zend_argument_type_error(argument, "must be of type int|Ecoq\\TimeSpan|DateInterval%s|null, %s given", takes_instant ? "|DateTimeInterface" : "",
				zend_zval_type_name(value));
		}
		return false;
	}
	if (*out < 0) {
		zend_argument_value_error(argument, "must not be negative");
		return false;
	}
	return true;
}

static bool read_options(const send_arguments *arguments, ecoq_send_options *options)
{
	options->headers = arguments->headers;
	options->dedup_key = arguments->dedup_key;
	options->immediately = arguments->immediately;
	options->group = arguments->group;
	options->priority = arguments->priority_is_null ? -1 : (int) arguments->priority;
	if (!check_headers(arguments->headers, arguments->first)
		|| !read_time(arguments->delay, true, arguments->first + 1, &options->delay_ms)
		|| !read_time(arguments->time_to_live, false, arguments->first + 3, &options->time_to_live_ms)) {
		return false;
	}
	if (!arguments->priority_is_null && (arguments->priority < 0 || arguments->priority > ECOQ_PRIORITY_MAX)) {
		zend_argument_value_error(arguments->first + 2, "must be between 0 and %d", ECOQ_PRIORITY_MAX);
		return false;
	}
	if (arguments->dedup_key && ZSTR_LEN(arguments->dedup_key) == 0) {
		zend_argument_value_error(arguments->first + 4, "must not be empty: leave it out to send in any case");
		return false;
	}
	return ecoq_argument_group(arguments->first + 6, arguments->group);
}

static bool parse_object_form(INTERNAL_FUNCTION_PARAMETERS, zval **message, ecoq_send_options *options)
{
	send_arguments arguments = {.priority_is_null = true, .first = 2};
	ZEND_PARSE_PARAMETERS_START(1, 8)
		Z_PARAM_OBJECT(*message)
		Z_PARAM_OPTIONAL
		Z_PARAM_ARRAY_HT(arguments.headers)
		Z_PARAM_ZVAL(arguments.delay)
		Z_PARAM_LONG_OR_NULL(arguments.priority, arguments.priority_is_null)
		Z_PARAM_ZVAL(arguments.time_to_live)
		Z_PARAM_STR_OR_NULL(arguments.dedup_key)
		Z_PARAM_BOOL(arguments.immediately)
		Z_PARAM_STR_OR_NULL(arguments.group)
	ZEND_PARSE_PARAMETERS_END_EX(return false);
	return read_options(&arguments, options);
}

static bool check_type(zend_string *type)
{
	if (ZSTR_LEN(type) == 0) {
		zend_argument_value_error(1, "must not be empty: a message type tells what the message is about");
		return false;
	}
	return true;
}

/* `payload` may come back as `*empty`, an empty array. */
static bool parse_type_form(INTERNAL_FUNCTION_PARAMETERS, zend_string **type, zval **payload, zval *empty, ecoq_send_options *options)
{
	send_arguments arguments = {.priority_is_null = true, .first = 3};
	ZVAL_EMPTY_ARRAY(empty);
	*payload = empty;
	ZEND_PARSE_PARAMETERS_START(1, 9)
		Z_PARAM_STR(*type)
		Z_PARAM_OPTIONAL
		Z_PARAM_ZVAL(*payload)
		Z_PARAM_ARRAY_HT(arguments.headers)
		Z_PARAM_ZVAL(arguments.delay)
		Z_PARAM_LONG_OR_NULL(arguments.priority, arguments.priority_is_null)
		Z_PARAM_ZVAL(arguments.time_to_live)
		Z_PARAM_STR_OR_NULL(arguments.dedup_key)
		Z_PARAM_BOOL(arguments.immediately)
		Z_PARAM_STR_OR_NULL(arguments.group)
	ZEND_PARSE_PARAMETERS_END_EX(return false);
	return check_type(*type) && read_options(&arguments, options);
}

static void return_result(bool ok, zval *result, zval *return_value)
{
	if (ok) {
		ZVAL_COPY_VALUE(return_value, result);
		if (Z_ISUNDEF_P(return_value)) {
			ZVAL_NULL(return_value);
		}
	}
}

void ecoq_method_send(INTERNAL_FUNCTION_PARAMETERS, ecoq_messaging *messaging)
{
	zval *message, result;
	ecoq_send_options options;
	if (!parse_object_form(INTERNAL_FUNCTION_PARAM_PASSTHRU, &message, &options)) {
		RETURN_THROWS();
	}
	zend_string *type = ecoq_message_type_of(Z_OBJCE_P(message));
	return_result(type && ecoq_gateway_send(messaging, type, message, &options, &result), &result, return_value);
}

void ecoq_method_send_to(INTERNAL_FUNCTION_PARAMETERS, ecoq_messaging *messaging)
{
	zend_string *type;
	zval *payload, empty, result;
	ecoq_send_options options;
	if (!parse_type_form(INTERNAL_FUNCTION_PARAM_PASSTHRU, &type, &payload, &empty, &options)) {
		RETURN_THROWS();
	}
	return_result(ecoq_gateway_send(messaging, type, payload, &options, &result), &result, return_value);
}

void ecoq_method_publish(INTERNAL_FUNCTION_PARAMETERS, ecoq_messaging *messaging)
{
	zval *message;
	ecoq_send_options options;
	if (!parse_object_form(INTERNAL_FUNCTION_PARAM_PASSTHRU, &message, &options)) {
		RETURN_THROWS();
	}
	zend_string *type = ecoq_message_type_of(Z_OBJCE_P(message));
	if (type) {
		ecoq_gateway_publish(messaging, type, message, &options);
	}
}

void ecoq_method_publish_to(INTERNAL_FUNCTION_PARAMETERS, ecoq_messaging *messaging)
{
	zend_string *type;
	zval *payload, empty;
	ecoq_send_options options;
	if (!parse_type_form(INTERNAL_FUNCTION_PARAM_PASSTHRU, &type, &payload, &empty, &options)) {
		RETURN_THROWS();
	}
	ecoq_gateway_publish(messaging, type, payload, &options);
}

void ecoq_method_query(INTERNAL_FUNCTION_PARAMETERS, ecoq_messaging *messaging)
{
	zval *message, result;
	HashTable *headers = NULL;
	ZEND_PARSE_PARAMETERS_START(1, 2)
		Z_PARAM_OBJECT(message)
		Z_PARAM_OPTIONAL
		Z_PARAM_ARRAY_HT(headers)
	ZEND_PARSE_PARAMETERS_END();
	zend_string *type = check_headers(headers, 2) ? ecoq_message_type_of(Z_OBJCE_P(message)) : NULL;
	return_result(type && ecoq_gateway_query(messaging, type, message, headers, &result), &result, return_value);
}

void ecoq_method_query_to(INTERNAL_FUNCTION_PARAMETERS, ecoq_messaging *messaging)
{
	zend_string *type;
	zval empty, *payload = &empty, result;
	HashTable *headers = NULL;
	ZVAL_EMPTY_ARRAY(&empty);
	ZEND_PARSE_PARAMETERS_START(1, 3)
		Z_PARAM_STR(type)
		Z_PARAM_OPTIONAL
		Z_PARAM_ZVAL(payload)
		Z_PARAM_ARRAY_HT(headers)
	ZEND_PARSE_PARAMETERS_END();
	if (check_type(type) && check_headers(headers, 3)) {
		return_result(ecoq_gateway_query(messaging, type, payload, headers, &result), &result, return_value);
	}
}
