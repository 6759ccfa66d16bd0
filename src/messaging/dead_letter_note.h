#ifndef ECOQ_MESSAGING_DEAD_LETTER_NOTE_H
#define ECOQ_MESSAGING_DEAD_LETTER_NOTE_H

#include "php/compat.h"

/* What is known of a message that was given up on, on its way to the database's table. Owns its strings; each may be NULL (none) but message_id and
 * body. */
typedef struct ecoq_dead_letter_note {
	zend_string *message_id;
	zend_string *endpoint; /* endpoint id; "relay" for what the relay gave up on, whose channel is then the destination */
	zend_string *type;
	zend_string *channel; /* name of the channel it was consumed from */
	zend_string *queue;
	zend_string *reason; /* "failed", "unknown_urn", "poison", "crashed" */
	zend_string *error_class;
	zend_string *error;
	zend_string *trace;
	zend_string *payload; /* JSON, as it was sent */
	zend_string *headers; /* JSON object */
	zend_string *body;    /* the original bytes */
	uint32_t attempts;    /* failed executions, the last one included */
	int64_t failed_at;    /* milliseconds since the epoch */
} ecoq_dead_letter_note;

void ecoq_dead_letter_note_free(ecoq_dead_letter_note *note);

#endif
