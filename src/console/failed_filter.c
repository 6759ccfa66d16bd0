#include "console/failed.h"

#include "ext/date/php_date.h"

/* Any time that PHP reads. */
static bool read_time(ecoq_call *call, ecoq_option_id id, const char *name, int64_t *ms)
{
	zend_string *text = call->arguments.values[id].text;
	zval instant;
	if (!text) {
		return true;
	}
	php_date_instantiate(php_date_get_immutable_ce(), &instant);
	bool ok = ZSTR_LEN(text) > 0 && php_date_initialize(Z_PHPDATE_P(&instant), ZSTR_VAL(text), ZSTR_LEN(text), NULL, NULL, 0)
		&& ecoq_dead_letter_filter_instant(&instant, 1, ms);
	zval_ptr_dtor(&instant);
	if (EG(exception)) {
		zend_clear_exception();
		ok = false;
	}
	if (!ok) {
		ecoq_usage_error(call, "Option \"--%s\": \"%s\" is no time; expected one as in \"2026-11-21 15:00\" or \"-1 hour\".", name, ZSTR_VAL(text));
	}
	return ok;
}

static zend_string *without_backslash(zend_string *name)
{
	return name && ZSTR_VAL(name)[0] == '\\' ? zend_string_init(ZSTR_VAL(name) + 1, ZSTR_LEN(name) - 1, false) : NULL;
}

/* Classes may be written with the leading backslash; the option keeps the text without it. */
static zend_string *class_text(ecoq_call *call, ecoq_option_id id)
{
	ecoq_option_value *value = &call->arguments.values[id];
	zend_string *bare = without_backslash(value->text);
	if (bare) {
		zend_string_release(value->text);
		value->text = bare;
	}
	return value->text;
}

/* One that is configured, or of which letters were left. */
static bool check_channel(ecoq_call *call, zend_string *name)
{
	ecoq_dead_letter_filter filter = {.channel = name};
	zend_long count = 0;
	if (!name || zend_hash_exists(&call->messaging->channels, name)) {
		return true;
	}
	if (call->messaging->database && ecoq_dead_letters_count(call->messaging, &filter, &count)) {
		return true;
	}
	if (EG(exception)) {
		zend_clear_exception();
	}
	zend_string *names = ecoq_channel_names(call->messaging);
	ecoq_usage_error(call, "Channel \"%s\" does not exist. Configured channels: %s.", ZSTR_VAL(name), ZSTR_VAL(names));
	zend_string_release(names);
	return false;
}

bool ecoq_failed_filter(ecoq_call *call, ecoq_dead_letter_filter *filter)
{
	const ecoq_option_value *values = call->arguments.values;
	*filter = (ecoq_dead_letter_filter){
		.channel = values[ECOQ_OPTION_CHANNEL].text,
		.endpoint = values[ECOQ_OPTION_ENDPOINT].text,
		.type = class_text(call, ECOQ_OPTION_CLASS_FILTER),
		.error_class = class_text(call, ECOQ_OPTION_ERROR_CLASS),
	};
	return check_channel(call, filter->channel) && read_time(call, ECOQ_OPTION_SINCE, "since", &filter->since)
		&& read_time(call, ECOQ_OPTION_UNTIL, "until", &filter->until);
}
