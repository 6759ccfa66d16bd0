#include "messaging/copy_times.h"

#include "php/exceptions.h"
#include "php/time_span.h"

/* What an expression gave, as milliseconds from now. -1: nothing. False with an exception pending. */
static bool time_of_value(const ecoq_endpoint *endpoint, const char *attribute, zval *value, int64_t now, int64_t *out)
{
	*out = -1;
	if (Z_TYPE_P(value) == IS_NULL) {
		return true;
	}
	bool ok = Z_TYPE_P(value) == IS_STRING ? ecoq_milliseconds_from_date_text(Z_STR_P(value), now, out) : ecoq_milliseconds_from_zval(value, now, out);
	ok = ok && *out >= 0;
	if (!ok && !EG(exception)) {
		ecoq_throw_conversion("%s, #[%s]: the expression gave %s, expected non-negative milliseconds, a TimeSpan, a DateInterval, a date or null",
			ZSTR_VAL(endpoint->id), attribute, Z_TYPE_P(value) == IS_LONG ? "a negative number" : zend_zval_type_name(value));
	}
	return ok;
}

static bool endpoint_time(const ecoq_endpoint *endpoint, const char *attribute, const ecoq_endpoint_time *time, int64_t given, ecoq_invocation *invocation,
	int64_t now, int64_t *out)
{
	*out = given;
	if (given >= 0 || !time->is_set) {
		return true;
	}
	if (!time->expression.path && Z_ISUNDEF(time->expression.callable)) {
		*out = time->ms;
		return true;
	}
	zval value;
	if (!ecoq_expression_evaluate(&time->expression, invocation, &value)) {
		return false;
	}
	bool ok = time_of_value(endpoint, attribute, &value, now, out);
	zval_ptr_dtor(&value);
	return ok;
}

bool ecoq_copy_times_find(const ecoq_endpoint *endpoint, ecoq_invocation *invocation, int64_t now_ms, ecoq_copy_times *times)
{
	int64_t delay, time_to_live;
	if (!endpoint_time(endpoint, "Delayed", &endpoint->delay, times->delay_ms, invocation, now_ms, &delay)
		|| !endpoint_time(endpoint, "TimeToLive", &endpoint->time_to_live, times->time_to_live_ms, invocation, now_ms, &time_to_live)) {
		return false;
	}
	times->deliver_at = delay > 0 ? now_ms + delay : 0;
	times->expires_at = time_to_live >= 0 ? now_ms + MAX(delay, 0) + time_to_live : 0;
	return true;
}
