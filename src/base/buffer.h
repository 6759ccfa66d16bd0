#ifndef ECOQ_BASE_BUFFER_H
#define ECOQ_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Borrowed bytes: never owned, never assumed to end with NUL. `size` 0 means "none" wherever a value is optional. */
typedef struct ecoq_bytes {
	const char *data;
	size_t size;
} ecoq_bytes;

#define ECOQ_BYTES(literal) ((ecoq_bytes){(literal), sizeof(literal) - 1})
#define ECOQ_NO_BYTES ((ecoq_bytes){NULL, 0})

static inline bool ecoq_bytes_equal(ecoq_bytes a, ecoq_bytes b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* Where `c` stands last, or NULL. */
static inline const char *ecoq_bytes_last(ecoq_bytes bytes, char c)
{
	for (size_t i = bytes.size; i > 0; i--) {
		if (bytes.data[i - 1] == c) {
			return bytes.data + i - 1;
		}
	}
	return NULL;
}

/* A growing byte buffer on malloc. Zero-initialise it; free it with ecoq_buffer_free(). */
typedef struct ecoq_buffer {
	char *data;
	size_t size;
	size_t capacity;
} ecoq_buffer;

/* The append functions return false when memory ran out; the buffer then still holds what it held before. */
bool ecoq_buffer_append(ecoq_buffer *buffer, const void *data, size_t size);
bool ecoq_buffer_append_text(ecoq_buffer *buffer, const char *text);
bool ecoq_buffer_append_int(ecoq_buffer *buffer, long long value);
void ecoq_buffer_clear(ecoq_buffer *buffer); /* keeps the memory */
void ecoq_buffer_free(ecoq_buffer *buffer);  /* back to all zeros */

static inline ecoq_bytes ecoq_buffer_bytes(const ecoq_buffer *buffer)
{
	return (ecoq_bytes){buffer->data, buffer->size};
}

#endif
