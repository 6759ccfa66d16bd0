#include "messaging/retry_filter.h"

#include <errno.h>
#include <time.h>

#include "php/class_list.h"
#include "php/exceptions.h"

/* `never` goes before `only`; an empty `only` is none. */
static bool lists_allow(const zval *only, const zval *never, const zend_class_entry *ce)
{
	bool is_limited = Z_TYPE_P(only) == IS_ARRAY && zend_hash_num_elements(Z_ARRVAL_P(only)) > 0;
	return !ecoq_class_list_holds(never, ce) && (!is_limited || ecoq_class_list_holds(only, ce));
}

static bool is_any_of(const zend_class_entry *ce, zend_class_entry *const *classes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (instanceof_function(ce, classes[i])) {
			return true;
		}
	}
	return false;
}

bool ecoq_retry_filter_allows(const ecoq_execution *execution, const zend_object *exception)
{
	zend_class_entry *const asking[] = {ecoq_ce_RetryLater, ecoq_ce_StopWorker};
	if (instanceof_function(exception->ce, ecoq_ce_Unrecoverable)) {
		return false;
	}
	if (is_any_of(exception->ce, asking, 2)) {
		return true;
	}
	const ecoq_endpoint_retry *own = execution->endpoint ? &execution->endpoint->retry : NULL;
	const zval *only = own && !Z_ISUNDEF(own->only) ? &own->only : &execution->channel->retry_only;
	const zval *never = own && !Z_ISUNDEF(own->never) ? &own->never : &execution->channel->retry_never;
	return lists_allow(only, never, exception->ce);
}

bool ecoq_instant_retry_allows(const ecoq_endpoint *endpoint, zend_object *exception, uint32_t attempt)
{
	zend_class_entry *const steering[] = {ecoq_ce_Unrecoverable, ecoq_ce_RetryLater, ecoq_ce_Drop, ecoq_ce_StopWorker};
	const ecoq_endpoint_instant_retry *retry = &endpoint->instant_retry;
	zval none;
	ZVAL_UNDEF(&none);
	return attempt <= retry->max && !zend_is_unwind_exit(exception) && !zend_is_graceful_exit(exception)
		&& !is_any_of(exception->ce, steering, sizeof(steering) / sizeof(*steering)) && lists_allow(&retry->only, &none, exception->ce);
}

void ecoq_instant_retry_pause(const ecoq_endpoint *endpoint)
{
	int64_t ms = endpoint->instant_retry.delay_ms;
	struct timespec rest = {(time_t) (ms / 1000), (long) (ms % 1000) * 1000000};
	while (ms > 0 && nanosleep(&rest, &rest) != 0 && errno == EINTR) {
	}
}
