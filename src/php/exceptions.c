#include "php/exceptions.h"

#include <stdarg.h>

#include "ext/spl/spl_exceptions.h"
#include "php/time_span.h"

#include "stubs/Exception_arginfo.h"

zend_class_entry *ecoq_ce_EcoqException;
zend_class_entry *ecoq_ce_ConfigurationException;
zend_class_entry *ecoq_ce_EnvelopeException;
zend_class_entry *ecoq_ce_ConversionException;
zend_class_entry *ecoq_ce_TransportException;
zend_class_entry *ecoq_ce_ConnectionException;
zend_class_entry *ecoq_ce_HandlerNotFoundException;
zend_class_entry *ecoq_ce_OwnershipLostException;
zend_class_entry *ecoq_ce_HandlerTimeoutException;
zend_class_entry *ecoq_ce_HandlersFailedException;
zend_class_entry *ecoq_ce_Unrecoverable;
zend_class_entry *ecoq_ce_RetryLater;
zend_class_entry *ecoq_ce_Drop;
zend_class_entry *ecoq_ce_StopWorker;

ZEND_METHOD(Ecoq_Exception_RetryLater, __construct)
{
	zval *delay;
	zend_string *message = NULL;
	zend_object *previous = NULL;
	ZEND_PARSE_PARAMETERS_START(1, 3)
		Z_PARAM_ZVAL(delay)
		Z_PARAM_OPTIONAL
		Z_PARAM_STR(message)
		Z_PARAM_OBJ_OF_CLASS_OR_NULL(previous, zend_ce_throwable)
	ZEND_PARSE_PARAMETERS_END();

	int64_t ms;
	if (!ecoq_milliseconds_from_zval(delay, -1, &ms)) {
		zend_argument_type_error(1, "must be of type int|Ecoq\\TimeSpan|DateInterval, %s given", zend_zval_type_name(delay));
		RETURN_THROWS();
	}
	if (ms < 0) {
		zend_argument_value_error(1, "must not be negative");
		RETURN_THROWS();
	}
	zend_object *object = Z_OBJ_P(ZEND_THIS);
	zend_update_property_long(ecoq_ce_RetryLater, object, ZEND_STRL("delay"), ms);
	if (EG(exception)) {
		RETURN_THROWS();
	}
	if (message) {
		zend_update_property_str(zend_ce_exception, object, ZEND_STRL("message"), message);
	}
	if (previous) {
		zend_update_property_ex(zend_ce_exception, object, ZSTR_KNOWN(ZEND_STR_PREVIOUS), &(zval){.value.obj = previous, .u1.type_info = IS_OBJECT_EX});
	}
}

void ecoq_exceptions_minit(void)
{
	ecoq_ce_EcoqException = register_class_Ecoq_Exception_EcoqException(zend_ce_throwable);
	ecoq_ce_ConfigurationException = register_class_Ecoq_Exception_ConfigurationException(spl_ce_LogicException, ecoq_ce_EcoqException);
	ecoq_ce_EnvelopeException = register_class_Ecoq_Exception_EnvelopeException(spl_ce_RuntimeException, ecoq_ce_EcoqException);
	ecoq_ce_ConversionException = register_class_Ecoq_Exception_ConversionException(spl_ce_RuntimeException, ecoq_ce_EcoqException);
	ecoq_ce_TransportException = register_class_Ecoq_Exception_TransportException(spl_ce_RuntimeException, ecoq_ce_EcoqException);
	ecoq_ce_ConnectionException = register_class_Ecoq_Exception_ConnectionException(ecoq_ce_TransportException);
	ecoq_ce_HandlerNotFoundException = register_class_Ecoq_Exception_HandlerNotFoundException(spl_ce_LogicException, ecoq_ce_EcoqException);
	ecoq_ce_OwnershipLostException = register_class_Ecoq_Exception_OwnershipLostException(spl_ce_RuntimeException, ecoq_ce_EcoqException);
	ecoq_ce_HandlerTimeoutException = register_class_Ecoq_Exception_HandlerTimeoutException(spl_ce_RuntimeException, ecoq_ce_EcoqException);
	ecoq_ce_HandlersFailedException = register_class_Ecoq_Exception_HandlersFailedException(spl_ce_RuntimeException, ecoq_ce_EcoqException);
	ecoq_ce_Unrecoverable = register_class_Ecoq_Exception_Unrecoverable(spl_ce_RuntimeException, ecoq_ce_EcoqException);
	ecoq_ce_RetryLater = register_class_Ecoq_Exception_RetryLater(spl_ce_RuntimeException, ecoq_ce_EcoqException);
	ecoq_ce_Drop = register_class_Ecoq_Exception_Drop(spl_ce_RuntimeException, ecoq_ce_EcoqException);
	ecoq_ce_StopWorker = register_class_Ecoq_Exception_StopWorker(spl_ce_RuntimeException, ecoq_ce_EcoqException);
}

static zend_class_entry *class_of_result(ecoq_result result)
{
	switch (result) {
		case ECOQ_INVALID:
		case ECOQ_UNSUPPORTED:
			return ecoq_ce_ConfigurationException;
		case ECOQ_UNAVAILABLE:
		case ECOQ_UNKNOWN:
			return ecoq_ce_ConnectionException;
		case ECOQ_LOST:
			return ecoq_ce_OwnershipLostException;
		default:
			return ecoq_ce_TransportException;
	}
}

void ecoq_throw_error(ecoq_result result, const ecoq_error *error, const char *context, ...)
{
	if (result == ECOQ_EXCEPTION) {
		ZEND_ASSERT(EG(exception));
		return;
	}
	zend_string *prefix = NULL;
	if (context) {
		va_list arguments;
		va_start(arguments, context);
		prefix = zend_vstrpprintf(0, context, arguments);
		va_end(arguments);
	}
	const char *text = error && error->text[0] ? error->text : ecoq_result_name(result);
	zend_throw_exception_ex(class_of_result(result), 0, "%s%s%s", prefix ? ZSTR_VAL(prefix) : "", prefix ? ": " : "", text);
	if (prefix) {
		zend_string_release(prefix);
	}
}

static void throw_formatted(zend_class_entry *ce, const char *format, va_list arguments)
{
	zend_string *text = zend_vstrpprintf(0, format, arguments);
	zend_throw_exception(ce, ZSTR_VAL(text), 0);
	zend_string_release(text);
}

void ecoq_throw_configuration(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	throw_formatted(ecoq_ce_ConfigurationException, format, arguments);
	va_end(arguments);
}

void ecoq_throw_envelope(const char *reason, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	zend_string *text = zend_vstrpprintf(0, format, arguments);
	va_end(arguments);
	zend_object *exception = zend_throw_exception(ecoq_ce_EnvelopeException, ZSTR_VAL(text), 0);
	zend_string_release(text);
	zval value;
	ZVAL_STRING(&value, reason);
	zend_update_property(ecoq_ce_EnvelopeException, exception, ZEND_STRL("reason"), &value);
	zval_ptr_dtor(&value);
}

void ecoq_throw_conversion(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	throw_formatted(ecoq_ce_ConversionException, format, arguments);
	va_end(arguments);
}
