#ifndef ECOQ_ENDPOINT_HANDLER_READER_H
#define ECOQ_ENDPOINT_HANDLER_READER_H

/* From a handler class's attributes to its endpoints. */

#include "endpoint/registry.h"
#include "endpoint/registry_sources.h"

/* Adds an endpoint for each handler attribute of the class's methods, its own, inherited and from traits. `target` is the handler object, UNDEF for a
 * class name. False with a ConfigurationException that names class, method and attribute. */
bool ecoq_handler_class_read(ecoq_registry *registry, ecoq_registry_sources *sources, zend_class_entry *ce, const zval *target);

#endif
