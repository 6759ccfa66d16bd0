#include "base/buffer.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static bool reserve(ecoq_buffer *buffer, size_t more)
{
	if (more <= buffer->capacity - buffer->size) {
		return true;
	}
	if (more > SIZE_MAX / 2 - buffer->size) {
		return false;
	}
	size_t needed = buffer->size + more;
	size_t capacity = buffer->capacity < 64 ? 64 : buffer->capacity;
	while (capacity < needed) {
		capacity *= 2;
	}
	char *data = realloc(buffer->data, capacity);
	if (data == NULL) {
		return false;
	}
	buffer->data = data;
	buffer->capacity = capacity;
	return true;
}

bool ecoq_buffer_append(ecoq_buffer *buffer, const void *data, size_t size)
{
	if (size == 0) {
		return true;
	}
	if (!reserve(buffer, size)) {
		return false;
	}
	memcpy(buffer->data + buffer->size, data, size);
	buffer->size += size;
	return true;
}

bool ecoq_buffer_append_text(ecoq_buffer *buffer, const char *text)
{
	return ecoq_buffer_append(buffer, text, strlen(text));
}

bool ecoq_buffer_append_int(ecoq_buffer *buffer, long long value)
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%lld", value);

	return ecoq_buffer_append(buffer, digits, (size_t) length);
}

void ecoq_buffer_clear(ecoq_buffer *buffer)
{
	buffer->size = 0;
}

void ecoq_buffer_free(ecoq_buffer *buffer)
{
	free(buffer->data);
	*buffer = (ecoq_buffer){0};
}
