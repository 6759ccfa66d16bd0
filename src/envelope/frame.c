#include "envelope/frame.h"

#include <stdio.h>

#include "envelope/headers.h"
#include "php/bytes.h"

/* Headers on their way into an envelope. */
typedef struct joining {
	HashTable names; /* that the envelope has itself */
	smart_str added; /* members, separated by commas */
	uint32_t count;  /* of names, and of those added */
	const char *warning;
} joining;

/* The text of a scanned string; the caller owns it. */
static zend_string *text_of(const ecoq_json_value *value)
{
	if (!value->escaped) {
		return ecoq_string_of(value->text);
	}
	zend_string *text = zend_string_alloc(value->text.size, false);
	size_t size = ecoq_json_unescape(value->text, ZSTR_VAL(text));
	ZSTR_VAL(text)
	[size] = '\0';
	return zend_string_truncate(text, size, false);
}

static void add_names(joining *j, ecoq_bytes object)
{
	ecoq_json_scan scan;
	ecoq_json_value key, value;

	ecoq_json_begin(&scan, object, ECOQ_JSON_MAX_DEPTH);
	ecoq_json_enter_object(&scan);
	while (ecoq_json_next_member(&scan, &key) && ecoq_json_read_value(&scan, &value)) {
		zend_string *name = text_of(&key);
		zend_hash_add_empty_element(&j->names, name);
		zend_string_release(name);
		j->count++;
	}
}

static void append_string(smart_str *out, const ecoq_json_value *string)
{
	smart_str_appendc(out, '"');
	smart_str_appendl(out, string->text.data, string->text.size);
	smart_str_appendc(out, '"');
}

static void add_header(joining *j, const ecoq_json_value *key, const ecoq_json_value *value)
{
	j->count++;
	if (j->added.s != NULL && ZSTR_LEN(j->added.s) > 0) {
		smart_str_appendc(&j->added, ',');
	}
	append_string(&j->added, key);
	smart_str_appendc(&j->added, ':');
	if (value->kind == ECOQ_JSON_STRING) {
		append_string(&j->added, value);
	} else {
		smart_str_appendl(&j->added, value->text.data, value->text.size);
	}
}

/* Nobody but ecoq itself writes its headers, and it writes them into the envelope. */
static void judge_header(joining *j, const ecoq_json_value *key, const ecoq_json_value *value, bool strings_only)
{
	zend_string *name = text_of(key);

	if (ecoq_header_is_own(name)) {
		j->warning = "/headers beside the envelope: names that begin with " ECOQ_HEADER_PREFIX " are ignored";
	} else if (strings_only && value->kind != ECOQ_JSON_STRING) {
		j->warning = "/headers of the frame: a value that is no string is ignored";
	} else if (!zend_hash_exists(&j->names, name)) {
		add_header(j, key, value);
	}
	zend_string_release(name);
}

/* What is no object of JSON is left out as a whole. */
static void add_headers(joining *j, ecoq_bytes object, bool strings_only)
{
	ecoq_json_scan scan;
	ecoq_json_value key, value;
	size_t before = j->added.s != NULL ? ZSTR_LEN(j->added.s) : 0;

	ecoq_json_begin(&scan, object, ECOQ_JSON_MAX_DEPTH);
	bool is_object = ecoq_json_enter_object(&scan);
	while (is_object && ecoq_json_next_member(&scan, &key) && ecoq_json_read_value(&scan, &value)) {
		judge_header(j, &key, &value, strings_only);
	}
	if (!is_object || !ecoq_json_finish(&scan)) {
		j->warning = "/headers beside the envelope are ignored: expected an object";
		if (j->added.s != NULL) {
			ZSTR_LEN(j->added.s) = before;
		}
	}
}

static void warn(ecoq_envelope *envelope, const char *warning)
{
	if (warning != NULL && envelope->warning[0] == '\0') {
		envelope->warning_at = "/headers";
		snprintf(envelope->warning, sizeof(envelope->warning), "%s", warning);
	}
}

/* Exchanges the envelope for one that has these members in its headers, too. */
static ecoq_envelope_fault rewrite(ecoq_envelope *envelope, ecoq_bytes members, const ecoq_envelope_limits *limits, ecoq_error *error)
{
	ecoq_envelope_patch patch = ECOQ_ENVELOPE_NO_PATCH;
	ecoq_envelope joined;

	patch.headers = members;
	zend_string *bytes = ecoq_envelope_patched(envelope, &patch);
	ecoq_envelope_fault fault = ecoq_envelope_read(ecoq_bytes_of(bytes), limits, &joined, error);
	if (fault != ECOQ_ENVELOPE_ACCEPTED) {
		zend_string_release(bytes);
		ecoq_envelope_free(envelope);
		return fault;
	}
	joined.unpacked = bytes;
	/* they are gone already, but somebody is to be told */
	joined.forbidden_keys |= envelope->forbidden_keys;
	if (envelope->warning[0] != '\0') {
		memcpy(joined.warning, envelope->warning, sizeof(joined.warning));
		joined.warning_at = envelope->warning_at;
	}
	ecoq_envelope_free(envelope);
	*envelope = joined;
	return ECOQ_ENVELOPE_ACCEPTED;
}

/* Whether each member has its namesake among the envelope's headers, in that order, as ecoq writes them: then there is nothing to join, and nothing needs to
 * be kept to find that out. Also false where only a closer look tells. */
static bool are_known(ecoq_bytes headers, ecoq_bytes own)
{
	ecoq_json_scan scan, own_scan;
	ecoq_json_value key, own_key, value;

	ecoq_json_begin(&scan, headers, ECOQ_JSON_MAX_DEPTH);
	ecoq_json_begin(&own_scan, own, ECOQ_JSON_MAX_DEPTH);
	bool known = ecoq_json_enter_object(&scan) && ecoq_json_enter_object(&own_scan);
	while (known && ecoq_json_next_member(&scan, &key)) {
		do {
			known = ecoq_json_next_member(&own_scan, &own_key) && ecoq_json_read_value(&own_scan, &value);
		} while (known && !ecoq_bytes_equal(key.text, own_key.text));
		known = known && ecoq_json_read_value(&scan, &value);
	}
	return known && ecoq_json_finish(&scan);
}

/* `frame_headers` and `headers` may be empty. */
static ecoq_envelope_fault join(ecoq_envelope *envelope, ecoq_bytes frame_headers, ecoq_bytes headers, const ecoq_envelope_limits *limits, ecoq_error *error)
{
	joining j = {0};
	ecoq_envelope_fault fault = ECOQ_ENVELOPE_ACCEPTED;

	zend_hash_init(&j.names, 8, NULL, NULL, false);
	if (envelope->headers.size > 0) {
		add_names(&j, envelope->headers);
	}
	if (frame_headers.size > 0) {
		add_headers(&j, frame_headers, true);
	}
	if (headers.size > 0) {
		add_headers(&j, headers, false);
	}
	if (j.added.s != NULL && ZSTR_LEN(j.added.s) > 0 && j.count > limits->max_headers) {
		ecoq_fail(error, ECOQ_INVALID, "Reading an envelope of %zu bytes: with those beside it, it has %u headers, more than are allowed (%u, option max-headers)", envelope->bytes.size,
			(unsigned) j.count, (unsigned) limits->max_headers);
		ecoq_envelope_free(envelope);
		fault = ECOQ_ENVELOPE_MALFORMED;
	} else if (j.added.s != NULL && ZSTR_LEN(j.added.s) > 0) {
		fault = rewrite(envelope, ecoq_bytes_of(j.added.s), limits, error);
	}
	if (fault == ECOQ_ENVELOPE_ACCEPTED) {
		warn(envelope, j.warning);
	}
	smart_str_free(&j.added);
	zend_hash_destroy(&j.names);
	return fault;
}

static ecoq_envelope_fault read_framed(const ecoq_frame *frame, const ecoq_envelope_limits *limits, ecoq_envelope *envelope, ecoq_error *error)
{
	zend_string *bytes = text_of(&frame->body);
	ecoq_envelope_fault fault = ecoq_envelope_read(ecoq_bytes_of(bytes), limits, envelope, error);

	if (fault == ECOQ_ENVELOPE_ACCEPTED) {
		envelope->unpacked = bytes;
	} else {
		const ecoq_error inner = *error;
		ecoq_fail(error, inner.code, "In a frame of headers and body: %.500s", inner.text);
		zend_string_release(bytes);
	}
	return fault;
}

ecoq_envelope_fault ecoq_envelope_unpack(const ecoq_envelope_source *source, const ecoq_envelope_limits *limits, ecoq_envelope *envelope, ecoq_error *error)
{
	ecoq_frame frame = {0};
	ecoq_bytes frame_headers = ECOQ_NO_BYTES;
	ecoq_envelope_fault fault = ecoq_envelope_read_or_frame(source->body, limits, envelope, source->may_be_frame ? &frame : NULL, error);

	if (fault == ECOQ_ENVELOPE_ACCEPTED && frame.is_frame) {
		fault = read_framed(&frame, limits, envelope, error);
		frame_headers = frame.headers.kind == ECOQ_JSON_OBJECT ? frame.headers.text : ECOQ_NO_BYTES;
	}
	if (fault != ECOQ_ENVELOPE_ACCEPTED || (frame_headers.size == 0 && source->headers.size == 0)) {
		return fault;
	}
	if (frame_headers.size == 0 && envelope->headers.size > 0 && are_known(source->headers, envelope->headers)) {
		return fault;
	}
	return join(envelope, frame_headers, source->headers, limits, error);
}
