#include "console/command.h"

static void report_json_error(ecoq_call *call, zend_string *message)
{
	smart_str text = {0};

	smart_str_append(&text, message);
	ecoq_output_log(&call->output, ECOQ_LOG_ERROR, NULL, &text, NULL);
	smart_str_free(&text);
}

static void report_error(ecoq_call *call, zend_string *message)
{
	if (call->output.json) {
		report_json_error(call, message);
	} else {
		ecoq_output_line(&call->output, ECOQ_STDERR, ECOQ_RED, "error: %s", ZSTR_VAL(message));
	}
}

void ecoq_report_failure(ecoq_call *call, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	zend_string *message = zend_vstrpprintf(0, format, arguments);
	va_end(arguments);
	report_error(call, message);
	zend_string_release(message);
}

int ecoq_usage_error(ecoq_call *call, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	zend_string *message = zend_vstrpprintf(0, format, arguments);
	va_end(arguments);
	report_error(call, message);
	if (!call->output.json) {
		ecoq_help_usage(call);
	}
	zend_string_release(message);
	return ECOQ_EXIT_USAGE;
}

static zval *property(zend_object *exception, const char *name, zval *scratch)
{
	zend_class_entry *base = instanceof_function(exception->ce, zend_ce_error) ? zend_ce_error : zend_ce_exception;
	return zend_read_property(base, exception, name, strlen(name), true, scratch);
}

static const char *frame_text(zval *frame, const char *key)
{
	zval *value = Z_TYPE_P(frame) == IS_ARRAY ? zend_hash_str_find(Z_ARRVAL_P(frame), key, strlen(key)) : NULL;
	return value && Z_TYPE_P(value) == IS_STRING ? Z_STRVAL_P(value) : "";
}

/* The engine's own text of a trace may show arguments (zend.exception_ignore_args=0); this one never does. */
static void report_trace(ecoq_call *call, zend_object *exception)
{
	zval scratch, *trace = property(exception, "trace", &scratch), *frame;
	zval *file = property(exception, "file", &scratch), line_scratch, *line = property(exception, "line", &line_scratch);
	int number = 0;

	if (Z_TYPE_P(file) == IS_STRING && Z_TYPE_P(line) == IS_LONG) {
		ecoq_output_line(&call->output, ECOQ_STDERR, ECOQ_PLAIN, "  at %s:" ZEND_LONG_FMT, Z_STRVAL_P(file), Z_LVAL_P(line));
	}
	if (Z_TYPE_P(trace) != IS_ARRAY) {
		return;
	}
	ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(trace), frame) {
		const char *class_name = frame_text(frame, "class"), *type = frame_text(frame, "type"), *function = frame_text(frame, "function");
		zval *at = Z_TYPE_P(frame) == IS_ARRAY ? zend_hash_str_find(Z_ARRVAL_P(frame), ZEND_STRL("line")) : NULL;
		if (at && Z_TYPE_P(at) == IS_LONG) {
			ecoq_output_line(&call->output, ECOQ_STDERR, ECOQ_PLAIN, "  #%d %s%s%s() %s:" ZEND_LONG_FMT, number++, class_name, type, function,
				frame_text(frame, "file"), Z_LVAL_P(at));
		} else {
			ecoq_output_line(&call->output, ECOQ_STDERR, ECOQ_PLAIN, "  #%d %s%s%s()", number++, class_name, type, function);
		}
	}
	ZEND_HASH_FOREACH_END();
}

static zend_string *text_of(zend_object *exception)
{
	zval scratch, *message = property(exception, "message", &scratch);

	return Z_TYPE_P(message) == IS_STRING && Z_STRLEN_P(message)
		? strpprintf(0, "%s: %s", ZSTR_VAL(exception->ce->name), Z_STRVAL_P(message))
		: zend_string_copy(exception->ce->name);
}

int ecoq_report_exception(ecoq_call *call)
{
	zend_object *exception = EG(exception);

	if (zend_is_unwind_exit(exception) || zend_is_graceful_exit(exception)) {
		return ECOQ_EXIT_ERROR;
	}
	GC_ADDREF(exception);
	zend_clear_exception();
	zend_object *shown = exception;
	/* chains made by hand can be circles */
	for (int depth = 0; shown && depth < 16; depth++) {
		zval scratch;
		zend_string *text = text_of(shown);
		if (call->output.json && depth == 0) {
			report_json_error(call, text);
		} else if (!call->output.json) {
			ecoq_output_line(&call->output, ECOQ_STDERR, ECOQ_RED, "%s %s", depth ? "caused by:" : "error:", ZSTR_VAL(text));
		}
		zend_string_release(text);
		if (call->output.verbosity > 0 && !call->output.json) {
			report_trace(call, shown);
		}
		zval *previous = property(shown, "previous", &scratch);
		shown = Z_TYPE_P(previous) == IS_OBJECT ? Z_OBJ_P(previous) : NULL;
	}
	OBJ_RELEASE(exception);
	return ECOQ_EXIT_ERROR;
}

void ecoq_report_channel_error(ecoq_call *call, const ecoq_channel *channel, zend_string *error)
{
	if (call->output.json) {
		smart_str text = {0};
		smart_str_append(&text, error);
		ecoq_output_log(&call->output, ECOQ_LOG_ERROR, channel->name, &text, NULL);
		smart_str_free(&text);
	} else {
		ecoq_output_line(&call->output, ECOQ_STDERR, ECOQ_RED, "error: channel \"%s\": %s", ZSTR_VAL(channel->name), ZSTR_VAL(error));
	}
}

zend_string *ecoq_exception_text(void)
{
	zend_object *exception = EG(exception);

	if (!exception || zend_is_unwind_exit(exception) || zend_is_graceful_exit(exception)) {
		return zend_string_init(ZEND_STRL("interrupted"), 0);
	}
	zend_string *text = text_of(exception);
	zend_clear_exception();
	return text;
}
