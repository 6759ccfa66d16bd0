#include "console/command.h"

static bool is_excluded(ecoq_call *call, const ecoq_channel *channel)
{
	HashTable *excluded = call->arguments.values[ECOQ_OPTION_EXCLUDE].list;
	zval *name;

	if (excluded) {
		ZEND_HASH_FOREACH_VAL(excluded, name) {
			if (zend_string_equals(Z_STR_P(name), channel->name)) {
				return true;
			}
		}
		ZEND_HASH_FOREACH_END();
	}
	return false;
}

/* A typing error in --exclude would set up what was to be left alone. */
static bool check_excluded(ecoq_call *call)
{
	HashTable *excluded = call->arguments.values[ECOQ_OPTION_EXCLUDE].list;
	zval *name;

	if (excluded) {
		ZEND_HASH_FOREACH_VAL(excluded, name) {
			if (!ecoq_find_channel(call->messaging, Z_STR_P(name))) {
				zend_string *names = ecoq_channel_names(call->messaging);
				ecoq_usage_error(call, "Channel \"%s\" does not exist. Configured channels: %s.", Z_STRVAL_P(name), ZSTR_VAL(names));
				zend_string_release(names);
				return false;
			}
		}
		ZEND_HASH_FOREACH_END();
	}
	return true;
}

static ecoq_result set_up(ecoq_channel *channel, ecoq_error *error)
{
	ecoq_result result = ecoq_channel_open(channel, error);

	if (result == ECOQ_OK) {
		result = channel->ops->setup(channel->transport, error);
	}
	if (result == ECOQ_OK) {
		result = ecoq_channel_open_dead_letters(channel, error);
	}
	return result == ECOQ_OK ? channel->ops->setup(channel->dead_letter_transport, error) : result;
}

static void add_json(zval *channels, const ecoq_channel *channel, zend_string *error)
{
	zval entry;

	array_init(&entry);
	add_assoc_string(&entry, "transport", channel->ops->name);
	add_assoc_str(&entry, "queue", zend_string_copy(channel->queue));
	add_assoc_bool(&entry, "ok", error == NULL);
	if (error) {
		add_assoc_str(&entry, "error", zend_string_copy(error));
	}
	zend_symtable_update(Z_ARRVAL_P(channels), channel->name, &entry);
}

static void print_advice(void *call, const char *text)
{
	ecoq_output_line(&((ecoq_call *) call)->output, ECOQ_STDERR, ECOQ_YELLOW, "[WARNING] %s", text);
}

static bool set_up_and_report(ecoq_call *call, ecoq_channel *channel, zval *json)
{
	ecoq_error error = {0};
	ecoq_result result = set_up(channel, &error);
	zend_string *failure = NULL;

	if (result == ECOQ_EXCEPTION) {
		failure = ecoq_exception_text();
	} else if (result != ECOQ_OK) {
		failure = zend_string_init(error.text, strlen(error.text), 0);
	}
	if (call->output.json) {
		add_json(json, channel, failure);
	} else if (!failure) {
		ecoq_output_line(&call->output, ECOQ_STDOUT, ECOQ_GREEN, "[OK] The channel \"%s\" was set up successfully (%s, queue \"%s\").", ZSTR_VAL(channel->name),
			channel->ops->name, ZSTR_VAL(channel->queue));
	}
	if (!failure && channel->ops->advise && !call->output.json) {
		channel->ops->advise(channel->transport, print_advice, call);
	}
	if (failure) {
		ecoq_report_channel_error(call, channel, failure);
		zend_string_release(failure);
	}
	return !failure;
}

int ecoq_command_setup(ecoq_call *call)
{
	ecoq_channel **channels;
	size_t count;
	int code = ECOQ_EXIT_OK;
	zval entries, result;

	if (!check_excluded(call) || !ecoq_selected_channels(call, &channels, &count)) {
		return ECOQ_EXIT_USAGE;
	}
	array_init(&entries);
	for (size_t i = 0; i < count; i++) {
		if (!is_excluded(call, channels[i]) && !set_up_and_report(call, channels[i], &entries)) {
			code = ECOQ_EXIT_ERROR;
		}
	}
	array_init(&result);
	add_assoc_zval(&result, "channels", &entries);
	if (call->output.json) {
		ecoq_output_json(&call->output, ECOQ_STDOUT, &result);
	}
	zval_ptr_dtor(&result);
	efree(channels);
	return code;
}
