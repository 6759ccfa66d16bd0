#include "envelope/envelope.h"

#include "ext/json/php_json.h"

#include "base/json_scan.h"
#include "envelope/message.h"
#include "envelope/message_id.h"
#include "envelope/payload.h"
#include "php/bytes.h"
#include "php/exceptions.h"
#include "stubs/Envelope_arginfo.h"

zend_class_entry *ecoq_ce_Envelope;

/* ext/json reads up to a NUL, which a span does not have. Most spans are small enough for the stack. */
#define SMALL_SPAN 1024

static zend_result decode_span(ecoq_bytes span, zval *value)
{
	char small[SMALL_SPAN + 1];
	zend_string *large = NULL;
	char *copy = small;

	if (span.size > SMALL_SPAN) {
		large = zend_string_init(span.data, span.size, false);
		copy = ZSTR_VAL(large);
	} else {
		memcpy(small, span.data, span.size);
		small[span.size] = '\0';
	}
	php_json_error_code former = JSON_G(error_code);
	/* the scan has checked the depth; one level more, since the span may be a whole envelope's */
	zend_result result = php_json_decode_ex(value, copy, span.size, PHP_JSON_OBJECT_AS_ARRAY, ECOQ_JSON_MAX_DEPTH + 1);
	JSON_G(error_code) = former;
	if (large != NULL) {
		zend_string_release(large);
	}
	return result;
}

static bool decode_member(const char *name, const char *reason, ecoq_bytes span, zval *value)
{
	if (decode_span(span, value) == SUCCESS) {
		return true;
	}
	zval_ptr_dtor(value);
	ZVAL_UNDEF(value);
	ecoq_throw_envelope(reason, "Reading an envelope: ext/json cannot decode %s", name);
	return false;
}

bool ecoq_envelope_payload(const ecoq_envelope *envelope, zval *payload)
{
	zval data;

	if (!decode_member("data", "invalid_data", envelope->data, &data)) {
		return false;
	}
	if (!envelope->payload_is_value) {
		ZVAL_COPY_VALUE(payload, &data);
		return true;
	}
	zval *value = zend_hash_str_find(Z_ARRVAL(data), ZEND_STRL("value"));
	if (value != NULL) {
		ZVAL_COPY(payload, value);
	} else {
		ecoq_throw_envelope("invalid_data", "Reading an envelope: the header ecoq-payload says that data is {\"value\": …}, but data has no such key");
	}
	zval_ptr_dtor(&data);
	return value != NULL;
}

bool ecoq_envelope_headers(const ecoq_envelope *envelope, zval *headers)
{
	if (envelope->headers.size == 0) {
		ZVAL_EMPTY_ARRAY(headers);
		return true;
	}
	return decode_member("headers", "malformed", envelope->headers, headers);
}

/* A warning goes to the callable, or becomes an E_WARNING. False with an exception. */
static bool warn(zend_fcall_info *call, zend_fcall_info_cache *cache, zend_string *text, const char *pointer)
{
	if (ZEND_FCI_INITIALIZED(*call)) {
		zval arguments[2], ignored;
		ZVAL_STR(&arguments[0], text);
		ZVAL_STRING(&arguments[1], pointer);
		call->params = arguments;
		call->param_count = 2;
		call->retval = &ignored;
		ZVAL_UNDEF(&ignored);
		zend_call_function(call, cache);
		zval_ptr_dtor(&ignored);
		zval_ptr_dtor(&arguments[1]);
	} else {
		php_error_docref(NULL, E_WARNING, "%s", ZSTR_VAL(text));
	}
	return !EG(exception);
}

static bool report(const ecoq_envelope *envelope, zend_fcall_info *call, zend_fcall_info_cache *cache)
{
	uint8_t forbidden = envelope->forbidden_keys;
	const char *pointer;
	bool go_on = true;

	while (go_on && (pointer = ecoq_envelope_next_forbidden_key(&forbidden)) != NULL) {
		zend_string *text = zend_strpprintf(0, ECOQ_ENVELOPE_FORBIDDEN_KEY, pointer);
		go_on = warn(call, cache, text, pointer);
		zend_string_release(text);
	}
	if (go_on && envelope->warning[0] != '\0') {
		zend_string *text = zend_string_init(envelope->warning, strlen(envelope->warning), false);
		go_on = warn(call, cache, text, envelope->warning_at);
		zend_string_release(text);
	}
	return go_on;
}

/* Throws on a fault. */
static bool read_or_throw(zend_string *bytes, ecoq_envelope *envelope)
{
	const ecoq_envelope_limits limits = ECOQ_ENVELOPE_LIMITS;
	ecoq_error error;
	ecoq_envelope_fault fault = ecoq_envelope_read(ecoq_bytes_of(bytes), &limits, envelope, &error);

	if (fault == ECOQ_ENVELOPE_ACCEPTED) {
		return true;
	}
	ecoq_throw_envelope(ecoq_envelope_reason(fault), "%s", error.text);
	return false;
}

/* A new reference to the text; NULL when absent. */
static zend_string *text_string(const ecoq_envelope_text *text)
{
	if (text->owned != NULL) {
		return zend_string_copy(text->owned);
	}
	return text->text.size > 0 ? ecoq_string_of(text->text) : NULL;
}

static void release(zend_string *string)
{
	if (string != NULL) {
		zend_string_release(string);
	}
}

static void create_message(const ecoq_envelope *envelope, zval *payload, zval *headers, zval *message)
{
	zend_string *id = text_string(&envelope->id);
	zend_string *lang = text_string(&envelope->lang);
	ecoq_message_fields fields = {
		.id = id ? id : ecoq_message_id_for_bytes(envelope->bytes, ECOQ_NO_BYTES),
		.type = text_string(&envelope->type),
		.payload = payload,
		.headers = Z_ARRVAL_P(headers),
		.trace_id = text_string(&envelope->trace_id),
		.queue = text_string(&envelope->queue),
		.lang = lang ? lang : ZSTR_EMPTY_ALLOC(),
		.endpoint = text_string(&envelope->endpoint),
		.created_at = envelope->created_at,
		.attempts = envelope->attempts,
	};

	ecoq_message_create(&fields, message);
	release(fields.id);
	release(fields.type);
	release(fields.trace_id);
	release(fields.queue);
	release(fields.lang);
	release(fields.endpoint);
}

ZEND_METHOD(Ecoq_Envelope, __construct)
{
	ZEND_PARSE_PARAMETERS_NONE();
	zend_throw_error(NULL, "Ecoq\\Envelope has static methods only");
}

ZEND_METHOD(Ecoq_Envelope, encode)
{
	zval *message;
	ecoq_message_fields fields;
	bool is_value = false;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_OBJECT_OF_CLASS(message, ecoq_ce_Message)
	ZEND_PARSE_PARAMETERS_END();

	ecoq_message_fields_of(Z_OBJ_P(message), &fields);
	zend_string *data = ecoq_payload_encode(fields.payload, &is_value);
	if (data == NULL) {
		RETURN_THROWS();
	}
	ecoq_envelope_parts parts = {
		.type = ecoq_bytes_of(fields.type),
		.trace_id = ecoq_bytes_of(fields.trace_id),
		.id = ecoq_bytes_of(fields.id),
		.queue = ecoq_bytes_of(fields.queue),
		.data = ecoq_bytes_of(data),
		.data_is_value = is_value,
		.headers = fields.headers,
		.endpoint = ecoq_bytes_of(fields.endpoint),
		.priority = -1,
		.created_at = fields.created_at,
		.attempts = fields.attempts,
	};
	zend_string *bytes = ecoq_envelope_write(&parts);
	zend_string_release(data);
	if (bytes == NULL) {
		RETURN_THROWS();
	}
	RETURN_STR(bytes);
}

ZEND_METHOD(Ecoq_Envelope, decode)
{
	zend_string *bytes;
	zend_fcall_info call = empty_fcall_info;
	zend_fcall_info_cache cache = empty_fcall_info_cache;
	ecoq_envelope envelope;
	zval payload, headers;

	ZEND_PARSE_PARAMETERS_START(1, 2)
		Z_PARAM_STR(bytes)
		Z_PARAM_OPTIONAL
		Z_PARAM_FUNC_OR_NULL(call, cache)
	ZEND_PARSE_PARAMETERS_END();

	if (!read_or_throw(bytes, &envelope)) {
		RETURN_THROWS();
	}
	/* user code may run here and release what the caller held */
	zend_string_addref(bytes);
	if (report(&envelope, &call, &cache) && ecoq_envelope_payload(&envelope, &payload)) {
		if (ecoq_envelope_headers(&envelope, &headers)) {
			create_message(&envelope, &payload, &headers, return_value);
			zval_ptr_dtor(&headers);
		}
		zval_ptr_dtor(&payload);
	}
	ecoq_envelope_free(&envelope);
	zend_string_release(bytes);
}

ZEND_METHOD(Ecoq_Envelope, withAttempts)
{
	zend_string *bytes;
	zend_long attempts;
	ecoq_envelope envelope;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_STR(bytes)
		Z_PARAM_LONG(attempts)
	ZEND_PARSE_PARAMETERS_END();

	if (attempts < 0 || attempts > UINT32_MAX) {
		zend_argument_value_error(2, "must be from 0 to %u, " ZEND_LONG_FMT " given", UINT32_MAX, attempts);
		RETURN_THROWS();
	}
	if (!read_or_throw(bytes, &envelope)) {
		RETURN_THROWS();
	}
	ecoq_envelope_patch patch = ECOQ_ENVELOPE_NO_PATCH;
	patch.attempts = attempts;
	RETVAL_STR(ecoq_envelope_patched(&envelope, &patch));
	ecoq_envelope_free(&envelope);
}

void ecoq_envelope_minit(void)
{
	ecoq_ce_Envelope = register_class_Ecoq_Envelope();
}
