#include "envelope/payload_plan.h"

/* Arguments of constructors with no more parameters than this need no allocation. */
#define ARGUMENTS_ON_STACK 16

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
static zend_always_inline bool convert_slot(ecoq_payload_conversion *c, const ecoq_payload_slot *slot, zval *value, zval *result)
{
	if (EXPECTED(value)) {
		return EXPECTED(ecoq_payload_convert_value(c, slot->type, value, result)) || ecoq_payload_fail_at_key(&c->error, slot->name);
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

static bool instantiate(ecoq_payload_conversion *c, zend_class_entry *ce, zval *result)
{
	if (EXPECTED(object_init_ex(result, ce) == SUCCESS)) {
		return true;
	}
	return ecoq_payload_fail_by_exception(&c->error, "new %s", ZSTR_VAL(ce->name));
}

/* Puts a value into a new object; it is taken over. */
static bool write_property(ecoq_payload_conversion *c, zend_object *object, const ecoq_payload_slot *slot, zval *value)
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

static bool make_by_properties(ecoq_payload_conversion *c, const ecoq_payload_class *plan, HashTable *data, zval *result)
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
static bool spread(ecoq_payload_conversion *c, const ecoq_payload_slot *slot, zval *value, call_arguments *arguments)
{
	zend_ulong index;
	zend_string *key;
	zval *element;
	ZEND_HASH_FOREACH_KEY_VAL(Z_ARRVAL_P(value), index, key, element) {
		if (!ecoq_payload_convert_value(c, slot->type, element, &arguments->values[arguments->count])) {
			ecoq_payload_fail_at(&c->error, key, index);
			return ecoq_payload_fail_at_key(&c->error, slot->name);
		}
		arguments->count++;
	}
	ZEND_HASH_FOREACH_END();
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

static bool fill_arguments(ecoq_payload_conversion *c, const ecoq_payload_class *plan, HashTable *data, call_arguments *arguments)
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

static bool make_by_constructor(ecoq_payload_conversion *c, const ecoq_payload_class *plan, HashTable *data, zval *result)
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

bool ecoq_payload_make_object(ecoq_payload_conversion *c, ecoq_payload_class *plan, HashTable *data, zval *result)
{
	if (UNEXPECTED(plan->state == ECOQ_PAYLOAD_UNPREPARED) && !ecoq_payload_class_prepare(plan)) {
		return ecoq_payload_fail_as_exception(&c->error);
	}
	if (UNEXPECTED(c->depth >= ECOQ_PAYLOAD_CONVERTED_DEPTH)) {
		return ecoq_payload_fail_too_deep(c);
	}
	c->depth++;
	bool ok = plan->kind == ECOQ_PAYLOAD_CONSTRUCTOR ? make_by_constructor(c, plan, data, result) : make_by_properties(c, plan, data, result);
	c->depth--;
	return ok;
}
