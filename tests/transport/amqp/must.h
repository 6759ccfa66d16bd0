#ifndef ECOQ_TESTS_AMQP_MUST_H
#define ECOQ_TESTS_AMQP_MUST_H

/* How a test against a broker ends early; for one C file. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/result.h"

__attribute__((format(printf, 1, 2), noreturn)) static void fail(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	fputs("FAILED: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	puts("0 passed, 1 failed");
	exit(1);
}

static void must(ecoq_result result, const ecoq_error *error, const char *what)
{
	if (result != ECOQ_OK) {
		fail("%s: %s: %s", what, ecoq_result_name(result), error->text);
	}
}

#endif
