#include "messaging/dead_letter_replay.h"

#include "channel/group.h"
#include "ext/json/php_json.h"
#include "messaging/dead_letter_session.h"
#include "messaging/deduplication.h"
#include "php/bytes.h"
#include "php/exceptions.h"
#include "transport/pdo/dead_letter_text.h"
#include "transport/pdo/records.h"

void ecoq_replay_skip(ecoq_replay *replay, ecoq_bytes id, ecoq_bytes channel, const char *format, ...)
{
	char text[ECOQ_ERROR_TEXT];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	zend_string *why = zend_string_init(text, strlen(text), false), *letter = ecoq_string_of(id), *name = ecoq_string_of(channel);
	replay->skipped++;
	if (replay->on_skipped) {
		replay->on_skipped(replay, letter, name, why);
	}
	zend_string_release(why);
	zend_string_release(letter);
	zend_string_release(name);
}

/* The JSON text of a string. */
static zend_string *quoted(zend_string *text)
{
	zval value;
	smart_str json = {0};
	ZVAL_STR(&value, text);
	php_json_encode_ex(&json, &value, PHP_JSON_UNESCAPED_SLASHES | PHP_JSON_UNESCAPED_UNICODE | PHP_JSON_INVALID_UTF8_SUBSTITUTE, PHP_JSON_PARSER_DEFAULT_DEPTH);
	smart_str_0(&json);
	return json.s;
}

static void revive_envelope(const ecoq_channel *channel, ecoq_revived *revived)
{
	const ecoq_envelope *envelope = &revived->envelope;
	bool is_named = !revived->endpoint || ecoq_bytes_equal(envelope->endpoint.text, ecoq_bytes_of(revived->endpoint));
	zend_string *json = is_named ? NULL : quoted(revived->endpoint);
	ecoq_envelope_patch patch = {.attempts = 0, .unknown = 0, .endpoint = ecoq_bytes_of(json), .drop_schedule = true, .drop_dead_letter = true};
	revived->body = ecoq_envelope_patched(envelope, &patch);
	revived->group = ecoq_group_to_keep(channel, is_named ? envelope->endpoint.text : ecoq_bytes_of(revived->endpoint), envelope->group.text);
	revived->outgoing.group = ecoq_bytes_of(revived->group);
	revived->outgoing.type = envelope->type.text;
	revived->outgoing.trace_id = envelope->trace_id.text;
	revived->outgoing.lang = envelope->lang.text;
	revived->outgoing.headers = envelope->headers;
	if (envelope->priority >= 0) {
		revived->outgoing.priority = (uint8_t) envelope->priority;
	}
	if (json) {
		zend_string_release(json);
	}
}

/* Whether `key` is how the table shortens that id. */
static bool is_key_of(ecoq_bytes key, ecoq_bytes id)
{
	zend_string *shortened = ecoq_dead_letter_key(id);
	bool same = ecoq_bytes_equal(key, ecoq_bytes_of(shortened));
	zend_string_release(shortened);
	return same;
}

static zend_string *endpoint_of(const ecoq_revived *revived, ecoq_bytes endpoint)
{
	if (ecoq_bytes_equal(endpoint, ECOQ_BYTES(ECOQ_RELAY_ENDPOINT))) {
		return NULL;
	}
	ecoq_bytes own = revived->has_envelope ? revived->envelope.endpoint.text : ECOQ_NO_BYTES;
	ecoq_bytes named = own.size > 0 && (endpoint.size == 0 || is_key_of(endpoint, own)) ? own : endpoint;
	return named.size > 0 ? ecoq_string_of(named) : NULL;
}

void ecoq_revive(const ecoq_channel *channel, const ecoq_delivery *letter, ecoq_bytes id, ecoq_bytes endpoint, ecoq_revived *revived)
{
	ecoq_error ignored;
	*revived = (ecoq_revived){.outgoing = {.priority = ECOQ_PRIORITY_DEFAULT}};
	revived->has_envelope = ecoq_channel_read(channel, letter, &revived->envelope, &ignored) == ECOQ_ENVELOPE_ACCEPTED;
	revived->endpoint = endpoint_of(revived, endpoint);
	if (revived->has_envelope) {
		revive_envelope(channel, revived);
	} else {
		revived->body = ecoq_string_of(letter->body);
	}
	ecoq_bytes own_id = revived->has_envelope ? revived->envelope.id.text : ECOQ_NO_BYTES;
	revived->id = ecoq_string_of(own_id.size > 0 ? own_id : id);
	revived->outgoing.body = ecoq_bytes_of(revived->body);
	revived->outgoing.id = ecoq_bytes_of(revived->id);
}

void ecoq_replay_find_record_key(const ecoq_replay *replay, ecoq_revived *revived)
{
	ecoq_endpoint *endpoint = replay->force && revived->endpoint && revived->has_envelope
		? ecoq_registry_by_id(replay->messaging->registry, ecoq_bytes_of(revived->endpoint))
		: NULL;
	if (endpoint && endpoint->deduplicated.is_set) {
		revived->record_key = ecoq_deduplication_key(replay->messaging, endpoint, &revived->envelope, revived->id);
		if (EG(exception) && !zend_is_unwind_exit(EG(exception))) {
			zend_clear_exception();
		}
	}
}

void ecoq_revived_free(ecoq_revived *revived)
{
	zend_string *strings[] = {revived->endpoint, revived->body, revived->id, revived->group, revived->record_key};
	for (size_t i = 0; i < sizeof(strings) / sizeof(*strings); i++) {
		if (strings[i]) {
			zend_string_release(strings[i]);
		}
	}
	if (revived->has_envelope) {
		ecoq_envelope_free(&revived->envelope);
	}
}

bool ecoq_replay_forget(const ecoq_replay *replay, const ecoq_revived *revived)
{
	ecoq_dead_letter_session session;
	ecoq_error error;
	if (!replay->force || !replay->messaging->database || !revived->endpoint) {
		return true;
	}
	ecoq_result result = ecoq_dead_letter_session_open(&session, replay->messaging, &error);
	if (result == ECOQ_OK) {
		result = ecoq_pdo_record_remove(session.connection, ecoq_bytes_of(revived->endpoint),
			revived->record_key ? ecoq_bytes_of(revived->record_key) : revived->outgoing.id, &error);
		ecoq_dead_letter_session_close(&session, result);
	}
	if (result != ECOQ_OK) {
		ecoq_throw_error(result, &error, "Removing the record of message \"%s\"", ZSTR_VAL(revived->id));
	}
	return result == ECOQ_OK;
}

static bool is_named_by(const ecoq_endpoint *endpoint, const ecoq_channel *channel)
{
	for (uint32_t i = 0; i < endpoint->channel_count; i++) {
		if (zend_string_equals(endpoint->channels[i], channel->name)) {
			return true;
		}
	}
	return false;
}

static bool handles_type(ecoq_registry *registry, const ecoq_endpoint *endpoint, ecoq_bytes text)
{
	zend_string *type = ecoq_string_of(text);
	const ecoq_endpoint_list *list = ecoq_registry_for_type(registry, type);
	zend_string_release(type);
	for (uint32_t i = 0; i < list->count; i++) {
		if (list->items[i] == endpoint) {
			return true;
		}
	}
	return false;
}

bool ecoq_revived_has_handler(ecoq_messaging *messaging, const ecoq_channel *channel, const ecoq_revived *revived)
{
	if (!revived->endpoint) {
		return true;
	}
	const ecoq_endpoint *endpoint = ecoq_registry_by_id(messaging->registry, ecoq_bytes_of(revived->endpoint));
	return endpoint && (is_named_by(endpoint, channel) || (revived->has_envelope && handles_type(messaging->registry, endpoint, revived->envelope.type.text)));
}
