#ifndef ECOQ_ENVELOPE_PAYLOAD_H
#define ECOQ_ENVELOPE_PAYLOAD_H

/* Conversion of payloads: PHP value ⇄ JSON. Objects are made from the decoded array by a plan per class, computed once per
 * request and class (DESIGN 3 and 8, research/review-zend 18). */

#include "php/compat.h"

/* Ecoq\Attribute\ArrayOf */
extern zend_class_entry *ecoq_ce_ArrayOf;
void ecoq_payload_minit(void);
void ecoq_payload_rshutdown(void); /* frees the class plans of the request */

/* Encodes a payload as the JSON text of `data`, always an object: an array with string keys or an object directly; a scalar, list or null as
 * {"value": …} with `*is_value` set (an empty array is {}). JsonSerializable, public properties, nested objects, backed enums (their value), DateTimeInterface
 * (RFC 3339 with the fraction it has). NULL with a ConversionException that names the path. The caller owns the string. */
zend_string *ecoq_payload_encode(zval *payload, bool *is_value);

/* A declared type, turned into something that can be applied fast. Owned by whoever built it (a parameter plan, a class plan). */
typedef struct ecoq_payload_type ecoq_payload_type;

/* Builds the plan of a declared type (may be unset: mixed). `array_of` is the class or builtin type named by #[ArrayOf] on the parameter or
 * property, NULL: none. `where` names the place for errors ("Orders::confirm(), parameter $event"). NULL with a ConfigurationException for a type
 * that no JSON can ever become (a resource-like class, an abstract class without a way, callable, static). */
ecoq_payload_type *ecoq_payload_type_create(const zend_type *type, zend_class_entry *scope, zend_string *array_of, const char *where);
/* The same for a class that is known already, such as the one a message's type names. */
ecoq_payload_type *ecoq_payload_type_create_for_class(zend_class_entry *ce, const char *where);
void ecoq_payload_type_free(ecoq_payload_type *type);

/* What #[ArrayOf] names among a function's attributes for its parameter (counted from 0), or, with -1, among those of a property. The caller owns
 * the string. NULL: there is none, or EG(exception) is a ConfigurationException. `attributes` may be NULL. */
zend_string *ecoq_payload_array_of(HashTable *attributes, int parameter, zend_class_entry *scope, const char *where);

/* Converts a decoded value (array, scalar, null; `value` is borrowed, never changed) to the type; `result` gets a new reference. Values that
 * already are of the type (an object of the class, on synchronous calls) pass through, an object for an array parameter becomes the array that
 * its JSON would be. `path` starts the path of error texts ("data"). False with a ConversionException: "data.items[2].qty: expected int, got string \"two\"". */
bool ecoq_payload_convert(ecoq_payload_type *type, zval *value, const char *path, zval *result);

#endif
