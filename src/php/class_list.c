#include "php/class_list.h"

/* Letters, digits, underscores and bytes above ASCII, in parts between backslashes; no part begins with a digit. */
static bool is_class_name(ecoq_bytes name)
{
	bool starts = true;
	for (size_t i = 0; i < name.size; i++) {
		unsigned char c = (unsigned char) name.data[i];
		bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
		if (c == '\\' && !starts) {
			starts = true;
		} else if (is_letter || (c >= '0' && c <= '9' && !starts)) {
			starts = false;
		} else {
			return false;
		}
	}
	return !starts;
}

static bool add_name(zval *list, ecoq_bytes name)
{
	if (name.size > 0 && name.data[0] == '\\') {
		name.data++;
		name.size--;
	}
	if (!is_class_name(name)) {
		return false;
	}
	add_next_index_stringl(list, name.data, name.size);
	return true;
}

static bool add_names(uint32_t number, HashTable *names, zval *list)
{
	zval *name;
	ZEND_HASH_FOREACH_VAL(names, name) {
		ZVAL_DEREF(name);
		if (Z_TYPE_P(name) != IS_STRING) {
			zend_argument_type_error(number, "must hold class names, %s given", zend_zval_type_name(name));
			return false;
		}
		if (!add_name(list, (ecoq_bytes){Z_STRVAL_P(name), Z_STRLEN_P(name)})) {
			zend_argument_value_error(number, "must hold class names, \"%s\" given", Z_STRVAL_P(name));
			return false;
		}
	}
	ZEND_HASH_FOREACH_END();
	return true;
}

bool ecoq_class_list_from_argument(uint32_t number, const zval *names, zval *list)
{
	ZVAL_UNDEF(list);
	if (!names || Z_TYPE_P(names) == IS_NULL) {
		return true;
	}
	if (Z_TYPE_P(names) != IS_ARRAY) {
		zend_argument_type_error(number, "must be of type array, %s given", zend_zval_type_name(names));
		return false;
	}
	array_init(list);
	if (!add_names(number, Z_ARRVAL_P(names), list)) {
		zval_ptr_dtor(list);
		ZVAL_UNDEF(list);
		return false;
	}
	return true;
}

static ecoq_bytes trimmed(const char *from, const char *to)
{
	while (from < to && *from == ' ') {
		from++;
	}
	while (to > from && to[-1] == ' ') {
		to--;
	}
	return (ecoq_bytes){from, (size_t) (to - from)};
}

bool ecoq_class_list_from_text(ecoq_bytes text, zval *list, ecoq_bytes *wrong)
{
	const char *at = text.data, *end = text.data + text.size;
	array_init(list);
	while (text.size > 0) {
		const char *comma = memchr(at, ',', (size_t) (end - at));
		ecoq_bytes name = trimmed(at, comma ? comma : end);
		if (!add_name(list, name)) {
			*wrong = name;
			zval_ptr_dtor(list);
			ZVAL_UNDEF(list);
			return false;
		}
		if (!comma) {
			break;
		}
		at = comma + 1;
	}
	return true;
}

static bool names_class(HashTable *list, const zend_class_entry *ce)
{
	zval *name;
	ZEND_HASH_FOREACH_VAL(list, name) {
		if (zend_string_equals_ci(Z_STR_P(name), ce->name)) {
			return true;
		}
	}
	ZEND_HASH_FOREACH_END();
	return false;
}

bool ecoq_class_list_holds(const zval *list, const zend_class_entry *ce)
{
	if (Z_TYPE_P(list) != IS_ARRAY || zend_hash_num_elements(Z_ARRVAL_P(list)) == 0) {
		return false;
	}
	for (uint32_t i = 0; i < ce->num_interfaces; i++) {
		if (names_class(Z_ARRVAL_P(list), ce->interfaces[i])) {
			return true;
		}
	}
	for (; ce; ce = ce->parent) {
		if (names_class(Z_ARRVAL_P(list), ce)) {
			return true;
		}
	}
	return false;
}
