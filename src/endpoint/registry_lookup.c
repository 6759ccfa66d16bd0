#include "endpoint/registry.h"

/* How many types' results are kept: types come from outside, and whoever can write to a queue could fill the memory with new ones. */
#define MEMO_LIMIT 1024

/* What was computed for one type without a class. */
typedef struct type_memo {
	zend_string *lower_name; /* the type as a class name; NULL: it cannot be one */
	zend_class_entry *ce;    /* the loaded class of that name when it was computed */
	const ecoq_endpoint_list *subscribers;
	const ecoq_endpoint_list *handlers; /* subscribers and the command handler */
} type_memo;

typedef struct class_memo {
	zend_string *type;
	const ecoq_endpoint_list *subscribers;
} class_memo;

static void free_type_memo(zval *item)
{
	type_memo *memo = Z_PTR_P(item);
	if (memo->lower_name) {
		zend_string_release(memo->lower_name);
	}
	efree(memo);
}

static void free_class_memo(zval *item)
{
	class_memo *memo = Z_PTR_P(item);
	zend_string_release(memo->type);
	efree(memo);
}

static void free_list(zval *item)
{
	efree(Z_PTR_P(item));
}

void ecoq_registry_lookup_init(ecoq_registry *registry)
{
	zend_hash_init(&registry->lists, 8, NULL, free_list, false);
	zend_hash_init(&registry->by_type, 8, NULL, free_type_memo, false);
	zend_hash_init(&registry->by_class, 8, NULL, free_class_memo, false);
}

void ecoq_registry_lookup_free(ecoq_registry *registry)
{
	zend_hash_destroy(&registry->by_class);
	zend_hash_destroy(&registry->by_type);
	zend_hash_destroy(&registry->lists);
}

/* The type as a lower-case class name without leading backslash; NULL when no class can be named so. */
static zend_string *class_key(const zend_string *type)
{
	const char *name = ZSTR_VAL(type);
	size_t size = ZSTR_LEN(type);
	if (size > 0 && name[0] == '\\') {
		name++;
		size--;
	}
	for (size_t i = 0; i < size; i++) {
		unsigned char c = name[i];
		bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '\\' || c >= 0x80;
		if (!fits) {
			return NULL;
		}
	}
	if (size == 0) {
		return NULL;
	}
	zend_string *key = zend_string_alloc(size, false);
	zend_str_tolower_copy(ZSTR_VAL(key), name, size);
	return key;
}

static const ecoq_index_list *find_class_route(const ecoq_route_table *table, zend_string *type)
{
	zend_string *key = zend_hash_num_elements(&table->classes) > 0 ? class_key(type) : NULL;
	if (!key) {
		return NULL;
	}
	const ecoq_index_list *list = zend_hash_find_ptr(&table->classes, key);
	zend_string_release(key);
	return list;
}

static const ecoq_index_list *find_route(const ecoq_route_table *table, zend_string *type)
{
	const ecoq_index_list *list = zend_hash_find_ptr(&table->exact, type);
	return list ? list : find_class_route(table, type);
}

static ecoq_endpoint *find_one(ecoq_registry *registry, ecoq_endpoint_kind kind, zend_string *type)
{
	const ecoq_index_list *list = find_route(&registry->tables[kind], type);
	return list ? registry->all.items[list->items[0]] : NULL;
}

ecoq_endpoint *ecoq_registry_command(ecoq_registry *registry, zend_string *type)
{
	return find_one(registry, ECOQ_COMMAND_HANDLER, type);
}

ecoq_endpoint *ecoq_registry_query(ecoq_registry *registry, zend_string *type)
{
	return find_one(registry, ECOQ_QUERY_HANDLER, type);
}

/* `*` matches any run of characters. Whenever the rest fails, the last star takes one character more; earlier ones never need to. */
static bool pattern_matches(const zend_string *pattern, const zend_string *text)
{
	const char *p = ZSTR_VAL(pattern), *p_end = p + ZSTR_LEN(pattern);
	const char *t = ZSTR_VAL(text), *t_end = t + ZSTR_LEN(text);
	const char *after_star = NULL, *resume = NULL;
	while (t < t_end) {
		if (p < p_end && *p == '*') {
			after_star = ++p;
			resume = t;
		} else if (p < p_end && *p == *t) {
			p++;
			t++;
		} else if (after_star) {
			p = after_star;
			t = ++resume;
		} else {
			return false;
		}
	}
	while (p < p_end && *p == '*') {
		p++;
	}
	return p == p_end;
}

static void mark(bool *marks, const ecoq_index_list *list)
{
	for (uint32_t i = 0; list && i < list->count; i++) {
		marks[list->items[i]] = true;
	}
}

/* Subscribers by the name of one class. */
static void mark_class(const ecoq_registry *registry, const zend_class_entry *ce, bool *marks)
{
	const ecoq_route_table *events = &registry->tables[ECOQ_EVENT_HANDLER];
	zend_string *lower = zend_string_tolower(ce->name);
	mark(marks, zend_hash_find_ptr(&events->exact, ce->name));
	mark(marks, zend_hash_find_ptr(&events->classes, lower));
	zend_string_release(lower);
}

static void mark_subscribers(const ecoq_registry *registry, zend_string *type, const zend_class_entry *ce, bool *marks)
{
	const ecoq_route_table *events = &registry->tables[ECOQ_EVENT_HANDLER];
	mark(marks, zend_hash_find_ptr(&events->exact, type));
	mark(marks, find_class_route(events, type));
	for (uint32_t i = 0; i < registry->pattern_count; i++) {
		const ecoq_route_pattern *route = &registry->patterns[i];
		if (pattern_matches(route->pattern, type) || (ce && pattern_matches(route->pattern, ce->name))) {
			marks[route->endpoint] = true;
		}
	}
	if (!ce) {
		return;
	}
	for (uint32_t i = 0; i < ce->num_interfaces; i++) {
		mark_class(registry, ce->interfaces[i], marks);
	}
	for (; ce; ce = ce->parent) {
		mark_class(registry, ce, marks);
	}
}

/* The list of what is marked. Equal lists are one list, so their number stays that of the routes however many types there are. */
static const ecoq_endpoint_list *intern_list(ecoq_registry *registry, const bool *marks)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < registry->all.count; i++) {
		count += marks[i];
	}
	size_t items = count * sizeof(ecoq_endpoint *);
	ecoq_endpoint_list *list = emalloc(sizeof(*list) + items);
	list->items = (ecoq_endpoint **) (list + 1);
	list->count = 0;
	for (uint32_t i = 0; i < registry->all.count; i++) {
		if (marks[i]) {
			list->items[list->count++] = registry->all.items[i];
		}
	}
	ecoq_endpoint_list *known = zend_hash_str_find_ptr(&registry->lists, (char *) list->items, items);
	if (known) {
		efree(list);
		return known;
	}
	return zend_hash_str_add_new_ptr(&registry->lists, (char *) list->items, items, list);
}

static void compute_for_type(ecoq_registry *registry, zend_string *type, type_memo *memo)
{
	bool *marks = ecalloc(registry->all.count + 1, sizeof(*marks));
	mark_subscribers(registry, type, memo->ce, marks);
	memo->subscribers = intern_list(registry, marks);
	mark(marks, find_route(&registry->tables[ECOQ_COMMAND_HANDLER], type));
	memo->handlers = intern_list(registry, marks);
	efree(marks);
}

static zend_class_entry *loaded_class(zend_string *lower_name)
{
	zend_class_entry *ce = lower_name ? zend_hash_find_ptr(EG(class_table), lower_name) : NULL;
	return ce && (ce->ce_flags & ZEND_ACC_LINKED) ? ce : NULL;
}

static const type_memo *for_type(ecoq_registry *registry, zend_string *type)
{
	type_memo *memo = zend_hash_find_ptr(&registry->by_type, type);
	if (memo) {
		zend_class_entry *ce = loaded_class(memo->lower_name);
		if (ce != memo->ce) {
			memo->ce = ce;
			compute_for_type(registry, type, memo);
		}
		return memo;
	}
	if (zend_hash_num_elements(&registry->by_type) >= MEMO_LIMIT) {
		zend_hash_clean(&registry->by_type);
	}
	memo = ecalloc(1, sizeof(*memo));
	memo->lower_name = class_key(type);
	memo->ce = loaded_class(memo->lower_name);
	compute_for_type(registry, type, memo);
	zend_hash_add_new_ptr(&registry->by_type, type, memo);
	return memo;
}

/* Events are published by class far more often than by name: one memo per class, for the type it was last published as. */
static const ecoq_endpoint_list *for_class(ecoq_registry *registry, zend_string *type, zend_class_entry *ce)
{
	zend_ulong key = (zend_ulong) (uintptr_t) ce;
	class_memo *memo = zend_hash_index_find_ptr(&registry->by_class, key);
	if (memo && zend_string_equals(memo->type, type)) {
		return memo->subscribers;
	}
	if (!memo) {
		memo = ecalloc(1, sizeof(*memo));
		zend_hash_index_add_new_ptr(&registry->by_class, key, memo);
	} else {
		zend_string_release(memo->type);
	}
	bool *marks = ecalloc(registry->all.count + 1, sizeof(*marks));
	mark_subscribers(registry, type, ce, marks);
	memo->type = zend_string_copy(type);
	memo->subscribers = intern_list(registry, marks);
	efree(marks);
	return memo->subscribers;
}

const ecoq_endpoint_list *ecoq_registry_subscribers(ecoq_registry *registry, zend_string *type, zend_class_entry *ce)
{
	return ce ? for_class(registry, type, ce) : for_type(registry, type)->subscribers;
}

const ecoq_endpoint_list *ecoq_registry_for_type(ecoq_registry *registry, zend_string *type)
{
	return for_type(registry, type)->handlers;
}
