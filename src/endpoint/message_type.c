#include "endpoint/message_type.h"

#include "endpoint/attribute_reader.h"
#include "endpoint/endpoint.h"

/* Types by the class entry's address, for the request. Not initialised (nTableSize 0) until first used. */
ZEND_TLS HashTable message_types;

zend_string *ecoq_message_type_of(zend_class_entry *ce)
{
	zend_ulong key = (zend_ulong) (uintptr_t) ce;
	if (message_types.nTableSize == 0) {
		zend_hash_init(&message_types, 16, NULL, ZVAL_PTR_DTOR, false);
	}
	zval *known = zend_hash_index_find(&message_types, key);
	if (known) {
		return Z_STR_P(known);
	}
	zval attribute, type;
	if (!ecoq_attribute_find(ce->attributes, 0, ECOQ_ATTRIBUTE_MESSAGE_TYPE, ce, ZSTR_VAL(ce->name), &attribute)) {
		return NULL;
	}
	if (Z_ISUNDEF(attribute)) {
		ZVAL_STR_COPY(&type, ce->name);
	} else {
		ZVAL_COPY(&type, OBJ_PROP_NUM(Z_OBJ(attribute), 0));
		zval_ptr_dtor(&attribute);
	}
	return Z_STR_P(zend_hash_index_update(&message_types, key, &type));
}

void ecoq_endpoint_rshutdown(void)
{
	if (message_types.nTableSize != 0) {
		zend_hash_destroy(&message_types);
		message_types.nTableSize = 0;
	}
}

bool ecoq_type_looks_like_class(const zend_string *type)
{
	bool has_separator = false;
	for (size_t i = 0; i < ZSTR_LEN(type); i++) {
		unsigned char c = ZSTR_VAL(type)[i];
		bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
		if (c == '\\') {
			has_separator = true;
		} else if (!is_letter && !(c >= '0' && c <= '9' && i > 0)) {
			return false;
		}
	}
	return has_separator || (ZSTR_LEN(type) > 0 && ZSTR_VAL(type)[0] >= 'A' && ZSTR_VAL(type)[0] <= 'Z');
}
