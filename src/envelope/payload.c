#include "envelope/payload.h"

#include "envelope/payload_plan.h"

ZEND_TLS HashTable *classes;

HashTable *ecoq_payload_classes(void)
{
	if (!classes) {
		ALLOC_HASHTABLE(classes);
		zend_hash_init(classes, 16, NULL, ecoq_payload_class_free, 0);
	}
	return classes;
}

void ecoq_payload_minit(void)
{
	ecoq_array_of_minit();
	ecoq_payload_native_minit();
}

void ecoq_payload_rshutdown(void)
{
	if (classes) {
		zend_hash_destroy(classes);
		FREE_HASHTABLE(classes);
		classes = NULL;
	}
}
