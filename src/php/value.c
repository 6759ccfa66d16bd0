#include "php/value.h"

#include "zend_attributes.h"

bool ecoq_value_is_new(const zend_object *object)
{
	if (Z_ISUNDEF(object->properties_table[0])) {
		return true;
	}
	zend_throw_error(NULL, "Cannot call %s::__construct() twice, the object is immutable", ZSTR_VAL(object->ce->name));
	return false;
}

bool ecoq_value_is_complete(const zend_object *object)
{
	for (int i = 0; i < object->ce->default_properties_count; i++) {
		if (Z_ISUNDEF(object->properties_table[i])) {
			return false;
		}
	}
	return true;
}

void ecoq_value_set_state(zend_class_entry *ce, HashTable *properties, zval *return_value)
{
	object_init_ex(return_value, ce);
	zend_call_known_function(ce->constructor, Z_OBJ_P(return_value), ce, NULL, 0, NULL, properties);
}

int ecoq_compare_identity(zval *left, zval *right)
{
	ZEND_COMPARE_OBJECTS_FALLBACK(left, right);
	return Z_OBJ_P(left) == Z_OBJ_P(right) ? 0 : ZEND_UNCOMPARABLE;
}

void ecoq_mark_parameter_sensitive(zend_class_entry *ce, uint32_t parameter)
{
	zend_function *constructor = zend_hash_str_find_ptr(&ce->function_table, ZEND_STRL("__construct"));
	zend_add_parameter_attribute(constructor, parameter, zend_ce_sensitive_parameter->name, 0);
}
