#include "envelope/payload_plan.h"

#include "ext/json/php_json.h"
#include "ext/standard/html.h"
#include "zend_smart_str.h"

#define JSON_OPTIONS (PHP_JSON_UNESCAPED_SLASHES | PHP_JSON_UNESCAPED_UNICODE)

static bool is_utf8(const zend_string *text)
{
	zend_result status = SUCCESS;
	for (size_t at = 0; at < ZSTR_LEN(text) && status == SUCCESS;) {
		php_next_utf8_char((const unsigned char *) ZSTR_VAL(text), ZSTR_LEN(text), &at, &status);
	}
	return status == SUCCESS;
}

/* Says what ext/json refused in a form, which holds nothing but arrays and scalars. Returns whether it was in there. */
static bool find_fault(zval *value, ecoq_payload_error *error)
{
	zend_ulong index;
	zend_string *key;
	zval *element;
	ZVAL_DEREF(value);
	if (Z_TYPE_P(value) == IS_STRING && !is_utf8(Z_STR_P(value))) {
		ecoq_payload_fail_inexpressible(error, "a string that is not UTF-8");
		return true;
	}
	if (Z_TYPE_P(value) == IS_DOUBLE && !zend_finite(Z_DVAL_P(value))) {
		const char *infinity = Z_DVAL_P(value) > 0 ? "INF" : "-INF";
		ecoq_payload_fail_inexpressible(error, zend_isnan(Z_DVAL_P(value)) ? "NAN" : infinity);
		return true;
	}
	if (Z_TYPE_P(value) != IS_ARRAY) {
		return false;
	}
	ZEND_HASH_FOREACH_KEY_VAL(Z_ARRVAL_P(value), index, key, element) {
		if (key && !is_utf8(key)) {
			ecoq_payload_fail_inexpressible(error, "a key that is not UTF-8");
			ecoq_payload_fail_at_key(error, key);
			return true;
		}
		if (find_fault(element, error)) {
			ecoq_payload_fail_at(error, key, index);
			return true;
		}
	}
	ZEND_HASH_FOREACH_END();
	return false;
}

static void explain_refusal(zval *tree, php_json_error_code code, ecoq_payload_error *error)
{
	zval form;
	if (EG(exception) || !ecoq_payload_form(tree, true, &form, error)) {
		return;
	}
	if (!find_fault(&form, error)) {
		ecoq_payload_fail(error, "cannot be expressed in JSON (ext/json says error %d)", (int) code);
	}
	zval_ptr_dtor(&form);
}

/* Appends the JSON text. ext/json reports INF and NAN in its error code only, and that is what json_last_error() of the user shows. */
static bool append_json(smart_str *out, zval *tree, ecoq_payload_error *error)
{
	php_json_error_code of_user = JSON_G(error_code);
	zend_result result = php_json_encode_ex(out, tree, JSON_OPTIONS, ECOQ_PAYLOAD_MAX_DEPTH + 1);
	php_json_error_code code = JSON_G(error_code);
	JSON_G(error_code) = of_user;
	if (EXPECTED(result == SUCCESS && code == PHP_JSON_ERROR_NONE && !EG(exception))) {
		return true;
	}
	explain_refusal(tree, code, error);
	return false;
}

/* Whether the text would not be that of an object. */
static bool needs_wrapping(const zval *tree)
{
	switch (Z_TYPE_P(tree)) {
		case IS_OBJECT:
			return (Z_OBJCE_P(tree)->ce_flags & ZEND_ACC_ENUM) != 0;
		case IS_ARRAY:
			return zend_hash_num_elements(Z_ARRVAL_P(tree)) > 0 && zend_array_is_list(Z_ARRVAL_P(tree));
		default:
			return true;
	}
}

static zend_string *encode_tree(zval *tree, bool is_value, ecoq_payload_error *error)
{
	smart_str out = {0};
	if (Z_TYPE_P(tree) == IS_ARRAY && zend_hash_num_elements(Z_ARRVAL_P(tree)) == 0) {
		return zend_string_init(ZEND_STRL("{}"), 0);
	}
	if (is_value) {
		smart_str_appends(&out, "{\"value\":");
	}
	if (!append_json(&out, tree, error)) {
		smart_str_free(&out);
		return NULL;
	}
	if (is_value) {
		smart_str_appendc(&out, '}');
	}
	return smart_str_extract(&out);
}

zend_string *ecoq_payload_encode(zval *payload, bool *is_value)
{
	ecoq_payload_error error = {0};
	zval tree;
	zend_string *text = NULL;
	ZVAL_DEREF(payload);
	bool ok = true;
	if (EXPECTED(ecoq_payload_is_plain(payload))) {
		ZVAL_COPY(&tree, payload);
	} else {
		ok = ecoq_payload_form(payload, true, &tree, &error);
	}
	if (EXPECTED(ok)) {
		*is_value = needs_wrapping(&tree);
		text = encode_tree(&tree, *is_value, &error);
		zval_ptr_dtor(&tree);
	}
	if (UNEXPECTED(!text)) {
		ecoq_payload_error_throw(&error, "data");
	}
	return text;
}
