#ifndef ECOQ_ENDPOINT_EXPRESSION_H
#define ECOQ_ENDPOINT_EXPRESSION_H

#include "endpoint/endpoint.h"

/* Whether the text is a path: `payload` or `headers`, and then `.name` any number of times. */
bool ecoq_expression_is_path(const zend_string *text);

#endif
