#include "endpoint/registry.h"

#include "endpoint/call_plan.h"
#include "php/exceptions.h"

static void free_index_list(zval *item)
{
	ecoq_index_list *list = Z_PTR_P(item);
	efree(list->items);
	efree(list);
}

ecoq_registry *ecoq_registry_new(void)
{
	ecoq_registry *registry = ecalloc(1, sizeof(*registry));
	zend_hash_init(&registry->ids, 8, NULL, NULL, false);
	for (int kind = 0; kind < 3; kind++) {
		zend_hash_init(&registry->tables[kind].exact, 8, NULL, free_index_list, false);
		zend_hash_init(&registry->tables[kind].classes, 8, NULL, free_index_list, false);
	}
	ecoq_registry_lookup_init(registry);
	return registry;
}

void ecoq_registry_free(ecoq_registry *registry)
{
	if (!registry) {
		return;
	}
	ecoq_registry_lookup_free(registry);
	for (int kind = 0; kind < 3; kind++) {
		zend_hash_destroy(&registry->tables[kind].exact);
		zend_hash_destroy(&registry->tables[kind].classes);
	}
	zend_hash_destroy(&registry->ids);
	for (uint32_t i = 0; i < registry->all.count; i++) {
		ecoq_endpoint_free(registry->all.items[i]);
	}
	if (registry->all.items) {
		efree(registry->all.items);
	}
	if (registry->patterns) {
		efree(registry->patterns);
	}
	efree(registry);
}

void ecoq_registry_get_gc(ecoq_registry *registry, zend_get_gc_buffer *buffer)
{
	for (uint32_t i = 0; i < registry->all.count; i++) {
		ecoq_endpoint *endpoint = registry->all.items[i];
		zend_get_gc_buffer_add_zval(buffer, &endpoint->target);
		zend_get_gc_buffer_add_zval(buffer, &endpoint->delay.expression.callable);
		zend_get_gc_buffer_add_zval(buffer, &endpoint->time_to_live.expression.callable);
		zend_get_gc_buffer_add_zval(buffer, &endpoint->deduplicated.expression.callable);
	}
}

ecoq_endpoint *ecoq_endpoint_new(ecoq_endpoint_kind kind)
{
	ecoq_endpoint *endpoint = ecalloc(1, sizeof(*endpoint));
	endpoint->kind = kind;
	endpoint->priority = -1;
	ZVAL_UNDEF(&endpoint->target);
	ZVAL_UNDEF(&endpoint->delay.expression.callable);
	ZVAL_UNDEF(&endpoint->time_to_live.expression.callable);
	ZVAL_UNDEF(&endpoint->retry.only);
	ZVAL_UNDEF(&endpoint->retry.never);
	ZVAL_UNDEF(&endpoint->instant_retry.only);
	ZVAL_UNDEF(&endpoint->deduplicated.expression.callable);
	return endpoint;
}

static void free_strings(zend_string **strings, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		zend_string_release(strings[i]);
	}
	if (strings) {
		efree(strings);
	}
}

static void release(zend_string *string)
{
	if (string) {
		zend_string_release(string);
	}
}

static void free_expression(ecoq_endpoint_expression *expression)
{
	release(expression->path);
	zval_ptr_dtor(&expression->callable);
}

void ecoq_endpoint_free(ecoq_endpoint *endpoint)
{
	if (endpoint->plan) {
		ecoq_call_plan_free(endpoint->plan);
	}
	release(endpoint->id);
	release(endpoint->class_name);
	release(endpoint->method);
	free_strings(endpoint->types, endpoint->type_count);
	free_strings(endpoint->channels, endpoint->channel_count);
	if (endpoint->type_is_class) {
		efree(endpoint->type_is_class);
	}
	free_strings(endpoint->former_ids, endpoint->former_id_count);
	free_expression(&endpoint->delay.expression);
	free_expression(&endpoint->time_to_live.expression);
	free_expression(&endpoint->deduplicated.expression);
	release(endpoint->deduplicated.header);
	zval_ptr_dtor(&endpoint->retry.only);
	zval_ptr_dtor(&endpoint->retry.never);
	zval_ptr_dtor(&endpoint->instant_retry.only);
	zval_ptr_dtor(&endpoint->target);
	efree(endpoint);
}

void ecoq_endpoint_add_type(ecoq_endpoint *endpoint, zend_string *type, bool is_class)
{
	for (uint32_t i = 0; i < endpoint->type_count; i++) {
		if (zend_string_equals(endpoint->types[i], type)) {
			endpoint->type_is_class[i] |= is_class;
			return;
		}
	}
	endpoint->types = safe_erealloc(endpoint->types, endpoint->type_count + 1, sizeof(*endpoint->types), 0);
	endpoint->type_is_class = safe_erealloc(endpoint->type_is_class, endpoint->type_count + 1, sizeof(*endpoint->type_is_class), 0);
	endpoint->types[endpoint->type_count] = zend_string_copy(type);
	endpoint->type_is_class[endpoint->type_count++] = is_class;
}

void ecoq_endpoint_add_former_id(ecoq_endpoint *endpoint, zend_string *id)
{
	for (uint32_t i = 0; i < endpoint->former_id_count; i++) {
		if (zend_string_equals(endpoint->former_ids[i], id)) {
			return;
		}
	}
	endpoint->former_ids = safe_erealloc(endpoint->former_ids, endpoint->former_id_count + 1, sizeof(*endpoint->former_ids), 0);
	endpoint->former_ids[endpoint->former_id_count++] = zend_string_copy(id);
}

zend_string *ecoq_endpoint_place(const ecoq_endpoint *endpoint)
{
	if (!endpoint->class_name) {
		return zend_strpprintf(0, "the callable for \"%s\"", ZSTR_VAL(endpoint->types[0]));
	}
	return zend_strpprintf(0, "%s::%s", ZSTR_VAL(endpoint->class_name), ZSTR_VAL(endpoint->method));
}

/* "<what> is used by A::b and C::d<advice>" */
static void throw_taken(const char *what, const zend_string *name, const char *verb, const ecoq_endpoint *first, const ecoq_endpoint *second, const char *advice)
{
	zend_string *a = ecoq_endpoint_place(first), *b = ecoq_endpoint_place(second);
	ecoq_throw_configuration("%s \"%s\" %s %s and %s%s", what, ZSTR_VAL(name), verb, ZSTR_VAL(a), ZSTR_VAL(b), advice);
	zend_string_release(a);
	zend_string_release(b);
}

static bool is_same_method(const ecoq_endpoint *a, const ecoq_endpoint *b)
{
	return a->class_name && b->class_name && zend_string_equals(a->class_name, b->class_name) && zend_string_equals(a->method, b->method);
}

/* An id is either that of one endpoint now, or formerly was. */
static bool add_id(ecoq_registry *registry, ecoq_endpoint *endpoint, zend_string *id)
{
	ecoq_endpoint *other = zend_hash_find_ptr(&registry->ids, id);
	if (!other) {
		zend_hash_add_new_ptr(&registry->ids, id, endpoint);
		return true;
	}
	if (other == endpoint) {
		zend_string *place = ecoq_endpoint_place(endpoint);
		ecoq_throw_configuration("%s: formerly: names \"%s\", which is its endpoint id now", ZSTR_VAL(place), ZSTR_VAL(id));
		zend_string_release(place);
		return false;
	}
	bool is_former = id != endpoint->id || !zend_string_equals(id, other->id);
	const char *advice = "; give one of them another endpointId";
	if (is_former) {
		advice = "; what one names in formerly: must not be an id, or a former one, of another";
	} else if (is_same_method(other, endpoint)) {
		advice = other->kind == endpoint->kind ? ": the class is given twice in handlers" : "; give one of the method's handler attributes another endpointId";
	}
	throw_taken("Endpoint id", id, "is used by", other, endpoint, advice);
	return false;
}

/* Takes back what add_id() noted for an endpoint that is refused. */
static void remove_ids(ecoq_registry *registry, const ecoq_endpoint *endpoint, uint32_t former_count)
{
	zend_hash_del(&registry->ids, endpoint->id);
	for (uint32_t i = 0; i < former_count; i++) {
		zend_hash_del(&registry->ids, endpoint->former_ids[i]);
	}
}

static bool add_ids(ecoq_registry *registry, ecoq_endpoint *endpoint)
{
	if (!add_id(registry, endpoint, endpoint->id)) {
		return false;
	}
	for (uint32_t i = 0; i < endpoint->former_id_count; i++) {
		if (!add_id(registry, endpoint, endpoint->former_ids[i])) {
			remove_ids(registry, endpoint, i);
			return false;
		}
	}
	return true;
}

static void index_list_add(ecoq_index_list *list, uint32_t index)
{
	if (list->count > 0 && list->items[list->count - 1] == index) {
		return;
	}
	if (list->count == list->capacity) {
		list->capacity = list->capacity ? 2 * list->capacity : 1;
		list->items = safe_erealloc(list->items, list->capacity, sizeof(*list->items), 0);
	}
	list->items[list->count++] = index;
}

/* Adds the endpoint under the key. False with a ConfigurationException when the kind allows one only and another has it. */
static bool add_route(ecoq_registry *registry, HashTable *table, zend_string *key, const zend_string *type, ecoq_endpoint *endpoint, uint32_t index)
{
	ecoq_index_list *list = zend_hash_find_ptr(table, key);
	if (!list) {
		list = ecalloc(1, sizeof(*list));
		zend_hash_add_new_ptr(table, key, list);
	} else if (endpoint->kind != ECOQ_EVENT_HANDLER && list->items[0] != index) {
		throw_taken(endpoint->kind == ECOQ_COMMAND_HANDLER ? "Command" : "Query", type, "has two handlers,", registry->all.items[list->items[0]], endpoint, ": it needs exactly one");
		return false;
	}
	index_list_add(list, index);
	return true;
}

static void add_pattern(ecoq_registry *registry, zend_string *pattern, uint32_t index)
{
	registry->patterns = safe_erealloc(registry->patterns, registry->pattern_count + 1, sizeof(*registry->patterns), 0);
	registry->patterns[registry->pattern_count++] = (ecoq_route_pattern){.pattern = pattern, .endpoint = index};
}

static bool add_type(ecoq_registry *registry, ecoq_endpoint *endpoint, uint32_t number, uint32_t index)
{
	ecoq_route_table *table = &registry->tables[endpoint->kind];
	zend_string *type = endpoint->types[number];
	if (endpoint->kind == ECOQ_EVENT_HANDLER && memchr(ZSTR_VAL(type), '*', ZSTR_LEN(type))) {
		add_pattern(registry, type, index);
		return true;
	}
	if (!add_route(registry, &table->exact, type, type, endpoint, index)) {
		return false;
	}
	if (!endpoint->type_is_class[number]) {
		return true;
	}
	zend_string *lower = zend_string_tolower(type);
	bool ok = add_route(registry, &table->classes, lower, type, endpoint, index);
	zend_string_release(lower);
	return ok;
}

bool ecoq_registry_add(ecoq_registry *registry, ecoq_endpoint *endpoint)
{
	if (!add_ids(registry, endpoint)) {
		ecoq_endpoint_free(endpoint);
		return false;
	}
	uint32_t index = registry->all.count;
	if (index == registry->capacity) {
		registry->capacity = registry->capacity ? 2 * registry->capacity : 8;
		registry->all.items = safe_erealloc(registry->all.items, registry->capacity, sizeof(*registry->all.items), 0);
	}
	registry->all.items[registry->all.count++] = endpoint;
	for (uint32_t i = 0; i < endpoint->type_count; i++) {
		if (!add_type(registry, endpoint, i, index)) {
			return false; /* freed with the registry */
		}
	}
	return true;
}

ecoq_registry *ecoq_registry_create(HashTable *handlers)
{
	ecoq_registry *registry = ecoq_registry_new();
	if (!ecoq_registry_build(registry, handlers)) {
		ecoq_registry_free(registry);
		return NULL;
	}
	return registry;
}

ecoq_endpoint *ecoq_registry_by_id(ecoq_registry *registry, ecoq_bytes id)
{
	return id.size ? zend_hash_str_find_ptr(&registry->ids, id.data, id.size) : NULL;
}

const ecoq_endpoint_list *ecoq_registry_all(ecoq_registry *registry)
{
	return &registry->all;
}
