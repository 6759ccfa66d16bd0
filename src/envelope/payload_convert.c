#include "envelope/payload_plan.h"

#include "zend_smart_str.h"

/* Arguments of constructors with no more parameters than this need no allocation. */
#define ARGUMENTS_ON_STACK 16

typedef struct conversion {
	ecoq_payload_error error;
	uint32_t depth;
} conversion;

/* What user code and cyclic arrays can nest, JSON that was read cannot. */
#define MAX_DEPTH 512

static bool convert(conversion *c, const ecoq_payload_type *type, zval *value, zval *result);

/* ---- Mismatches ---- */

/* What else there is to say about the one class that was expected. The caller owns it. */
static zend_string *hint_of(const ecoq_payload_type *type, const zval *value)
{
	smart_str hint = {0};
	const ecoq_payload_class *plan = type->count == 1 ? type->alternatives[0].plan : NULL;
	if (type->count == 1 && !plan) {
		smart_str_appends(&hint, " (an intersection: no object can be made from JSON)");
	} else if (plan && plan->kind == ECOQ_PAYLOAD_PASSED) {
		smart_str_append_printf(&hint, " (%s: no object can be made from JSON)", plan->ce->ce_flags & ZEND_ACC_INTERFACE ? "an interface" : "an abstract class");
	} else if (plan && plan->kind == ECOQ_PAYLOAD_NEVER) {
		smart_str_appends(&hint, " (a native class: no object can be made from JSON)");
	} else if (plan && plan->kind == ECOQ_PAYLOAD_DATE) {
		smart_str_appends(&hint, " as in \"2026-11-21T10:00:00+01:00\"");
	} else if (plan && plan->kind == ECOQ_PAYLOAD_ENUM && (Z_TYPE_P(value) == IS_STRING || Z_TYPE_P(value) == IS_LONG)) {
		ecoq_payload_list_cases(plan->ce, &hint);
	}
	smart_str_0(&hint);
	return hint.s ? hint.s : ZSTR_EMPTY_ALLOC();
}

static bool mismatch(conversion *c, const ecoq_payload_type *type, const zval *value)
{
	zend_string *got = ecoq_payload_describe(value);
	zend_string *hint = hint_of(type, value);
	ecoq_payload_fail(&c->error, "expected %s%s, got %s", ZSTR_VAL(type->expected), ZSTR_VAL(hint), ZSTR_VAL(got));
	zend_string_release(hint);
	zend_string_release(got);
	return false;
}

static bool fail_too_deep(conversion *c)
{
	return ecoq_payload_fail(&c->error, "nested deeper than %d levels", MAX_DEPTH);
}

/* ---- Objects of a class with a plan ---- */

/* Producers mostly write the keys in the order of the plan, so that is looked at first. */
static zend_always_inline zval *find_value(HashTable *data, const ecoq_payload_slot *slot, uint32_t position)
{
	if (position < data->nNumUsed && !HT_IS_PACKED(data)) {
		Bucket *bucket = data->arData + position;
		if (bucket->h == ZSTR_H(slot->name) && bucket->key && zend_string_equal_content(bucket->key, slot->name) && Z_TYPE(bucket->val) != IS_UNDEF) {
			return &bucket->val;
		}
	}
	return zend_hash_find_known_hash(data, slot->name);
}

/* The value of a slot, or UNDEF where the default is to stand. */
static zend_always_inline bool convert_slot(conversion *c, const ecoq_payload_slot *slot, zval *value, zval *result)
{
	if (EXPECTED(value)) {
		return EXPECTED(convert(c, slot->type, value, result)) || ecoq_payload_fail_at_key(&c->error, slot->name);
	}
	if (slot->has_default) {
		ZVAL_UNDEF(result);
		return true;
	}
	if (slot->type->takes_null) {
		ZVAL_NULL(result);
		return true;
	}
	ecoq_payload_fail(&c->error, "missing, %s expected", ZSTR_VAL(slot->type->expected));
	return ecoq_payload_fail_at_key(&c->error, slot->name);
}

/* Releases what was not finished; its destructor is not run. */
static bool give_up_object(zval *object)
{
	zend_object_store_ctor_failed(Z_OBJ_P(object));
	zval_ptr_dtor(object);
	return false;
}

static bool instantiate(conversion *c, zend_class_entry *ce, zval *result)
{
	if (EXPECTED(object_init_ex(result, ce) == SUCCESS)) {
		return true;
	}
	return ecoq_payload_fail_by_exception(&c->error, "new %s", ZSTR_VAL(ce->name));
}

/* Puts a value into a new object; it is taken over. */
static bool write_property(conversion *c, zend_object *object, const ecoq_payload_slot *slot, zval *value)
{
	const zend_property_info *property = slot->property;
	if (EXPECTED(slot->is_direct)) {
		zval *place = OBJ_PROP(object, property->offset);
		zval_ptr_dtor(place);
		ZVAL_COPY_VALUE(place, value);
		Z_PROP_FLAG_P(place) = 0;
		return true;
	}
	zend_update_property_ex(property->ce, object, slot->name, value);
	zval_ptr_dtor(value);
	if (EG(exception)) {
		ecoq_payload_fail_by_exception(&c->error, "%s::$%s", ZSTR_VAL(object->ce->name), ZSTR_VAL(slot->name));
		return ecoq_payload_fail_at_key(&c->error, slot->name);
	}
	return true;
}

static bool make_by_properties(conversion *c, const ecoq_payload_class *plan, HashTable *data, zval *result)
{
	if (!instantiate(c, plan->ce, result)) {
		return false;
	}
	for (uint32_t i = 0; i < plan->slot_count; i++) {
		zval value;
		const ecoq_payload_slot *slot = &plan->slots[i];
		if (UNEXPECTED(!convert_slot(c, slot, find_value(data, slot, i), &value))) {
			return give_up_object(result);
		}
		if (Z_TYPE(value) != IS_UNDEF && UNEXPECTED(!write_property(c, Z_OBJ_P(result), slot, &value))) {
			return give_up_object(result);
		}
	}
	return true;
}

/* The arguments of one constructor call. */
typedef struct call_arguments {
	zval *values;
	uint32_t count;
	zval on_stack[ARGUMENTS_ON_STACK];
} call_arguments;

static void free_arguments(call_arguments *arguments)
{
	for (uint32_t i = 0; i < arguments->count; i++) {
		zval_ptr_dtor(&arguments->values[i]);
	}
	if (arguments->values != arguments->on_stack) {
		efree(arguments->values);
	}
}

/* Appends the elements of a variadic parameter's array. */
static bool spread(conversion *c, const ecoq_payload_slot *slot, zval *value, call_arguments *arguments)
{
	zend_ulong index;
	zend_string *key;
	zval *element;
	ZEND_HASH_FOREACH_KEY_VAL(Z_ARRVAL_P(value), index, key, element) {
		if (!convert(c, slot->type, element, &arguments->values[arguments->count])) {
			ecoq_payload_fail_at(&c->error, key, index);
			return ecoq_payload_fail_at_key(&c->error, slot->name);
		}
		arguments->count++;
	} ZEND_HASH_FOREACH_END();
	return true;
}

static void reserve_arguments(const ecoq_payload_class *plan, HashTable *data, call_arguments *arguments)
{
	size_t needed = plan->slot_count;
	const ecoq_payload_slot *last = needed ? &plan->slots[needed - 1] : NULL;
	zval *variadic = last && last->is_variadic ? zend_hash_find_known_hash(data, last->name) : NULL;
	if (variadic) {
		ZVAL_DEREF(variadic);
		needed += Z_TYPE_P(variadic) == IS_ARRAY ? zend_hash_num_elements(Z_ARRVAL_P(variadic)) : 0;
	}
	arguments->count = 0;
	arguments->values = EXPECTED(needed <= ARGUMENTS_ON_STACK) ? arguments->on_stack : safe_emalloc(needed, sizeof(zval), 0);
}

static bool fill_arguments(conversion *c, const ecoq_payload_class *plan, HashTable *data, call_arguments *arguments)
{
	for (uint32_t i = 0; i < plan->slot_count; i++) {
		const ecoq_payload_slot *slot = &plan->slots[i];
		zval *value = find_value(data, slot, i);
		if (UNEXPECTED(slot->is_variadic)) {
			if (!value) {
				continue;
			}
			ZVAL_DEREF(value);
			if (Z_TYPE_P(value) == IS_ARRAY) {
				return spread(c, slot, value, arguments);
			}
			zend_string *got = ecoq_payload_describe(value);
			ecoq_payload_fail(&c->error, "expected array of %s, got %s", ZSTR_VAL(slot->type->expected), ZSTR_VAL(got));
			zend_string_release(got);
			return ecoq_payload_fail_at_key(&c->error, slot->name);
		}
		zval *argument = &arguments->values[i];
		if (UNEXPECTED(!convert_slot(c, slot, value, argument))) {
			return false;
		}
		arguments->count = i + 1;
		if (UNEXPECTED(slot->is_by_reference) && Z_TYPE_P(argument) != IS_UNDEF) {
			ZVAL_MAKE_REF(argument);
		}
	}
	/* defaults at the end are left to the function; the engine fills in those (UNDEF) that have something behind them */
	while (arguments->count > 0 && Z_TYPE(arguments->values[arguments->count - 1]) == IS_UNDEF) {
		arguments->count--;
	}
	return true;
}

static bool make_by_constructor(conversion *c, const ecoq_payload_class *plan, HashTable *data, zval *result)
{
	call_arguments arguments;
	reserve_arguments(plan, data, &arguments);
	bool ok = fill_arguments(c, plan, data, &arguments) && instantiate(c, plan->ce, result);
	if (EXPECTED(ok)) {
		zend_call_known_function(plan->ce->constructor, Z_OBJ_P(result), plan->ce, NULL, arguments.count, arguments.values, NULL);
		if (UNEXPECTED(EG(exception))) {
			ecoq_payload_fail_by_exception(&c->error, "%s::__construct()", ZSTR_VAL(plan->ce->name));
			ok = give_up_object(result);
		}
	}
	free_arguments(&arguments);
	return ok;
}

static bool make_with_slots(conversion *c, ecoq_payload_class *plan, HashTable *data, zval *result)
{
	if (UNEXPECTED(plan->state == ECOQ_PAYLOAD_UNPREPARED) && !ecoq_payload_class_prepare(plan)) {
		return ecoq_payload_fail_by_exception(&c->error, "plan of %s", ZSTR_VAL(plan->ce->name));
	}
	if (UNEXPECTED(c->depth >= MAX_DEPTH)) {
		return fail_too_deep(c);
	}
	c->depth++;
	bool ok = plan->kind == ECOQ_PAYLOAD_CONSTRUCTOR && !plan->assigns_only ? make_by_constructor(c, plan, data, result) : make_by_properties(c, plan, data, result);
	c->depth--;
	return ok;
}

/* ---- Arrays ---- */

static bool make_stdclass_or_list(conversion *c, zval *value, zval *result);

/* Takes over the elements under their names, or in their order. */
static bool fill_stdclass_or_list(conversion *c, HashTable *array, bool is_list, HashTable *children)
{
	zend_ulong index;
	zend_string *key;
	zval *element;
	zval child;
	ZEND_HASH_FOREACH_KEY_VAL(array, index, key, element) {
		if (!make_stdclass_or_list(c, element, &child)) {
			return ecoq_payload_fail_at(&c->error, key, index);
		}
		if (is_list) {
			zend_hash_next_index_insert_new(children, &child);
		} else if (key) {
			zend_hash_add_new(children, key, &child);
		} else {
			zend_string *name = zend_long_to_str((zend_long) index);
			zend_hash_add_new(children, name, &child);
			zend_string_release(name);
		}
	} ZEND_HASH_FOREACH_END();
	return true;
}

/* Like json_decode() to objects: what has names becomes stdClass, at every depth; lists stay arrays. */
static bool make_stdclass_or_list(conversion *c, zval *value, zval *result)
{
	ZVAL_DEREF(value);
	if (Z_TYPE_P(value) != IS_ARRAY) {
		ZVAL_COPY(result, value);
		return true;
	}
	if (c->depth >= MAX_DEPTH) {
		return fail_too_deep(c);
	}
	bool is_list = zend_array_is_list(Z_ARRVAL_P(value));
	HashTable *children = zend_new_array(zend_hash_num_elements(Z_ARRVAL_P(value)));
	c->depth++;
	bool ok = fill_stdclass_or_list(c, Z_ARRVAL_P(value), is_list, children);
	c->depth--;
	if (is_list || !ok) {
		ZVAL_ARR(result, children);
	} else {
		object_init(result);
		Z_OBJ_P(result)->properties = children;
	}
	if (!ok) {
		zval_ptr_dtor(result);
	}
	return ok;
}

/* Of an array that is not a list. An empty one was {}. */
static bool make_stdclass(conversion *c, zval *value, zval *result)
{
	if (zend_hash_num_elements(Z_ARRVAL_P(value)) == 0) {
		object_init(result);
		return true;
	}
	return make_stdclass_or_list(c, value, result);
}

static bool are_all_as_is(const ecoq_payload_type *items, HashTable *array)
{
	zval *element;
	ZEND_HASH_FOREACH_VAL(array, element) {
		if (!(items->as_is & (1u << Z_TYPE_P(element)))) {
			return false;
		}
	} ZEND_HASH_FOREACH_END();
	return true;
}

static bool convert_elements(conversion *c, const ecoq_payload_type *items, HashTable *array, HashTable *converted)
{
	zend_ulong index;
	zend_string *key;
	zval *element;
	zval child;
	bool is_packed = HT_IS_PACKED(array) && HT_IS_WITHOUT_HOLES(array);
	ZEND_HASH_FOREACH_KEY_VAL(array, index, key, element) {
		if (UNEXPECTED(!convert(c, items, element, &child))) {
			return ecoq_payload_fail_at(&c->error, key, index);
		}
		if (is_packed) {
			zend_hash_next_index_insert_new(converted, &child);
		} else if (key) {
			zend_hash_add_new(converted, key, &child);
		} else {
			zend_hash_index_add_new(converted, index, &child);
		}
	} ZEND_HASH_FOREACH_END();
	return true;
}

static bool convert_items(conversion *c, const ecoq_payload_type *items, zval *value, zval *result)
{
	HashTable *array = Z_ARRVAL_P(value);
	if (are_all_as_is(items, array)) {
		ZVAL_COPY(result, value);
		return true;
	}
	if (UNEXPECTED(c->depth >= MAX_DEPTH)) {
		return fail_too_deep(c);
	}
	c->depth++;
	array_init_size(result, zend_hash_num_elements(array));
	if (HT_IS_PACKED(array)) {
		zend_hash_real_init_packed(Z_ARRVAL_P(result));
	}
	bool ok = convert_elements(c, items, array, Z_ARRVAL_P(result));
	if (UNEXPECTED(!ok)) {
		zval_ptr_dtor(result);
	}
	c->depth--;
	return ok;
}

/* ---- Choice ---- */

/* A list has no names; an empty array may have been {}. */
static bool is_object_like(const zval *value)
{
	return Z_TYPE_P(value) == IS_ARRAY && (zend_hash_num_elements(Z_ARRVAL_P(value)) == 0 || !zend_array_is_list(Z_ARRVAL_P(value)));
}

/* Whether an object of the class may be made of a value of that kind. */
static bool is_applicable(const ecoq_payload_class *plan, zval *value)
{
	switch (plan->kind) {
		case ECOQ_PAYLOAD_CONSTRUCTOR:
		case ECOQ_PAYLOAD_PROPERTIES:
		case ECOQ_PAYLOAD_STDCLASS:
			return is_object_like(value);
		case ECOQ_PAYLOAD_ENUM:
			return Z_TYPE_P(value) == IS_STRING || Z_TYPE_P(value) == IS_LONG;
		case ECOQ_PAYLOAD_DATE:
		case ECOQ_PAYLOAD_ZONE:
		case ECOQ_PAYLOAD_INTERVAL:
			return Z_TYPE_P(value) == IS_STRING;
		default:
			return false;
	}
}

static bool make(conversion *c, ecoq_payload_class *plan, zval *value, zval *result)
{
	switch (plan->kind) {
		case ECOQ_PAYLOAD_CONSTRUCTOR:
		case ECOQ_PAYLOAD_PROPERTIES:
			return make_with_slots(c, plan, Z_ARRVAL_P(value), result);
		case ECOQ_PAYLOAD_STDCLASS:
			return make_stdclass(c, value, result);
		default:
			return ecoq_payload_native_make(plan, value, result, &c->error);
	}
}

/* After all alternatives failed: the error of the one that applied stands, several are listed. */
static bool fail_alternatives(conversion *c, const ecoq_payload_type *type, zval *value, uint32_t applied, smart_str *details)
{
	if (applied > 1) {
		ecoq_payload_error_clear(&c->error);
		zend_string *got = ecoq_payload_describe(value);
		smart_str_0(details);
		ecoq_payload_fail(&c->error, "expected %s, got %s (%s)", ZSTR_VAL(type->expected), ZSTR_VAL(got), ZSTR_VAL(details->s));
		zend_string_release(got);
	} else if (applied == 0) {
		mismatch(c, type, value);
	} else if (!c->error.text) {
		/* a value of an enum, a date or the like: the type says best what was expected */
		mismatch(c, type, value);
	}
	return false;
}

static void append_detail(smart_str *details, const ecoq_payload_class *plan, const ecoq_payload_error *error)
{
	smart_str_append_printf(details, "%s%s%s: %s", details->s ? "; " : "", ZSTR_VAL(plan->ce->name), error->path ? ZSTR_VAL(error->path) : "",
		error->text ? ZSTR_VAL(error->text) : "no such value");
}

/* Scalars that no builtin type took, and arrays, against the classes in their declared order; the first that can be made is it. */
static bool convert_to_class(conversion *c, const ecoq_payload_type *type, zval *value, zval *result)
{
	uint32_t applied = 0;
	smart_str details = {0};
	bool ok = false;
	for (uint32_t i = 0; i < type->count; i++) {
		ecoq_payload_class *plan = type->alternatives[i].plan;
		if (!plan || !is_applicable(plan, value)) {
			continue;
		}
		ecoq_payload_error_clear(&c->error);
		ok = make(c, plan, value, result);
		if (ok || EG(exception)) {
			break;
		}
		applied++;
		append_detail(&details, plan, &c->error);
	}
	bool is_array_taken = type->takes_array && Z_TYPE_P(value) == IS_ARRAY;
	if (ok || is_array_taken) {
		ecoq_payload_error_clear(&c->error);
	} else if (!EG(exception)) {
		fail_alternatives(c, type, value, applied, &details);
	}
	smart_str_free(&details);
	return ok;
}

static bool is_instance(const ecoq_payload_alternative *alternative, const zend_class_entry *ce)
{
	if (alternative->plan) {
		return instanceof_function(ce, alternative->plan->ce);
	}
	for (uint32_t i = 0; i < alternative->all_count; i++) {
		if (!instanceof_function(ce, alternative->all[i])) {
			return false;
		}
	}
	return true;
}

/* An object of a synchronous call: it passes, or stands for what its JSON would be. */
static bool convert_object(conversion *c, const ecoq_payload_type *type, zval *value, zval *result)
{
	for (uint32_t i = 0; i < type->count; i++) {
		if (is_instance(&type->alternatives[i], Z_OBJCE_P(value))) {
			ZVAL_COPY(result, value);
			return true;
		}
	}
	zval form;
	if (!ecoq_payload_form(value, false, &form, &c->error)) {
		if (!c->error.text || c->error.path || c->error.cause) {
			return false;
		}
		ecoq_payload_error_clear(&c->error);
		return mismatch(c, type, value);
	}
	bool ok = convert(c, type, &form, result);
	zval_ptr_dtor(&form);
	if (!ok && c->error.text && !c->error.path && !c->error.cause) {
		ecoq_payload_error_clear(&c->error);
		mismatch(c, type, value);
	}
	return ok;
}

static bool convert_other(conversion *c, const ecoq_payload_type *type, zval *value, zval *result)
{
	if (Z_ISREF_P(value)) {
		/* user code may change what the reference holds */
		zval held;
		ZVAL_COPY_DEREF(&held, value);
		bool ok = convert(c, type, &held, result);
		zval_ptr_dtor(&held);
		return ok;
	}
	if (Z_TYPE_P(value) == IS_LONG && type->takes_int_as_float) {
		ZVAL_DOUBLE(result, (double) Z_LVAL_P(value));
		return true;
	}
	if (Z_TYPE_P(value) == IS_OBJECT) {
		return convert_object(c, type, value, result);
	}
	if (type->count && convert_to_class(c, type, value, result)) {
		return true;
	}
	if (type->count && (EG(exception) || c->error.text)) {
		return false;
	}
	if (Z_TYPE_P(value) == IS_ARRAY && type->items) {
		return convert_items(c, type->items, value, result);
	}
	if (Z_TYPE_P(value) == IS_ARRAY && type->takes_array) {
		ZVAL_COPY(result, value);
		return true;
	}
	if (type->takes_object && is_object_like(value)) {
		return make_stdclass(c, value, result);
	}
	return mismatch(c, type, value);
}

static bool convert(conversion *c, const ecoq_payload_type *type, zval *value, zval *result)
{
	if (EXPECTED(type->as_is & (1u << Z_TYPE_P(value)))) {
		ZVAL_COPY(result, value);
		return true;
	}
	return convert_other(c, type, value, result);
}

bool ecoq_payload_convert(ecoq_payload_type *type, zval *value, const char *path, zval *result)
{
	conversion c = {.depth = 0};
	zval held;
	ZVAL_COPY(&held, value);
	bool ok = convert(&c, type, &held, result);
	zval_ptr_dtor(&held);
	if (UNEXPECTED(!ok)) {
		ZVAL_UNDEF(result);
		ecoq_payload_error_throw(&c.error, path);
	}
	return ok;
}
