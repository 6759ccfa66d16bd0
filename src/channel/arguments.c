#include "channel/arguments.h"

#include "envelope/envelope.h"
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

bool ecoq_argument_group(uint32_t number, const zend_string *group)
{
	if (!group) {
		return true;
	}
	if (strspn(ZSTR_VAL(group), " \t\n\r\v") == ZSTR_LEN(group)) {
		zend_argument_value_error(number, "must not be blank: leave it out for a message that belongs to no group");
		return false;
	}
	if (ZSTR_LEN(group) > ECOQ_GROUP_MAX) {
		zend_argument_value_error(number, "must be at most %d bytes long, %zu given", ECOQ_GROUP_MAX, ZSTR_LEN(group));
		return false;
	}
	return true;
}
