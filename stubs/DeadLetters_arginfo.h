/* This is a generated file, edit the .stub.php file instead.
 * Stub hash: 0b00d535beb78cb5a9954012282c31456805012c */

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Ecoq_DeadLetters___construct, 0, 0, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Ecoq_DeadLetters_list, 0, 0, IS_ARRAY, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, channel, IS_STRING, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, limit, IS_LONG, 0, "50")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, offset, IS_LONG, 0, "0")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, endpoint, IS_STRING, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, type, IS_STRING, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, errorClass, IS_STRING, 1, "null")
	ZEND_ARG_OBJ_TYPE_MASK(0, since, DateTimeInterface, MAY_BE_LONG|MAY_BE_NULL, "null")
	ZEND_ARG_OBJ_TYPE_MASK(0, until, DateTimeInterface, MAY_BE_LONG|MAY_BE_NULL, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Ecoq_DeadLetters_show, 0, 1, Ecoq\\DeadLetter, 1)
	ZEND_ARG_TYPE_INFO(0, id, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, endpoint, IS_STRING, 1, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Ecoq_DeadLetters_count, 0, 0, IS_LONG, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, channel, IS_STRING, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, endpoint, IS_STRING, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, type, IS_STRING, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, errorClass, IS_STRING, 1, "null")
	ZEND_ARG_OBJ_TYPE_MASK(0, since, DateTimeInterface, MAY_BE_LONG|MAY_BE_NULL, "null")
	ZEND_ARG_OBJ_TYPE_MASK(0, until, DateTimeInterface, MAY_BE_LONG|MAY_BE_NULL, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Ecoq_DeadLetters_replay, 0, 1, _IS_BOOL, 0)
	ZEND_ARG_TYPE_INFO(0, id, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, force, _IS_BOOL, 0, "false")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, endpoint, IS_STRING, 1, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Ecoq_DeadLetters_replayAll, 0, 0, IS_LONG, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, channel, IS_STRING, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, endpoint, IS_STRING, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, type, IS_STRING, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, errorClass, IS_STRING, 1, "null")
	ZEND_ARG_OBJ_TYPE_MASK(0, since, DateTimeInterface, MAY_BE_LONG|MAY_BE_NULL, "null")
	ZEND_ARG_OBJ_TYPE_MASK(0, until, DateTimeInterface, MAY_BE_LONG|MAY_BE_NULL, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, force, _IS_BOOL, 0, "false")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Ecoq_DeadLetters_delete, 0, 1, _IS_BOOL, 0)
	ZEND_ARG_TYPE_INFO(0, id, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, endpoint, IS_STRING, 1, "null")
ZEND_END_ARG_INFO()

#define arginfo_class_Ecoq_DeadLetters_purge arginfo_class_Ecoq_DeadLetters_count

#define arginfo_class_Ecoq_DeadLetter___construct arginfo_class_Ecoq_DeadLetters___construct


ZEND_METHOD(Ecoq_DeadLetters, __construct);
ZEND_METHOD(Ecoq_DeadLetters, list);
ZEND_METHOD(Ecoq_DeadLetters, show);
ZEND_METHOD(Ecoq_DeadLetters, count);
ZEND_METHOD(Ecoq_DeadLetters, replay);
ZEND_METHOD(Ecoq_DeadLetters, replayAll);
ZEND_METHOD(Ecoq_DeadLetters, delete);
ZEND_METHOD(Ecoq_DeadLetters, purge);
ZEND_METHOD(Ecoq_DeadLetter, __construct);


static const zend_function_entry class_Ecoq_DeadLetters_methods[] = {
	ZEND_ME(Ecoq_DeadLetters, __construct, arginfo_class_Ecoq_DeadLetters___construct, ZEND_ACC_PRIVATE)
	ZEND_ME(Ecoq_DeadLetters, list, arginfo_class_Ecoq_DeadLetters_list, ZEND_ACC_PUBLIC)
	ZEND_ME(Ecoq_DeadLetters, show, arginfo_class_Ecoq_DeadLetters_show, ZEND_ACC_PUBLIC)
	ZEND_ME(Ecoq_DeadLetters, count, arginfo_class_Ecoq_DeadLetters_count, ZEND_ACC_PUBLIC)
	ZEND_ME(Ecoq_DeadLetters, replay, arginfo_class_Ecoq_DeadLetters_replay, ZEND_ACC_PUBLIC)
	ZEND_ME(Ecoq_DeadLetters, replayAll, arginfo_class_Ecoq_DeadLetters_replayAll, ZEND_ACC_PUBLIC)
	ZEND_ME(Ecoq_DeadLetters, delete, arginfo_class_Ecoq_DeadLetters_delete, ZEND_ACC_PUBLIC)
	ZEND_ME(Ecoq_DeadLetters, purge, arginfo_class_Ecoq_DeadLetters_purge, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};


static const zend_function_entry class_Ecoq_DeadLetter_methods[] = {
	ZEND_ME(Ecoq_DeadLetter, __construct, arginfo_class_Ecoq_DeadLetter___construct, ZEND_ACC_PRIVATE)
	ZEND_FE_END
};

static zend_class_entry *register_class_Ecoq_DeadLetters(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq", "DeadLetters", class_Ecoq_DeadLetters_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES|ZEND_ACC_NOT_SERIALIZABLE;

	return class_entry;
}

static zend_class_entry *register_class_Ecoq_DeadLetter(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq", "DeadLetter", class_Ecoq_DeadLetter_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES;

	zval property_id_default_value;
	ZVAL_UNDEF(&property_id_default_value);
	zend_string *property_id_name = zend_string_init("id", sizeof("id") - 1, 1);
	zend_declare_typed_property(class_entry, property_id_name, &property_id_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_id_name);

	zval property_endpointId_default_value;
	ZVAL_UNDEF(&property_endpointId_default_value);
	zend_string *property_endpointId_name = zend_string_init("endpointId", sizeof("endpointId") - 1, 1);
	zend_declare_typed_property(class_entry, property_endpointId_name, &property_endpointId_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING|MAY_BE_NULL));
	zend_string_release(property_endpointId_name);

	zval property_type_default_value;
	ZVAL_UNDEF(&property_type_default_value);
	zend_string *property_type_name = zend_string_init("type", sizeof("type") - 1, 1);
	zend_declare_typed_property(class_entry, property_type_name, &property_type_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_type_name);

	zval property_channel_default_value;
	ZVAL_UNDEF(&property_channel_default_value);
	zend_string *property_channel_name = zend_string_init("channel", sizeof("channel") - 1, 1);
	zend_declare_typed_property(class_entry, property_channel_name, &property_channel_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_channel_name);

	zval property_attempts_default_value;
	ZVAL_UNDEF(&property_attempts_default_value);
	zend_string *property_attempts_name = zend_string_init("attempts", sizeof("attempts") - 1, 1);
	zend_declare_typed_property(class_entry, property_attempts_name, &property_attempts_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_attempts_name);

	zval property_reason_default_value;
	ZVAL_UNDEF(&property_reason_default_value);
	zend_string *property_reason_name = zend_string_init("reason", sizeof("reason") - 1, 1);
	zend_declare_typed_property(class_entry, property_reason_name, &property_reason_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_reason_name);

	zval property_errorClass_default_value;
	ZVAL_UNDEF(&property_errorClass_default_value);
	zend_string *property_errorClass_name = zend_string_init("errorClass", sizeof("errorClass") - 1, 1);
	zend_declare_typed_property(class_entry, property_errorClass_name, &property_errorClass_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING|MAY_BE_NULL));
	zend_string_release(property_errorClass_name);

	zval property_error_default_value;
	ZVAL_UNDEF(&property_error_default_value);
	zend_string *property_error_name = zend_string_init("error", sizeof("error") - 1, 1);
	zend_declare_typed_property(class_entry, property_error_name, &property_error_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_error_name);

	zend_string *property_failedAt_class_DateTimeImmutable = zend_string_init("DateTimeImmutable", sizeof("DateTimeImmutable")-1, 1);
	zval property_failedAt_default_value;
	ZVAL_UNDEF(&property_failedAt_default_value);
	zend_string *property_failedAt_name = zend_string_init("failedAt", sizeof("failedAt") - 1, 1);
	zend_declare_typed_property(class_entry, property_failedAt_name, &property_failedAt_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_CLASS(property_failedAt_class_DateTimeImmutable, 0, MAY_BE_NULL));
	zend_string_release(property_failedAt_name);

	zval property_payload_default_value;
	ZVAL_UNDEF(&property_payload_default_value);
	zend_string *property_payload_name = zend_string_init("payload", sizeof("payload") - 1, 1);
	zend_declare_typed_property(class_entry, property_payload_name, &property_payload_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_ANY));
	zend_string_release(property_payload_name);

	zval property_headers_default_value;
	ZVAL_UNDEF(&property_headers_default_value);
	zend_string *property_headers_name = zend_string_init("headers", sizeof("headers") - 1, 1);
	zend_declare_typed_property(class_entry, property_headers_name, &property_headers_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_ARRAY));
	zend_string_release(property_headers_name);

	zval property_body_default_value;
	ZVAL_UNDEF(&property_body_default_value);
	zend_string *property_body_name = zend_string_init("body", sizeof("body") - 1, 1);
	zend_declare_typed_property(class_entry, property_body_name, &property_body_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_body_name);

	zval property_trace_default_value;
	ZVAL_UNDEF(&property_trace_default_value);
	zend_string *property_trace_name = zend_string_init("trace", sizeof("trace") - 1, 1);
	zend_declare_typed_property(class_entry, property_trace_name, &property_trace_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING|MAY_BE_NULL));
	zend_string_release(property_trace_name);

	return class_entry;
}
