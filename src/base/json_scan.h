#ifndef ECOQ_BASE_JSON_SCAN_H
#define ECOQ_BASE_JSON_SCAN_H

/* Finds values in JSON text without decoding any of it. Strict: it accepts exactly what RFC 8259 and json_decode() accept, valid UTF-8
 * and paired surrogate escapes included. Plain C, nothing is allocated, the text needs no NUL and no recursion happens. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* Deeper texts are refused whatever the caller allows. */
#define ECOQ_JSON_MAX_DEPTH 1024

typedef enum ecoq_json_kind {
	ECOQ_JSON_ABSENT, /* for those who keep values: not found */
	ECOQ_JSON_OBJECT,
	ECOQ_JSON_ARRAY,
	ECOQ_JSON_STRING,
	ECOQ_JSON_INTEGER, /* no fraction, no exponent; may have a minus sign and be of any length */
	ECOQ_JSON_DECIMAL,
	ECOQ_JSON_TRUE,
	ECOQ_JSON_FALSE,
	ECOQ_JSON_NULL
} ecoq_json_kind;

/* A value that was found. `text` is its span; of a string without the quotes, still escaped. */
typedef struct ecoq_json_value {
	ecoq_bytes text;
	ecoq_json_kind kind;
	bool escaped; /* strings: holds a backslash */
	bool empty;   /* objects and arrays: has no member */
} ecoq_json_value;

/* One pass over one text. After a fault every call returns false. */
typedef struct ecoq_json_scan {
	const char *start;
	const char *at; /* the next byte to read; after a fault the byte it was found at */
	const char *end;
	const char *fault; /* NULL, or what is wrong: "a string is not closed" */
	uint32_t depth;    /* open objects and arrays */
	uint32_t max_depth;
	bool first; /* the object that was just entered has given no member yet */
} ecoq_json_scan;

/* `max_depth` counts as json_decode() does, with the innermost value: one object or array less may be open at once. */
void ecoq_json_begin(ecoq_json_scan *scan, ecoq_bytes text, uint32_t max_depth);

/* Whether the next value is an object. If so it is entered, and ecoq_json_next_member() gives its members; if not, nothing is read. */
bool ecoq_json_enter_object(ecoq_json_scan *scan);

/* Reads up to the next member's value, or leaves the object: false at its end, and on a fault. */
bool ecoq_json_next_member(ecoq_json_scan *scan, ecoq_json_value *key);

/* Reads one whole value, however deep. */
bool ecoq_json_read_value(ecoq_json_scan *scan, ecoq_json_value *value);

/* Whether nothing but white space is left. */
bool ecoq_json_finish(ecoq_json_scan *scan);

/* Writes the text that a scanned string stands for to `out`, which has room for text.size bytes; returns its size. */
size_t ecoq_json_unescape(ecoq_bytes text, char *out);

#endif
