#ifndef ECOQ_ENDPOINT_REGISTRY_FORMAT_H
#define ECOQ_ENDPOINT_REGISTRY_FORMAT_H

/* The content of a registry cache file: a key, the sources, and endpoints in groups, one per handler class. Numbers are in the machine's own
 * form, strings are a length, the bytes and a NUL. */

#include "endpoint/registry.h"
#include "endpoint/registry_sources.h"
#include "zend_smart_str.h"

/* What one handler class gives. One that is not kept is read from its attributes each time: for good, or as long as the blocker, a class that was
 * loaded before, is loaded before (see registry_sources.h). */
typedef struct ecoq_registry_group {
	zend_string *class_name; /* as it is declared */
	zend_string *file;       /* where; empty for a class of the engine */
	bool is_kept;
	zend_string *blocker; /* lower-case; empty: none */
	ecoq_endpoint **endpoints;
	uint32_t count;
} ecoq_registry_group;

/* Reads from `at` up to `end`; once it has failed, everything read is 0 or NULL. */
typedef struct ecoq_format_reader {
	const char *at;
	const char *end;
	bool has_failed;
} ecoq_format_reader;

uint32_t ecoq_format_read_count(ecoq_format_reader *reader); /* of items that take a byte each at least */
int64_t ecoq_format_read_int(ecoq_format_reader *reader);
ecoq_bytes ecoq_format_read_text(ecoq_format_reader *reader); /* borrowed; a NUL follows it */

/* Reads a group; the caller owns what it then holds, also after a failure. */
bool ecoq_format_read_group(ecoq_format_reader *reader, ecoq_registry_group *group);

void ecoq_format_write_count(smart_str *out, uint32_t count);
void ecoq_format_write_int(smart_str *out, int64_t value);
void ecoq_format_write_text(smart_str *out, const zend_string *text);

/* Whether the endpoint is data only: not so with a callable that is, or holds, an object. */
bool ecoq_format_can_write(const ecoq_endpoint *endpoint);
void ecoq_format_write_group(smart_str *out, const ecoq_registry_group *group);

/* A fast 64-bit digest: against damage, not against forgery, for which the file's owner is checked. */
uint64_t ecoq_format_checksum(const char *data, size_t size);

#endif
