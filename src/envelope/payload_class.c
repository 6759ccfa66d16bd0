#include "envelope/payload_plan.h"

#include "ext/date/php_date.h"
#include "php/exceptions.h"
#include "zend_attributes.h"

#define ABSTRACT_FLAGS (ZEND_ACC_INTERFACE | ZEND_ACC_TRAIT | ZEND_ACC_IMPLICIT_ABSTRACT_CLASS | ZEND_ACC_EXPLICIT_ABSTRACT_CLASS)

/* Public, not static, and something can be written to it. */
static bool is_payload_property(const zend_property_info *property)
{
	return (property->flags & (ZEND_ACC_PUBLIC | ZEND_ACC_STATIC)) == ZEND_ACC_PUBLIC && !ECOQ_PROPERTY_IS_GET_ONLY(property);
}

/* Parameters, a variadic one included. */
static uint32_t parameter_count(const zend_function *function)
{
	return function->common.num_args + (function->common.fn_flags & ZEND_ACC_VARIADIC ? 1 : 0);
}

static bool has_parameter(const zend_function *function, const zend_string *name)
{
	for (uint32_t i = 0; i < parameter_count(function); i++) {
		if (zend_string_equals(function->op_array.arg_info[i].name, (zend_string *) name)) {
			return true;
		}
	}
	return false;
}

/* Whether a call of the constructor can take over everything that an encoded object of the class holds. */
static bool is_covered_by_constructor(zend_class_entry *ce)
{
	const zend_function *constructor = ce->constructor;
	zend_property_info *property;
	zend_string *name;
	if (!constructor || !(constructor->common.fn_flags & ZEND_ACC_PUBLIC)) {
		return false;
	}
	ZEND_HASH_FOREACH_STR_KEY_PTR(&ce->properties_info, name, property) {
		if (is_payload_property(property) && !has_parameter(constructor, name)) {
			return false;
		}
	}
	ZEND_HASH_FOREACH_END();
	return true;
}

static ecoq_payload_kind kind_of(zend_class_entry *ce)
{
	if (ce == zend_standard_class_def) {
		return ECOQ_PAYLOAD_STDCLASS;
	}
	if (ce == php_date_get_interface_ce()) {
		return ECOQ_PAYLOAD_DATE;
	}
	if (ce->ce_flags & ABSTRACT_FLAGS) {
		return ECOQ_PAYLOAD_PASSED;
	}
	if (ce->ce_flags & ZEND_ACC_ENUM) {
		return ECOQ_PAYLOAD_ENUM;
	}
	if (instanceof_function(ce, php_date_get_interface_ce())) {
		return ECOQ_PAYLOAD_DATE;
	}
	if (instanceof_function(ce, php_date_get_timezone_ce())) {
		return ECOQ_PAYLOAD_ZONE;
	}
	if (instanceof_function(ce, php_date_get_interval_ce())) {
		return ECOQ_PAYLOAD_INTERVAL;
	}
	/* an object whose native part is never constructed is not safe to hand out */
	if (ce->type == ZEND_INTERNAL_CLASS || (ce->constructor && ce->constructor->type == ZEND_INTERNAL_FUNCTION)) {
		return ECOQ_PAYLOAD_NEVER;
	}
	return is_covered_by_constructor(ce) ? ECOQ_PAYLOAD_CONSTRUCTOR : ECOQ_PAYLOAD_PROPERTIES;
}

ecoq_payload_class *ecoq_payload_class_of(zend_class_entry *ce)
{
	HashTable *classes = ecoq_payload_classes();
	zend_ulong key = (zend_ulong) (uintptr_t) ce >> 3;
	ecoq_payload_class *plan = zend_hash_index_find_ptr(classes, key);
	if (!plan) {
		plan = ecalloc(1, sizeof(*plan));
		plan->ce = ce;
		plan->made = ce == php_date_get_interface_ce() ? php_date_get_immutable_ce() : ce;
		plan->kind = kind_of(ce);
		plan->state = ecoq_payload_class_has_slots(plan) ? ECOQ_PAYLOAD_UNPREPARED : ECOQ_PAYLOAD_PREPARED;
		zend_hash_index_add_new_ptr(classes, key, plan);
	}
	return plan;
}

static void free_slots(ecoq_payload_class *plan)
{
	for (uint32_t i = 0; i < plan->slot_count; i++) {
		if (plan->slots[i].type) {
			ecoq_payload_type_free(plan->slots[i].type);
		}
		zend_string_release(plan->slots[i].name);
	}
	if (plan->slots) {
		efree(plan->slots);
	}
	plan->slots = NULL;
	plan->slot_count = 0;
}

void ecoq_payload_class_free(zval *zv)
{
	ecoq_payload_class *plan = Z_PTR_P(zv);
	free_slots(plan);
	efree(plan);
}

static ecoq_payload_slot *append_slot(ecoq_payload_class *plan, zend_string *name)
{
	ecoq_payload_slot *slot = &plan->slots[plan->slot_count++];
	*slot = (ecoq_payload_slot){.name = zend_string_copy(name)};
	zend_string_hash_val(slot->name);
	return slot;
}

/* `attributes` and `parameter` as for ecoq_payload_array_of(). */
static bool set_slot_type(ecoq_payload_slot *slot, const zend_type *type, zend_class_entry *scope, HashTable *attributes, int parameter, const char *where)
{
	zend_string *array_of = ecoq_payload_array_of(attributes, parameter, scope, where);
	if (!EG(exception)) {
		slot->type = ecoq_payload_type_build(type, scope, slot->is_variadic ? NULL : array_of, slot->has_default || slot->is_variadic, where);
	}
	if (array_of) {
		zend_string_release(array_of);
	}
	return slot->type != NULL;
}

static bool add_parameters(ecoq_payload_class *plan)
{
	const zend_function *constructor = plan->ce->constructor;
	uint32_t count = parameter_count(constructor);
	plan->slots = safe_emalloc(count, sizeof(*plan->slots), 0);
	for (uint32_t i = 0; i < count; i++) {
		const zend_arg_info *argument = &constructor->op_array.arg_info[i];
		ecoq_payload_slot *slot = append_slot(plan, argument->name);
		slot->is_variadic = ZEND_ARG_IS_VARIADIC(argument);
		slot->has_default = i >= constructor->common.required_num_args && !slot->is_variadic;
		slot->is_by_reference = ARG_SHOULD_BE_SENT_BY_REF(constructor, i + 1);
		zend_string *where = zend_strpprintf(0, "%s::__construct(), parameter $%s", ZSTR_VAL(plan->ce->name), ZSTR_VAL(slot->name));
		bool ok = set_slot_type(slot, &argument->type, constructor->common.scope, constructor->common.attributes, (int) i, ZSTR_VAL(where));
		zend_string_release(where);
		if (!ok) {
			return false;
		}
	}
	return true;
}

static bool has_property_default(const zend_class_entry *ce, const zend_property_info *property)
{
	if (ECOQ_PROPERTY_IS_VIRTUAL(property)) {
		return true;
	}
	return Z_TYPE(ce->default_properties_table[OBJ_PROP_TO_NUM(property->offset)]) != IS_UNDEF;
}

static bool add_properties(ecoq_payload_class *plan)
{
	zend_class_entry *ce = plan->ce;
	zend_property_info *property;
	zend_string *name;
	plan->slots = safe_emalloc(zend_hash_num_elements(&ce->properties_info), sizeof(*plan->slots), 0);
	ZEND_HASH_FOREACH_STR_KEY_PTR(&ce->properties_info, name, property) {
		if (!is_payload_property(property)) {
			continue;
		}
		ecoq_payload_slot *slot = append_slot(plan, name);
		slot->property = property;
		slot->is_direct = !ce->create_object && !ECOQ_PROPERTY_HAS_HOOKS(property);
		slot->has_default = has_property_default(ce, property);
		zend_string *where = zend_strpprintf(0, "%s::$%s", ZSTR_VAL(ce->name), ZSTR_VAL(name));
		bool ok = set_slot_type(slot, &property->type, property->ce, property->attributes, -1, ZSTR_VAL(where));
		zend_string_release(where);
		if (!ok) {
			return false;
		}
	}
	ZEND_HASH_FOREACH_END();
	return true;
}

bool ecoq_payload_class_prepare(ecoq_payload_class *plan)
{
	if (plan->state != ECOQ_PAYLOAD_UNPREPARED) {
		return true;
	}
	plan->state = ECOQ_PAYLOAD_PREPARING;
	if (plan->kind == ECOQ_PAYLOAD_CONSTRUCTOR ? add_parameters(plan) : add_properties(plan)) {
		plan->state = ECOQ_PAYLOAD_PREPARED;
		return true;
	}
	free_slots(plan);
	plan->state = ECOQ_PAYLOAD_UNPREPARED;
	return false;
}
