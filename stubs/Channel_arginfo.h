/* This is a generated file, edit the .stub.php file instead.
 * Stub hash: 2e2187245ffe047d523f3dc212e6c77a08704b9c */

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Ecoq_Channel___construct, 0, 0, 1)
	ZEND_ARG_OBJ_TYPE_MASK(0, transport, PDO|Ecoq\\Transport, MAY_BE_STRING, NULL)
	ZEND_ARG_OBJ_INFO_WITH_DEFAULT_VALUE(0, retry, Ecoq\\RetryPolicy, 1, "null")
	ZEND_ARG_OBJ_TYPE_MASK(0, timeout, Ecoq\\TimeSpan|DateInterval, MAY_BE_LONG|MAY_BE_NULL, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, queue, IS_STRING, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, prefix, IS_STRING, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, unknown, IS_STRING, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, ack, IS_STRING, 1, "null")
	ZEND_ARG_OBJ_TYPE_MASK(0, maxDelay, Ecoq\\TimeSpan|DateInterval, MAY_BE_LONG|MAY_BE_NULL, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, options, IS_ARRAY, 0, "[]")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, deadLetter, IS_STRING, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, errorChannel, IS_STRING, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, inTransaction, IS_STRING, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, groupOnFailure, IS_STRING, 1, "null")
ZEND_END_ARG_INFO()


ZEND_METHOD(Ecoq_Channel, __construct);


static const zend_function_entry class_Ecoq_Channel_methods[] = {
	ZEND_ME(Ecoq_Channel, __construct, arginfo_class_Ecoq_Channel___construct, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};

static zend_class_entry *register_class_Ecoq_Channel(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq", "Channel", class_Ecoq_Channel_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES|ZEND_ACC_NOT_SERIALIZABLE;

	return class_entry;
}
