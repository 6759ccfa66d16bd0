#include "messaging/error_channel.h"

#include "envelope/message_id.h"
#include "ext/date/php_date.h"
#include "ext/json/php_json.h"
#include "ext/standard/base64.h"
#include "messaging/dead_letter_note.h"
#include "messaging/exception_text.h"
#include "messaging/failure.h"
#include "messaging/unit_of_work.h"
#include "php/bytes.h"
#include "php/exceptions.h"

/* When the error channel cannot be reached, the failed message comes back after this time. */
#define ERROR_CHANNEL_RETRY_MS 5000

/* ---- Start-up ---- */

static ecoq_channel *error_channel_of(ecoq_messaging *messaging, const ecoq_channel *channel)
{
	return channel->error_channel ? zend_hash_find_ptr(&messaging->channels, channel->error_channel) : NULL;
}

static bool check_exists(ecoq_messaging *messaging, const ecoq_channel *channel)
{
	if (!channel->error_channel || error_channel_of(messaging, channel)) {
		return true;
	}
	zend_string *names = ecoq_messaging_channel_names(messaging);
	ecoq_throw_configuration("channel \"%s\": its error channel \"%s\" is not configured; configured channels: %s", ZSTR_VAL(channel->name),
		ZSTR_VAL(channel->error_channel), ZSTR_VAL(names));
	zend_string_release(names);
	return false;
}

/* A failure must come to rest somewhere: following the error channels from a channel never leads back to it. */
static bool check_cycle(ecoq_messaging *messaging, const ecoq_channel *channel)
{
	smart_str way = {0};
	const ecoq_channel *at = channel;
	uint32_t steps = 0;
	smart_str_append(&way, channel->name);
	do {
		at = error_channel_of(messaging, at);
		if (at) {
			smart_str_appends(&way, " -> ");
			smart_str_append(&way, at->name);
		}
	} while (at && at != channel && ++steps <= zend_hash_num_elements(&messaging->channels));
	smart_str_0(&way);
	if (at == channel) {
		ecoq_throw_configuration("channel \"%s\": its error channel leads back to it (%s), so a failure would go round for ever; leave one of them out",
			ZSTR_VAL(channel->name), ZSTR_VAL(way.s));
	}
	smart_str_free(&way);
	return at != channel;
}

bool ecoq_error_channels_check(ecoq_messaging *messaging)
{
	const ecoq_channel *channel;
	ZEND_HASH_FOREACH_PTR(&messaging->channels, channel) {
		if (!check_exists(messaging, channel)) {
			return false;
		}
	}
	ZEND_HASH_FOREACH_END();
	ZEND_HASH_FOREACH_PTR(&messaging->channels, channel) {
		if (!check_cycle(messaging, channel)) {
			return false;
		}
	}
	ZEND_HASH_FOREACH_END();
	return true;
}

/* ---- The message about a failure ---- */

static void append_key(smart_str *json, const char *key)
{
	smart_str_appends(json, json->s ? ",\"" : "{\"");
	smart_str_appends(json, key);
	smart_str_appends(json, "\":");
}

static void append_value(smart_str *json, zval *value)
{
	php_json_encode_ex(json, value, PHP_JSON_UNESCAPED_SLASHES | PHP_JSON_UNESCAPED_UNICODE | PHP_JSON_INVALID_UTF8_SUBSTITUTE | PHP_JSON_PRESERVE_ZERO_FRACTION,
		PHP_JSON_PARSER_DEFAULT_DEPTH * 2);
}

static void append_text(smart_str *json, const char *key, zend_string *text)
{
	zval value;
	append_key(json, key);
	if (text) {
		ZVAL_STR(&value, text);
	} else {
		ZVAL_NULL(&value);
	}
	append_value(json, &value);
}

static void append_number(smart_str *json, const char *key, int64_t number)
{
	append_key(json, key);
	smart_str_append_long(json, (zend_long) number);
}

static void append_time(smart_str *json, const char *key, int64_t ms)
{
	zend_string *second = php_format_date(ZEND_STRL("Y-m-d\\TH:i:s"), (time_t) (ms / 1000), false);
	append_key(json, key);
	smart_str_append_printf(json, "\"%s.%03dZ\"", ZSTR_VAL(second), (int) (ms % 1000));
	zend_string_release(second);
}

/* The payload as it was sent: the bytes themselves, but a value that is no object is taken out of its wrapping. */
static void append_payload(smart_str *json, const ecoq_envelope *envelope)
{
	zval value;
	append_key(json, "payload");
	if (!envelope->payload_is_value) {
		smart_str_appendl(json, envelope->data.data, envelope->data.size);
		return;
	}
	ZVAL_NULL(&value);
	if (!ecoq_envelope_payload(envelope, &value)) {
		zend_clear_exception();
		ZVAL_NULL(&value);
	}
	append_value(json, &value);
	zval_ptr_dtor(&value);
}

static void append_body(smart_str *json, const zend_string *body)
{
	zend_string *encoded = php_base64_encode_str(body);
	append_text(json, "body", encoded);
	zend_string_release(encoded);
}

static zend_string *failure_json(const ecoq_execution *execution)
{
	const ecoq_dead_letter_note *note = execution->dead_letter;
	smart_str json = {0};
	append_text(&json, "id", note->message_id);
	append_text(&json, "type", note->type ? note->type : ZSTR_EMPTY_ALLOC());
	append_text(&json, "endpoint", note->endpoint);
	append_text(&json, "channel", note->channel);
	append_number(&json, "attempts", note->attempts);
	append_text(&json, "reason", note->reason);
	append_text(&json, "error", note->error);
	append_text(&json, "errorClass", note->error_class);
	append_text(&json, "trace", note->trace);
	append_time(&json, "failedAt", note->failed_at);
	if (execution->has_envelope) {
		append_payload(&json, &execution->envelope);
		append_key(&json, "headers");
		smart_str_append(&json, note->headers);
	} else {
		append_text(&json, "payload", NULL);
		append_key(&json, "headers");
		smart_str_appends(&json, "{}");
		append_body(&json, note->body);
	}
	smart_str_appendc(&json, '}');
	smart_str_0(&json);
	return json.s;
}

/* The sender's own headers travel on with it: tenant, traceparent, and the like. Undecodable ones do not. */
static void user_headers(const ecoq_execution *execution, zval *headers)
{
	ZVAL_UNDEF(headers);
	if (execution->has_envelope && !ecoq_envelope_headers(&execution->envelope, headers)) {
		zend_clear_exception();
		ZVAL_UNDEF(headers);
	}
}

/* The envelope; NULL with an exception pending. */
static zend_string *failure_body(const ecoq_execution *execution, const ecoq_channel *to, ecoq_bytes id, ecoq_bytes trace_id, size_t *headers_size)
{
	const ecoq_dead_letter_note *note = execution->dead_letter;
	zend_string *data = failure_json(execution);
	zval headers;
	user_headers(execution, &headers);
	ecoq_envelope_parts parts = {
		.type = ECOQ_BYTES(ECOQ_FAILED_TYPE),
		.trace_id = trace_id,
		.id = id,
		.queue = ecoq_bytes_of(to->queue),
		.data = ecoq_bytes_of(data),
		.headers = Z_TYPE(headers) == IS_ARRAY ? Z_ARRVAL(headers) : NULL,
		.parent_id = ecoq_bytes_of(note->message_id),
		.priority = -1,
		.created_at = note->failed_at,
		.headers_size = headers_size,
	};
	zend_string *body = ecoq_envelope_write(&parts);
	zval_ptr_dtor(&headers);
	zend_string_release(data);
	return body;
}

/* Collects the message into the open unit. The same failure of the same message gives the same id, so that a repeat is recognised. */
static bool collect_failure(ecoq_execution *execution, ecoq_channel *to)
{
	const ecoq_dead_letter_note *note = execution->dead_letter;
	zend_string *id = ecoq_message_id_for_endpoint(ecoq_bytes_of(note->message_id), ecoq_bytes_of(note->endpoint));
	ecoq_bytes trace_id = execution->has_envelope ? execution->envelope.trace_id.text : ecoq_bytes_of(note->message_id);
	size_t headers_size;
	zend_string *body = failure_body(execution, to, ecoq_bytes_of(id), trace_id, &headers_size);
	if (!body) {
		zend_string_release(id);
		return false;
	}
	ecoq_channel_addref(to);
	ecoq_unit_collect(execution->messaging, &(ecoq_collected){
												.channel = to,
												.body = body,
												.id = id,
												.type = zend_string_init(ZEND_STRL(ECOQ_FAILED_TYPE), false),
												.trace_id = ecoq_string_of(trace_id),
												.headers = ecoq_channel_headers(to, ecoq_envelope_written_headers(body, headers_size)),
												.priority = ECOQ_PRIORITY_DEFAULT,
											});
	return true;
}

static ecoq_result send_failure(ecoq_execution *execution, ecoq_channel *to, ecoq_error *error)
{
	ecoq_unit_of_work unit;
	ecoq_unit_open(execution->messaging, &unit);
	ecoq_result result = collect_failure(execution, to) ? ecoq_unit_flush(execution->messaging, error) : ECOQ_EXCEPTION;
	ecoq_unit_close(execution->messaging);
	return result;
}

static void log_refusal(ecoq_execution *execution, const char *reason)
{
	HashTable *context = zend_new_array(4);
	zval value;
	ZVAL_STR_COPY(&value, execution->channel->name);
	zend_hash_str_add_new(context, ZEND_STRL("channel"), &value);
	ZVAL_STR_COPY(&value, execution->channel->error_channel);
	zend_hash_str_add_new(context, ZEND_STRL("errorChannel"), &value);
	ZVAL_STR_COPY(&value, ecoq_execution_id(execution));
	zend_hash_str_add_new(context, ZEND_STRL("id"), &value);
	ZVAL_STRING(&value, reason);
	zend_hash_str_add_new(context, ZEND_STRL("reason"), &value);
	ecoq_messaging_log(execution->messaging, "warning", "The error channel {errorChannel} did not take the failure of message {id} on channel {channel}, which becomes a dead letter: {reason}",
		context);
}

/* ---- Deciding ---- */

static void forget_dead_letter(ecoq_execution *execution)
{
	ecoq_dead_letter_note_free(execution->dead_letter);
	execution->dead_letter = NULL;
	if (execution->body) {
		zend_string_release(execution->body);
		execution->body = NULL;
	}
	execution->has_successor = execution->to_dead_letters = false;
}

/* Back as it came: its failure is not counted, since nobody could be told of it. */
static void postpone(ecoq_execution *execution, const char *reason)
{
	zend_string *failure = execution->error;
	forget_dead_letter(execution);
	execution->attempts = execution->delivery->attempts;
	if (execution->has_envelope) {
		execution->attempts = MAX(execution->attempts, execution->envelope.attempts);
	}
	ecoq_postpone(execution, ERROR_CHANNEL_RETRY_MS);
	execution->error = zend_strpprintf(0, "the error channel \"%s\" cannot be told of its failure now (%s): %s", ZSTR_VAL(execution->channel->error_channel), reason,
		failure ? ZSTR_VAL(failure) : "");
	if (failure) {
		zend_string_release(failure);
	}
}

/* The error channel's answer is no: the dead letter stands as it was decided. */
static void fall_back(ecoq_execution *execution, const char *reason)
{
	log_refusal(execution, reason);
	if (!ecoq_dead_letter_is_for_database(execution)) {
		ecoq_dead_letter_note_free(execution->dead_letter);
		execution->dead_letter = NULL;
	}
}

/* What a transport written in PHP threw, as text; it is cleared. */
static zend_string *take_exception(bool *unreachable)
{
	zend_object *exception = EG(exception);
	*unreachable = exception && instanceof_function(exception->ce, ecoq_ce_ConnectionException);
	zend_string *text = exception && !zend_is_unwind_exit(exception) ? ecoq_exception_summary(exception) : ZSTR_EMPTY_ALLOC();
	zend_clear_exception();
	return text;
}

void ecoq_error_channel_take(ecoq_execution *execution)
{
	bool is_given_up = execution->is_decided && execution->outcome == ECOQ_OUTCOME_DEAD_LETTERED && execution->dead_letter;
	ecoq_channel *to = is_given_up ? error_channel_of(execution->messaging, execution->channel) : NULL;
	if (!to) {
		return;
	}
	ecoq_error error;
	ecoq_result result = send_failure(execution, to, &error);
	if (result == ECOQ_OK) {
		forget_dead_letter(execution);
		return;
	}
	bool unreachable = ecoq_result_is_retryable(result) || result == ECOQ_CONFLICT;
	zend_string *reason = result == ECOQ_EXCEPTION ? take_exception(&unreachable) : zend_string_init(error.text, strlen(error.text), false);
	if (unreachable) {
		postpone(execution, ZSTR_VAL(reason));
	} else {
		fall_back(execution, ZSTR_VAL(reason));
	}
	zend_string_release(reason);
}
