#include "envelope/payload_plan.h"

#include "ext/json/php_json.h"

/* One walk that replaces objects by their JSON form. */
typedef struct form_walk {
	bool keeps_empty_objects;
	uint32_t depth;
	ecoq_payload_error *error;
} form_walk;

static bool form_of(form_walk *walk, zval *value, zval *result);

/* ---- What ext/json can have as it is ---- */

static bool is_plain_class(const zend_object *object)
{
	const zend_class_entry *ce = object->ce;
	if (ce->num_interfaces && instanceof_function(ce, php_json_serializable_ce)) {
		return false;
	}
	if (ce->ce_flags & ZEND_ACC_ENUM) {
		return ce->enum_backing_type != IS_UNDEF;
	}
	return (ce->type == ZEND_USER_CLASS || ce == zend_standard_class_def) && object->handlers == zend_get_std_object_handlers() && !ECOQ_CLASS_HAS_HOOKS(ce)
		&& !ECOQ_OBJECT_IS_LAZY(object);
}

static bool is_plain_value(zval *value, uint32_t depth);

static bool are_plain_values(HashTable *table, uint32_t depth)
{
	zval *value;
	ZEND_HASH_FOREACH_VAL(table, value) {
		if (Z_TYPE_P(value) > IS_STRING && !is_plain_value(value, depth)) {
			return false;
		}
	}
	ZEND_HASH_FOREACH_END();
	return true;
}

static bool is_plain_object(zend_object *object, uint32_t depth)
{
	if (!is_plain_class(object)) {
		return false;
	}
	if (object->ce->ce_flags & ZEND_ACC_ENUM) {
		return true;
	}
	for (int i = 0; i < object->ce->default_properties_count; i++) {
		zval *value = &object->properties_table[i];
		if (Z_TYPE_P(value) > IS_STRING && !is_plain_value(value, depth)) {
			return false;
		}
	}
	/* holds INDIRECT entries for the declared ones, which were just looked at */
	return !object->properties || are_plain_values(object->properties, depth);
}

/* Cycles and what is nested too deep are not plain, so that the form finds and names them. */
static bool is_plain_value(zval *value, uint32_t depth)
{
	ZVAL_DEREF(value);
	if (Z_TYPE_P(value) == IS_INDIRECT || Z_TYPE_P(value) <= IS_STRING) {
		return true;
	}
	if ((Z_TYPE_P(value) != IS_ARRAY && Z_TYPE_P(value) != IS_OBJECT) || depth >= ECOQ_PAYLOAD_MAX_DEPTH || Z_IS_RECURSIVE_P(value)) {
		return false;
	}
	GC_TRY_PROTECT_RECURSION(Z_COUNTED_P(value));
	bool is_plain = Z_TYPE_P(value) == IS_ARRAY ? are_plain_values(Z_ARRVAL_P(value), depth + 1) : is_plain_object(Z_OBJ_P(value), depth + 1);
	GC_TRY_UNPROTECT_RECURSION(Z_COUNTED_P(value));
	return is_plain;
}

bool ecoq_payload_is_plain(zval *value)
{
	return is_plain_value(value, 0);
}

/* ---- The form ---- */

/* `result` is the value itself where nothing in it had to change. */
static bool form_of_elements(form_walk *walk, HashTable *array, HashTable **copy)
{
	zend_ulong index;
	zend_string *key;
	zval *element;
	zval form;
	ZEND_HASH_FOREACH_KEY_VAL(array, index, key, element) {
		ZVAL_DEREF(element);
		if (Z_TYPE_P(element) <= IS_STRING) {
			continue;
		}
		if (!form_of(walk, element, &form)) {
			return ecoq_payload_fail_at(walk->error, key, index);
		}
		if (Z_TYPE(form) == Z_TYPE_P(element) && Z_COUNTED(form) == Z_COUNTED_P(element)) {
			zval_ptr_dtor(&form);
			continue;
		}
		if (!*copy) {
			*copy = zend_array_dup(array);
		}
		if (key) {
			zend_hash_update(*copy, key, &form);
		} else {
			zend_hash_index_update(*copy, index, &form);
		}
	}
	ZEND_HASH_FOREACH_END();
	return true;
}

static bool form_of_array(form_walk *walk, zval *value, zval *result)
{
	HashTable *copy = NULL;
	zval held;
	ZVAL_COPY(&held, value);
	bool ok = form_of_elements(walk, Z_ARRVAL(held), &copy);
	if (ok && !copy) {
		ZVAL_COPY_VALUE(result, &held);
		return true;
	}
	zval_ptr_dtor(&held);
	if (copy) {
		ZVAL_ARR(result, copy);
		if (!ok) {
			zval_ptr_dtor(result);
		}
	}
	return ok;
}

/* Takes the name of a property for the key that json_decode() would make of it, where the form is to be an array. */
static bool add_property(form_walk *walk, HashTable *form, zend_string *name, zval *value)
{
	zval child;
	ZVAL_DEREF(value);
	if (Z_TYPE_P(value) == IS_UNDEF) {
		return true;
	}
	if (!form_of(walk, value, &child)) {
		return ecoq_payload_fail_at_key(walk->error, name);
	}
	if (walk->keeps_empty_objects) {
		zend_hash_update(form, name, &child);
	} else {
		zend_symtable_update(form, name, &child);
	}
	return true;
}

/* A property with a hook: its value is what the hook says. */
static bool add_hooked_property(form_walk *walk, HashTable *form, zend_object *object, const zend_property_info *property)
{
	zval buffer;
	ZVAL_UNDEF(&buffer);
	zval *value = zend_read_property_ex(property->ce, object, property->name, true, &buffer);
	bool ok = !EG(exception);
	if (ok) {
		ok = add_property(walk, form, property->name, value);
	} else {
		ecoq_payload_fail_by_exception(walk->error, "%s::$%s", ZSTR_VAL(object->ce->name), ZSTR_VAL(property->name));
		ecoq_payload_fail_at_key(walk->error, property->name);
	}
	zval_ptr_dtor(&buffer);
	return ok;
}

static bool add_declared_properties(form_walk *walk, HashTable *form, zend_object *object)
{
	zend_class_entry *ce = object->ce;
	for (int i = 0; i < ce->default_properties_count; i++) {
		const zend_property_info *property = ce->properties_info_table[i];
		if (!property || !(property->flags & ZEND_ACC_PUBLIC)) {
			continue;
		}
		bool ok = ECOQ_PROPERTY_HAS_HOOKS(property) ? add_hooked_property(walk, form, object, property) : add_property(walk, form, property->name, &object->properties_table[i]);
		if (!ok) {
			return false;
		}
	}
	if (ECOQ_CLASS_HAS_HOOKS(ce)) {
		const zend_property_info *property;
		ZEND_HASH_FOREACH_PTR(&ce->properties_info, property) {
			if ((property->flags & ZEND_ACC_PUBLIC) && ECOQ_PROPERTY_IS_VIRTUAL(property) && !ECOQ_PROPERTY_IS_SET_ONLY(property)
				&& !add_hooked_property(walk, form, object, property)) {
				return false;
			}
		}
		ZEND_HASH_FOREACH_END();
	}
	return true;
}

/* Properties from a table; names of private and protected ones begin with NUL. */
static bool add_table(form_walk *walk, HashTable *form, HashTable *table, bool with_declared)
{
	zend_ulong index;
	zend_string *key;
	zval *value;
	ZEND_HASH_FOREACH_KEY_VAL(table, index, key, value) {
		if (Z_TYPE_P(value) == IS_INDIRECT) {
			if (!with_declared) {
				continue;
			}
			value = Z_INDIRECT_P(value);
		}
		if (key && ZSTR_LEN(key) > 0 && ZSTR_VAL(key)[0] == '\0') {
			continue;
		}
		zend_string *name = key ? zend_string_copy(key) : zend_long_to_str((zend_long) index);
		bool ok = add_property(walk, form, name, value);
		zend_string_release(name);
		if (!ok) {
			return false;
		}
	}
	ZEND_HASH_FOREACH_END();
	return true;
}

static bool add_all_properties(form_walk *walk, HashTable *form, zend_object *object)
{
	/* classes that show something else than their properties, such as ArrayObject */
	if (object->handlers->get_properties != zend_get_std_object_handlers()->get_properties || object->handlers->get_properties_for) {
		zval holder;
		ZVAL_OBJ(&holder, object);
		HashTable *table = zend_get_properties_for(&holder, ZEND_PROP_PURPOSE_JSON);
		bool ok = !table || add_table(walk, form, table, true);
		zend_release_properties(table);
		return ok;
	}
	if (ECOQ_OBJECT_IS_LAZY(object)) {
		object = ECOQ_OBJECT_INITIALIZED(object);
		if (!object) {
			return ecoq_payload_fail_by_exception(walk->error, "initializing a lazy object");
		}
	}
	return add_declared_properties(walk, form, object) && (!object->properties || add_table(walk, form, object->properties, false));
}

static bool form_of_properties(form_walk *walk, zend_object *object, zval *result)
{
	HashTable *form = zend_new_array(object->ce->default_properties_count);
	GC_ADDREF(object);
	bool ok = add_all_properties(walk, form, object);
	OBJ_RELEASE(object);
	ZVAL_ARR(result, form);
	if (!ok) {
		zval_ptr_dtor(result);
	} else if (walk->keeps_empty_objects && zend_hash_num_elements(form) == 0) {
		zval_ptr_dtor(result);
		object_init(result);
	}
	return ok;
}

static bool form_by_json_serialize(form_walk *walk, zend_object *object, zval *result)
{
	zval returned;
	ZVAL_UNDEF(&returned);
	/* the method may encode the object once more by itself, and dump it */
	GC_UNPROTECT_RECURSION(object);
	zend_call_known_instance_method_with_0_params(zend_hash_str_find_ptr(&object->ce->function_table, ZEND_STRL("jsonserialize")), object, &returned);
	GC_PROTECT_RECURSION(object);
	if (EG(exception)) {
		return ecoq_payload_fail_by_exception(walk->error, "%s::jsonSerialize()", ZSTR_VAL(object->ce->name));
	}
	bool is_itself = Z_TYPE(returned) == IS_OBJECT && Z_OBJ(returned) == object;
	bool ok = is_itself ? form_of_properties(walk, object, result) : form_of(walk, &returned, result);
	zval_ptr_dtor(&returned);
	return ok;
}

static bool form_of_object(form_walk *walk, zend_object *object, zval *result)
{
	const zend_class_entry *ce = object->ce;
	if (instanceof_function(ce, php_json_serializable_ce)) {
		return form_by_json_serialize(walk, object, result);
	}
	if (ecoq_payload_is_native(ce)) {
		return ecoq_payload_native_form(object, result, walk->error);
	}
	/* closures, connections, generators: the engine marks what has no data to show; it marks anonymous classes, too */
	if ((ce->ce_flags & (ZEND_ACC_NOT_SERIALIZABLE | ZEND_ACC_ANON_CLASS)) == ZEND_ACC_NOT_SERIALIZABLE) {
		ecoq_payload_fail(walk->error, "object of %s cannot be expressed in JSON", ZSTR_VAL(ce->name));
		return false;
	}
	return form_of_properties(walk, object, result);
}

static bool form_of(form_walk *walk, zval *value, zval *result)
{
	ZVAL_DEREF(value);
	if (Z_TYPE_P(value) <= IS_STRING) {
		ZVAL_COPY(result, value);
		return true;
	}
	if (Z_TYPE_P(value) != IS_ARRAY && Z_TYPE_P(value) != IS_OBJECT) {
		return ecoq_payload_fail_inexpressible(walk->error, zend_zval_type_name(value));
	}
	if (Z_IS_RECURSIVE_P(value)) {
		return ecoq_payload_fail_inexpressible(walk->error, "recursion");
	}
	if (walk->depth >= ECOQ_PAYLOAD_MAX_DEPTH) {
		return ecoq_payload_fail(walk->error, "nested deeper than %d levels", ECOQ_PAYLOAD_MAX_DEPTH);
	}
	walk->depth++;
	GC_TRY_PROTECT_RECURSION(Z_COUNTED_P(value));
	bool ok = Z_TYPE_P(value) == IS_ARRAY ? form_of_array(walk, value, result) : form_of_object(walk, Z_OBJ_P(value), result);
	GC_TRY_UNPROTECT_RECURSION(Z_COUNTED_P(value));
	walk->depth--;
	return ok;
}

bool ecoq_payload_form(zval *value, bool keeps_empty_objects, zval *result, ecoq_payload_error *error)
{
	form_walk walk = {.keeps_empty_objects = keeps_empty_objects, .error = error};
	return form_of(&walk, value, result);
}
