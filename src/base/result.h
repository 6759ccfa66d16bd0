#ifndef ECOQ_BASE_RESULT_H
#define ECOQ_BASE_RESULT_H

#include <stdbool.h>
#include <stddef.h>

/* The outcome of every call below the PHP layer. Errors are values down here; only code that serves a PHP call
 * turns them into exceptions (php/exceptions.h). */
typedef enum ecoq_result {
	ECOQ_OK = 0,
	ECOQ_INVALID,     /* the configuration or the argument is wrong: repeating will not help */
	ECOQ_REFUSED,     /* the backend answered, about this very message: too large, unroutable, not allowed */
	ECOQ_UNAVAILABLE, /* the backend cannot be reached, or is busy: try again later, no message is to blame */
	ECOQ_UNKNOWN,     /* the connection was lost before the answer: it may or may not have happened */
	ECOQ_CONFLICT,    /* another transaction was in the way: the whole unit of work may be run again at once */
	ECOQ_LOST,        /* the delivery belongs to another owner by now: the fence refused */
	ECOQ_UNSUPPORTED, /* this transport cannot do it */
	ECOQ_PROTOCOL,    /* the backend answered something that cannot be understood */
	ECOQ_NO_MEMORY,
	ECOQ_EXCEPTION /* a PHP exception is pending (transports that run PHP code only); the text is not set */
} ecoq_result;

#define ECOQ_ERROR_TEXT 768

/* Filled by the call that fails, read by its caller, owned by the caller (usually on its stack). `text` says what was
 * being done, what was expected, what came, and what to do; it never holds a secret. */
typedef struct ecoq_error {
	ecoq_result code;
	char text[ECOQ_ERROR_TEXT];
} ecoq_error;

/* Name of a result for logs and tests: "unavailable". Never NULL. */
const char *ecoq_result_name(ecoq_result result);

/* Whether the same call may succeed later without anyone changing anything. */
bool ecoq_result_is_retryable(ecoq_result result);

/* Sets code and text, cutting the text if need be, and returns `code`, so that a failing function ends with
 * `return ecoq_fail(error, ECOQ_INVALID, "…", …);`. `error` may be NULL. */
ecoq_result ecoq_fail(ecoq_error *error, ecoq_result code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
