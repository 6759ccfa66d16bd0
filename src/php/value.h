#ifndef ECOQ_PHP_VALUE_H
#define ECOQ_PHP_VALUE_H

#include "php/compat.h"

/* For constructors of value objects: whether this is the first call, told by the first property slot. If not, an Error is pending:
 * writing the slots from C would change readonly properties. */
bool ecoq_value_is_new(const zend_object *object);

/* Whether every property is set: not so for an object that reflection made without its constructor. */
bool ecoq_value_is_complete(const zend_object *object);

/* __set_state() of a value whose properties have the names of its constructor's parameters. */
void ecoq_value_set_state(zend_class_entry *ce, HashTable *properties, zval *return_value);

/* `compare` handler of objects that equal nothing but themselves. */
int ecoq_compare_identity(zval *left, zval *right);

/* At MINIT: keeps the constructor's argument (0 is the first) out of stack traces, as #[\SensitiveParameter] does. */
void ecoq_mark_parameter_sensitive(zend_class_entry *ce, uint32_t parameter);

#endif
