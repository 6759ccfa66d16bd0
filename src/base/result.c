#include "base/result.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *ecoq_result_name(ecoq_result result)
{
	static const char *const names[] = {
		[ECOQ_OK] = "ok",
		[ECOQ_INVALID] = "invalid",
		[ECOQ_REFUSED] = "refused",
		[ECOQ_UNAVAILABLE] = "unavailable",
		[ECOQ_UNKNOWN] = "unknown",
		[ECOQ_CONFLICT] = "conflict",
		[ECOQ_LOST] = "lost",
		[ECOQ_UNSUPPORTED] = "unsupported",
		[ECOQ_PROTOCOL] = "protocol",
		[ECOQ_NO_MEMORY] = "no memory",
		[ECOQ_EXCEPTION] = "exception",
	};
	size_t index = (size_t) result;

	return index < sizeof(names) / sizeof(names[0]) ? names[index] : "?";
}

bool ecoq_result_is_retryable(ecoq_result result)
{
	return result == ECOQ_UNAVAILABLE || result == ECOQ_UNKNOWN;
}

/* A text that was cut ends with "…", never within a UTF-8 sequence: it may go into JSON. */
static void mark_as_cut(char *text, size_t capacity)
{
	static const char ellipsis[] = "\xe2\x80\xa6";
	size_t end = capacity - sizeof(ellipsis);

	while (end > 0 && ((unsigned char) text[end] & 0xc0) == 0x80) {
		end--;
	}
	memcpy(text + end, ellipsis, sizeof(ellipsis));
}

ecoq_result ecoq_fail(ecoq_error *error, ecoq_result code, const char *format, ...)
{
	if (error == NULL) {
		return code;
	}
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);

	if (length < 0) {
		error->text[0] = '\0';
	} else if ((size_t) length >= sizeof(error->text)) {
		mark_as_cut(error->text, sizeof(error->text));
	}
	error->code = code;
	return code;
}
