#ifndef ECOQ_MESSAGING_AFTER_COMMIT_H
#define ECOQ_MESSAGING_AFTER_COMMIT_H

#include "messaging/unit_of_work.h"

/* Messages for channels off the database that handlers sent: rows of this worker in a leg of the outbox, written with the handler's transaction,
 * sent right after the commit, removed some at a time. Whatever goes wrong in between, a row is left for a relay. */

/* Rows of one leg that were sent and are to be removed; one per leg in messaging->sent_rows. */
typedef struct ecoq_sent_rows {
	ecoq_channel *leg; /* a reference */
	ecoq_delivery *rows;
	size_t count, capacity;
} ecoq_sent_rows;

/* Whether the channel is worth a try: one that did not answer is left alone for 1 s, doubling to 30 s, since its rows can wait for a relay. */
bool ecoq_after_commit_may_send(const ecoq_channel *channel);
void ecoq_after_commit_answered(ecoq_channel *channel, bool answered);

/* The message of the row is sent. */
void ecoq_after_commit_sent(ecoq_messaging *messaging, ecoq_channel *leg, const ecoq_collected *item);

/* It could not be sent: the row is given to whoever relays. */
void ecoq_after_commit_not_sent(ecoq_channel *leg, const ecoq_collected *item);

/* Removes the rows that were sent; for the worker, when it settles and before it waits. Failures leave them to be sent once more by others. */
void ecoq_after_commit_remove(ecoq_messaging *messaging);
void ecoq_after_commit_free(ecoq_messaging *messaging);

#endif
