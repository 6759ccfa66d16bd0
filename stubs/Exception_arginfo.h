/* This is a generated file, edit the .stub.php file instead.
 * Stub hash: a1d59e87569080014d0631867a1d912978829432 */

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Ecoq_Exception_RetryLater___construct, 0, 0, 1)
	ZEND_ARG_OBJ_TYPE_MASK(0, delay, Ecoq\\TimeSpan|DateInterval, MAY_BE_LONG, NULL)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, message, IS_STRING, 0, "\"\"")
	ZEND_ARG_OBJ_INFO_WITH_DEFAULT_VALUE(0, previous, Throwable, 1, "null")
ZEND_END_ARG_INFO()


ZEND_METHOD(Ecoq_Exception_RetryLater, __construct);


static const zend_function_entry class_Ecoq_Exception_EcoqException_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Ecoq_Exception_ConfigurationException_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Ecoq_Exception_EnvelopeException_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Ecoq_Exception_ConversionException_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Ecoq_Exception_TransportException_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Ecoq_Exception_ConnectionException_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Ecoq_Exception_HandlerNotFoundException_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Ecoq_Exception_OwnershipLostException_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Ecoq_Exception_HandlerTimeoutException_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Ecoq_Exception_HandlersFailedException_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Ecoq_Exception_Unrecoverable_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Ecoq_Exception_RetryLater_methods[] = {
	ZEND_ME(Ecoq_Exception_RetryLater, __construct, arginfo_class_Ecoq_Exception_RetryLater___construct, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};


static const zend_function_entry class_Ecoq_Exception_Drop_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Ecoq_Exception_StopWorker_methods[] = {
	ZEND_FE_END
};

static zend_class_entry *register_class_Ecoq_Exception_EcoqException(zend_class_entry *class_entry_Throwable)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq\\Exception", "EcoqException", class_Ecoq_Exception_EcoqException_methods);
	class_entry = zend_register_internal_interface(&ce);
	zend_class_implements(class_entry, 1, class_entry_Throwable);

	return class_entry;
}

static zend_class_entry *register_class_Ecoq_Exception_ConfigurationException(zend_class_entry *class_entry_LogicException, zend_class_entry *class_entry_Ecoq_Exception_EcoqException)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq\\Exception", "ConfigurationException", class_Ecoq_Exception_ConfigurationException_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_LogicException);
	zend_class_implements(class_entry, 1, class_entry_Ecoq_Exception_EcoqException);

	return class_entry;
}

static zend_class_entry *register_class_Ecoq_Exception_EnvelopeException(zend_class_entry *class_entry_RuntimeException, zend_class_entry *class_entry_Ecoq_Exception_EcoqException)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq\\Exception", "EnvelopeException", class_Ecoq_Exception_EnvelopeException_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_RuntimeException);
	zend_class_implements(class_entry, 1, class_entry_Ecoq_Exception_EcoqException);

	zval property_reason_default_value;
	ZVAL_UNDEF(&property_reason_default_value);
	zend_string *property_reason_name = zend_string_init("reason", sizeof("reason") - 1, 1);
	zend_declare_typed_property(class_entry, property_reason_name, &property_reason_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_reason_name);

	return class_entry;
}

static zend_class_entry *register_class_Ecoq_Exception_ConversionException(zend_class_entry *class_entry_RuntimeException, zend_class_entry *class_entry_Ecoq_Exception_EcoqException)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq\\Exception", "ConversionException", class_Ecoq_Exception_ConversionException_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_RuntimeException);
	zend_class_implements(class_entry, 1, class_entry_Ecoq_Exception_EcoqException);

	return class_entry;
}

static zend_class_entry *register_class_Ecoq_Exception_TransportException(zend_class_entry *class_entry_RuntimeException, zend_class_entry *class_entry_Ecoq_Exception_EcoqException)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq\\Exception", "TransportException", class_Ecoq_Exception_TransportException_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_RuntimeException);
	zend_class_implements(class_entry, 1, class_entry_Ecoq_Exception_EcoqException);

	return class_entry;
}

static zend_class_entry *register_class_Ecoq_Exception_ConnectionException(zend_class_entry *class_entry_Ecoq_Exception_TransportException)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq\\Exception", "ConnectionException", class_Ecoq_Exception_ConnectionException_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_Ecoq_Exception_TransportException);

	return class_entry;
}

static zend_class_entry *register_class_Ecoq_Exception_HandlerNotFoundException(zend_class_entry *class_entry_LogicException, zend_class_entry *class_entry_Ecoq_Exception_EcoqException)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq\\Exception", "HandlerNotFoundException", class_Ecoq_Exception_HandlerNotFoundException_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_LogicException);
	zend_class_implements(class_entry, 1, class_entry_Ecoq_Exception_EcoqException);

	return class_entry;
}

static zend_class_entry *register_class_Ecoq_Exception_OwnershipLostException(zend_class_entry *class_entry_RuntimeException, zend_class_entry *class_entry_Ecoq_Exception_EcoqException)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq\\Exception", "OwnershipLostException", class_Ecoq_Exception_OwnershipLostException_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_RuntimeException);
	zend_class_implements(class_entry, 1, class_entry_Ecoq_Exception_EcoqException);

	return class_entry;
}

static zend_class_entry *register_class_Ecoq_Exception_HandlerTimeoutException(zend_class_entry *class_entry_RuntimeException, zend_class_entry *class_entry_Ecoq_Exception_EcoqException)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq\\Exception", "HandlerTimeoutException", class_Ecoq_Exception_HandlerTimeoutException_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_RuntimeException);
	zend_class_implements(class_entry, 1, class_entry_Ecoq_Exception_EcoqException);

	return class_entry;
}

static zend_class_entry *register_class_Ecoq_Exception_HandlersFailedException(zend_class_entry *class_entry_RuntimeException, zend_class_entry *class_entry_Ecoq_Exception_EcoqException)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq\\Exception", "HandlersFailedException", class_Ecoq_Exception_HandlersFailedException_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_RuntimeException);
	zend_class_implements(class_entry, 1, class_entry_Ecoq_Exception_EcoqException);

	zval property_failures_default_value;
	ZVAL_UNDEF(&property_failures_default_value);
	zend_string *property_failures_name = zend_string_init("failures", sizeof("failures") - 1, 1);
	zend_declare_typed_property(class_entry, property_failures_name, &property_failures_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_ARRAY));
	zend_string_release(property_failures_name);

	return class_entry;
}

static zend_class_entry *register_class_Ecoq_Exception_Unrecoverable(zend_class_entry *class_entry_RuntimeException, zend_class_entry *class_entry_Ecoq_Exception_EcoqException)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq\\Exception", "Unrecoverable", class_Ecoq_Exception_Unrecoverable_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_RuntimeException);
	zend_class_implements(class_entry, 1, class_entry_Ecoq_Exception_EcoqException);

	return class_entry;
}

static zend_class_entry *register_class_Ecoq_Exception_RetryLater(zend_class_entry *class_entry_RuntimeException, zend_class_entry *class_entry_Ecoq_Exception_EcoqException)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq\\Exception", "RetryLater", class_Ecoq_Exception_RetryLater_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_RuntimeException);
	zend_class_implements(class_entry, 1, class_entry_Ecoq_Exception_EcoqException);

	zval property_delay_default_value;
	ZVAL_UNDEF(&property_delay_default_value);
	zend_string *property_delay_name = zend_string_init("delay", sizeof("delay") - 1, 1);
	zend_declare_typed_property(class_entry, property_delay_name, &property_delay_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_delay_name);

	return class_entry;
}

static zend_class_entry *register_class_Ecoq_Exception_Drop(zend_class_entry *class_entry_RuntimeException, zend_class_entry *class_entry_Ecoq_Exception_EcoqException)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq\\Exception", "Drop", class_Ecoq_Exception_Drop_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_RuntimeException);
	zend_class_implements(class_entry, 1, class_entry_Ecoq_Exception_EcoqException);

	return class_entry;
}

static zend_class_entry *register_class_Ecoq_Exception_StopWorker(zend_class_entry *class_entry_RuntimeException, zend_class_entry *class_entry_Ecoq_Exception_EcoqException)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq\\Exception", "StopWorker", class_Ecoq_Exception_StopWorker_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_RuntimeException);
	zend_class_implements(class_entry, 1, class_entry_Ecoq_Exception_EcoqException);

	return class_entry;
}
