#include "envelope/payload_plan.h"

static bool are_all_as_is(const ecoq_payload_type *items, HashTable *array)
{
	zval *element;
	ZEND_HASH_FOREACH_VAL(array, element) {
		if (!(items->as_is & (1u << Z_TYPE_P(element)))) {
			return false;
		}
	}
	ZEND_HASH_FOREACH_END();
	return true;
}

static bool convert_elements(ecoq_payload_conversion *c, const ecoq_payload_type *items, HashTable *array, HashTable *converted)
{
	zend_ulong index;
	zend_string *key;
	zval *element;
	zval child;
	bool is_packed = HT_IS_PACKED(array) && HT_IS_WITHOUT_HOLES(array);
	ZEND_HASH_FOREACH_KEY_VAL(array, index, key, element) {
		if (UNEXPECTED(!ecoq_payload_convert_value(c, items, element, &child))) {
			return ecoq_payload_fail_at(&c->error, key, index);
		}
		if (is_packed) {
			zend_hash_next_index_insert_new(converted, &child);
		} else if (key) {
			zend_hash_add_new(converted, key, &child);
		} else {
			zend_hash_index_add_new(converted, index, &child);
		}
	}
	ZEND_HASH_FOREACH_END();
	return true;
}

bool ecoq_payload_convert_items(ecoq_payload_conversion *c, const ecoq_payload_type *items, zval *value, zval *result)
{
	HashTable *array = Z_ARRVAL_P(value);
	if (are_all_as_is(items, array)) {
		ZVAL_COPY(result, value);
		return true;
	}
	if (UNEXPECTED(c->depth >= ECOQ_PAYLOAD_CONVERTED_DEPTH)) {
		return ecoq_payload_fail_too_deep(c);
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

static bool make_stdclass_or_list(ecoq_payload_conversion *c, zval *value, zval *result);

/* Takes over the elements under their names, or in their order. */
static bool fill_stdclass_or_list(ecoq_payload_conversion *c, HashTable *array, bool is_list, HashTable *children)
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
	}
	ZEND_HASH_FOREACH_END();
	return true;
}

static bool make_stdclass_or_list(ecoq_payload_conversion *c, zval *value, zval *result)
{
	ZVAL_DEREF(value);
	if (Z_TYPE_P(value) != IS_ARRAY) {
		ZVAL_COPY(result, value);
		return true;
	}
	if (c->depth >= ECOQ_PAYLOAD_CONVERTED_DEPTH) {
		return ecoq_payload_fail_too_deep(c);
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

/* An empty array was {}. */
bool ecoq_payload_make_stdclass(ecoq_payload_conversion *c, zval *value, zval *result)
{
	if (zend_hash_num_elements(Z_ARRVAL_P(value)) == 0) {
		object_init(result);
		return true;
	}
	return make_stdclass_or_list(c, value, result);
}
