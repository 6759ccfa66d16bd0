#ifndef ECOQ_MESSAGING_DEAD_LETTER_REPLAY_H
#define ECOQ_MESSAGING_DEAD_LETTER_REPLAY_H

#include "messaging/messaging.h"

/* Sending dead letters again, wherever they are kept. */

#define ECOQ_RELAY_ENDPOINT "relay" /* stands for the endpoint in a letter that the relay gave up on: any handler of its channel may get it */

/* One request to replay: how, what came of it, and who is told of letters that were passed over. */
typedef struct ecoq_replay {
	ecoq_messaging *messaging;
	bool force; /* removes the record that the message was handled, where there is one */
	zend_long replayed;
	zend_long skipped;
	/* A letter that cannot be sent stays, the others go on. Strings are borrowed. */
	void (*on_skipped)(struct ecoq_replay *replay, zend_string *id, zend_string *channel, zend_string *why);
	void *context;
} ecoq_replay;

void ecoq_replay_skip(ecoq_replay *replay, ecoq_bytes id, ecoq_bytes channel, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The message as it is sent back: as if it had never failed, for the endpoint that failed only. Holds what `outgoing` points into; `body` must outlive it. */
typedef struct ecoq_revived {
	ecoq_outgoing outgoing;
	zend_string *endpoint; /* that it is for; NULL: by its type */
	zend_string *body;
	zend_string *id;
	zend_string *group;      /* NULL: none */
	zend_string *record_key; /* a forced replay removes the record of it; NULL: of the message id */
	bool has_envelope;
	ecoq_envelope envelope;
} ecoq_revived;

/* `letter`: of a queue, or a table's bytes as if they were. `id`: what the message goes by where its bytes name none. `endpoint`: of the letter. */
void ecoq_revive(const ecoq_channel *channel, const ecoq_delivery *letter, ecoq_bytes id, ecoq_bytes endpoint, ecoq_revived *revived);
/* With replay->force: finds `record_key`, where the endpoint is #[Deduplicated] by a key of its own. May run an expression of the application, whose
 * failure counts as none found. */
void ecoq_replay_find_record_key(const ecoq_replay *replay, ecoq_revived *revived);
void ecoq_revived_free(ecoq_revived *revived);

/* With replay->force and a database: removes the record that the handler was done with the message. It goes before the message is sent, which could be
 * taken for a duplicate otherwise. False with an exception pending. */
bool ecoq_replay_forget(const ecoq_replay *replay, const ecoq_revived *revived);

/* Whether the channel still has that handler. */
bool ecoq_revived_has_handler(ecoq_messaging *messaging, const ecoq_channel *channel, const ecoq_revived *revived);

#endif
