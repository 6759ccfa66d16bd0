#include "messaging/dead_letter_filter.h"

#include "ext/date/php_date.h"
#include "messaging/dead_letter.h"

bool ecoq_dead_letter_filter_instant(zval *value, uint32_t argument, int64_t *ms)
{
	*ms = 0;
	if (!value || Z_TYPE_P(value) == IS_NULL) {
		return true;
	}
	if (Z_TYPE_P(value) == IS_LONG) {
		*ms = Z_LVAL_P(value);
	} else if (Z_TYPE_P(value) == IS_OBJECT && instanceof_function(Z_OBJCE_P(value), php_date_get_interface_ce()) && Z_PHPDATE_P(value)->time) {
		const timelib_time *time = Z_PHPDATE_P(value)->time;
		*ms = (int64_t) time->sse * 1000 + (int64_t) time->us / 1000;
	} else {
		zend_argument_type_error(argument, "must be of type DateTimeInterface|int|null, %s given", zend_zval_type_name(value));
		return false;
	}
	if (*ms <= 0) {
		zend_argument_value_error(argument, "must be later than 1970-01-01 00:00:00 UTC");
		return false;
	}
	return true;
}

bool ecoq_dead_letter_filter_is_open(const ecoq_dead_letter_filter *filter)
{
	return !filter->endpoint && !filter->type && !filter->error_class && !filter->since && !filter->until;
}

/* As in the table: an endpoint that is not known is the empty text, a class that is not known equals nothing. */
static bool is_text(zend_object *letter, enum ecoq_dead_letter_property property, const zend_string *wanted)
{
	const zval *value = OBJ_PROP_NUM(letter, property);
	if (!wanted || Z_TYPE_P(value) == IS_STRING) {
		return !wanted || zend_string_equals(Z_STR_P(value), wanted);
	}
	return property == ECOQ_LETTER_ENDPOINT && ZSTR_LEN(wanted) == 0;
}

bool ecoq_dead_letter_filter_takes(const ecoq_dead_letter_filter *filter, zend_object *letter)
{
	int64_t failed_at = ecoq_dead_letter_failed_at(letter);
	return is_text(letter, ECOQ_LETTER_ENDPOINT, filter->endpoint) && is_text(letter, ECOQ_LETTER_TYPE, filter->type)
		&& is_text(letter, ECOQ_LETTER_ERROR_CLASS, filter->error_class) && (!filter->since || failed_at >= filter->since)
		&& (!filter->until || failed_at < filter->until);
}
