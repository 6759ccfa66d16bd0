#ifndef ECOQ_MESSAGING_INCOMING_H
#define ECOQ_MESSAGING_INCOMING_H

#include "messaging/messaging.h"

/* The message that is being handled: what its handler is called with, and what the messages sent meanwhile inherit (trace id, user
 * headers, parent id). They nest, the innermost is messaging->current. Parts are made when first asked for. */
typedef struct ecoq_incoming {
	ecoq_invocation invocation; /* first, so that its callbacks find the rest */
	ecoq_messaging *messaging;
	struct ecoq_incoming *outer;
	const ecoq_envelope *envelope; /* NULL: a synchronous call */
	const ecoq_endpoint *endpoint; /* whom it is handled by; NULL: not known yet */
	uint32_t attempts;
	zend_string *id; /* NULL until needed */
	zend_string *type;
	zend_string *trace_id; /* NULL until needed */
	zval payload;
	zval headers; /* array; UNDEF until needed */
} ecoq_incoming;

/* A synchronous call. `headers` are the sender's own (may be NULL); those of the message being handled are merged below them. */
void ecoq_incoming_init_local(ecoq_incoming *incoming, ecoq_messaging *messaging, zend_string *type, zval *payload, HashTable *headers);

/* A delivery; `envelope` must outlive it. The payload is there after load() only; false with an EnvelopeException pending. */
void ecoq_incoming_init_wire(ecoq_incoming *incoming, ecoq_messaging *messaging, const ecoq_envelope *envelope, uint32_t attempts, zend_string *id);
bool ecoq_incoming_load(ecoq_incoming *incoming);

void ecoq_incoming_free(ecoq_incoming *incoming);

/* Makes it the current one, and the former one current again. */
void ecoq_incoming_enter(ecoq_incoming *incoming);
void ecoq_incoming_leave(ecoq_incoming *incoming);

/* Borrowed. NULL with an exception pending. */
zend_string *ecoq_incoming_id(ecoq_incoming *incoming);
zend_string *ecoq_incoming_trace_id(ecoq_incoming *incoming);
HashTable *ecoq_incoming_headers(ecoq_incoming *incoming);

#endif
