#include "channel/outbox.h"
#include "console/command.h"

void ecoq_append_quoted(smart_str *names, zend_string *name)
{
	smart_str_appends(names, names->s ? ", \"" : "\"");
	smart_str_append(names, name);
	smart_str_appendc(names, '"');
}

zend_string *ecoq_channel_names(const ecoq_messaging *messaging)
{
	smart_str names = {0};
	ecoq_channel *channel;

	ZEND_HASH_FOREACH_PTR((HashTable *) &messaging->channels, channel) {
		ecoq_append_quoted(&names, channel->name);
	}
	ZEND_HASH_FOREACH_END();
	if (ecoq_outbox_has_channels(messaging->outbox)) {
		ecoq_append_quoted(&names, messaging->outbox->name);
	}
	return names.s ? smart_str_extract(&names) : zend_string_init(ZEND_STRL("none"), 0);
}

ecoq_channel *ecoq_find_channel(const ecoq_messaging *messaging, zend_string *name)
{
	ecoq_channel *channel = zend_hash_find_ptr(&messaging->channels, name);
	return !channel && messaging->outbox && zend_string_equals(name, messaging->outbox->name) ? messaging->outbox : channel;
}

static bool select_channel(ecoq_call *call, zend_string *name, ecoq_channel **channels, size_t *count)
{
	ecoq_channel *channel = ecoq_find_channel(call->messaging, name);

	if (!channel) {
		zend_string *names = ecoq_channel_names(call->messaging);
		ecoq_usage_error(call, "Channel \"%s\" does not exist. Configured channels: %s.", ZSTR_VAL(name), ZSTR_VAL(names));
		zend_string_release(names);
		return false;
	}
	for (size_t i = 0; i < *count; i++) {
		if (channels[i] == channel) {
			return true;
		}
	}
	channels[(*count)++] = channel;
	return true;
}

bool ecoq_selected_channels(ecoq_call *call, ecoq_channel ***channels, size_t *count)
{
	HashTable *configured = &call->messaging->channels, *queue = call->arguments.values[ECOQ_OPTION_QUEUE].list;
	bool selected = true;
	ecoq_channel *channel;
	zval *name;

	*channels = safe_emalloc(zend_hash_num_elements(configured) + 2, sizeof(**channels), 0);
	*count = 0;
	for (size_t i = 0; selected && i < call->arguments.word_count; i++) {
		selected = select_channel(call, call->arguments.words[i], *channels, count);
	}
	if (queue) {
		ZEND_HASH_FOREACH_VAL(queue, name) {
			selected = selected && select_channel(call, Z_STR_P(name), *channels, count);
		}
		ZEND_HASH_FOREACH_END();
	}
	if (selected && *count == 0) {
		ZEND_HASH_FOREACH_PTR(configured, channel) {
			(*channels)[(*count)++] = channel;
		}
		ZEND_HASH_FOREACH_END();
		if (ecoq_outbox_has_channels(call->messaging->outbox)) {
			(*channels)[(*count)++] = call->messaging->outbox;
		}
	}
	if (!selected) {
		efree(*channels);
		*channels = NULL;
	}
	return selected;
}
