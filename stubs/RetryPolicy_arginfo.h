/* This is a generated file, edit the .stub.php file instead.
 * Stub hash: d82cfd481f1e19362e4313ce2a64217f2abcfdad */

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Ecoq_RetryPolicy___construct, 0, 0, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, maxRetries, IS_LONG, 0, "3")
	ZEND_ARG_OBJ_TYPE_MASK(0, delay, Ecoq\\TimeSpan|DateInterval, MAY_BE_LONG, "1000")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, multiplier, IS_DOUBLE, 0, "2.0")
	ZEND_ARG_OBJ_TYPE_MASK(0, maxDelay, Ecoq\\TimeSpan|DateInterval, MAY_BE_LONG, "60000")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, jitter, IS_DOUBLE, 0, "0.1")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, only, IS_ARRAY, 0, "[]")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, never, IS_ARRAY, 0, "[]")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Ecoq_RetryPolicy___set_state, 0, 1, Ecoq\\RetryPolicy, 0)
	ZEND_ARG_TYPE_INFO(0, properties, IS_ARRAY, 0)
ZEND_END_ARG_INFO()


ZEND_METHOD(Ecoq_RetryPolicy, __construct);
ZEND_METHOD(Ecoq_RetryPolicy, __set_state);


static const zend_function_entry class_Ecoq_RetryPolicy_methods[] = {
	ZEND_ME(Ecoq_RetryPolicy, __construct, arginfo_class_Ecoq_RetryPolicy___construct, ZEND_ACC_PUBLIC)
	ZEND_ME(Ecoq_RetryPolicy, __set_state, arginfo_class_Ecoq_RetryPolicy___set_state, ZEND_ACC_PUBLIC|ZEND_ACC_STATIC)
	ZEND_FE_END
};

static zend_class_entry *register_class_Ecoq_RetryPolicy(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq", "RetryPolicy", class_Ecoq_RetryPolicy_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES|ZEND_ACC_NOT_SERIALIZABLE;

	zval property_maxRetries_default_value;
	ZVAL_UNDEF(&property_maxRetries_default_value);
	zend_string *property_maxRetries_name = zend_string_init("maxRetries", sizeof("maxRetries") - 1, 1);
	zend_declare_typed_property(class_entry, property_maxRetries_name, &property_maxRetries_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_maxRetries_name);

	zval property_delay_default_value;
	ZVAL_UNDEF(&property_delay_default_value);
	zend_string *property_delay_name = zend_string_init("delay", sizeof("delay") - 1, 1);
	zend_declare_typed_property(class_entry, property_delay_name, &property_delay_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_delay_name);

	zval property_multiplier_default_value;
	ZVAL_UNDEF(&property_multiplier_default_value);
	zend_string *property_multiplier_name = zend_string_init("multiplier", sizeof("multiplier") - 1, 1);
	zend_declare_typed_property(class_entry, property_multiplier_name, &property_multiplier_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_DOUBLE));
	zend_string_release(property_multiplier_name);

	zval property_maxDelay_default_value;
	ZVAL_UNDEF(&property_maxDelay_default_value);
	zend_string *property_maxDelay_name = zend_string_init("maxDelay", sizeof("maxDelay") - 1, 1);
	zend_declare_typed_property(class_entry, property_maxDelay_name, &property_maxDelay_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_maxDelay_name);

	zval property_jitter_default_value;
	ZVAL_UNDEF(&property_jitter_default_value);
	zend_string *property_jitter_name = zend_string_init("jitter", sizeof("jitter") - 1, 1);
	zend_declare_typed_property(class_entry, property_jitter_name, &property_jitter_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_DOUBLE));
	zend_string_release(property_jitter_name);

	zval property_only_default_value;
	ZVAL_UNDEF(&property_only_default_value);
	zend_string *property_only_name = zend_string_init("only", sizeof("only") - 1, 1);
	zend_declare_typed_property(class_entry, property_only_name, &property_only_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_ARRAY));
	zend_string_release(property_only_name);

	zval property_never_default_value;
	ZVAL_UNDEF(&property_never_default_value);
	zend_string *property_never_name = zend_string_init("never", sizeof("never") - 1, 1);
	zend_declare_typed_property(class_entry, property_never_name, &property_never_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_ARRAY));
	zend_string_release(property_never_name);

	return class_entry;
}
