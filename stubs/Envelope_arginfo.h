/* This is a generated file, edit the .stub.php file instead.
 * Stub hash: e1107e8db92bc8f7b9246ccc2ca5ccde82509d59 */

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Ecoq_Envelope___construct, 0, 0, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Ecoq_Envelope_encode, 0, 1, IS_STRING, 0)
	ZEND_ARG_OBJ_INFO(0, message, Ecoq\\Message, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Ecoq_Envelope_decode, 0, 1, Ecoq\\Message, 0)
	ZEND_ARG_TYPE_INFO(0, bytes, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, onWarning, IS_CALLABLE, 1, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Ecoq_Envelope_withAttempts, 0, 2, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO(0, bytes, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO(0, attempts, IS_LONG, 0)
ZEND_END_ARG_INFO()


ZEND_METHOD(Ecoq_Envelope, __construct);
ZEND_METHOD(Ecoq_Envelope, encode);
ZEND_METHOD(Ecoq_Envelope, decode);
ZEND_METHOD(Ecoq_Envelope, withAttempts);


static const zend_function_entry class_Ecoq_Envelope_methods[] = {
	ZEND_ME(Ecoq_Envelope, __construct, arginfo_class_Ecoq_Envelope___construct, ZEND_ACC_PRIVATE)
	ZEND_ME(Ecoq_Envelope, encode, arginfo_class_Ecoq_Envelope_encode, ZEND_ACC_PUBLIC|ZEND_ACC_STATIC)
	ZEND_ME(Ecoq_Envelope, decode, arginfo_class_Ecoq_Envelope_decode, ZEND_ACC_PUBLIC|ZEND_ACC_STATIC)
	ZEND_ME(Ecoq_Envelope, withAttempts, arginfo_class_Ecoq_Envelope_withAttempts, ZEND_ACC_PUBLIC|ZEND_ACC_STATIC)
	ZEND_FE_END
};

static zend_class_entry *register_class_Ecoq_Envelope(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq", "Envelope", class_Ecoq_Envelope_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES|ZEND_ACC_NOT_SERIALIZABLE;

	return class_entry;
}
