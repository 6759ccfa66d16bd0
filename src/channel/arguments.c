#include "channel/arguments.h"

#include "php/time_span.h"

bool ecoq_argument_milliseconds(uint32_t number, const zval *value, int64_t now_ms, int64_t *out)
{
	if (!ecoq_milliseconds_from_zval(value, now_ms, out)) {
		if (!EG(exception)) {
			zend_argument_type_error(number,
				"must be an int of milliseconds, an Ecoq\\TimeSpan%s a DateInterval%s, %s given", now_ms >= 0 ? "," : " or",
				now_ms >= 0 ? " or a DateTimeInterface" : "", zend_zval_type_name(value));
		}
		return false;
	}
	if (*out < 0) {
		zend_argument_value_error(number, "must not be negative");
		return false;
	}
	return true;
}
