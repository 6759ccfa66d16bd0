#ifndef ECOQ_PHP_BYTES_H
#define ECOQ_PHP_BYTES_H

#include "base/buffer.h"
#include "php/compat.h"

/* The bytes of a zend_string, borrowed; of NULL: none. */
static inline ecoq_bytes ecoq_bytes_of(const zend_string *string)
{
	return string ? (ecoq_bytes){ZSTR_VAL(string), ZSTR_LEN(string)} : ECOQ_NO_BYTES;
}

static inline zend_string *ecoq_string_of(ecoq_bytes bytes)
{
	return bytes.size ? zend_string_init(bytes.data, bytes.size, false) : ZSTR_EMPTY_ALLOC();
}

#endif
