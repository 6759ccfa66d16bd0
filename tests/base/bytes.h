#ifndef ECOQ_TESTS_BYTES_H
#define ECOQ_TESTS_BYTES_H

/* Bytes for the plain C tests; for one C file. */

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"

/* Copies to the heap in exact size, so that a read past the end is seen by the sanitizer. */
static ecoq_bytes heap_bytes(const char *text, size_t size)
{
	char *copy = malloc(size ? size : 1);
	memcpy(copy, text, size);
	return (ecoq_bytes){copy, size};
}

static bool bytes_are(ecoq_bytes bytes, const char *text)
{
	return bytes.size == strlen(text) && (bytes.size == 0 || memcmp(bytes.data, text, bytes.size) == 0);
}

#endif
