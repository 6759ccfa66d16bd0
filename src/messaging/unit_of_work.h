#ifndef ECOQ_MESSAGING_UNIT_OF_WORK_H
#define ECOQ_MESSAGING_UNIT_OF_WORK_H

#include "messaging/messaging.h"

/* What one outermost bus call or handler execution sends is collected and leaves together, in batches per channel; nested calls join. */
struct ecoq_unit_of_work {
	struct ecoq_unit_of_work *outer; /* of an enclosing worker run; joined by nobody */
	uint32_t depth;
	struct ecoq_collected *items;
	size_t count;
	size_t capacity;
};

/* A message that waits for the end of its unit; owns its strings and a reference of the channel. */
typedef struct ecoq_collected {
	ecoq_channel *channel;
	zend_string *body;
	zend_string *id;
	zend_string *type;
	zend_string *trace_id;
	int64_t deliver_at;
	int64_t expires_at;
	uint8_t priority;
	bool id_is_new;
} ecoq_collected;

/* Joins the open unit or opens one. The mark is where this caller's messages begin. */
size_t ecoq_unit_begin(ecoq_messaging *messaging);

/* Ends what begin() began. Success of the outermost sends everything; false with an exception pending when a channel did not take its
 * messages (the text says which were not sent). Otherwise what was collected since the mark is forgotten. */
bool ecoq_unit_commit(ecoq_messaging *messaging);
void ecoq_unit_roll_back(ecoq_messaging *messaging, size_t mark);

/* Forgets what was collected since the mark, without ending anything. */
void ecoq_unit_discard_since(ecoq_messaging *messaging, size_t mark);

/* Adds a message; takes over the references in `message`. */
void ecoq_unit_collect(ecoq_messaging *messaging, const ecoq_collected *message);

/* A unit that joins nothing, for the execution of a delivery: `unit` lives in the caller. */
void ecoq_unit_open(ecoq_messaging *messaging, ecoq_unit_of_work *unit);
/* Sends what was collected (ECOQ_OK), or fails without an exception; in both cases close() must follow. */
ecoq_result ecoq_unit_flush(ecoq_messaging *messaging, ecoq_error *error);
void ecoq_unit_close(ecoq_messaging *messaging);

#endif
