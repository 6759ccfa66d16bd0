#ifndef ECOQ_PHP_TIME_SPAN_H
#define ECOQ_PHP_TIME_SPAN_H

#include <stdint.h>

#include "php/compat.h"

extern zend_class_entry *ecoq_ce_TimeSpan;

void ecoq_time_span_minit(void);

/* Milliseconds of an int (milliseconds already), an Ecoq\TimeSpan or a DateInterval (years and months counted from now; an inverted one is
 * negative). With `now_ms` >= 0 a DateTimeInterface is taken too, as its distance from that instant (past: 0).
 * False without an exception for any other type; `*out` is then untouched. */
bool ecoq_milliseconds_from_zval(const zval *value, int64_t now_ms, int64_t *out);

/* Milliseconds from now until the instant that an RFC 3339 or other ISO 8601 text names (past: 0). False without an exception when the text
 * is no date with at least year, month and day. */
bool ecoq_milliseconds_from_date_text(const zend_string *text, int64_t now_ms, int64_t *out);

#endif
