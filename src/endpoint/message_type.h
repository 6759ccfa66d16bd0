#ifndef ECOQ_ENDPOINT_MESSAGE_TYPE_H
#define ECOQ_ENDPOINT_MESSAGE_TYPE_H

#include "php/compat.h"

/* Whether a type string reads as the name of a class that is worth loading at start-up: with a backslash, or one word that begins with a
 * capital letter. `order.placed`, `say` and `urn:…` do not. */
bool ecoq_type_looks_like_class(const zend_string *type);

#endif
