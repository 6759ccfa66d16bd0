#ifndef ECOQ_MESSAGING_FAILURE_H
#define ECOQ_MESSAGING_FAILURE_H

#include "messaging/messaging.h"

/* What becomes of a message that was not handled (SEMANTICS 5). Each of these decides the execution. */

/* Takes the pending exception (cleared afterwards) and decides by its class and the retry policy. `handler_ran` false: it was made by ecoq before the
 * handler was reached. */
void ecoq_failure_of_exception(ecoq_execution *execution, bool handler_ran);

/* The handler called exit(). */
void ecoq_failure_of_exit(ecoq_execution *execution);

/* Store it again, unchanged and uncharged, due in `delay_ms`. */
void ecoq_postpone(ecoq_execution *execution, int64_t delay_ms);

/* Nothing answers its type or endpoint: the channel's `unknown` policy. */
void ecoq_failure_unknown(ecoq_execution *execution);

/* Give up: to the dead letters of the channel (its table row as execution->dead_letter, its queue's message as successor) with the reason ("failed",
 * "unknown_urn", "poison", "crashed") and text. `exception` may be NULL. Where the channel has an error channel, the note is made in any case:
 * ecoq_error_channel_take() sends it there. */
void ecoq_dead_letter(ecoq_execution *execution, const char *reason, zend_object *exception, const char *format, ...);

/* Whether dead letters of the execution's channel are rows of the database. */
bool ecoq_dead_letter_is_for_database(const ecoq_execution *execution);

/* The retry policy for the execution: the channel's, with the endpoint's #[Retry] laid over it field by field. */
ecoq_backoff ecoq_execution_retry_policy(const ecoq_execution *execution);

#endif
