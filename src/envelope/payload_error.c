#include "envelope/payload_plan.h"

#include "ext/standard/html.h"
#include "php/exceptions.h"
#include "zend_smart_str.h"

#define DESCRIBED_CHARACTERS 40

bool ecoq_payload_fail(ecoq_payload_error *error, const char *format, ...)
{
	va_list arguments;
	ZEND_ASSERT(!error->text);
	va_start(arguments, format);
	error->text = zend_vstrpprintf(0, format, arguments);
	va_end(arguments);
	return false;
}

bool ecoq_payload_fail_inexpressible(ecoq_payload_error *error, const char *what)
{
	return ecoq_payload_fail(error, "%s cannot be expressed in JSON", what);
}

/* Takes the pending exception out of the engine as `error`'s cause, and returns its text, which the caller owns. NULL: it is an exit, and stays. */
static zend_string *take_exception(ecoq_payload_error *error)
{
	zend_object *cause = EG(exception);
	if (zend_is_unwind_exit(cause) || zend_is_graceful_exit(cause)) {
		return NULL;
	}
	GC_ADDREF(cause);
	zend_clear_exception();
	error->cause = cause;
	zval buffer;
	zend_class_entry *base = instanceof_function(cause->ce, zend_ce_exception) ? zend_ce_exception : zend_ce_error;
	return zval_get_string(zend_read_property_ex(base, cause, ZSTR_KNOWN(ZEND_STR_MESSAGE), true, &buffer));
}

bool ecoq_payload_fail_by_exception(ecoq_payload_error *error, const char *format, ...)
{
	zend_string *message = take_exception(error);
	if (message) {
		va_list arguments;
		va_start(arguments, format);
		zend_string *doing = zend_vstrpprintf(0, format, arguments);
		va_end(arguments);
		error->text = zend_strpprintf(0, "%s threw %s: %s", ZSTR_VAL(doing), ZSTR_VAL(error->cause->ce->name), ZSTR_VAL(message));
		zend_string_release(doing);
		zend_string_release(message);
	}
	return false;
}

bool ecoq_payload_fail_as_exception(ecoq_payload_error *error)
{
	error->text = take_exception(error);
	return false;
}

static bool is_identifier(const zend_string *key)
{
	const unsigned char *text = (const unsigned char *) ZSTR_VAL(key);
	for (size_t i = 0; i < ZSTR_LEN(key); i++) {
		if (text[i] >= 0x80 || (!isalnum(text[i]) && text[i] != '_' && text[i] != '-')) {
			return false;
		}
	}
	return ZSTR_LEN(key) > 0;
}

void ecoq_payload_append_quoted(smart_str *out, const zend_string *text)
{
	size_t at = 0;
	smart_str_appendc(out, '"');
	for (int characters = 0; at < ZSTR_LEN(text); characters++) {
		if (characters == DESCRIBED_CHARACTERS) {
			smart_str_appends(out, "…");
			break;
		}
		zend_result status;
		size_t start = at;
		unsigned int character = php_next_utf8_char((const unsigned char *) ZSTR_VAL(text), ZSTR_LEN(text), &at, &status);
		if (status == FAILURE || character < ' ' || character == 0x7f) {
			smart_str_appendc(out, '?');
		} else {
			if (character == '"' || character == '\\') {
				smart_str_appendc(out, '\\');
			}
			smart_str_appendl(out, ZSTR_VAL(text) + start, at - start);
		}
	}
	smart_str_appendc(out, '"');
}

static void put_in_front(ecoq_payload_error *error, smart_str *step)
{
	if (error->path) {
		smart_str_append(step, error->path);
		zend_string_release(error->path);
	}
	error->path = smart_str_extract(step);
}

bool ecoq_payload_fail_at_key(ecoq_payload_error *error, const zend_string *key)
{
	if (error->text) {
		smart_str step = {0};
		if (is_identifier(key)) {
			smart_str_appendc(&step, '.');
			smart_str_append(&step, (zend_string *) key);
		} else {
			smart_str_appendc(&step, '[');
			ecoq_payload_append_quoted(&step, key);
			smart_str_appendc(&step, ']');
		}
		put_in_front(error, &step);
	}
	return false;
}

bool ecoq_payload_fail_at_index(ecoq_payload_error *error, zend_ulong index)
{
	if (error->text) {
		smart_str step = {0};
		smart_str_append_printf(&step, "[" ZEND_LONG_FMT "]", (zend_long) index);
		put_in_front(error, &step);
	}
	return false;
}

void ecoq_payload_error_clear(ecoq_payload_error *error)
{
	if (error->path) {
		zend_string_release(error->path);
	}
	if (error->text) {
		zend_string_release(error->text);
	}
	if (error->cause) {
		OBJ_RELEASE(error->cause);
	}
	*error = (ecoq_payload_error){0};
}

void ecoq_payload_error_throw(ecoq_payload_error *error, const char *root)
{
	if (!EG(exception)) {
		ecoq_throw_conversion("%s%s: %s", root, error->path ? ZSTR_VAL(error->path) : "", ZSTR_VAL(error->text));
		if (error->cause) {
			zend_exception_set_previous(EG(exception), error->cause);
			error->cause = NULL;
		}
	}
	ecoq_payload_error_clear(error);
}

zend_string *ecoq_payload_describe(const zval *value)
{
	smart_str out = {0};
	ZVAL_DEREF(value);
	switch (Z_TYPE_P(value)) {
		case IS_STRING:
			smart_str_appends(&out, "string ");
			ecoq_payload_append_quoted(&out, Z_STR_P(value));
			break;
		case IS_LONG:
			smart_str_append_printf(&out, "int " ZEND_LONG_FMT, Z_LVAL_P(value));
			break;
		case IS_DOUBLE:
			smart_str_appends(&out, "float ");
			smart_str_append_double(&out, Z_DVAL_P(value), -1, true);
			break;
		case IS_OBJECT:
			smart_str_appends(&out, "object of ");
			smart_str_append(&out, Z_OBJCE_P(value)->name);
			break;
		case IS_FALSE:
			smart_str_appends(&out, "false");
			break;
		case IS_TRUE:
			smart_str_appends(&out, "true");
			break;
		default:
			smart_str_appends(&out, zend_zval_type_name(value));
	}
	return smart_str_extract(&out);
}
