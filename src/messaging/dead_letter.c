#include "messaging/dead_letter.h"

#include "envelope/message_id.h"
#include "ext/json/php_json.h"
#include "php/bytes.h"

zend_class_entry *ecoq_ce_DeadLetter;

ZEND_METHOD(Ecoq_DeadLetter, __construct);

enum letter_property {
	LETTER_ID = ECOQ_DEAD_LETTER_ID,
	LETTER_ENDPOINT,
	LETTER_TYPE,
	LETTER_CHANNEL,
	LETTER_ATTEMPTS,
	LETTER_REASON,
	LETTER_ERROR_CLASS,
	LETTER_ERROR,
	LETTER_FAILED_AT,
	LETTER_BODY,
	LETTER_TRACE
};

static void set_text(zend_object *letter, enum letter_property property, HashTable *block, const char *name)
{
	zval *value = block ? zend_hash_str_find(block, name, strlen(name)) : NULL;
	if (value && Z_TYPE_P(value) == IS_STRING) {
		zval_ptr_dtor(OBJ_PROP_NUM(letter, property));
		ZVAL_COPY(OBJ_PROP_NUM(letter, property), value);
	}
}

static void set_number(zend_object *letter, enum letter_property property, HashTable *block, const char *name)
{
	zval *value = block ? zend_hash_str_find(block, name, strlen(name)) : NULL;
	if (value && Z_TYPE_P(value) == IS_LONG) {
		ZVAL_LONG(OBJ_PROP_NUM(letter, property), Z_LVAL_P(value));
	}
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
	ZVAL_STR(OBJ_PROP_NUM(letter, LETTER_TYPE), ecoq_string_of(envelope->type.text));
	ZVAL_LONG(OBJ_PROP_NUM(letter, LETTER_ATTEMPTS), envelope->attempts);
	ZVAL_STRING(OBJ_PROP_NUM(letter, LETTER_REASON), "failed");
	if (envelope->endpoint.text.size > 0) {
		ZVAL_STR(OBJ_PROP_NUM(letter, LETTER_ENDPOINT), ecoq_string_of(envelope->endpoint.text));
	}
	set_text(letter, LETTER_ENDPOINT, fields, "endpoint");
	set_text(letter, LETTER_REASON, fields, "reason");
	set_text(letter, LETTER_ERROR, fields, "error");
	set_text(letter, LETTER_ERROR_CLASS, fields, "exception");
	set_text(letter, LETTER_TRACE, fields, "trace");
	set_number(letter, LETTER_ATTEMPTS, fields, "attempts");
	set_number(letter, LETTER_FAILED_AT, fields, "failed_at");
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

void ecoq_dead_letter_create(const ecoq_channel *channel, const ecoq_delivery *delivery, zval *object)
{
	ecoq_envelope envelope;
	ecoq_error error;
	ecoq_envelope_fault fault = ecoq_envelope_read(delivery->body, &channel->limits, &envelope, &error);
	bool readable = fault == ECOQ_ENVELOPE_ACCEPTED;
	object_init_ex(object, ecoq_ce_DeadLetter);
	zend_object *letter = Z_OBJ_P(object);
	ZVAL_NULL(OBJ_PROP_NUM(letter, LETTER_ENDPOINT));
	ZVAL_NULL(OBJ_PROP_NUM(letter, LETTER_ERROR_CLASS));
	ZVAL_NULL(OBJ_PROP_NUM(letter, LETTER_TRACE));
	ZVAL_EMPTY_STRING(OBJ_PROP_NUM(letter, LETTER_TYPE));
	ZVAL_EMPTY_STRING(OBJ_PROP_NUM(letter, LETTER_ERROR));
	ZVAL_LONG(OBJ_PROP_NUM(letter, LETTER_ATTEMPTS), delivery->attempts);
	ZVAL_LONG(OBJ_PROP_NUM(letter, LETTER_FAILED_AT), 0);
	ZVAL_STR_COPY(OBJ_PROP_NUM(letter, LETTER_CHANNEL), channel->name);
	ZVAL_STR(OBJ_PROP_NUM(letter, LETTER_BODY), ecoq_string_of(delivery->body));
	ZVAL_STR(OBJ_PROP_NUM(letter, LETTER_ID), ecoq_dead_letter_id(delivery, readable ? &envelope : NULL));
	if (readable) {
		fill_from_envelope(letter, &envelope);
		ecoq_envelope_free(&envelope);
	} else {
		ZVAL_STRING(OBJ_PROP_NUM(letter, LETTER_REASON), "poison");
		ZVAL_STR(OBJ_PROP_NUM(letter, LETTER_ERROR), zend_strpprintf(0, "%s: %s", ecoq_envelope_reason(fault), error.text));
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
