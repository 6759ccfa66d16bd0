#include "endpoint/handler_reader.h"

#include "endpoint/attribute_reader.h"
#include "endpoint/expression.h"
#include "endpoint/handler_types.h"
#include "php/exceptions.h"

#define FIRST_SETTING ECOQ_ATTRIBUTE_ASYNCHRONOUS
#define LAST_SETTING ECOQ_ATTRIBUTE_INSTANT_RETRY
#define MAX_HANDLER_ATTRIBUTES 64

/* The attribute objects of a method or class; UNDEF where there is none. Owned. */
typedef struct handler_attributes {
	zval settings[LAST_SETTING + 1]; /* from FIRST_SETTING */
	zval handlers[MAX_HANDLER_ATTRIBUTES];
	ecoq_attribute_kind handler_kinds[MAX_HANDLER_ATTRIBUTES];
	uint32_t handler_count;
} handler_attributes;

typedef struct class_reader {
	ecoq_registry *registry;
	ecoq_registry_sources *sources;
	zend_class_entry *ce;
	const zval *target;
	const handler_attributes *defaults; /* the class's own attributes */
	uint32_t handler_count;
} class_reader;

static const ecoq_endpoint_kind endpoint_kinds[] = {
	[ECOQ_ATTRIBUTE_COMMAND_HANDLER] = ECOQ_COMMAND_HANDLER,
	[ECOQ_ATTRIBUTE_EVENT_HANDLER] = ECOQ_EVENT_HANDLER,
	[ECOQ_ATTRIBUTE_QUERY_HANDLER] = ECOQ_QUERY_HANDLER,
};

static const char *const attribute_names[] = {
	[ECOQ_ATTRIBUTE_COMMAND_HANDLER] = "CommandHandler",
	[ECOQ_ATTRIBUTE_EVENT_HANDLER] = "EventHandler",
	[ECOQ_ATTRIBUTE_QUERY_HANDLER] = "QueryHandler",
	[ECOQ_ATTRIBUTE_ASYNCHRONOUS] = "Asynchronous",
	[ECOQ_ATTRIBUTE_DELAYED] = "Delayed",
	[ECOQ_ATTRIBUTE_TIME_TO_LIVE] = "TimeToLive",
	[ECOQ_ATTRIBUTE_PRIORITY] = "Priority",
	[ECOQ_ATTRIBUTE_RETRY] = "Retry",
	[ECOQ_ATTRIBUTE_TIMEOUT] = "Timeout",
	[ECOQ_ATTRIBUTE_DEDUPLICATED] = "Deduplicated",
	[ECOQ_ATTRIBUTE_WITHOUT_TRANSACTION] = "WithoutTransaction",
	[ECOQ_ATTRIBUTE_INSTANT_RETRY] = "InstantRetry",
};

static void init_attributes(handler_attributes *attributes)
{
	attributes->handler_count = 0;
	for (int kind = 0; kind <= LAST_SETTING; kind++) {
		ZVAL_UNDEF(&attributes->settings[kind]);
	}
}

static void free_attributes(handler_attributes *attributes)
{
	for (int kind = 0; kind <= LAST_SETTING; kind++) {
		zval_ptr_dtor(&attributes->settings[kind]);
	}
	for (uint32_t i = 0; i < attributes->handler_count; i++) {
		zval_ptr_dtor(&attributes->handlers[i]);
	}
}

static bool keep_attribute(handler_attributes *attributes, ecoq_attribute_kind kind, zval *object, const char *place)
{
	if (kind > LAST_SETTING) {
		zval_ptr_dtor(object);
		return true;
	}
	if (kind >= FIRST_SETTING) {
		zval_ptr_dtor(&attributes->settings[kind]);
		ZVAL_COPY_VALUE(&attributes->settings[kind], object);
		return true;
	}
	if (attributes->handler_count == MAX_HANDLER_ATTRIBUTES) {
		zval_ptr_dtor(object);
		ecoq_throw_configuration("%s has more than %d handler attributes", place, MAX_HANDLER_ATTRIBUTES);
		return false;
	}
	attributes->handler_kinds[attributes->handler_count] = kind;
	ZVAL_COPY_VALUE(&attributes->handlers[attributes->handler_count++], object);
	return true;
}

/* Makes ecoq's attributes among the given ones; the caller frees them, also after a failure. False with a ConfigurationException. */
static bool read_attributes(const class_reader *reader, HashTable *list, zend_class_entry *scope, const char *place, handler_attributes *attributes)
{
	init_attributes(attributes);
	zend_attribute *attribute;
	if (!list) {
		return true;
	}
	ZEND_HASH_FOREACH_PTR(list, attribute) {
		zend_class_entry *ce = NULL;
		zval object;
		if (attribute->offset != 0) {
			continue;
		}
		ecoq_attribute_kind kind = ecoq_attribute_kind_of(attribute, &ce);
		ecoq_registry_sources_add_attribute(reader->sources, attribute, ce, scope);
		if (kind != ECOQ_ATTRIBUTE_NONE && (!ecoq_attribute_create(attribute, ce, scope, place, &object) || !keep_attribute(attributes, kind, &object, place))) {
			return false;
		}
	}
	ZEND_HASH_FOREACH_END();
	return true;
}

static const zval *setting(const class_reader *reader, const handler_attributes *method, ecoq_attribute_kind kind)
{
	const zval *own = &method->settings[kind];
	return Z_ISUNDEF_P(own) ? &reader->defaults->settings[kind] : own;
}

static void set_channels(const zval *attribute, ecoq_endpoint *endpoint)
{
	HashTable *names = Z_ARRVAL_P(OBJ_PROP_NUM(Z_OBJ_P(attribute), 0));
	zval *name;
	endpoint->channels = safe_emalloc(zend_hash_num_elements(names), sizeof(*endpoint->channels), 0);
	ZEND_HASH_FOREACH_VAL(names, name) {
		endpoint->channels[endpoint->channel_count++] = zend_string_copy(Z_STR_P(name));
	}
	ZEND_HASH_FOREACH_END();
}

static void set_expression(zval *value, ecoq_endpoint_expression *expression)
{
	if (Z_TYPE_P(value) == IS_STRING && ecoq_expression_is_path(Z_STR_P(value))) {
		expression->path = zend_string_copy(Z_STR_P(value));
	} else {
		ZVAL_COPY(&expression->callable, value);
	}
}

static void set_time(const zval *attribute, ecoq_endpoint_time *time)
{
	if (Z_ISUNDEF_P(attribute)) {
		return;
	}
	const zval *ms = OBJ_PROP_NUM(Z_OBJ_P(attribute), ECOQ_TIME_MILLISECONDS);
	time->is_set = true;
	if (Z_TYPE_P(ms) == IS_LONG) {
		time->ms = Z_LVAL_P(ms);
	} else {
		set_expression(OBJ_PROP_NUM(Z_OBJ_P(attribute), ECOQ_TIME_EXPRESSION), &time->expression);
	}
}

/* null leaves the list UNDEF. */
static void set_class_list(const zval *names, zval *list)
{
	if (Z_TYPE_P(names) == IS_ARRAY) {
		ZVAL_COPY(list, names);
	}
}

static void set_retry(const zval *attribute, ecoq_endpoint_retry *retry)
{
	if (Z_ISUNDEF_P(attribute)) {
		return;
	}
	const zval *slots = OBJ_PROP_NUM(Z_OBJ_P(attribute), 0);
	retry->has_max = Z_TYPE(slots[ECOQ_RETRY_MAX]) == IS_LONG;
	retry->has_delay = Z_TYPE(slots[ECOQ_RETRY_DELAY]) == IS_LONG;
	retry->has_multiplier = Z_TYPE(slots[ECOQ_RETRY_MULTIPLIER]) == IS_DOUBLE;
	retry->has_max_delay = Z_TYPE(slots[ECOQ_RETRY_MAX_DELAY]) == IS_LONG;
	retry->has_jitter = Z_TYPE(slots[ECOQ_RETRY_JITTER]) == IS_DOUBLE;
	retry->values.max_retries = retry->has_max ? Z_LVAL(slots[ECOQ_RETRY_MAX]) : 0;
	retry->values.delay_ms = retry->has_delay ? Z_LVAL(slots[ECOQ_RETRY_DELAY]) : 0;
	retry->values.multiplier = retry->has_multiplier ? Z_DVAL(slots[ECOQ_RETRY_MULTIPLIER]) : 0;
	retry->values.max_delay_ms = retry->has_max_delay ? Z_LVAL(slots[ECOQ_RETRY_MAX_DELAY]) : 0;
	retry->values.jitter = retry->has_jitter ? Z_DVAL(slots[ECOQ_RETRY_JITTER]) : 0;
	set_class_list(&slots[ECOQ_RETRY_ONLY], &retry->only);
	set_class_list(&slots[ECOQ_RETRY_NEVER], &retry->never);
}

static void set_deduplicated(const zval *attribute, ecoq_endpoint_deduplicated *deduplicated)
{
	if (Z_ISUNDEF_P(attribute)) {
		return;
	}
	const zval *header = OBJ_PROP_NUM(Z_OBJ_P(attribute), ECOQ_DEDUPLICATED_HEADER);
	zval *expression = OBJ_PROP_NUM(Z_OBJ_P(attribute), ECOQ_DEDUPLICATED_EXPRESSION);
	deduplicated->is_set = true;
	if (Z_TYPE_P(header) == IS_STRING) {
		deduplicated->header = zend_string_copy(Z_STR_P(header));
	} else if (Z_TYPE_P(expression) != IS_NULL) {
		set_expression(expression, &deduplicated->expression);
	}
}

static void set_instant_retry(const zval *attribute, ecoq_endpoint_instant_retry *retry)
{
	if (Z_ISUNDEF_P(attribute)) {
		return;
	}
	const zval *slots = OBJ_PROP_NUM(Z_OBJ_P(attribute), 0);
	retry->max = (uint32_t) Z_LVAL(slots[ECOQ_INSTANT_RETRY_MAX]);
	retry->delay_ms = Z_LVAL(slots[ECOQ_INSTANT_RETRY_DELAY]);
	set_class_list(&slots[ECOQ_INSTANT_RETRY_ONLY], &retry->only);
}

/* Why the setting cannot be for such a handler; NULL: it can. */
static const char *unfit_setting(ecoq_attribute_kind setting, ecoq_attribute_kind handler, bool is_asynchronous)
{
	if (setting == ECOQ_ATTRIBUTE_WITHOUT_TRANSACTION) {
		bool is_part = handler == ECOQ_ATTRIBUTE_EVENT_HANDLER && !is_asynchronous;
		return is_part ? "a synchronous subscriber is part of the publisher's transaction; make it #[Asynchronous]" : NULL;
	}
	if (setting == ECOQ_ATTRIBUTE_INSTANT_RETRY) {
		return is_asynchronous                          ? "the handler is asynchronous; #[Retry] is for those"
			: handler != ECOQ_ATTRIBUTE_COMMAND_HANDLER ? "only a command is run again at once; an #[Asynchronous] event handler can have #[Retry]"
														: NULL;
	}
	if (handler == ECOQ_ATTRIBUTE_QUERY_HANDLER) {
		return "a query is always answered at once, it cannot be sent through a channel";
	}
	return is_asynchronous ? NULL : "the handler is synchronous; give it #[Asynchronous('channel')]";
}

/* What would be ignored is a mistake on the method; on the class it is for its other methods. */
static bool check_settings(const handler_attributes *method, ecoq_attribute_kind handler, bool is_asynchronous, const char *place)
{
	for (int kind = FIRST_SETTING; kind <= LAST_SETTING; kind++) {
		const char *unfit = Z_ISUNDEF(method->settings[kind]) ? NULL : unfit_setting(kind, handler, is_asynchronous);
		if (unfit) {
			ecoq_throw_configuration("%s, #[%s]: %s", place, attribute_names[kind], unfit);
			return false;
		}
	}
	return true;
}

static void apply_asynchronous(const class_reader *reader, const handler_attributes *method, ecoq_endpoint *endpoint)
{
	set_channels(setting(reader, method, ECOQ_ATTRIBUTE_ASYNCHRONOUS), endpoint);
	set_time(setting(reader, method, ECOQ_ATTRIBUTE_DELAYED), &endpoint->delay);
	set_time(setting(reader, method, ECOQ_ATTRIBUTE_TIME_TO_LIVE), &endpoint->time_to_live);
	set_retry(setting(reader, method, ECOQ_ATTRIBUTE_RETRY), &endpoint->retry);
	set_deduplicated(setting(reader, method, ECOQ_ATTRIBUTE_DEDUPLICATED), &endpoint->deduplicated);
	const zval *priority = setting(reader, method, ECOQ_ATTRIBUTE_PRIORITY);
	if (!Z_ISUNDEF_P(priority)) {
		endpoint->priority = (int8_t) Z_LVAL_P(OBJ_PROP_NUM(Z_OBJ_P(priority), 0));
	}
	const zval *timeout = setting(reader, method, ECOQ_ATTRIBUTE_TIMEOUT);
	if (!Z_ISUNDEF_P(timeout)) {
		endpoint->timeout_ms = Z_LVAL_P(OBJ_PROP_NUM(Z_OBJ_P(timeout), 0));
	}
}

static bool apply_settings(const class_reader *reader, const handler_attributes *method, ecoq_attribute_kind handler, const char *place, ecoq_endpoint *endpoint)
{
	bool is_query = handler == ECOQ_ATTRIBUTE_QUERY_HANDLER;
	bool is_asynchronous = !is_query && !Z_ISUNDEF_P(setting(reader, method, ECOQ_ATTRIBUTE_ASYNCHRONOUS));
	if (!check_settings(method, handler, is_asynchronous, place)) {
		return false;
	}
	if (is_asynchronous) {
		apply_asynchronous(reader, method, endpoint);
	} else if (handler == ECOQ_ATTRIBUTE_COMMAND_HANDLER) {
		set_instant_retry(setting(reader, method, ECOQ_ATTRIBUTE_INSTANT_RETRY), &endpoint->instant_retry);
	}
	if (!unfit_setting(ECOQ_ATTRIBUTE_WITHOUT_TRANSACTION, handler, is_asynchronous)) {
		endpoint->without_transaction = !Z_ISUNDEF_P(setting(reader, method, ECOQ_ATTRIBUTE_WITHOUT_TRANSACTION));
	}
	return true;
}

static const char *unfit_reason(const zend_function *function, const ecoq_endpoint *endpoint)
{
	uint32_t flags = function->common.fn_flags;
	if (flags & (ZEND_ACC_PRIVATE | ZEND_ACC_PROTECTED)) {
		return "a handler must be public";
	}
	if (flags & ZEND_ACC_CTOR) {
		return "a constructor cannot be a handler";
	}
	bool runs_alone = endpoint->kind == ECOQ_EVENT_HANDLER || endpoint->channel_count > 0;
	return (flags & ZEND_ACC_GENERATOR) && runs_alone ? "it is a generator, whose body would never run" : NULL;
}

static zend_string *endpoint_id(const class_reader *reader, const zend_function *function, const handler_attributes *attributes, uint32_t number)
{
	zval *object = (zval *) &attributes->handlers[number];
	if (attributes->handler_kinds[number] != ECOQ_ATTRIBUTE_QUERY_HANDLER) {
		zval *id = OBJ_PROP_NUM(Z_OBJ_P(object), ECOQ_HANDLER_ENDPOINT_ID);
		if (Z_TYPE_P(id) == IS_STRING) {
			return zend_string_copy(Z_STR_P(id));
		}
	}
	return zend_strpprintf(0, "%s::%s", ZSTR_VAL(reader->ce->name), ZSTR_VAL(function->common.function_name));
}

/* A query has no id of its own, and no former ones. */
static void set_former_ids(const zval *attribute, ecoq_endpoint *endpoint)
{
	zval *id;
	if (endpoint->kind == ECOQ_QUERY_HANDLER) {
		return;
	}
	ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(OBJ_PROP_NUM(Z_OBJ_P(attribute), ECOQ_HANDLER_FORMERLY)), id) {
		ecoq_endpoint_add_former_id(endpoint, Z_STR_P(id));
	}
	ZEND_HASH_FOREACH_END();
}

/* The endpoint of one handler attribute. NULL with a ConfigurationException. */
static ecoq_endpoint *create_endpoint(const class_reader *reader, zend_function *function, const handler_attributes *attributes, uint32_t number, const char *place)
{
	ecoq_attribute_kind kind = attributes->handler_kinds[number];
	ecoq_endpoint *endpoint = ecoq_endpoint_new(endpoint_kinds[kind]);
	endpoint->id = endpoint_id(reader, function, attributes, number);
	endpoint->class_name = zend_string_copy(reader->ce->name);
	endpoint->method = zend_string_copy(function->common.function_name);
	set_former_ids(&attributes->handlers[number], endpoint);
	bool ok = apply_settings(reader, attributes, kind, place, endpoint);
	const char *unfit = ok ? unfit_reason(function, endpoint) : NULL;
	if (unfit) {
		ecoq_throw_configuration("%s, #[%s]: %s", place, attribute_names[kind], unfit);
	}
	zend_string *type = Z_STR_P(OBJ_PROP_NUM(Z_OBJ(attributes->handlers[number]), ECOQ_HANDLER_TYPE));
	if (!ok || unfit || !ecoq_handler_types_add(endpoint, function, reader->ce, type, reader->sources, place, attribute_names[kind])) {
		ecoq_endpoint_free(endpoint);
		return NULL;
	}
	return endpoint;
}

/* Moves the types and former ids of `extra` to `endpoint`: the same method under the same id is one endpoint for several types. */
static void merge_endpoint(ecoq_endpoint *endpoint, ecoq_endpoint *extra)
{
	for (uint32_t i = 0; i < extra->type_count; i++) {
		ecoq_endpoint_add_type(endpoint, extra->types[i], extra->type_is_class[i]);
	}
	for (uint32_t i = 0; i < extra->former_id_count; i++) {
		ecoq_endpoint_add_former_id(endpoint, extra->former_ids[i]);
	}
	ecoq_endpoint_free(extra);
}

static bool add_endpoints(class_reader *reader, zend_function *function, const handler_attributes *attributes, const char *place)
{
	ecoq_endpoint *pending[MAX_HANDLER_ATTRIBUTES];
	uint32_t count = 0;
	bool ok = true;
	for (uint32_t number = 0; ok && number < attributes->handler_count; number++) {
		ecoq_endpoint *endpoint = create_endpoint(reader, function, attributes, number, place);
		uint32_t same = 0;
		while (endpoint && same < count && !(pending[same]->kind == endpoint->kind && zend_string_equals(pending[same]->id, endpoint->id))) {
			same++;
		}
		if (!endpoint) {
			ok = false;
		} else if (same < count) {
			merge_endpoint(pending[same], endpoint);
		} else {
			pending[count++] = endpoint;
		}
	}
	for (uint32_t i = 0; i < count; i++) {
		if (!ok) {
			ecoq_endpoint_free(pending[i]);
			continue;
		}
		ZVAL_COPY(&pending[i]->target, reader->target);
		ok = ecoq_registry_add(reader->registry, pending[i]);
	}
	reader->handler_count += count;
	return ok;
}

/* Settings on a method without a handler attribute would be ignored. */
static bool check_stray_settings(const handler_attributes *attributes, const char *place)
{
	for (int kind = FIRST_SETTING; kind <= LAST_SETTING; kind++) {
		if (!Z_ISUNDEF(attributes->settings[kind])) {
			ecoq_throw_configuration("%s, #[%s]: the method is no handler; give it #[CommandHandler] or #[EventHandler]", place, attribute_names[kind]);
			return false;
		}
	}
	return true;
}

static bool read_method(class_reader *reader, zend_function *function)
{
	if (!function->common.attributes || (function->common.fn_flags & ZEND_ACC_ABSTRACT)) {
		return true;
	}
	zend_string *place = zend_strpprintf(0, "%s::%s", ZSTR_VAL(reader->ce->name), ZSTR_VAL(function->common.function_name));
	handler_attributes attributes;
	bool ok = read_attributes(reader, function->common.attributes, function->common.scope, ZSTR_VAL(place), &attributes);
	if (ok && attributes.handler_count == 0) {
		ok = check_stray_settings(&attributes, ZSTR_VAL(place));
	} else if (ok) {
		ok = add_endpoints(reader, function, &attributes, ZSTR_VAL(place));
	}
	free_attributes(&attributes);
	zend_string_release(place);
	return ok;
}

static bool read_methods(class_reader *reader)
{
	zend_function *function;
	ZEND_HASH_FOREACH_PTR(&reader->ce->function_table, function) {
		if (!read_method(reader, function)) {
			return false;
		}
	}
	ZEND_HASH_FOREACH_END();
	if (reader->handler_count == 0) {
		ecoq_throw_configuration("Class %s has no handler: give a public method #[CommandHandler], #[EventHandler] or #[QueryHandler]", ZSTR_VAL(reader->ce->name));
		return false;
	}
	return true;
}

bool ecoq_handler_class_read(ecoq_registry *registry, ecoq_registry_sources *sources, zend_class_entry *ce, const zval *target)
{
	handler_attributes defaults;
	class_reader reader = {.registry = registry, .sources = sources, .ce = ce, .target = target, .defaults = &defaults};
	ecoq_registry_sources_begin(sources);
	ecoq_registry_sources_add_class(sources, ce);
	bool ok = read_attributes(&reader, ce->attributes, ce, ZSTR_VAL(ce->name), &defaults) && read_methods(&reader);
	free_attributes(&defaults);
	return ok;
}
