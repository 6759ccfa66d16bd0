#ifndef ECOQ_ENVELOPE_ENVELOPE_H
#define ECOQ_ENVELOPE_ENVELOPE_H

/* The wire format: BabelQueue envelope, schema version 1, plus a top-level `headers` object (DESIGN 5). Reading finds spans in the
 * original bytes and decodes nothing but what routing needs; writing splices spans. `data` is never decoded and encoded again. */

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/result.h"
#include "php/compat.h"
#include "zend_smart_str.h"

extern zend_class_entry *ecoq_ce_Envelope;
void ecoq_envelope_minit(void);

#define ECOQ_GROUP_MAX 255 /* bytes of a group's name */

/* Limits of what is accepted from outside; ECOQ_ENVELOPE_LIMITS holds the defaults, channels may set others. */
typedef struct ecoq_envelope_limits {
	size_t max_body;    /* bytes */
	uint32_t max_depth; /* as json_decode()'s depth: nesting of arrays and objects, plus one for the innermost value; at most 1024 counts */
	uint32_t max_headers;
} ecoq_envelope_limits;
#define ECOQ_ENVELOPE_LIMITS ((ecoq_envelope_limits){16 * 1024 * 1024, 512, 256})

/* Why an envelope is not accepted; ecoq_envelope_reason() gives the wire name ("missing_urn"), the order is that of the checks. */
typedef enum ecoq_envelope_fault {
	ECOQ_ENVELOPE_ACCEPTED = 0,
	ECOQ_ENVELOPE_TOO_LARGE, /* "too_large" */
	ECOQ_ENVELOPE_MALFORMED, /* "malformed": not JSON, not an object, bad UTF-8, nested too deep, too many headers */
	ECOQ_ENVELOPE_MISSING_URN,
	ECOQ_ENVELOPE_MISSING_META,
	ECOQ_ENVELOPE_UNSUPPORTED_SCHEMA_VERSION,
	ECOQ_ENVELOPE_INVALID_DATA,
	ECOQ_ENVELOPE_MISSING_TRACE_ID,
	ECOQ_ENVELOPE_INVALID_ATTEMPTS
} ecoq_envelope_fault;

/* A JSON string value. `text` is the unescaped text: it points into the bytes where there was no escape, else into `owned`. */
typedef struct ecoq_envelope_text {
	ecoq_bytes text;
	zend_string *owned; /* NULL, or freed by ecoq_envelope_free() */
} ecoq_envelope_text;

/* An envelope that was read. Every span points into `bytes`, which the caller keeps alive (unless `unpacked`); free with ecoq_envelope_free(). */
typedef struct ecoq_envelope {
	ecoq_bytes bytes;          /* the whole envelope */
	zend_string *unpacked;     /* NULL, or what `bytes` is a view of: it came in a frame, or with headers beside it */
	ecoq_bytes data;           /* the span of `data`'s value, "{…}", or "[]", which older producers write for {} */
	ecoq_bytes headers;        /* the span of `headers`' value, "{…}"; empty: absent, or no object (ignored with a warning) */
	ecoq_bytes attempts_token; /* the digits, the last one where the key stands twice */
	ecoq_bytes meta;           /* span of the value */
	ecoq_bytes dead_letter;    /* span of the value; empty: absent */
	ecoq_envelope_text type;   /* job, or urn where job is absent or empty */
	ecoq_envelope_text trace_id;
	ecoq_envelope_text id;    /* meta.id; empty: absent */
	ecoq_envelope_text queue; /* meta.queue; empty: absent */
	ecoq_envelope_text lang;
	int64_t created_at; /* meta.created_at, 0: absent */
	uint32_t attempts;
	/* from headers; of a wrong type: as if absent, and named in `warning` */
	ecoq_envelope_text endpoint;
	ecoq_envelope_text event_id;
	ecoq_envelope_text payload_class;
	ecoq_envelope_text group; /* at most ECOQ_GROUP_MAX bytes */
	int64_t deliver_at;
	int64_t expires_at;
	int64_t unknown_since;
	uint32_t unknown;
	int8_t priority;        /* -1: absent */
	bool payload_is_value;  /* ecoq-payload: value */
	uint8_t forbidden_keys; /* which ones; see ecoq_envelope_next_forbidden_key() */
	const char *warning_at; /* JSON pointer of what `warning` is about: "/headers/ecoq-priority"; a literal */
	char warning[160];      /* "": nothing to say; otherwise the first thing that was ignored */
} ecoq_envelope;

/* Reads and validates. On a fault nothing is held, `*envelope` is undefined, and `error` says what and where. */
ecoq_envelope_fault ecoq_envelope_read(ecoq_bytes bytes, const ecoq_envelope_limits *limits, ecoq_envelope *envelope, ecoq_error *error);

/* An envelope as brokers give it. Borrowed. */
typedef struct ecoq_envelope_source {
	ecoq_bytes body;
	ecoq_bytes headers; /* JSON text of an object that stands beside the body; empty: nothing does */
	bool may_be_frame;  /* the body may be {"__bq_frame":1,"headers":{"name":"text", …},"body":"<the envelope's bytes>"}, which the other libraries write
	                     * where a broker has no headers of its own */
} ecoq_envelope_source;

/* Likewise, out of its frame and together with its headers: those of the frame, then those beside the body, become the last of the envelope's
 * `headers`, unless it has one of that name. Values of a frame that are no strings, and names that are ecoq's own, are left out with a warning. Where
 * there is nothing to unpack this is ecoq_envelope_read(); else `envelope->bytes` are new ones, which live as long as the envelope. */
ecoq_envelope_fault ecoq_envelope_unpack(const ecoq_envelope_source *source, const ecoq_envelope_limits *limits, ecoq_envelope *envelope, ecoq_error *error);

void ecoq_envelope_free(ecoq_envelope *envelope);
const char *ecoq_envelope_reason(ecoq_envelope_fault fault);

/* JSON pointer ("/meta/ts") of one key of the set, which is taken out of it; NULL when the set is empty. For logging. */
const char *ecoq_envelope_next_forbidden_key(uint8_t *forbidden_keys);

/* The text every warning about such a key has; %s is the pointer. */
#define ECOQ_ENVELOPE_FORBIDDEN_KEY "The envelope carries the forbidden key %s; it is dropped"

/* Decodes `data` to a PHP array (objects as arrays, integers beyond 64 bits as floats), or, with payload_is_value, to the value itself. False
 * with an EnvelopeException. */
bool ecoq_envelope_payload(const ecoq_envelope *envelope, zval *payload);

/* Decodes `headers` to a PHP array, an empty one when absent. False with an EnvelopeException. */
bool ecoq_envelope_headers(const ecoq_envelope *envelope, zval *headers);

/* What a new envelope is made of; borrowed. */
typedef struct ecoq_envelope_parts {
	ecoq_bytes type;
	ecoq_bytes trace_id;
	ecoq_bytes id;
	ecoq_bytes queue;
	ecoq_bytes data;     /* JSON text of an object: ecoq_payload_encode() in envelope/payload.h, or the span of an envelope */
	bool data_is_value;  /* `data` is {"value": …}: writes the header ecoq-payload */
	HashTable *headers;  /* user headers, name => scalar|array|null; NULL: none. Names beginning with ecoq- are passed over */
	ecoq_bytes endpoint; /* the following ones become ecoq- headers; empty or 0 (priority: -1) leaves one out */
	ecoq_bytes event_id;
	ecoq_bytes payload_class;
	ecoq_bytes group;
	ecoq_bytes parent_id;
	int64_t deliver_at;
	int64_t expires_at;
	int8_t priority;
	int64_t created_at;
	uint32_t attempts;
	size_t *headers_size; /* out: see ecoq_envelope_written_headers(); NULL: nobody asks */
} ecoq_envelope_parts;

/* Writes the envelope: job, trace_id, data, meta{id, queue, lang, schema_version, created_at}, attempts[, headers]. An empty queue becomes
 * "default". NULL with a ConversionException when a header cannot be encoded or a text is not UTF-8. The caller owns the string. */
zend_string *ecoq_envelope_write(const ecoq_envelope_parts *parts);

/* The `headers` of an envelope that was just written, a span of it; empty: none of them is the user's. */
static inline ecoq_bytes ecoq_envelope_written_headers(const zend_string *bytes, size_t headers_size)
{
	return headers_size > 0 ? (ecoq_bytes){ZSTR_VAL(bytes) + ZSTR_LEN(bytes) - 1 - headers_size, headers_size} : ECOQ_NO_BYTES;
}

/* A change to existing bytes; everything not named stays byte for byte, in its place. */
typedef struct ecoq_envelope_patch {
	int64_t attempts; /* -1: as it is */
	int64_t unknown;  /* ecoq-unknown and ecoq-unknown-since; -1: as they are; 0: removed; else they are set, last in `headers`. Where
	                            * the last `headers` is no object, a second one is appended: the last one counts, and nothing foreign is lost */
	int64_t unknown_since;
	ecoq_bytes endpoint;    /* JSON text of a string, becomes the last ecoq-endpoint, likewise; empty: as it is */
	ecoq_bytes headers;     /* JSON text of members ("name":value,…) that are added, likewise; empty: none */
	bool drop_schedule;     /* removes ecoq-deliver-at and ecoq-expires-at (replay of a dead letter) */
	bool drop_dead_letter;  /* removes dead_letter */
	ecoq_bytes dead_letter; /* JSON text of an object, becomes the last key and replaces every dead_letter before; empty: none */
} ecoq_envelope_patch;
#define ECOQ_ENVELOPE_NO_PATCH ((ecoq_envelope_patch){.attempts = -1, .unknown = -1})

/* Returns the patched bytes; forbidden keys are dropped. The caller owns the string. */
zend_string *ecoq_envelope_patched(const ecoq_envelope *envelope, const ecoq_envelope_patch *patch);

#endif
