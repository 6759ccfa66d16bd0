/* This is a generated file, edit the .stub.php file instead.
 * Stub hash: aa830c5e04def149f0f64b7d7123b44553c6b46e */

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Ecoq_Delivery___construct, 0, 0, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Ecoq_Delivery_ack, 0, 0, IS_VOID, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Ecoq_Delivery_retry, 0, 0, IS_VOID, 0)
	ZEND_ARG_OBJ_TYPE_MASK(0, delay, Ecoq\\TimeSpan|DateInterval|DateTimeInterface, MAY_BE_LONG, "0")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Ecoq_Delivery_reject, 0, 0, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, reason, IS_STRING, 0, "\'\'")
ZEND_END_ARG_INFO()

#define arginfo_class_Ecoq_Delivery_release arginfo_class_Ecoq_Delivery_ack

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Ecoq_Delivery_stillMine, 0, 0, _IS_BOOL, 0)
ZEND_END_ARG_INFO()


ZEND_METHOD(Ecoq_Delivery, __construct);
ZEND_METHOD(Ecoq_Delivery, ack);
ZEND_METHOD(Ecoq_Delivery, retry);
ZEND_METHOD(Ecoq_Delivery, reject);
ZEND_METHOD(Ecoq_Delivery, release);
ZEND_METHOD(Ecoq_Delivery, stillMine);


static const zend_function_entry class_Ecoq_Delivery_methods[] = {
	ZEND_ME(Ecoq_Delivery, __construct, arginfo_class_Ecoq_Delivery___construct, ZEND_ACC_PRIVATE)
	ZEND_ME(Ecoq_Delivery, ack, arginfo_class_Ecoq_Delivery_ack, ZEND_ACC_PUBLIC)
	ZEND_ME(Ecoq_Delivery, retry, arginfo_class_Ecoq_Delivery_retry, ZEND_ACC_PUBLIC)
	ZEND_ME(Ecoq_Delivery, reject, arginfo_class_Ecoq_Delivery_reject, ZEND_ACC_PUBLIC)
	ZEND_ME(Ecoq_Delivery, release, arginfo_class_Ecoq_Delivery_release, ZEND_ACC_PUBLIC)
	ZEND_ME(Ecoq_Delivery, stillMine, arginfo_class_Ecoq_Delivery_stillMine, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};

static zend_class_entry *register_class_Ecoq_Delivery(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq", "Delivery", class_Ecoq_Delivery_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES|ZEND_ACC_NOT_SERIALIZABLE;

	zend_string *property_message_class_Ecoq_Message = zend_string_init("Ecoq\\Message", sizeof("Ecoq\\Message")-1, 1);
	zval property_message_default_value;
	ZVAL_UNDEF(&property_message_default_value);
	zend_string *property_message_name = zend_string_init("message", sizeof("message") - 1, 1);
	zend_declare_typed_property(class_entry, property_message_name, &property_message_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_CLASS(property_message_class_Ecoq_Message, 0, MAY_BE_NULL));
	zend_string_release(property_message_name);

	zval property_body_default_value;
	ZVAL_UNDEF(&property_body_default_value);
	zend_string *property_body_name = zend_string_init("body", sizeof("body") - 1, 1);
	zend_declare_typed_property(class_entry, property_body_name, &property_body_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_body_name);

	zval property_attempts_default_value;
	ZVAL_UNDEF(&property_attempts_default_value);
	zend_string *property_attempts_name = zend_string_init("attempts", sizeof("attempts") - 1, 1);
	zend_declare_typed_property(class_entry, property_attempts_name, &property_attempts_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_attempts_name);

	zval property_fault_default_value;
	ZVAL_UNDEF(&property_fault_default_value);
	zend_string *property_fault_name = zend_string_init("fault", sizeof("fault") - 1, 1);
	zend_declare_typed_property(class_entry, property_fault_name, &property_fault_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING|MAY_BE_NULL));
	zend_string_release(property_fault_name);

	return class_entry;
}
