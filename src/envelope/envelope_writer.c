#include "envelope/envelope.h"

#include "ext/json/php_json.h"

#include "envelope/headers.h"
#include "php/exceptions.h"

/* The bytes that BabelQueue's PHP producers write. */
#define JSON_FLAGS (PHP_JSON_UNESCAPED_SLASHES | PHP_JSON_UNESCAPED_UNICODE)
#define MAX_DEPTH 512

static const char *const error_texts[] = {
	[PHP_JSON_ERROR_DEPTH] = "it is nested too deep",
	[PHP_JSON_ERROR_UTF8] = "it holds text that is not UTF-8",
	[PHP_JSON_ERROR_RECURSION] = "it holds itself",
	[PHP_JSON_ERROR_INF_OR_NAN] = "it holds INF or NAN, which JSON does not have",
	[PHP_JSON_ERROR_UNSUPPORTED_TYPE] = "it holds a value that JSON does not have",
	[PHP_JSON_ERROR_NON_BACKED_ENUM] = "it holds an enum case without a value",
};

static const char *json_error_text(php_json_error_code code)
{
	bool known = code > 0 && code < sizeof(error_texts) / sizeof(error_texts[0]) && error_texts[code] != NULL;

	return known ? error_texts[code] : "ext/json refuses it";
}

/* Size of the run of bytes at the front that stand for themselves inside JSON quotes. */
static size_t plain_size(const char *text, size_t size)
{
	size_t i = 0;

	while (i < size) {
		unsigned char c = (unsigned char) text[i];
		if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\') {
			break;
		}
		i++;
	}
	return i;
}

/* Appends a JSON string. False when it is not UTF-8. */
static bool append_string(smart_str *out, ecoq_bytes text)
{
	if (EXPECTED(plain_size(text.data, text.size) == text.size)) {
		smart_str_appendc(out, '"');
		smart_str_appendl(out, text.data, text.size);
		smart_str_appendc(out, '"');
		return true;
	}
	php_json_error_code former = JSON_G(error_code);
	zend_string *encoded = php_json_encode_string(text.data, text.size, JSON_FLAGS);
	JSON_G(error_code) = former;
	if (encoded == NULL) {
		return false;
	}
	smart_str_append(out, encoded);
	zend_string_release(encoded);
	return true;
}

/* The last key in `,"meta":{"id":`, for error texts. */
static ecoq_bytes key_name(const char *key)
{
	ecoq_bytes before = {key, strlen(key) - 2};
	const char *quote = ecoq_bytes_last(before, '"');

	return (ecoq_bytes){quote + 1, before.size - (size_t) (quote + 1 - key)};
}

static bool append_text_member(smart_str *out, const char *key, ecoq_bytes text)
{
	smart_str_appends(out, key);
	if (append_string(out, text)) {
		return true;
	}
	ecoq_bytes name = key_name(key);
	ecoq_throw_conversion("Writing an envelope: the value of %.*s is not valid UTF-8", (int) name.size, name.data);
	return false;
}

static void append_int_member(smart_str *out, const char *key, int64_t value)
{
	smart_str_appends(out, key);
	smart_str_append_long(out, (zend_long) value);
}

/* ext/json reports some failures in its error code alone, and runs user code. */
static const char *append_by_ext_json(smart_str *out, zval *value)
{
	php_json_error_code former = JSON_G(error_code);
	zend_result result = php_json_encode_ex(out, value, JSON_FLAGS, MAX_DEPTH);
	php_json_error_code code = JSON_G(error_code);

	JSON_G(error_code) = former;
	return result == SUCCESS && code == PHP_JSON_ERROR_NONE && !EG(exception) ? NULL : json_error_text(code);
}

/* NULL, or why the value cannot be encoded. */
static const char *append_header_value(smart_str *out, zval *value)
{
	ZVAL_DEREF(value);
	switch (Z_TYPE_P(value)) {
		case IS_NULL:
			smart_str_appends(out, "null");
			return NULL;
		case IS_TRUE:
			smart_str_appends(out, "true");
			return NULL;
		case IS_FALSE:
			smart_str_appends(out, "false");
			return NULL;
		case IS_LONG:
			smart_str_append_long(out, Z_LVAL_P(value));
			return NULL;
		case IS_STRING:
			return append_string(out, (ecoq_bytes){Z_STRVAL_P(value), Z_STRLEN_P(value)}) ? NULL : json_error_text(PHP_JSON_ERROR_UTF8);
		case IS_DOUBLE:
		case IS_ARRAY:
			return append_by_ext_json(out, value);
		default:
			return "expected a scalar, an array or null";
	}
}

/* Begins the headers object, or goes on with it. */
static void append_header_separator(smart_str *out, bool *started)
{
	smart_str_appends(out, *started ? "," : ",\"headers\":{");
	*started = true;
}

static void throw_header(zend_string *name, zval *value, const char *why)
{
	if (EG(exception)) {
		return;
	}
	ecoq_throw_conversion("Writing an envelope: header \"%s\" (%s) cannot be encoded: %s", ZSTR_VAL(name), zend_zval_type_name(value), why);
}

static bool append_user_headers(smart_str *out, HashTable *headers, bool *started)
{
	zend_string *name;
	zend_ulong index;
	zval *value;
	bool valid = true;

	ZEND_HASH_FOREACH_KEY_VAL(headers, index, name, value) {
		if (name && ecoq_header_is_own(name)) {
			continue;
		}
		zend_string *text = name ? zend_string_copy(name) : zend_long_to_str((zend_long) index);
		append_header_separator(out, started);
		const char *why = append_string(out, (ecoq_bytes){ZSTR_VAL(text), ZSTR_LEN(text)}) ? NULL : "its name is not valid UTF-8";
		smart_str_appendc(out, ':');
		why = why ? why : append_header_value(out, value);
		if (UNEXPECTED(why != NULL)) {
			throw_header(text, value, why);
			valid = false;
		}
		zend_string_release(text);
		if (!valid) {
			break;
		}
	}
	ZEND_HASH_FOREACH_END();
	return valid;
}

static bool append_text_header(smart_str *out, const char *key, ecoq_bytes text, bool *started)
{
	if (text.size == 0) {
		return true;
	}
	append_header_separator(out, started);
	return append_text_member(out, key, text);
}

static void append_int_header(smart_str *out, const char *key, int64_t value, bool *started)
{
	append_header_separator(out, started);
	append_int_member(out, key, value);
}

static size_t size_of(const smart_str *out)
{
	return out->s != NULL ? ZSTR_LEN(out->s) : 0;
}

/* `*size` is that of the whole object, 0 where nothing in it is the user's. */
static bool append_headers(smart_str *out, const ecoq_envelope_parts *parts, size_t *size)
{
	bool started = false;
	size_t start = size_of(out) + strlen(",\"headers\":");
	bool valid = append_text_header(out, "\"" ECOQ_HEADER_ENDPOINT "\":", parts->endpoint, &started)
		&& append_text_header(out, "\"" ECOQ_HEADER_GROUP "\":", parts->group, &started)
		&& append_text_header(out, "\"" ECOQ_HEADER_EVENT_ID "\":", parts->event_id, &started)
		&& append_text_header(out, "\"" ECOQ_HEADER_PARENT_ID "\":", parts->parent_id, &started)
		&& append_text_header(out, "\"" ECOQ_HEADER_CLASS "\":", parts->payload_class, &started);

	if (!valid) {
		return false;
	}
	if (parts->data_is_value) {
		append_header_separator(out, &started);
		smart_str_appends(out, "\"" ECOQ_HEADER_PAYLOAD "\":\"value\"");
	}
	if (parts->deliver_at > 0) {
		append_int_header(out, "\"" ECOQ_HEADER_DELIVER_AT "\":", parts->deliver_at, &started);
	}
	if (parts->expires_at > 0) {
		append_int_header(out, "\"" ECOQ_HEADER_EXPIRES_AT "\":", parts->expires_at, &started);
	}
	if (parts->priority >= 0) {
		append_int_header(out, "\"" ECOQ_HEADER_PRIORITY "\":", parts->priority, &started);
	}
	size_t before = size_of(out);
	if (parts->headers != NULL && zend_hash_num_elements(parts->headers) > 0 && !append_user_headers(out, parts->headers, &started)) {
		return false;
	}
	bool has_users = size_of(out) > before;
	if (started) {
		smart_str_appendc(out, '}');
	}
	*size = has_users ? size_of(out) - start : 0;
	return true;
}

static bool append_envelope(smart_str *out, const ecoq_envelope_parts *parts)
{
	ecoq_bytes queue = parts->queue.size > 0 ? parts->queue : ECOQ_BYTES("default");

	if (!append_text_member(out, "{\"job\":", parts->type) || !append_text_member(out, ",\"trace_id\":", parts->trace_id)) {
		return false;
	}
	smart_str_appends(out, ",\"data\":");
	/* the span of an older producer's empty data is [] */
	bool is_object = parts->data.size > 0 && parts->data.data[0] == '{';
	smart_str_appendl(out, is_object ? parts->data.data : "{}", is_object ? parts->data.size : 2);
	if (!append_text_member(out, ",\"meta\":{\"id\":", parts->id) || !append_text_member(out, ",\"queue\":", queue)) {
		return false;
	}
	append_int_member(out, ",\"lang\":\"php\",\"schema_version\":1,\"created_at\":", parts->created_at);
	append_int_member(out, "},\"attempts\":", parts->attempts);
	size_t headers_size;
	if (!append_headers(out, parts, &headers_size)) {
		return false;
	}
	if (parts->headers_size != NULL) {
		*parts->headers_size = headers_size;
	}
	smart_str_appendc(out, '}');
	return true;
}

zend_string *ecoq_envelope_write(const ecoq_envelope_parts *parts)
{
	smart_str out = {0};
	size_t texts = parts->type.size + parts->trace_id.size + parts->id.size + parts->queue.size + parts->endpoint.size + parts->event_id.size + parts->group.size;

	/* room for all but user headers and escapes, so that it usually grows once */
	smart_str_alloc(&out, parts->data.size + texts + 384, false);
	if (!append_envelope(&out, parts)) {
		smart_str_free(&out);
		return NULL;
	}
	return smart_str_extract(&out);
}
