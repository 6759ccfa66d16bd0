#include "channel/dead_letter_block.h"

#include "ext/json/php_json.h"

static void add_text(zval *array, const char *key, ecoq_bytes text)
{
	if (text.size) {
		add_assoc_stringl(array, key, text.data, text.size);
	} else {
		add_assoc_null(array, key);
	}
}

/* Key order is that of the other BabelQueue libraries; what only ecoq knows comes last. */
static void block_to_array(const ecoq_dead_letter_block *block, zval *array)
{
	array_init(array);
	add_text(array, "reason", block->reason);
	add_text(array, "error", block->error);
	add_text(array, "exception", block->error_class);
	add_assoc_long(array, "failed_at", block->failed_at);
	add_assoc_stringl(array, "original_queue", block->original_queue.size ? block->original_queue.data : "",
		block->original_queue.size);
	add_assoc_long(array, "attempts", block->attempts);
	add_assoc_string(array, "lang", "php");
	if (block->endpoint.size) {
		add_text(array, "endpoint", block->endpoint);
	}
	if (block->trace.size) {
		add_text(array, "trace", block->trace);
	}
}

zend_string *ecoq_dead_letter_body(ecoq_bytes body, const ecoq_envelope *envelope, const ecoq_dead_letter_block *block)
{
	if (!envelope) {
		return zend_string_init(body.data, body.size, 0);
	}
	zval array;
	smart_str json = {0};
	block_to_array(block, &array);
	php_json_encode_ex(&json, &array,
		PHP_JSON_UNESCAPED_SLASHES | PHP_JSON_UNESCAPED_UNICODE | PHP_JSON_INVALID_UTF8_SUBSTITUTE,
		PHP_JSON_PARSER_DEFAULT_DEPTH);
	smart_str_0(&json);
	zval_ptr_dtor(&array);

	ecoq_envelope_patch patch = ECOQ_ENVELOPE_NO_PATCH;
	patch.attempts = block->attempts;
	patch.dead_letter = (ecoq_bytes){ZSTR_VAL(json.s), ZSTR_LEN(json.s)};
	zend_string *patched = ecoq_envelope_patched(envelope, &patch);
	smart_str_free(&json);
	return patched;
}
