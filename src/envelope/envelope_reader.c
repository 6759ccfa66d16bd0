#include "envelope/envelope.h"

#include <stddef.h>
#include <stdio.h>

#include "base/json_scan.h"
#include "envelope/frame.h"
#include "envelope/headers.h"

/* The values that are looked at. Each object's fields stand together, so that a second object under one key replaces the first. */
enum field {
	JOB,
	URN,
	TRACE_ID,
	DATA,
	META,
	ATTEMPTS,
	HEADERS,
	DEAD_LETTER,
	FRAME,
	FRAME_BODY,
	META_ID,
	META_QUEUE,
	META_LANG,
	META_SCHEMA_VERSION,
	META_CREATED_AT,
	ENDPOINT,
	PAYLOAD,
	DELIVER_AT,
	EXPIRES_AT,
	PRIORITY,
	EVENT_ID,
	PAYLOAD_CLASS,
	GROUP,
	UNKNOWN,
	UNKNOWN_SINCE,
	FIELD_COUNT,
	FORBIDDEN = 64 /* plus an index of forbidden_keys[] */
};

/* BabelQueue 1.3: dropped with a warning. */
static const char *const forbidden_keys[] = {"/timestamp", "/meta/max_retries", "/meta/attempts", "/meta/source", "/meta/ts"};

typedef struct known_key {
	const char *name;
	uint8_t size;
	uint8_t field;
} known_key;

typedef struct known_object {
	const known_key *keys;
	size_t key_count;
	size_t first; /* field */
	size_t count; /* of fields */
} known_object;

#define NAME(literal) literal, sizeof(literal) - 1
#define KEYS(table) table, sizeof(table) / sizeof(table[0])

/* in the order in which producers write them */
static const known_key top_keys[] = {
	{NAME("job"), JOB},
	{NAME("trace_id"), TRACE_ID},
	{NAME("data"), DATA},
	{NAME("meta"), META},
	{NAME("attempts"), ATTEMPTS},
	{NAME("headers"), HEADERS},
	{NAME("urn"), URN},
	{NAME("dead_letter"), DEAD_LETTER},
	{NAME("__bq_frame"), FRAME},
	{NAME("body"), FRAME_BODY},
	{NAME("timestamp"), FORBIDDEN + 0},
};
static const known_key meta_keys[] = {
	{NAME("id"), META_ID},
	{NAME("queue"), META_QUEUE},
	{NAME("lang"), META_LANG},
	{NAME("schema_version"), META_SCHEMA_VERSION},
	{NAME("created_at"), META_CREATED_AT},
	{NAME("max_retries"), FORBIDDEN + 1},
	{NAME("attempts"), FORBIDDEN + 2},
	{NAME("source"), FORBIDDEN + 3},
	{NAME("ts"), FORBIDDEN + 4},
};
static const known_key header_keys[] = {
	{NAME(ECOQ_HEADER_ENDPOINT), ENDPOINT},
	{NAME(ECOQ_HEADER_EVENT_ID), EVENT_ID},
	{NAME(ECOQ_HEADER_CLASS), PAYLOAD_CLASS},
	{NAME(ECOQ_HEADER_PAYLOAD), PAYLOAD},
	{NAME(ECOQ_HEADER_PRIORITY), PRIORITY},
	{NAME(ECOQ_HEADER_GROUP), GROUP},
	{NAME(ECOQ_HEADER_DELIVER_AT), DELIVER_AT},
	{NAME(ECOQ_HEADER_EXPIRES_AT), EXPIRES_AT},
	{NAME(ECOQ_HEADER_UNKNOWN), UNKNOWN},
	{NAME(ECOQ_HEADER_UNKNOWN_SINCE), UNKNOWN_SINCE},
};
static const known_object top_object = {KEYS(top_keys), JOB, META_ID - JOB};
static const known_object meta_object = {KEYS(meta_keys), META_ID, ENDPOINT - META_ID};
static const known_object headers_object = {KEYS(header_keys), ENDPOINT, FIELD_COUNT - ENDPOINT};

#define LONGEST_KEY 24

typedef struct reader {
	ecoq_json_scan scan;
	const ecoq_envelope_limits *limits;
	uint8_t forbidden;
	ecoq_json_value values[FIELD_COUNT];
} reader;

/* The field of a key, -1 for a foreign one. */
static int find_field(const known_object *object, const ecoq_json_value *key)
{
	char unescaped[LONGEST_KEY * 6];
	ecoq_bytes name = key->text;

	if (UNEXPECTED(key->escaped)) {
		/* "\u0061ttempts" is the key `attempts` */
		if (name.size > sizeof(unescaped)) {
			return -1;
		}
		name = (ecoq_bytes){unescaped, ecoq_json_unescape(name, unescaped)};
	}
	for (size_t i = 0; i < object->key_count; i++) {
		const known_key *known = &object->keys[i];
		if (known->size == name.size && known->name[0] == name.data[0] && memcmp(known->name, name.data, name.size) == 0) {
			return known->field;
		}
	}
	return -1;
}

static void read_members(reader *r, const known_object *object);

/* Reads the value of `field`; a second one of the same key replaces the first. */
static void read_field(reader *r, int field)
{
	ecoq_json_value foreign;
	ecoq_json_value *value = field >= 0 && field < FIELD_COUNT ? &r->values[field] : &foreign;

	if (field >= FORBIDDEN) {
		r->forbidden |= (uint8_t) (1 << (field - FORBIDDEN));
	}
	if ((field == META || field == HEADERS) && ecoq_json_enter_object(&r->scan)) {
		const char *start = r->scan.at - 1;
		read_members(r, field == META ? &meta_object : &headers_object);
		*value = (ecoq_json_value){.text = {start, (size_t) (r->scan.at - start)}, .kind = ECOQ_JSON_OBJECT};
		return;
	}
	ecoq_json_read_value(&r->scan, value);
}

static void read_members(reader *r, const known_object *object)
{
	ecoq_json_value key;
	uint32_t count = 0;

	memset(&r->values[object->first], 0, object->count * sizeof(r->values[0]));
	while (ecoq_json_next_member(&r->scan, &key)) {
		read_field(r, find_field(object, &key));
		if (object == &headers_object && ++count > r->limits->max_headers && r->scan.fault == NULL) {
			r->scan.fault = "it has more headers than are allowed";
		}
	}
}

static ecoq_envelope_fault read_json(reader *r, ecoq_bytes bytes, ecoq_error *error)
{
	ecoq_json_begin(&r->scan, bytes, r->limits->max_depth);
	if (ecoq_json_enter_object(&r->scan)) {
		read_members(r, &top_object);
	} else if (r->scan.fault == NULL) {
		bool has_bom = bytes.size >= 3 && memcmp(bytes.data, "\xef\xbb\xbf", 3) == 0;
		r->scan.fault = has_bom ? "it begins with a byte order mark, which JSON may not have" : "it is not a JSON object";
	}
	if (ecoq_json_finish(&r->scan)) {
		return ECOQ_ENVELOPE_ACCEPTED;
	}
	ecoq_fail(error, ECOQ_INVALID, "Reading an envelope of %zu bytes: %s (at byte %zu)", bytes.size, r->scan.fault, (size_t) (r->scan.at - r->scan.start) + 1);
	return ECOQ_ENVELOPE_MALFORMED;
}

static void warn(ecoq_envelope *envelope, const char *pointer, const char *expected)
{
	if (envelope->warning[0] == '\0') {
		envelope->warning_at = pointer;
		snprintf(envelope->warning, sizeof(envelope->warning), "%s in the envelope is ignored: expected %s", pointer, expected);
	}
}

static bool is_set(const ecoq_json_value *value)
{
	return value->kind != ECOQ_JSON_ABSENT && value->kind != ECOQ_JSON_NULL;
}

static void release(ecoq_envelope_text *text)
{
	if (text->owned != NULL) {
		zend_string_release(text->owned);
	}
	*text = (ecoq_envelope_text){0};
}

/* PHP's trim() would leave nothing. */
static bool is_blank(ecoq_bytes text)
{
	for (size_t i = 0; i < text.size; i++) {
		if (!strchr(" \t\n\r\v", text.data[i])) {
			return false;
		}
	}
	return true;
}

/* Sets `text` when the value is a string that is not blank. */
static bool take_string(const ecoq_json_value *value, ecoq_envelope_text *text)
{
	if (value->kind != ECOQ_JSON_STRING) {
		return false;
	}
	text->text = value->text;
	if (UNEXPECTED(value->escaped)) {
		text->owned = zend_string_alloc(value->text.size, false);
		char *out = ZSTR_VAL(text->owned);
		size_t size = ecoq_json_unescape(value->text, out);
		out[size] = '\0';
		ZSTR_LEN(text->owned) = size;
		text->text = (ecoq_bytes){out, size};
	}
	if (UNEXPECTED(text->text.size == 0 || ((unsigned char) text->text.data[0] <= ' ' && is_blank(text->text)))) {
		release(text);
		return false;
	}
	return true;
}

static void take_optional_string(ecoq_envelope *envelope, const ecoq_json_value *value, ecoq_envelope_text *text, const char *pointer)
{
	if (!take_string(value, text) && is_set(value) && value->kind != ECOQ_JSON_STRING) {
		warn(envelope, pointer, "a string");
	}
}

static void take_group(ecoq_envelope *envelope, const ecoq_json_value *value)
{
	take_optional_string(envelope, value, &envelope->group, "/headers/" ECOQ_HEADER_GROUP);
	if (UNEXPECTED(envelope->group.text.size > ECOQ_GROUP_MAX)) {
		release(&envelope->group);
		warn(envelope, "/headers/" ECOQ_HEADER_GROUP, "a string of at most 255 bytes");
	}
}

/* Whether the value is an integer token from 0 to `max`. */
static bool take_integer(const ecoq_json_value *value, uint64_t max, uint64_t *out)
{
	uint64_t number = 0;

	if (value->kind != ECOQ_JSON_INTEGER || value->text.size > 19) {
		return false;
	}
	for (size_t i = 0; i < value->text.size; i++) {
		if (value->text.data[i] == '-') {
			return false;
		}
		number = number * 10 + (uint64_t) (value->text.data[i] - '0');
	}
	*out = number;
	return number <= max;
}

static int64_t take_optional_integer(ecoq_envelope *envelope, const ecoq_json_value *value, uint64_t max, int64_t absent, const char *pointer)
{
	uint64_t number;

	if (!is_set(value)) {
		return absent;
	}
	if (take_integer(value, max, &number)) {
		return (int64_t) number;
	}
	char expected[64];
	snprintf(expected, sizeof(expected), "an integer from 0 to %llu", (unsigned long long) max);
	warn(envelope, pointer, expected);
	return absent;
}

/* What is wrong with a value, for error texts. `wrong_integer` says it of an integer. */
static const char *describe(const ecoq_json_value *value, const char *wrong_integer)
{
	static const char *const names[] = {
		[ECOQ_JSON_ABSENT] = "missing",
		[ECOQ_JSON_OBJECT] = "an object",
		[ECOQ_JSON_ARRAY] = "a list",
		[ECOQ_JSON_STRING] = "a string",
		[ECOQ_JSON_DECIMAL] = "a number with a fraction or exponent",
		[ECOQ_JSON_TRUE] = "true",
		[ECOQ_JSON_FALSE] = "false",
		[ECOQ_JSON_NULL] = "null",
	};
	return value->kind == ECOQ_JSON_INTEGER ? wrong_integer : names[value->kind];
}

/* In the order of BabelQueue's EnvelopeValidator: the first one that fails is the reason. */
static ecoq_envelope_fault check(reader *r, ecoq_envelope *envelope, ecoq_error *error)
{
	const ecoq_json_value *values = r->values;
	const ecoq_json_value *version = &values[META_SCHEMA_VERSION];
	const ecoq_json_value *data = &values[DATA];
	uint64_t attempts;

	if (!take_string(&values[JOB], &envelope->type) && !take_string(&values[URN], &envelope->type)) {
		ecoq_fail(error, ECOQ_INVALID, "Reading an envelope: neither job nor urn is a string that names the message's type");
		return ECOQ_ENVELOPE_MISSING_URN;
	}
	if (values[META].kind != ECOQ_JSON_OBJECT) {
		ecoq_fail(error, ECOQ_INVALID, "Reading an envelope: meta must be an object, it is %s", describe(&values[META], "an integer"));
		return ECOQ_ENVELOPE_MISSING_META;
	}
	if (version->kind != ECOQ_JSON_INTEGER || version->text.size != 1 || version->text.data[0] != '1') {
		ecoq_fail(error, ECOQ_INVALID, "Reading an envelope: meta.schema_version must be the integer 1, it is %s", describe(version, "another one"));
		return ECOQ_ENVELOPE_UNSUPPORTED_SCHEMA_VERSION;
	}
	if (data->kind != ECOQ_JSON_OBJECT && !(data->kind == ECOQ_JSON_ARRAY && data->empty)) {
		ecoq_fail(error, ECOQ_INVALID, "Reading an envelope: data must be an object, it is %s", describe(data, "an integer"));
		return ECOQ_ENVELOPE_INVALID_DATA;
	}
	if (!take_string(&values[TRACE_ID], &envelope->trace_id)) {
		const char *what = values[TRACE_ID].kind == ECOQ_JSON_STRING ? "blank" : describe(&values[TRACE_ID], "an integer");
		ecoq_fail(error, ECOQ_INVALID, "Reading an envelope: trace_id must be a string that is not blank, it is %s", what);
		return ECOQ_ENVELOPE_MISSING_TRACE_ID;
	}
	if (!take_integer(&values[ATTEMPTS], UINT32_MAX, &attempts)) {
		ecoq_fail(error, ECOQ_INVALID, "Reading an envelope: attempts must be an integer from 0 to %u, it is %s", UINT32_MAX, describe(&values[ATTEMPTS], "out of range"));
		return ECOQ_ENVELOPE_INVALID_ATTEMPTS;
	}
	envelope->attempts = (uint32_t) attempts;
	return ECOQ_ENVELOPE_ACCEPTED;
}

static void fill_headers(const ecoq_json_value *values, ecoq_envelope *e)
{
	const ecoq_json_value *payload = &values[PAYLOAD];

	e->headers = values[HEADERS].text;
	take_optional_string(e, &values[ENDPOINT], &e->endpoint, "/headers/" ECOQ_HEADER_ENDPOINT);
	take_optional_string(e, &values[EVENT_ID], &e->event_id, "/headers/" ECOQ_HEADER_EVENT_ID);
	take_optional_string(e, &values[PAYLOAD_CLASS], &e->payload_class, "/headers/" ECOQ_HEADER_CLASS);
	take_group(e, &values[GROUP]);
	e->deliver_at = take_optional_integer(e, &values[DELIVER_AT], INT64_MAX, 0, "/headers/" ECOQ_HEADER_DELIVER_AT);
	e->expires_at = take_optional_integer(e, &values[EXPIRES_AT], INT64_MAX, 0, "/headers/" ECOQ_HEADER_EXPIRES_AT);
	e->priority = (int8_t) take_optional_integer(e, &values[PRIORITY], 9, -1, "/headers/" ECOQ_HEADER_PRIORITY);
	e->unknown = (uint32_t) take_optional_integer(e, &values[UNKNOWN], UINT32_MAX, 0, "/headers/" ECOQ_HEADER_UNKNOWN);
	e->unknown_since = take_optional_integer(e, &values[UNKNOWN_SINCE], INT64_MAX, 0, "/headers/" ECOQ_HEADER_UNKNOWN_SINCE);
	e->payload_is_value = payload->kind == ECOQ_JSON_STRING && ecoq_bytes_equal(payload->text, ECOQ_BYTES("value"));
	if (is_set(payload) && !e->payload_is_value) {
		warn(e, "/headers/" ECOQ_HEADER_PAYLOAD, "\"value\"");
	}
}

static void fill(const ecoq_json_value *values, ecoq_envelope *e)
{
	e->data = values[DATA].text;
	e->attempts_token = values[ATTEMPTS].text;
	e->meta = values[META].text;
	e->dead_letter = values[DEAD_LETTER].text;
	take_optional_string(e, &values[META_ID], &e->id, "/meta/id");
	take_optional_string(e, &values[META_QUEUE], &e->queue, "/meta/queue");
	take_optional_string(e, &values[META_LANG], &e->lang, "/meta/lang");
	e->created_at = take_optional_integer(e, &values[META_CREATED_AT], INT64_MAX, 0, "/meta/created_at");
	if (values[HEADERS].kind == ECOQ_JSON_OBJECT) {
		fill_headers(values, e);
	} else if (is_set(&values[HEADERS]) && !(values[HEADERS].kind == ECOQ_JSON_ARRAY && values[HEADERS].empty)) {
		/* a foreign key of that name must not make a message undeliverable */
		warn(e, "/headers", "an object");
	}
}

/* What the languages of the other libraries agree about; they write 1. */
static bool is_truthy(const ecoq_json_value *value)
{
	if (value->kind == ECOQ_JSON_INTEGER || value->kind == ECOQ_JSON_DECIMAL) {
		size_t i = 0;
		while (i < value->text.size && strchr("-0.", value->text.data[i])) {
			i++;
		}
		return i < value->text.size && (value->text.data[i] | ' ') != 'e';
	}
	return value->kind == ECOQ_JSON_TRUE || (value->kind == ECOQ_JSON_STRING && value->text.size > 0);
}

ecoq_envelope_fault ecoq_envelope_read(ecoq_bytes bytes, const ecoq_envelope_limits *limits, ecoq_envelope *envelope, ecoq_error *error)
{
	return ecoq_envelope_read_or_frame(bytes, limits, envelope, NULL, error);
}

ecoq_envelope_fault ecoq_envelope_read_or_frame(ecoq_bytes bytes, const ecoq_envelope_limits *limits, ecoq_envelope *envelope, ecoq_frame *frame, ecoq_error *error)
{
	reader r;
	r.limits = limits;
	r.forbidden = 0;

	if (bytes.size > limits->max_body) {
		ecoq_fail(error, ECOQ_INVALID, "Reading an envelope: it has %zu bytes, the limit is %zu", bytes.size, limits->max_body);
		return ECOQ_ENVELOPE_TOO_LARGE;
	}
	memset(r.values + META_ID, 0, sizeof(r.values) - META_ID * sizeof(r.values[0]));
	ecoq_envelope_fault fault = read_json(&r, bytes, error);
	if (fault != ECOQ_ENVELOPE_ACCEPTED) {
		return fault;
	}
	if (frame != NULL && is_truthy(&r.values[FRAME]) && r.values[FRAME_BODY].kind == ECOQ_JSON_STRING) {
		*frame = (ecoq_frame){.is_frame = true, .headers = r.values[HEADERS], .body = r.values[FRAME_BODY]};
		return ECOQ_ENVELOPE_ACCEPTED;
	}
	memset(envelope, 0, offsetof(ecoq_envelope, warning) + 1);
	envelope->bytes = bytes;
	envelope->priority = -1;
	envelope->forbidden_keys = r.forbidden;
	fault = check(&r, envelope, error);
	if (fault != ECOQ_ENVELOPE_ACCEPTED) {
		ecoq_envelope_free(envelope);
		return fault;
	}
	fill(r.values, envelope);
	return ECOQ_ENVELOPE_ACCEPTED;
}

void ecoq_envelope_free(ecoq_envelope *envelope)
{
	release(&envelope->type);
	release(&envelope->trace_id);
	release(&envelope->id);
	release(&envelope->queue);
	release(&envelope->lang);
	release(&envelope->endpoint);
	release(&envelope->event_id);
	release(&envelope->payload_class);
	release(&envelope->group);
	if (envelope->unpacked != NULL) {
		zend_string_release(envelope->unpacked);
		envelope->unpacked = NULL;
	}
}

const char *ecoq_envelope_reason(ecoq_envelope_fault fault)
{
	static const char *const reasons[] = {
		[ECOQ_ENVELOPE_ACCEPTED] = "accepted",
		[ECOQ_ENVELOPE_TOO_LARGE] = "too_large",
		[ECOQ_ENVELOPE_MALFORMED] = "malformed",
		[ECOQ_ENVELOPE_MISSING_URN] = "missing_urn",
		[ECOQ_ENVELOPE_MISSING_META] = "missing_meta",
		[ECOQ_ENVELOPE_UNSUPPORTED_SCHEMA_VERSION] = "unsupported_schema_version",
		[ECOQ_ENVELOPE_INVALID_DATA] = "invalid_data",
		[ECOQ_ENVELOPE_MISSING_TRACE_ID] = "missing_trace_id",
		[ECOQ_ENVELOPE_INVALID_ATTEMPTS] = "invalid_attempts",
	};
	return reasons[fault];
}

const char *ecoq_envelope_next_forbidden_key(uint8_t *keys)
{
	for (size_t i = 0; i < sizeof(forbidden_keys) / sizeof(forbidden_keys[0]); i++) {
		if (*keys & 1 << i) {
			*keys &= (uint8_t) ~(1 << i);
			return forbidden_keys[i];
		}
	}
	return NULL;
}
