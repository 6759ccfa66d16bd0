#ifndef ECOQ_CHANNEL_DEAD_LETTER_BLOCK_H
#define ECOQ_CHANNEL_DEAD_LETTER_BLOCK_H

/* The `dead_letter` block of the BabelQueue envelope: why a message was given up on, as the last key of its own bytes. */

#include "envelope/envelope.h"

/* Borrowed; empty spans become null, except where they are said to be left out. */
typedef struct ecoq_dead_letter_block {
	ecoq_bytes reason;         /* "failed", "unknown_urn" or "poison": the schema knows no other */
	ecoq_bytes error;          /* text of the failure */
	ecoq_bytes error_class;    /* `exception`: class of the failure */
	ecoq_bytes endpoint;       /* endpoint id; empty: left out */
	ecoq_bytes trace;          /* class, method, file and line per frame, never arguments; empty: left out */
	ecoq_bytes original_queue; /* where a redrive sends it back to */
	int64_t failed_at;         /* milliseconds since the epoch */
	uint32_t attempts;         /* failed executions, the last one included; also becomes the envelope's own `attempts` */
} ecoq_dead_letter_block;

/* The bytes to store in a dead letter queue; the caller owns the string. Without an envelope (`envelope` NULL: the body is none) they are
 * `body`, untouched. Text that is not UTF-8 gets replacement characters, so this does not fail. */
zend_string *ecoq_dead_letter_body(ecoq_bytes body, const ecoq_envelope *envelope, const ecoq_dead_letter_block *block);

#endif
