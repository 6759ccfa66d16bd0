#ifndef ECOQ_MESSAGING_DEDUPLICATION_H
#define ECOQ_MESSAGING_DEDUPLICATION_H

#include "messaging/incoming.h"

/* Effects that stand once (SEMANTICS 6). The key of an execution is its message id, or what #[Deduplicated] says; the state of it is in the
 * execution: `dedup_key`, `dedup_is_claim`. */

typedef enum ecoq_dedup_verdict {
	ECOQ_DEDUP_RUN,       /* nobody did it yet: run, and record it */
	ECOQ_DEDUP_DUPLICATE, /* its effect stands: acknowledge and count */
	ECOQ_DEDUP_WAIT       /* another worker has this key in hand: put back for a second, uncharged */
} ecoq_dedup_verdict;

/* Before the handler, with no transaction open: evaluates the key, looks, and claims where the endpoint is #[Deduplicated]. ECOQ_EXCEPTION: a
 * ConversionException (the key is missing or null) or the expression's own is pending. Without `database` it does nothing (RUN). */
ecoq_result ecoq_deduplication_begin(ecoq_execution *execution, ecoq_incoming *incoming, ecoq_dedup_verdict *verdict, ecoq_error *error);

/* What executions of the message by this endpoint are recorded under. The caller owns it; NULL with an exception pending. */
zend_string *ecoq_deduplication_key(ecoq_messaging *messaging, ecoq_endpoint *endpoint, const ecoq_envelope *envelope, zend_string *id);

/* After the handler, in its transaction: the record. DUPLICATE when another execution was faster: the caller rolls back. */
ecoq_result ecoq_deduplication_record(ecoq_execution *execution, ecoq_dedup_verdict *verdict, ecoq_error *error);

/* The execution failed and its transaction is rolled back: a claim is given up. Never fails: what stays is freed with the owner. */
void ecoq_deduplication_give_up(ecoq_execution *execution);

/* At the gateway, in the sender's transaction: whether `key` was sent for this type before; records it if not. Needs `database` (else a
 * ConfigurationException that says what to add). False with an exception pending. */
bool ecoq_deduplication_at_gateway(ecoq_messaging *messaging, zend_string *type, zend_string *key, bool *is_duplicate);

/* At construction: whether every #[Deduplicated] endpoint can be kept to. False with a ConfigurationException that says what to add. */
bool ecoq_deduplication_check(ecoq_messaging *messaging);

/* Removes records that are older than 7 days, a batch at a time, once a minute at most; for the worker between messages and when it is idle. */
void ecoq_deduplication_clean(ecoq_messaging *messaging);

#endif
