#ifndef ECOQ_ENDPOINT_HANDLER_TYPES_H
#define ECOQ_ENDPOINT_HANDLER_TYPES_H

#include "endpoint/registry.h"
#include "endpoint/registry_sources.h"

/* Adds what a handler attribute makes its method handle: the type it names or, with an empty one, the classes of the payload's parameter; message
 * classes also by their #[MessageType], for which they are loaded. False with a ConfigurationException "place, #[name]: …". */
bool ecoq_handler_types_add(ecoq_endpoint *endpoint, const zend_function *function, zend_class_entry *scope, zend_string *type, ecoq_registry_sources *sources,
	const char *place, const char *name);

#endif
