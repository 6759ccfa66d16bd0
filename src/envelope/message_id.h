#ifndef ECOQ_ENVELOPE_MESSAGE_ID_H
#define ECOQ_ENVELOPE_MESSAGE_ID_H

#include "base/buffer.h"
#include "base/uuid.h"
#include "php/compat.h"

/* Ids of SEMANTICS 1, each as a new string that the caller owns. */

zend_string *ecoq_message_id_new(void); /* UUIDv7; throws and returns NULL when the kernel gives no randomness */

/* UUIDv5(ecoq namespace, original id NUL endpoint id): the id of an endpoint's copy, and the idempotency key. A repeated fan-out repeats it. */
zend_string *ecoq_message_id_for_endpoint(ecoq_bytes original_id, ecoq_bytes endpoint_id);

/* For a foreign message without id: from SHA-256 of its bytes and the broker's identity for it (row, delivery, offset; may be empty). */
zend_string *ecoq_message_id_for_bytes(ecoq_bytes body, ecoq_bytes broker_identity);

#endif
