#ifndef ECOQ_MESSAGING_RETRY_FILTER_H
#define ECOQ_MESSAGING_RETRY_FILTER_H

#include "messaging/messaging.h"

/* Which exceptions are worth another try: by the lists of class names of RetryPolicy, #[Retry] and #[InstantRetry], and by what the exceptions say of
 * themselves (Unrecoverable, RetryLater, StopWorker). */

/* Whether a message whose handler threw this may be retried, as far as its class goes. */
bool ecoq_retry_filter_allows(const ecoq_execution *execution, const zend_object *exception);

/* Whether a synchronous command with #[InstantRetry] is run again at once after its `attempt`th (from 1) execution threw this. */
bool ecoq_instant_retry_allows(const ecoq_endpoint *endpoint, zend_object *exception, uint32_t attempt);

/* Sleeps for the attribute's delay. */
void ecoq_instant_retry_pause(const ecoq_endpoint *endpoint);

#endif
