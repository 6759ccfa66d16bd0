/* This is a generated file, edit the .stub.php file instead.
 * Stub hash: 28de3a5a1456889c97075e9e746b1a9e2aea475e */

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Ecoq_MessageChannel___construct, 0, 0, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Ecoq_MessageChannel_send, 0, 1, IS_VOID, 0)
	ZEND_ARG_OBJ_TYPE_MASK(0, messages, Ecoq\\Message, MAY_BE_ARRAY, NULL)
	ZEND_ARG_OBJ_TYPE_MASK(0, delay, Ecoq\\TimeSpan|DateInterval|DateTimeInterface, MAY_BE_LONG|MAY_BE_NULL, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, priority, IS_LONG, 1, "null")
	ZEND_ARG_OBJ_TYPE_MASK(0, timeToLive, Ecoq\\TimeSpan|DateInterval, MAY_BE_LONG|MAY_BE_NULL, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, group, IS_STRING, 1, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Ecoq_MessageChannel_receive, 0, 0, IS_ARRAY, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, max, IS_LONG, 0, "1")
	ZEND_ARG_OBJ_TYPE_MASK(0, wait, Ecoq\\TimeSpan|DateInterval, MAY_BE_LONG, "0")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Ecoq_MessageChannel_stats, 0, 0, Ecoq\\QueueStats, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Ecoq_MessageChannel_setup, 0, 0, IS_VOID, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Ecoq_MessageChannel_purge, 0, 0, IS_LONG, 0)
ZEND_END_ARG_INFO()


ZEND_METHOD(Ecoq_MessageChannel, __construct);
ZEND_METHOD(Ecoq_MessageChannel, send);
ZEND_METHOD(Ecoq_MessageChannel, receive);
ZEND_METHOD(Ecoq_MessageChannel, stats);
ZEND_METHOD(Ecoq_MessageChannel, setup);
ZEND_METHOD(Ecoq_MessageChannel, purge);


static const zend_function_entry class_Ecoq_MessageChannel_methods[] = {
	ZEND_ME(Ecoq_MessageChannel, __construct, arginfo_class_Ecoq_MessageChannel___construct, ZEND_ACC_PRIVATE)
	ZEND_ME(Ecoq_MessageChannel, send, arginfo_class_Ecoq_MessageChannel_send, ZEND_ACC_PUBLIC)
	ZEND_ME(Ecoq_MessageChannel, receive, arginfo_class_Ecoq_MessageChannel_receive, ZEND_ACC_PUBLIC)
	ZEND_ME(Ecoq_MessageChannel, stats, arginfo_class_Ecoq_MessageChannel_stats, ZEND_ACC_PUBLIC)
	ZEND_ME(Ecoq_MessageChannel, setup, arginfo_class_Ecoq_MessageChannel_setup, ZEND_ACC_PUBLIC)
	ZEND_ME(Ecoq_MessageChannel, purge, arginfo_class_Ecoq_MessageChannel_purge, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};

static zend_class_entry *register_class_Ecoq_MessageChannel(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq", "MessageChannel", class_Ecoq_MessageChannel_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES|ZEND_ACC_NOT_SERIALIZABLE;

	zval property_name_default_value;
	ZVAL_UNDEF(&property_name_default_value);
	zend_string *property_name_name = zend_string_init("name", sizeof("name") - 1, 1);
	zend_declare_typed_property(class_entry, property_name_name, &property_name_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_name_name);

	zval property_queue_default_value;
	ZVAL_UNDEF(&property_queue_default_value);
	zend_string *property_queue_name = zend_string_init("queue", sizeof("queue") - 1, 1);
	zend_declare_typed_property(class_entry, property_queue_name, &property_queue_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_queue_name);

	return class_entry;
}
