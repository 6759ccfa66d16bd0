#include "endpoint/call_plan.h"
#include "endpoint/registry.h"
#include "php/exceptions.h"

/* Arguments live on the C stack; a handler with more of them pays for an allocation per call. */
#define STACK_ARGUMENTS 8

/* Finds the method in the class that the endpoint names. Its parameters, not those of a proxy that the container may give, make the plan. */
static zend_function *find_method(const ecoq_endpoint *endpoint, zend_class_entry **scope)
{
	*scope = Z_ISUNDEF(endpoint->target) ? zend_lookup_class(endpoint->class_name) : Z_OBJCE(endpoint->target);
	if (!*scope) {
		if (!EG(exception)) {
			ecoq_throw_configuration("Handler class %s was not found", ZSTR_VAL(endpoint->class_name));
		}
		return NULL;
	}
	zend_string *lower = zend_string_tolower(endpoint->method);
	zend_function *function = zend_hash_find_ptr(&(*scope)->function_table, lower);
	zend_string_release(lower);
	if (!function) {
		ecoq_throw_configuration("Handler method %s::%s() was not found", ZSTR_VAL(endpoint->class_name), ZSTR_VAL(endpoint->method));
	}
	return function;
}

/* Gets the handler object, once, and the method as its class has it. */
static bool bind_object(ecoq_endpoint *endpoint, ecoq_invocation *invocation, ecoq_call_plan *plan, const char *callee)
{
	if (Z_ISUNDEF(endpoint->target)) {
		zval target;
		ZVAL_UNDEF(&target);
		if (!invocation->resolve(invocation, endpoint->class_name, true, callee, &target)) {
			return false;
		}
		ZVAL_COPY_VALUE(&endpoint->target, &target);
	}
	plan->object = Z_OBJ(endpoint->target);
	plan->called_scope = plan->object->ce;
	if (plan->object->ce == plan->function->common.scope) {
		return true;
	}
	zend_string *lower = zend_string_tolower(endpoint->method);
	zend_function *function = zend_hash_find_ptr(&plan->object->ce->function_table, lower);
	zend_string_release(lower);
	if (!function || !(function->common.fn_flags & ZEND_ACC_PUBLIC)) {
		ecoq_throw_configuration("%s: the container gave an object of class %s, which has no such public method", callee, ZSTR_VAL(plan->object->ce->name));
		return false;
	}
	plan->function = function;
	return true;
}

static ecoq_call_plan *prepare_method(ecoq_endpoint *endpoint, ecoq_invocation *invocation, const char *callee)
{
	zend_class_entry *scope;
	zend_function *function = find_method(endpoint, &scope);
	ecoq_call_plan *plan = function ? ecoq_call_plan_create(function, scope, callee) : NULL;
	if (!plan) {
		return NULL;
	}
	plan->called_scope = scope;
	if (!(function->common.fn_flags & ZEND_ACC_STATIC) && !bind_object(endpoint, invocation, plan, callee)) {
		ecoq_call_plan_free(plan);
		return NULL;
	}
	return plan;
}

static ecoq_call_plan *prepare_callable(ecoq_endpoint *endpoint, const char *callee)
{
	zend_fcall_info_cache cache;
	char *why = NULL;
	if (!zend_is_callable_ex(&endpoint->target, NULL, 0, NULL, &cache, &why)) {
		if (!EG(exception)) {
			ecoq_throw_configuration("%s cannot be called: %s", callee, why ? why : "not callable");
		}
		if (why) {
			efree(why);
		}
		return NULL;
	}
	ecoq_call_plan *plan;
	if (cache.function_handler->common.fn_flags & ZEND_ACC_CALL_VIA_TRAMPOLINE) {
		/* __call tells nothing about its parameters: it gets the payload as it is */
		plan = ecalloc(1, sizeof(*plan));
		plan->is_trampoline = true;
		zend_release_fcall_info_cache(&cache);
		return plan;
	}
	plan = ecoq_call_plan_create(cache.function_handler, cache.function_handler->common.scope, callee);
	if (plan) {
		plan->object = cache.object;
		plan->called_scope = cache.called_scope;
	}
	return plan;
}

static bool prepare(ecoq_endpoint *endpoint, ecoq_invocation *invocation)
{
	zend_string *place = ecoq_endpoint_place(endpoint);
	zend_string *callee = endpoint->class_name ? zend_strpprintf(0, "%s()", ZSTR_VAL(place)) : zend_string_copy(place);
	ecoq_call_plan *plan = endpoint->class_name ? prepare_method(endpoint, invocation, ZSTR_VAL(callee)) : prepare_callable(endpoint, ZSTR_VAL(callee));
	zend_string_release(place);
	zend_string_release(callee);
	if (plan && endpoint->plan) {
		ecoq_call_plan_free(endpoint->plan); /* making the handler object already called this endpoint */
	}
	endpoint->plan = plan ? plan : endpoint->plan;
	return plan != NULL;
}

/* Puts class, method and parameter in front of a conversion error's text, which begins with the path. */
static void name_parameter(const ecoq_parameter *parameter)
{
	zend_object *exception = EG(exception);
	if (!exception || exception->ce != ecoq_ce_ConversionException) {
		return;
	}
	zval buffer;
	zval *message = zend_read_property_ex(zend_ce_exception, exception, ZSTR_KNOWN(ZEND_STR_MESSAGE), true, &buffer);
	zend_string *text = zval_get_string(message);
	zend_string *placed = zend_strpprintf(0, "%s: %s", ZSTR_VAL(parameter->place), ZSTR_VAL(text));
	zval value;
	ZVAL_STR(&value, placed);
	zend_update_property_ex(zend_ce_exception, exception, ZSTR_KNOWN(ZEND_STR_MESSAGE), &value);
	zend_string_release(placed);
	zend_string_release(text);
}

static bool convert(const ecoq_parameter *parameter, ecoq_payload_type *type, zval *value, const char *path, zval *argument)
{
	if (ecoq_payload_convert(type, value, path, argument)) {
		return true;
	}
	name_parameter(parameter);
	return false;
}

static bool fill_payload(ecoq_parameter *parameter, ecoq_invocation *invocation, zval *argument)
{
	ecoq_payload_type *type = ecoq_payload_type_for(parameter, invocation);
	return type && convert(parameter, type, invocation->payload, "data", argument);
}

static bool bool_of_text(const zend_string *text, zval *result)
{
	bool yes = zend_string_equals_literal(text, "1") || zend_string_equals_literal(text, "true");
	bool no = zend_string_equals_literal(text, "0") || zend_string_equals_literal(text, "false");
	ZVAL_BOOL(result, yes);
	return yes || no;
}

static bool number_of_text(const zend_string *text, uint32_t mask, zval *result)
{
	zend_long integer;
	double number;
	if (ZSTR_LEN(text) == 0 || strchr(" \t\n\r\v\f", ZSTR_VAL(text)[ZSTR_LEN(text) - 1]) || strchr(" \t\n\r\v\f", ZSTR_VAL(text)[0])) {
		return false;
	}
	zend_uchar type = is_numeric_string(ZSTR_VAL(text), ZSTR_LEN(text), &integer, &number, false);
	if (type == IS_LONG && (mask & MAY_BE_LONG)) {
		ZVAL_LONG(result, integer);
	} else if (type && (mask & MAY_BE_DOUBLE)) {
		ZVAL_DOUBLE(result, type == IS_LONG ? (double) integer : number);
	} else {
		return false;
	}
	return true;
}

/* Headers are strings in many other systems: a text becomes the number or bool that it spells, a number the text. True when `result` was set,
 * a new value; false: the header stays as it is, for the ordinary conversion to judge. */
static bool convert_header_scalar(uint32_t mask, zval *value, zval *result)
{
	if (Z_TYPE_P(value) == IS_STRING) {
		if (!mask || (mask & MAY_BE_STRING)) {
			return false;
		}
		return number_of_text(Z_STR_P(value), mask, result) || ((mask & MAY_BE_BOOL) == MAY_BE_BOOL && bool_of_text(Z_STR_P(value), result));
	}
	if ((mask & ~MAY_BE_NULL) == MAY_BE_STRING && (Z_TYPE_P(value) == IS_LONG || Z_TYPE_P(value) == IS_DOUBLE)) {
		ZVAL_STR(result, zval_get_string(value));
		return true;
	}
	return false;
}

static bool fill_header(const ecoq_parameter *parameter, ecoq_invocation *invocation, zval *argument)
{
	if (!invocation->headers && !invocation->need_headers(invocation)) {
		return false;
	}
	zval *value = zend_symtable_find(invocation->headers, parameter->name);
	if (value) {
		ZVAL_DEREF(value);
		return convert_header_scalar(parameter->scalar_mask, value, argument) || convert(parameter, parameter->type, value, ZSTR_VAL(parameter->path), argument);
	}
	if (parameter->is_optional) {
		ZVAL_UNDEF(argument);
		return true;
	}
	if (parameter->is_nullable) {
		ZVAL_NULL(argument);
		return true;
	}
	ecoq_throw_conversion("%s: the message has no header \"%s\"", ZSTR_VAL(parameter->place), ZSTR_VAL(parameter->name));
	return false;
}

static bool fill_headers(ecoq_invocation *invocation, zval *argument)
{
	if (!invocation->headers && !invocation->need_headers(invocation)) {
		return false;
	}
	ZVAL_ARR(argument, invocation->headers);
	if (GC_FLAGS(invocation->headers) & GC_IMMUTABLE) {
		Z_TYPE_INFO_P(argument) = IS_ARRAY; /* not counted */
	} else {
		GC_ADDREF(invocation->headers);
	}
	return true;
}

/* A service that nobody can give is the parameter's default, or null; a service that failed while it was made is an error all the same, which
 * is told from the former by its previous exception. */
static bool fill_service(const ecoq_parameter *parameter, ecoq_invocation *invocation, zval *argument)
{
	ZVAL_UNDEF(argument);
	if (invocation->resolve(invocation, parameter->name, false, ZSTR_VAL(parameter->place), argument)) {
		return true;
	}
	if ((!parameter->is_optional && !parameter->is_nullable) || !EG(exception) || EG(exception)->ce != ecoq_ce_ConfigurationException) {
		return false;
	}
	zval buffer;
	zval *previous = zend_read_property_ex(zend_ce_exception, EG(exception), ZSTR_KNOWN(ZEND_STR_PREVIOUS), true, &buffer);
	if (Z_TYPE_P(previous) != IS_NULL) {
		return false;
	}
	zend_clear_exception();
	if (!parameter->is_optional) {
		ZVAL_NULL(argument);
	}
	return true;
}

static bool fill(ecoq_parameter *parameter, ecoq_invocation *invocation, zval *argument)
{
	switch (parameter->source) {
		case ECOQ_PARAMETER_PAYLOAD:
			return fill_payload(parameter, invocation, argument);
		case ECOQ_PARAMETER_MESSAGE:
			if (Z_ISUNDEF(invocation->message) && !invocation->need_message(invocation)) {
				return false;
			}
			ZVAL_COPY(argument, &invocation->message);
			return true;
		case ECOQ_PARAMETER_HEADER:
			return fill_header(parameter, invocation, argument);
		case ECOQ_PARAMETER_ALL_HEADERS:
			return fill_headers(invocation, argument);
		case ECOQ_PARAMETER_SERVICE:
			return fill_service(parameter, invocation, argument);
		case ECOQ_PARAMETER_DEFAULT:
			ZVAL_UNDEF(argument); /* the engine puts the default there */
			return true;
	}
	return false;
}

static void call_trampoline(ecoq_endpoint *endpoint, ecoq_invocation *invocation, zval *result)
{
	zval unused;
	ZVAL_UNDEF(&unused);
	call_user_function(NULL, NULL, &endpoint->target, result ? result : &unused, 1, invocation->payload);
	zval_ptr_dtor(&unused);
}

static void call_function(const ecoq_call_plan *plan, zval *arguments, uint32_t count, zval *result)
{
	/* defaults at the end are left out rather than passed */
	while (count > 0 && Z_ISUNDEF(arguments[count - 1])) {
		count--;
	}
	zend_call_known_function(plan->function, plan->object, plan->called_scope, result, count, arguments, NULL);
}

static bool call_with_arguments(ecoq_endpoint *endpoint, ecoq_invocation *invocation, zval *arguments, zval *result, bool *handler_ran)
{
	ecoq_call_plan *plan = endpoint->plan;
	uint32_t count = 0;
	bool ok = true;
	while (ok && count < plan->count) {
		ok = fill(&plan->parameters[count], invocation, &arguments[count]);
		count += ok;
	}
	if (ok) {
		*handler_ran = true;
		if (plan->is_trampoline) {
			call_trampoline(endpoint, invocation, result);
		} else {
			call_function(plan, arguments, count, result);
		}
	}
	for (uint32_t i = 0; i < count; i++) {
		zval_ptr_dtor(&arguments[i]);
	}
	return ok && !EG(exception);
}

bool ecoq_endpoint_call(ecoq_endpoint *endpoint, ecoq_invocation *invocation, zval *result, bool *handler_ran)
{
	zval on_stack[STACK_ARGUMENTS];
	*handler_ran = false;
	if (result) {
		ZVAL_UNDEF(result);
	}
	if (!endpoint->plan && !prepare(endpoint, invocation)) {
		return false;
	}
	zval *arguments = on_stack;
	if (endpoint->plan->count > STACK_ARGUMENTS) {
		arguments = safe_emalloc(endpoint->plan->count, sizeof(*arguments), 0);
	}
	bool ok = call_with_arguments(endpoint, invocation, arguments, result, handler_ran);
	if (arguments != on_stack) {
		efree(arguments);
	}
	if (!ok && result) {
		zval_ptr_dtor(result);
		ZVAL_UNDEF(result);
	} else if (result && Z_ISREF_P(result)) {
		zend_unwrap_reference(result);
	}
	return ok;
}
