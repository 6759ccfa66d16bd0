#ifndef ECOQ_TESTS_CHECK_H
#define ECOQ_TESTS_CHECK_H

/* The counters and the one assertion of the plain C tests; for one C file. */

#include <stdbool.h>
#include <stdio.h>

static int passed, failed;

#define CHECK(...) CHECK_EXPAND(__VA_ARGS__, "", "")
#define CHECK_EXPAND(condition, what, ...) check((condition), __LINE__, #condition, what)

static void check(bool condition, int line, const char *text, const char *what)
{
	if (condition) {
		passed++;
		return;
	}
	failed++;
	printf("line %d: %s%s%s\n", line, text, *what ? ": " : "", what);
}

#endif
