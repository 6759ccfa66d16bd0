#include "endpoint/expression.h"

#include "php/exceptions.h"

#define PAYLOAD "payload"
#define HEADERS "headers"

/* Length of the root name that the text begins with, 0 for none. */
static size_t root_size(const zend_string *text)
{
	const size_t size = sizeof(PAYLOAD) - 1;
	if (ZSTR_LEN(text) < size || (ZSTR_LEN(text) > size && ZSTR_VAL(text)[size] != '.')) {
		return 0;
	}
	return memcmp(ZSTR_VAL(text), PAYLOAD, size) == 0 || memcmp(ZSTR_VAL(text), HEADERS, size) == 0 ? size : 0;
}

bool ecoq_expression_is_path(const zend_string *text)
{
	size_t size = root_size(text);
	if (size == 0) {
		return false;
	}
	/* every dot is followed by a name */
	for (size_t i = size; i < ZSTR_LEN(text); i++) {
		if (ZSTR_VAL(text)[i] == '.' && (i + 1 == ZSTR_LEN(text) || ZSTR_VAL(text)[i + 1] == '.')) {
			return false;
		}
	}
	return true;
}

/* One step of a path: an array's element, or an object's accessible property. `result` gets a new reference, null when there is none.
 * False with an exception (a property's hook or __get may throw). */
static bool step_into(zval *value, const char *name, size_t size, zval *result)
{
	ZVAL_NULL(result);
	if (Z_TYPE_P(value) == IS_ARRAY) {
		zval *element = zend_symtable_str_find(Z_ARRVAL_P(value), name, size);
		if (element) {
			ZVAL_COPY_DEREF(result, element);
		}
	} else if (Z_TYPE_P(value) == IS_OBJECT) {
		zend_string *property = zend_string_init(name, size, false);
		zval buffer;
		/* a read for isset(): a property that is missing, private or not initialised is null, without a warning */
		zval *found = Z_OBJ_HT_P(value)->read_property(Z_OBJ_P(value), property, BP_VAR_IS, NULL, &buffer);
		if (!EG(exception)) {
			ZVAL_COPY_DEREF(result, found);
		}
		if (found == &buffer) {
			zval_ptr_dtor(&buffer);
		}
		zend_string_release(property);
	}
	return !EG(exception);
}

/* Follows ".a.b" from the value. */
static bool follow(zval *value, const char *path, const char *end, zval *result)
{
	ZVAL_COPY_DEREF(result, value);
	while (path < end) {
		const char *name = path + 1;
		const char *dot = memchr(name, '.', end - name);
		const char *name_end = dot ? dot : end;
		zval next;
		bool ok = step_into(result, name, name_end - name, &next);
		zval_ptr_dtor(result);
		if (!ok) {
			zval_ptr_dtor(&next);
			ZVAL_UNDEF(result);
			return false;
		}
		ZVAL_COPY_VALUE(result, &next);
		path = name_end;
	}
	return true;
}

static bool follow_headers(HashTable *headers, const char *path, const char *end, zval *result)
{
	/* header names may hold dots: the whole rest comes first */
	zval *whole = path < end ? zend_symtable_str_find(headers, path + 1, end - path - 1) : NULL;
	if (whole) {
		ZVAL_COPY_DEREF(result, whole);
		return true;
	}
	zval all;
	ZVAL_ARR(&all, headers);
	if (GC_FLAGS(headers) & GC_IMMUTABLE) {
		Z_TYPE_INFO(all) = IS_ARRAY; /* not counted */
	}
	return follow(&all, path, end, result);
}

static bool evaluate_path(const zend_string *path, ecoq_invocation *invocation, zval *result)
{
	const char *rest = ZSTR_VAL(path) + root_size(path);
	const char *end = ZSTR_VAL(path) + ZSTR_LEN(path);
	if (ZSTR_VAL(path)[0] == 'p') {
		return follow(invocation->payload, rest, end, result);
	}
	if (!invocation->headers && !invocation->need_headers(invocation)) {
		return false;
	}
	return follow_headers(invocation->headers, rest, end, result);
}

static bool evaluate_callable(const zval *callable, ecoq_invocation *invocation, zval *result)
{
	if (Z_ISUNDEF(invocation->message) && !invocation->need_message(invocation)) {
		return false;
	}
	zend_fcall_info call;
	zend_fcall_info_cache cache;
	char *why = NULL;
	zval target;
	ZVAL_COPY_VALUE(&target, callable);
	if (zend_fcall_info_init(&target, 0, &call, &cache, NULL, &why) == FAILURE) {
		if (!EG(exception)) {
			ecoq_throw_configuration("The expression of an attribute cannot be called: %s", why ? why : "not callable");
		}
		if (why) {
			efree(why);
		}
		return false;
	}
	ZVAL_UNDEF(result);
	call.retval = result;
	call.params = &invocation->message;
	call.param_count = 1;
	zend_call_function(&call, &cache);
	if (EG(exception)) {
		zval_ptr_dtor(result);
		ZVAL_UNDEF(result);
		return false;
	}
	if (Z_ISREF_P(result)) {
		zend_unwrap_reference(result);
	}
	return true;
}

bool ecoq_expression_evaluate(const ecoq_endpoint_expression *expression, ecoq_invocation *invocation, zval *result)
{
	if (expression->path) {
		return evaluate_path(expression->path, invocation, result);
	}
	return evaluate_callable(&expression->callable, invocation, result);
}
