/* This is a generated file, edit the .stub.php file instead.
 * Stub hash: bb4696c8e8d98e4d19cd430f7691a0659995751d */

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Ecoq_TimeSpan___construct, 0, 0, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, milliseconds, IS_LONG, 0, "0")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, seconds, IS_LONG, 0, "0")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, minutes, IS_LONG, 0, "0")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, hours, IS_LONG, 0, "0")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, days, IS_LONG, 0, "0")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Ecoq_TimeSpan___set_state, 0, 1, Ecoq\\TimeSpan, 0)
	ZEND_ARG_TYPE_INFO(0, properties, IS_ARRAY, 0)
ZEND_END_ARG_INFO()


ZEND_METHOD(Ecoq_TimeSpan, __construct);
ZEND_METHOD(Ecoq_TimeSpan, __set_state);


static const zend_function_entry class_Ecoq_TimeSpan_methods[] = {
	ZEND_ME(Ecoq_TimeSpan, __construct, arginfo_class_Ecoq_TimeSpan___construct, ZEND_ACC_PUBLIC)
	ZEND_ME(Ecoq_TimeSpan, __set_state, arginfo_class_Ecoq_TimeSpan___set_state, ZEND_ACC_PUBLIC|ZEND_ACC_STATIC)
	ZEND_FE_END
};

static zend_class_entry *register_class_Ecoq_TimeSpan(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq", "TimeSpan", class_Ecoq_TimeSpan_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES;

	zval property_milliseconds_default_value;
	ZVAL_UNDEF(&property_milliseconds_default_value);
	zend_string *property_milliseconds_name = zend_string_init("milliseconds", sizeof("milliseconds") - 1, 1);
	zend_declare_typed_property(class_entry, property_milliseconds_name, &property_milliseconds_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_milliseconds_name);

	return class_entry;
}
