#ifndef ECOQ_ENDPOINT_ATTRIBUTE_READER_H
#define ECOQ_ENDPOINT_ATTRIBUTE_READER_H

#include "endpoint/attributes.h"
#include "zend_attributes.h"

/* Which of ecoq's attributes this is: by its name, or as a loaded subclass of one (`*ce` is then the subclass). Every other
 * attribute is ECOQ_ATTRIBUTE_NONE and stays untouched: its class is not loaded. */
ecoq_attribute_kind ecoq_attribute_kind_of(const zend_attribute *attribute, zend_class_entry **ce);

/* Makes the attribute object. `scope` is the class that self:: means, `place` ("Orders::confirm") stands in front of every error: false with a
 * ConfigurationException "Orders::confirm, #[Delayed]: …", its cause as previous. */
bool ecoq_attribute_create(zend_attribute *attribute, zend_class_entry *ce, zend_class_entry *scope, const char *place, zval *object);

/* Makes the first attribute of that kind among those with this offset (0: of the class or method itself; n: of parameter n, from 1).
 * True with UNDEF when there is none; false with a ConfigurationException. */
bool ecoq_attribute_find(HashTable *attributes, uint32_t offset, ecoq_attribute_kind kind, zend_class_entry *scope, const char *place, zval *object);

/* Turns the pending exception into a ConfigurationException "place, #[Name]: its message". An exit() is left alone. */
void ecoq_attribute_wrap_exception(const char *place, const char *name);

#endif
