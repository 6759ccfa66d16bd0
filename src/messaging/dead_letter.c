#include "messaging/dead_letter.h"

#include "envelope/message_id.h"
#include "ext/date/php_date.h"
#include "ext/json/php_json.h"
#include "php/bytes.h"

zend_class_entry *ecoq_ce_DeadLetter;

ZEND_METHOD(Ecoq_DeadLetter, __construct);

/* ---- Properties ---- */

static void set_string(zend_object *letter, enum ecoq_dead_letter_property property, zend_string *value)
{
	zval_ptr_dtor(OBJ_PROP_NUM(letter, property));
	ZVAL_STR(OBJ_PROP_NUM(letter, property), value);
}

static void set_bytes(zend_object *letter, enum ecoq_dead_letter_property property, ecoq_bytes value)
{
	set_string(letter, property, value.size > 0 ? ecoq_string_of(value) : ZSTR_EMPTY_ALLOC());
}

static void set_bytes_if_any(zend_object *letter, enum ecoq_dead_letter_property property, ecoq_bytes value)
{
	if (value.size > 0) {
		set_bytes(letter, property, value);
	}
}

static void set_failed_at(zend_object *letter, int64_t ms)
{
	char text[48];
	zval instant;
	if (ms <= 0) {
		return;
	}
	int size = snprintf(text, sizeof(text), "@%lld.%03d", (long long) (ms / 1000), (int) (ms % 1000));
	php_date_instantiate(php_date_get_immutable_ce(), &instant);
	if (!php_date_initialize(Z_PHPDATE_P(&instant), text, (size_t) size, NULL, NULL, 0)) {
		zval_ptr_dtor(&instant);
		return;
	}
	zval_ptr_dtor(OBJ_PROP_NUM(letter, ECOQ_LETTER_FAILED_AT));
	ZVAL_COPY_VALUE(OBJ_PROP_NUM(letter, ECOQ_LETTER_FAILED_AT), &instant);
}

int64_t ecoq_dead_letter_failed_at(zend_object *letter)
{
	zval *value = OBJ_PROP_NUM(letter, ECOQ_LETTER_FAILED_AT);
	if (Z_TYPE_P(value) != IS_OBJECT) {
		return 0;
	}
	const timelib_time *time = Z_PHPDATE_P(value)->time;
	return (int64_t) time->sse * 1000 + (int64_t) time->us / 1000;
}

static zend_object *create(zval *object)
{
	static const enum ecoq_dead_letter_property nullable[] = {ECOQ_LETTER_ENDPOINT, ECOQ_LETTER_ERROR_CLASS, ECOQ_LETTER_FAILED_AT, ECOQ_LETTER_PAYLOAD, ECOQ_LETTER_TRACE};
	static const enum ecoq_dead_letter_property texts[] = {ECOQ_LETTER_ID, ECOQ_LETTER_TYPE, ECOQ_LETTER_CHANNEL, ECOQ_LETTER_REASON, ECOQ_LETTER_ERROR, ECOQ_LETTER_BODY};
	object_init_ex(object, ecoq_ce_DeadLetter);
	zend_object *letter = Z_OBJ_P(object);
	for (size_t i = 0; i < sizeof(nullable) / sizeof(*nullable); i++) {
		ZVAL_NULL(OBJ_PROP_NUM(letter, nullable[i]));
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		ZVAL_EMPTY_STRING(OBJ_PROP_NUM(letter, texts[i]));
	}
	ZVAL_LONG(OBJ_PROP_NUM(letter, ECOQ_LETTER_ATTEMPTS), 0);
	ZVAL_EMPTY_ARRAY(OBJ_PROP_NUM(letter, ECOQ_LETTER_HEADERS));
	return letter;
}

/* Whatever cannot be decoded must not stop the list. */
static void set_content(zend_object *letter, const ecoq_envelope *envelope)
{
	zval payload, headers;
	if (ecoq_envelope_payload(envelope, &payload)) {
		ZVAL_COPY_VALUE(OBJ_PROP_NUM(letter, ECOQ_LETTER_PAYLOAD), &payload);
	} else {
		zend_clear_exception();
	}
	if (ecoq_envelope_headers(envelope, &headers)) {
		zval_ptr_dtor(OBJ_PROP_NUM(letter, ECOQ_LETTER_HEADERS));
		ZVAL_COPY_VALUE(OBJ_PROP_NUM(letter, ECOQ_LETTER_HEADERS), &headers);
	} else {
		zend_clear_exception();
	}
}

/* ---- From a queue: what is known stands in the dead_letter block ---- */

static void set_text(zend_object *letter, enum ecoq_dead_letter_property property, HashTable *block, const char *name)
{
	zval *value = block ? zend_hash_str_find(block, name, strlen(name)) : NULL;
	if (value && Z_TYPE_P(value) == IS_STRING) {
		set_string(letter, property, zend_string_copy(Z_STR_P(value)));
	}
}

static zend_long number_in(HashTable *block, const char *name, zend_long otherwise)
{
	zval *value = block ? zend_hash_str_find(block, name, strlen(name)) : NULL;
	return value && Z_TYPE_P(value) == IS_LONG ? Z_LVAL_P(value) : otherwise;
}

/* The decoded dead_letter block, or UNDEF. Whatever foreign tools wrote there must not stop the list. */
static void decode_block(const ecoq_envelope *envelope, zval *block)
{
	ZVAL_UNDEF(block);
	if (envelope->dead_letter.size == 0) {
		return;
	}
	zend_string *text = ecoq_string_of(envelope->dead_letter);
	php_json_error_code before = JSON_G(error_code);
	if (php_json_decode_ex(block, ZSTR_VAL(text), ZSTR_LEN(text), PHP_JSON_OBJECT_AS_ARRAY, 512) != SUCCESS) {
		ZVAL_UNDEF(block);
	}
	JSON_G(error_code) = before;
	zend_string_release(text);
}

static void fill_from_envelope(zend_object *letter, const ecoq_envelope *envelope)
{
	zval block;
	decode_block(envelope, &block);
	HashTable *fields = Z_TYPE(block) == IS_ARRAY ? Z_ARRVAL(block) : NULL;
	set_bytes(letter, ECOQ_LETTER_TYPE, envelope->type.text);
	set_bytes(letter, ECOQ_LETTER_REASON, ECOQ_BYTES("failed"));
	set_bytes_if_any(letter, ECOQ_LETTER_ENDPOINT, envelope->endpoint.text);
	set_text(letter, ECOQ_LETTER_ENDPOINT, fields, "endpoint");
	set_text(letter, ECOQ_LETTER_REASON, fields, "reason");
	set_text(letter, ECOQ_LETTER_ERROR, fields, "error");
	set_text(letter, ECOQ_LETTER_ERROR_CLASS, fields, "exception");
	set_text(letter, ECOQ_LETTER_TRACE, fields, "trace");
	ZVAL_LONG(OBJ_PROP_NUM(letter, ECOQ_LETTER_ATTEMPTS), number_in(fields, "attempts", envelope->attempts));
	set_failed_at(letter, number_in(fields, "failed_at", 0));
	set_content(letter, envelope);
	zval_ptr_dtor(&block);
}

zend_string *ecoq_dead_letter_id(const ecoq_delivery *delivery, const ecoq_envelope *envelope)
{
	if (delivery->id.size > 0) {
		return ecoq_string_of(delivery->id);
	}
	if (envelope && envelope->id.text.size > 0) {
		return ecoq_string_of(envelope->id.text);
	}
	return ecoq_message_id_for_bytes(delivery->body, ECOQ_NO_BYTES);
}

int64_t ecoq_dead_letter_read_failed_at(const ecoq_channel *channel, const ecoq_delivery *delivery, zend_string **id)
{
	ecoq_envelope envelope;
	ecoq_error ignored;
	zval block;
	int64_t failed_at = 0;
	bool readable = ecoq_channel_read(channel, delivery, &envelope, &ignored) == ECOQ_ENVELOPE_ACCEPTED;
	*id = ecoq_dead_letter_id(delivery, readable ? &envelope : NULL);
	if (readable) {
		decode_block(&envelope, &block);
		failed_at = Z_TYPE(block) == IS_ARRAY ? number_in(Z_ARRVAL(block), "failed_at", 0) : 0;
		zval_ptr_dtor(&block);
		ecoq_envelope_free(&envelope);
	}
	return failed_at;
}

void ecoq_dead_letter_create(const ecoq_channel *channel, const ecoq_delivery *delivery, zval *object)
{
	ecoq_envelope envelope;
	ecoq_error error;
	ecoq_envelope_fault fault = ecoq_channel_read(channel, delivery, &envelope, &error);
	bool readable = fault == ECOQ_ENVELOPE_ACCEPTED;
	zend_object *letter = create(object);
	ZVAL_LONG(OBJ_PROP_NUM(letter, ECOQ_LETTER_ATTEMPTS), delivery->attempts);
	set_string(letter, ECOQ_LETTER_CHANNEL, zend_string_copy(channel->name));
	set_bytes(letter, ECOQ_LETTER_BODY, delivery->body);
	set_string(letter, ECOQ_LETTER_ID, ecoq_dead_letter_id(delivery, readable ? &envelope : NULL));
	if (readable) {
		fill_from_envelope(letter, &envelope);
		ecoq_envelope_free(&envelope);
	} else {
		set_bytes(letter, ECOQ_LETTER_REASON, ECOQ_BYTES("poison"));
		set_string(letter, ECOQ_LETTER_ERROR, zend_strpprintf(0, "%s: %s", ecoq_envelope_reason(fault), error.text));
	}
}

/* ---- From the database ---- */

void ecoq_dead_letter_create_from_row(const ecoq_channel *channel, const ecoq_dead_letter_row *row, zval *object)
{
	ecoq_envelope envelope;
	ecoq_error ignored;
	zend_object *letter = create(object);
	set_bytes(letter, ECOQ_LETTER_ID, row->message_id);
	set_bytes_if_any(letter, ECOQ_LETTER_ENDPOINT, row->endpoint);
	set_bytes(letter, ECOQ_LETTER_TYPE, row->type);
	set_bytes(letter, ECOQ_LETTER_CHANNEL, row->channel);
	ZVAL_LONG(OBJ_PROP_NUM(letter, ECOQ_LETTER_ATTEMPTS), row->attempts);
	set_bytes(letter, ECOQ_LETTER_REASON, row->reason);
	set_bytes_if_any(letter, ECOQ_LETTER_ERROR_CLASS, row->error_class);
	set_bytes(letter, ECOQ_LETTER_ERROR, row->error);
	set_failed_at(letter, row->failed_at);
	set_bytes(letter, ECOQ_LETTER_BODY, row->body);
	set_bytes_if_any(letter, ECOQ_LETTER_TRACE, row->trace);
	if (ecoq_envelope_read(row->body, channel ? &channel->limits : &ECOQ_ENVELOPE_LIMITS, &envelope, &ignored) == ECOQ_ENVELOPE_ACCEPTED) {
		set_content(letter, &envelope);
		ecoq_envelope_free(&envelope);
	}
}

ZEND_METHOD(Ecoq_DeadLetter, __construct)
{
	ZEND_PARSE_PARAMETERS_NONE();
}

void ecoq_dead_letter_minit(zend_class_entry *ce)
{
	ecoq_ce_DeadLetter = ce;
}
