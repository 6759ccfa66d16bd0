#include "messaging/exception_text.h"

#include "zend_smart_str.h"

#define TRACE_LIMIT (16 * 1024)

static zval *property(zend_object *exception, zend_known_string_id name, zval *unused)
{
	return zend_read_property_ex(zend_get_exception_base(exception), exception, ZSTR_KNOWN(name), true, unused);
}

/* NUL bytes would end the text early where it is formatted, and no database takes them: they become spaces. */
static zend_string *without_nul(zend_string *text)
{
	if (!memchr(ZSTR_VAL(text), '\0', ZSTR_LEN(text))) {
		return zend_string_copy(text);
	}
	zend_string *copy = zend_string_init(ZSTR_VAL(text), ZSTR_LEN(text), false);
	for (size_t i = 0; i < ZSTR_LEN(copy); i++) {
		if (ZSTR_VAL(copy)[i] == '\0') {
			ZSTR_VAL(copy)
			[i] = ' ';
		}
	}
	return copy;
}

zend_string *ecoq_exception_message(zend_object *exception)
{
	zval unused, *message = property(exception, ZEND_STR_MESSAGE, &unused);
	return Z_TYPE_P(message) == IS_STRING ? without_nul(Z_STR_P(message)) : ZSTR_EMPTY_ALLOC();
}

zend_string *ecoq_exception_summary(zend_object *exception)
{
	zend_string *message = ecoq_exception_message(exception);
	zend_string *summary = zend_strpprintf(0, "%s: %s", ZSTR_VAL(exception->ce->name), ZSTR_VAL(message));
	zend_string_release(message);
	return summary;
}

static const char *text_of(HashTable *frame, const char *name)
{
	zval *value = zend_hash_str_find(frame, name, strlen(name));
	return value && Z_TYPE_P(value) == IS_STRING ? Z_STRVAL_P(value) : "";
}

static void append_frame(smart_str *text, zend_ulong number, HashTable *frame)
{
	zval *line = zend_hash_str_find(frame, ZEND_STRL("line"));
	const char *file = text_of(frame, "file");
	smart_str_append_printf(text, "\n#" ZEND_ULONG_FMT " %s:" ZEND_LONG_FMT " %s%s%s", number, *file ? file : "[internal]",
		line && Z_TYPE_P(line) == IS_LONG ? Z_LVAL_P(line) : 0, text_of(frame, "class"), text_of(frame, "type"), text_of(frame, "function"));
}

static void append_exception(smart_str *text, zend_object *exception)
{
	zval unused, *value;
	value = property(exception, ZEND_STR_FILE, &unused);
	smart_str_append(text, exception->ce->name);
	smart_str_append_printf(text, " at %s", Z_TYPE_P(value) == IS_STRING ? Z_STRVAL_P(value) : "?");
	value = property(exception, ZEND_STR_LINE, &unused);
	smart_str_append_printf(text, ":" ZEND_LONG_FMT, Z_TYPE_P(value) == IS_LONG ? Z_LVAL_P(value) : 0);
	value = property(exception, ZEND_STR_TRACE, &unused);
	if (Z_TYPE_P(value) == IS_ARRAY) {
		zend_ulong number;
		zval *frame;
		ZEND_HASH_FOREACH_NUM_KEY_VAL(Z_ARRVAL_P(value), number, frame) {
			if (Z_TYPE_P(frame) == IS_ARRAY) {
				append_frame(text, number, Z_ARRVAL_P(frame));
			}
		}
		ZEND_HASH_FOREACH_END();
	}
}

zend_string *ecoq_exception_trace(zend_object *exception)
{
	smart_str text = {0};
	while (exception) {
		append_exception(&text, exception);
		zval unused, *previous = property(exception, ZEND_STR_PREVIOUS, &unused);
		exception = Z_TYPE_P(previous) == IS_OBJECT && ZSTR_LEN(text.s) < TRACE_LIMIT ? Z_OBJ_P(previous) : NULL;
		if (exception) {
			smart_str_appends(&text, "\ncaused by ");
		}
	}
	if (ZSTR_LEN(text.s) > TRACE_LIMIT) {
		ZSTR_LEN(text.s) = TRACE_LIMIT;
	}
	smart_str_0(&text);
	return text.s;
}
