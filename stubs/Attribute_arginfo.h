/* This is a generated file, edit the .stub.php file instead.
 * Stub hash: 1c8ec4bdaf3c2f23fdc44d30da556faf408dca0f */

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Ecoq_Attribute_CommandHandler___construct, 0, 0, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, type, IS_STRING, 0, "\'\'")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, endpointId, IS_STRING, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, formerly, IS_ARRAY, 0, "[]")
ZEND_END_ARG_INFO()

#define arginfo_class_Ecoq_Attribute_EventHandler___construct arginfo_class_Ecoq_Attribute_CommandHandler___construct

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Ecoq_Attribute_QueryHandler___construct, 0, 0, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, type, IS_STRING, 0, "\'\'")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Ecoq_Attribute_Asynchronous___construct, 0, 0, 1)
	ZEND_ARG_TYPE_MASK(0, channel, MAY_BE_STRING|MAY_BE_ARRAY, NULL)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Ecoq_Attribute_Delayed___construct, 0, 0, 0)
	ZEND_ARG_OBJ_TYPE_MASK(0, time, Ecoq\\TimeSpan|DateInterval, MAY_BE_LONG|MAY_BE_NULL, "null")
	ZEND_ARG_TYPE_MASK(0, expression, MAY_BE_STRING|MAY_BE_CALLABLE|MAY_BE_NULL, "null")
ZEND_END_ARG_INFO()

#define arginfo_class_Ecoq_Attribute_TimeToLive___construct arginfo_class_Ecoq_Attribute_Delayed___construct

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Ecoq_Attribute_Priority___construct, 0, 0, 1)
	ZEND_ARG_TYPE_INFO(0, priority, IS_LONG, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Ecoq_Attribute_Retry___construct, 0, 0, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, max, IS_LONG, 1, "null")
	ZEND_ARG_OBJ_TYPE_MASK(0, delay, Ecoq\\TimeSpan|DateInterval, MAY_BE_LONG|MAY_BE_NULL, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, multiplier, IS_DOUBLE, 1, "null")
	ZEND_ARG_OBJ_TYPE_MASK(0, maxDelay, Ecoq\\TimeSpan|DateInterval, MAY_BE_LONG|MAY_BE_NULL, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, jitter, IS_DOUBLE, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, only, IS_ARRAY, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, never, IS_ARRAY, 1, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Ecoq_Attribute_Timeout___construct, 0, 0, 1)
	ZEND_ARG_OBJ_TYPE_MASK(0, time, Ecoq\\TimeSpan|DateInterval, MAY_BE_LONG, NULL)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Ecoq_Attribute_Deduplicated___construct, 0, 0, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, header, IS_STRING, 1, "null")
	ZEND_ARG_TYPE_MASK(0, expression, MAY_BE_STRING|MAY_BE_CALLABLE|MAY_BE_NULL, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Ecoq_Attribute_WithoutTransaction___construct, 0, 0, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Ecoq_Attribute_InstantRetry___construct, 0, 0, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, max, IS_LONG, 0, "3")
	ZEND_ARG_OBJ_TYPE_MASK(0, delay, Ecoq\\TimeSpan|DateInterval, MAY_BE_LONG, "0")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, only, IS_ARRAY, 0, "[]")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Ecoq_Attribute_Header___construct, 0, 0, 1)
	ZEND_ARG_TYPE_INFO(0, name, IS_STRING, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Ecoq_Attribute_MessageType___construct, 0, 0, 1)
	ZEND_ARG_TYPE_INFO(0, type, IS_STRING, 0)
ZEND_END_ARG_INFO()


ZEND_METHOD(Ecoq_Attribute_CommandHandler, __construct);
ZEND_METHOD(Ecoq_Attribute_EventHandler, __construct);
ZEND_METHOD(Ecoq_Attribute_QueryHandler, __construct);
ZEND_METHOD(Ecoq_Attribute_Asynchronous, __construct);
ZEND_METHOD(Ecoq_Attribute_Delayed, __construct);
ZEND_METHOD(Ecoq_Attribute_TimeToLive, __construct);
ZEND_METHOD(Ecoq_Attribute_Priority, __construct);
ZEND_METHOD(Ecoq_Attribute_Retry, __construct);
ZEND_METHOD(Ecoq_Attribute_Timeout, __construct);
ZEND_METHOD(Ecoq_Attribute_Deduplicated, __construct);
ZEND_METHOD(Ecoq_Attribute_WithoutTransaction, __construct);
ZEND_METHOD(Ecoq_Attribute_InstantRetry, __construct);
ZEND_METHOD(Ecoq_Attribute_Header, __construct);
ZEND_METHOD(Ecoq_Attribute_MessageType, __construct);


static const zend_function_entry class_Ecoq_Attribute_CommandHandler_methods[] = {
	ZEND_ME(Ecoq_Attribute_CommandHandler, __construct, arginfo_class_Ecoq_Attribute_CommandHandler___construct, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};


static const zend_function_entry class_Ecoq_Attribute_EventHandler_methods[] = {
	ZEND_ME(Ecoq_Attribute_EventHandler, __construct, arginfo_class_Ecoq_Attribute_EventHandler___construct, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};


static const zend_function_entry class_Ecoq_Attribute_QueryHandler_methods[] = {
	ZEND_ME(Ecoq_Attribute_QueryHandler, __construct, arginfo_class_Ecoq_Attribute_QueryHandler___construct, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};


static const zend_function_entry class_Ecoq_Attribute_Asynchronous_methods[] = {
	ZEND_ME(Ecoq_Attribute_Asynchronous, __construct, arginfo_class_Ecoq_Attribute_Asynchronous___construct, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};


static const zend_function_entry class_Ecoq_Attribute_Delayed_methods[] = {
	ZEND_ME(Ecoq_Attribute_Delayed, __construct, arginfo_class_Ecoq_Attribute_Delayed___construct, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};


static const zend_function_entry class_Ecoq_Attribute_TimeToLive_methods[] = {
	ZEND_ME(Ecoq_Attribute_TimeToLive, __construct, arginfo_class_Ecoq_Attribute_TimeToLive___construct, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};


static const zend_function_entry class_Ecoq_Attribute_Priority_methods[] = {
	ZEND_ME(Ecoq_Attribute_Priority, __construct, arginfo_class_Ecoq_Attribute_Priority___construct, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};


static const zend_function_entry class_Ecoq_Attribute_Retry_methods[] = {
	ZEND_ME(Ecoq_Attribute_Retry, __construct, arginfo_class_Ecoq_Attribute_Retry___construct, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};


static const zend_function_entry class_Ecoq_Attribute_Timeout_methods[] = {
	ZEND_ME(Ecoq_Attribute_Timeout, __construct, arginfo_class_Ecoq_Attribute_Timeout___construct, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};


static const zend_function_entry class_Ecoq_Attribute_Deduplicated_methods[] = {
	ZEND_ME(Ecoq_Attribute_Deduplicated, __construct, arginfo_class_Ecoq_Attribute_Deduplicated___construct, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};


static const zend_function_entry class_Ecoq_Attribute_WithoutTransaction_methods[] = {
	ZEND_ME(Ecoq_Attribute_WithoutTransaction, __construct, arginfo_class_Ecoq_Attribute_WithoutTransaction___construct, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};


static const zend_function_entry class_Ecoq_Attribute_InstantRetry_methods[] = {
	ZEND_ME(Ecoq_Attribute_InstantRetry, __construct, arginfo_class_Ecoq_Attribute_InstantRetry___construct, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};


static const zend_function_entry class_Ecoq_Attribute_Header_methods[] = {
	ZEND_ME(Ecoq_Attribute_Header, __construct, arginfo_class_Ecoq_Attribute_Header___construct, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};


static const zend_function_entry class_Ecoq_Attribute_MessageType_methods[] = {
	ZEND_ME(Ecoq_Attribute_MessageType, __construct, arginfo_class_Ecoq_Attribute_MessageType___construct, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};

static zend_class_entry *register_class_Ecoq_Attribute_CommandHandler(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq\\Attribute", "CommandHandler", class_Ecoq_Attribute_CommandHandler_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_NO_DYNAMIC_PROPERTIES;

	zval property_type_default_value;
	ZVAL_UNDEF(&property_type_default_value);
	zend_string *property_type_name = zend_string_init("type", sizeof("type") - 1, 1);
	zend_declare_typed_property(class_entry, property_type_name, &property_type_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_type_name);

	zval property_endpointId_default_value;
	ZVAL_UNDEF(&property_endpointId_default_value);
	zend_string *property_endpointId_name = zend_string_init("endpointId", sizeof("endpointId") - 1, 1);
	zend_declare_typed_property(class_entry, property_endpointId_name, &property_endpointId_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING|MAY_BE_NULL));
	zend_string_release(property_endpointId_name);

	zval property_formerly_default_value;
	ZVAL_UNDEF(&property_formerly_default_value);
	zend_string *property_formerly_name = zend_string_init("formerly", sizeof("formerly") - 1, 1);
	zend_declare_typed_property(class_entry, property_formerly_name, &property_formerly_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_ARRAY));
	zend_string_release(property_formerly_name);

	return class_entry;
}

static zend_class_entry *register_class_Ecoq_Attribute_EventHandler(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq\\Attribute", "EventHandler", class_Ecoq_Attribute_EventHandler_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_NO_DYNAMIC_PROPERTIES;

	zval property_type_default_value;
	ZVAL_UNDEF(&property_type_default_value);
	zend_string *property_type_name = zend_string_init("type", sizeof("type") - 1, 1);
	zend_declare_typed_property(class_entry, property_type_name, &property_type_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_type_name);

	zval property_endpointId_default_value;
	ZVAL_UNDEF(&property_endpointId_default_value);
	zend_string *property_endpointId_name = zend_string_init("endpointId", sizeof("endpointId") - 1, 1);
	zend_declare_typed_property(class_entry, property_endpointId_name, &property_endpointId_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING|MAY_BE_NULL));
	zend_string_release(property_endpointId_name);

	zval property_formerly_default_value;
	ZVAL_UNDEF(&property_formerly_default_value);
	zend_string *property_formerly_name = zend_string_init("formerly", sizeof("formerly") - 1, 1);
	zend_declare_typed_property(class_entry, property_formerly_name, &property_formerly_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_ARRAY));
	zend_string_release(property_formerly_name);

	return class_entry;
}

static zend_class_entry *register_class_Ecoq_Attribute_QueryHandler(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq\\Attribute", "QueryHandler", class_Ecoq_Attribute_QueryHandler_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_NO_DYNAMIC_PROPERTIES;

	zval property_type_default_value;
	ZVAL_UNDEF(&property_type_default_value);
	zend_string *property_type_name = zend_string_init("type", sizeof("type") - 1, 1);
	zend_declare_typed_property(class_entry, property_type_name, &property_type_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_type_name);

	return class_entry;
}

static zend_class_entry *register_class_Ecoq_Attribute_Asynchronous(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq\\Attribute", "Asynchronous", class_Ecoq_Attribute_Asynchronous_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_NO_DYNAMIC_PROPERTIES;

	zval property_channels_default_value;
	ZVAL_UNDEF(&property_channels_default_value);
	zend_string *property_channels_name = zend_string_init("channels", sizeof("channels") - 1, 1);
	zend_declare_typed_property(class_entry, property_channels_name, &property_channels_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_ARRAY));
	zend_string_release(property_channels_name);

	return class_entry;
}

static zend_class_entry *register_class_Ecoq_Attribute_Delayed(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq\\Attribute", "Delayed", class_Ecoq_Attribute_Delayed_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_NO_DYNAMIC_PROPERTIES;

	zval property_milliseconds_default_value;
	ZVAL_UNDEF(&property_milliseconds_default_value);
	zend_string *property_milliseconds_name = zend_string_init("milliseconds", sizeof("milliseconds") - 1, 1);
	zend_declare_typed_property(class_entry, property_milliseconds_name, &property_milliseconds_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG|MAY_BE_NULL));
	zend_string_release(property_milliseconds_name);

	zval property_expression_default_value;
	ZVAL_UNDEF(&property_expression_default_value);
	zend_string *property_expression_name = zend_string_init("expression", sizeof("expression") - 1, 1);
	zend_declare_typed_property(class_entry, property_expression_name, &property_expression_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_ANY));
	zend_string_release(property_expression_name);

	return class_entry;
}

static zend_class_entry *register_class_Ecoq_Attribute_TimeToLive(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq\\Attribute", "TimeToLive", class_Ecoq_Attribute_TimeToLive_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_NO_DYNAMIC_PROPERTIES;

	zval property_milliseconds_default_value;
	ZVAL_UNDEF(&property_milliseconds_default_value);
	zend_string *property_milliseconds_name = zend_string_init("milliseconds", sizeof("milliseconds") - 1, 1);
	zend_declare_typed_property(class_entry, property_milliseconds_name, &property_milliseconds_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG|MAY_BE_NULL));
	zend_string_release(property_milliseconds_name);

	zval property_expression_default_value;
	ZVAL_UNDEF(&property_expression_default_value);
	zend_string *property_expression_name = zend_string_init("expression", sizeof("expression") - 1, 1);
	zend_declare_typed_property(class_entry, property_expression_name, &property_expression_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_ANY));
	zend_string_release(property_expression_name);

	return class_entry;
}

static zend_class_entry *register_class_Ecoq_Attribute_Priority(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq\\Attribute", "Priority", class_Ecoq_Attribute_Priority_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_NO_DYNAMIC_PROPERTIES;

	zval property_priority_default_value;
	ZVAL_UNDEF(&property_priority_default_value);
	zend_string *property_priority_name = zend_string_init("priority", sizeof("priority") - 1, 1);
	zend_declare_typed_property(class_entry, property_priority_name, &property_priority_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_priority_name);

	return class_entry;
}

static zend_class_entry *register_class_Ecoq_Attribute_Retry(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq\\Attribute", "Retry", class_Ecoq_Attribute_Retry_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_NO_DYNAMIC_PROPERTIES;

	zval property_max_default_value;
	ZVAL_UNDEF(&property_max_default_value);
	zend_string *property_max_name = zend_string_init("max", sizeof("max") - 1, 1);
	zend_declare_typed_property(class_entry, property_max_name, &property_max_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG|MAY_BE_NULL));
	zend_string_release(property_max_name);

	zval property_delay_default_value;
	ZVAL_UNDEF(&property_delay_default_value);
	zend_string *property_delay_name = zend_string_init("delay", sizeof("delay") - 1, 1);
	zend_declare_typed_property(class_entry, property_delay_name, &property_delay_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG|MAY_BE_NULL));
	zend_string_release(property_delay_name);

	zval property_multiplier_default_value;
	ZVAL_UNDEF(&property_multiplier_default_value);
	zend_string *property_multiplier_name = zend_string_init("multiplier", sizeof("multiplier") - 1, 1);
	zend_declare_typed_property(class_entry, property_multiplier_name, &property_multiplier_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_DOUBLE|MAY_BE_NULL));
	zend_string_release(property_multiplier_name);

	zval property_maxDelay_default_value;
	ZVAL_UNDEF(&property_maxDelay_default_value);
	zend_string *property_maxDelay_name = zend_string_init("maxDelay", sizeof("maxDelay") - 1, 1);
	zend_declare_typed_property(class_entry, property_maxDelay_name, &property_maxDelay_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG|MAY_BE_NULL));
	zend_string_release(property_maxDelay_name);

	zval property_jitter_default_value;
	ZVAL_UNDEF(&property_jitter_default_value);
	zend_string *property_jitter_name = zend_string_init("jitter", sizeof("jitter") - 1, 1);
	zend_declare_typed_property(class_entry, property_jitter_name, &property_jitter_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_DOUBLE|MAY_BE_NULL));
	zend_string_release(property_jitter_name);

	zval property_only_default_value;
	ZVAL_UNDEF(&property_only_default_value);
	zend_string *property_only_name = zend_string_init("only", sizeof("only") - 1, 1);
	zend_declare_typed_property(class_entry, property_only_name, &property_only_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_ARRAY|MAY_BE_NULL));
	zend_string_release(property_only_name);

	zval property_never_default_value;
	ZVAL_UNDEF(&property_never_default_value);
	zend_string *property_never_name = zend_string_init("never", sizeof("never") - 1, 1);
	zend_declare_typed_property(class_entry, property_never_name, &property_never_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_ARRAY|MAY_BE_NULL));
	zend_string_release(property_never_name);

	return class_entry;
}

static zend_class_entry *register_class_Ecoq_Attribute_Timeout(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq\\Attribute", "Timeout", class_Ecoq_Attribute_Timeout_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_NO_DYNAMIC_PROPERTIES;

	zval property_milliseconds_default_value;
	ZVAL_UNDEF(&property_milliseconds_default_value);
	zend_string *property_milliseconds_name = zend_string_init("milliseconds", sizeof("milliseconds") - 1, 1);
	zend_declare_typed_property(class_entry, property_milliseconds_name, &property_milliseconds_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_milliseconds_name);

	return class_entry;
}

static zend_class_entry *register_class_Ecoq_Attribute_Deduplicated(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq\\Attribute", "Deduplicated", class_Ecoq_Attribute_Deduplicated_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_NO_DYNAMIC_PROPERTIES;

	zval property_header_default_value;
	ZVAL_UNDEF(&property_header_default_value);
	zend_string *property_header_name = zend_string_init("header", sizeof("header") - 1, 1);
	zend_declare_typed_property(class_entry, property_header_name, &property_header_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING|MAY_BE_NULL));
	zend_string_release(property_header_name);

	zval property_expression_default_value;
	ZVAL_UNDEF(&property_expression_default_value);
	zend_string *property_expression_name = zend_string_init("expression", sizeof("expression") - 1, 1);
	zend_declare_typed_property(class_entry, property_expression_name, &property_expression_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_ANY));
	zend_string_release(property_expression_name);

	return class_entry;
}

static zend_class_entry *register_class_Ecoq_Attribute_WithoutTransaction(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq\\Attribute", "WithoutTransaction", class_Ecoq_Attribute_WithoutTransaction_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_NO_DYNAMIC_PROPERTIES;

	return class_entry;
}

static zend_class_entry *register_class_Ecoq_Attribute_InstantRetry(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq\\Attribute", "InstantRetry", class_Ecoq_Attribute_InstantRetry_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_NO_DYNAMIC_PROPERTIES;

	zval property_max_default_value;
	ZVAL_UNDEF(&property_max_default_value);
	zend_string *property_max_name = zend_string_init("max", sizeof("max") - 1, 1);
	zend_declare_typed_property(class_entry, property_max_name, &property_max_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_max_name);

	zval property_delay_default_value;
	ZVAL_UNDEF(&property_delay_default_value);
	zend_string *property_delay_name = zend_string_init("delay", sizeof("delay") - 1, 1);
	zend_declare_typed_property(class_entry, property_delay_name, &property_delay_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_delay_name);

	zval property_only_default_value;
	ZVAL_UNDEF(&property_only_default_value);
	zend_string *property_only_name = zend_string_init("only", sizeof("only") - 1, 1);
	zend_declare_typed_property(class_entry, property_only_name, &property_only_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_ARRAY));
	zend_string_release(property_only_name);

	return class_entry;
}

static zend_class_entry *register_class_Ecoq_Attribute_Header(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq\\Attribute", "Header", class_Ecoq_Attribute_Header_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_NO_DYNAMIC_PROPERTIES;

	zval property_name_default_value;
	ZVAL_UNDEF(&property_name_default_value);
	zend_string *property_name_name = zend_string_init("name", sizeof("name") - 1, 1);
	zend_declare_typed_property(class_entry, property_name_name, &property_name_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_name_name);

	return class_entry;
}

static zend_class_entry *register_class_Ecoq_Attribute_MessageType(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq\\Attribute", "MessageType", class_Ecoq_Attribute_MessageType_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_NO_DYNAMIC_PROPERTIES;

	zval property_type_default_value;
	ZVAL_UNDEF(&property_type_default_value);
	zend_string *property_type_name = zend_string_init("type", sizeof("type") - 1, 1);
	zend_declare_typed_property(class_entry, property_type_name, &property_type_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_type_name);

	return class_entry;
}
