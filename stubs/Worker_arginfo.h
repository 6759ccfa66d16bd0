/* This is a generated file, edit the .stub.php file instead.
 * Stub hash: b22da32615c137bd1311d7f3a67f442aa09e1109 */

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Ecoq_Worker___construct, 0, 0, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Ecoq_Worker_run, 0, 0, Ecoq\\WorkerReport, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Ecoq_Worker_stop, 0, 0, IS_VOID, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Ecoq_WorkerReport___construct arginfo_class_Ecoq_Worker___construct


ZEND_METHOD(Ecoq_Worker, __construct);
ZEND_METHOD(Ecoq_Worker, run);
ZEND_METHOD(Ecoq_Worker, stop);
ZEND_METHOD(Ecoq_WorkerReport, __construct);


static const zend_function_entry class_Ecoq_Worker_methods[] = {
	ZEND_ME(Ecoq_Worker, __construct, arginfo_class_Ecoq_Worker___construct, ZEND_ACC_PRIVATE)
	ZEND_ME(Ecoq_Worker, run, arginfo_class_Ecoq_Worker_run, ZEND_ACC_PUBLIC)
	ZEND_ME(Ecoq_Worker, stop, arginfo_class_Ecoq_Worker_stop, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};


static const zend_function_entry class_Ecoq_WorkerReport_methods[] = {
	ZEND_ME(Ecoq_WorkerReport, __construct, arginfo_class_Ecoq_WorkerReport___construct, ZEND_ACC_PRIVATE)
	ZEND_FE_END
};

static zend_class_entry *register_class_Ecoq_Worker(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq", "Worker", class_Ecoq_Worker_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES|ZEND_ACC_NOT_SERIALIZABLE;

	return class_entry;
}

static zend_class_entry *register_class_Ecoq_WorkerReport(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq", "WorkerReport", class_Ecoq_WorkerReport_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES;

	zval property_handled_default_value;
	ZVAL_UNDEF(&property_handled_default_value);
	zend_string *property_handled_name = zend_string_init("handled", sizeof("handled") - 1, 1);
	zend_declare_typed_property(class_entry, property_handled_name, &property_handled_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_handled_name);

	zval property_failed_default_value;
	ZVAL_UNDEF(&property_failed_default_value);
	zend_string *property_failed_name = zend_string_init("failed", sizeof("failed") - 1, 1);
	zend_declare_typed_property(class_entry, property_failed_name, &property_failed_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_failed_name);

	zval property_retried_default_value;
	ZVAL_UNDEF(&property_retried_default_value);
	zend_string *property_retried_name = zend_string_init("retried", sizeof("retried") - 1, 1);
	zend_declare_typed_property(class_entry, property_retried_name, &property_retried_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_retried_name);

	zval property_deadLettered_default_value;
	ZVAL_UNDEF(&property_deadLettered_default_value);
	zend_string *property_deadLettered_name = zend_string_init("deadLettered", sizeof("deadLettered") - 1, 1);
	zend_declare_typed_property(class_entry, property_deadLettered_name, &property_deadLettered_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_deadLettered_name);

	zval property_dropped_default_value;
	ZVAL_UNDEF(&property_dropped_default_value);
	zend_string *property_dropped_name = zend_string_init("dropped", sizeof("dropped") - 1, 1);
	zend_declare_typed_property(class_entry, property_dropped_name, &property_dropped_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_dropped_name);

	zval property_expired_default_value;
	ZVAL_UNDEF(&property_expired_default_value);
	zend_string *property_expired_name = zend_string_init("expired", sizeof("expired") - 1, 1);
	zend_declare_typed_property(class_entry, property_expired_name, &property_expired_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_expired_name);

	zval property_duplicates_default_value;
	ZVAL_UNDEF(&property_duplicates_default_value);
	zend_string *property_duplicates_name = zend_string_init("duplicates", sizeof("duplicates") - 1, 1);
	zend_declare_typed_property(class_entry, property_duplicates_name, &property_duplicates_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_duplicates_name);

	zval property_postponed_default_value;
	ZVAL_UNDEF(&property_postponed_default_value);
	zend_string *property_postponed_name = zend_string_init("postponed", sizeof("postponed") - 1, 1);
	zend_declare_typed_property(class_entry, property_postponed_name, &property_postponed_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_postponed_name);

	zval property_forwarded_default_value;
	ZVAL_UNDEF(&property_forwarded_default_value);
	zend_string *property_forwarded_name = zend_string_init("forwarded", sizeof("forwarded") - 1, 1);
	zend_declare_typed_property(class_entry, property_forwarded_name, &property_forwarded_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_forwarded_name);

	zval property_lost_default_value;
	ZVAL_UNDEF(&property_lost_default_value);
	zend_string *property_lost_name = zend_string_init("lost", sizeof("lost") - 1, 1);
	zend_declare_typed_property(class_entry, property_lost_name, &property_lost_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_lost_name);

	zval property_duration_default_value;
	ZVAL_UNDEF(&property_duration_default_value);
	zend_string *property_duration_name = zend_string_init("duration", sizeof("duration") - 1, 1);
	zend_declare_typed_property(class_entry, property_duration_name, &property_duration_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_duration_name);

	zval property_stopReason_default_value;
	ZVAL_UNDEF(&property_stopReason_default_value);
	zend_string *property_stopReason_name = zend_string_init("stopReason", sizeof("stopReason") - 1, 1);
	zend_declare_typed_property(class_entry, property_stopReason_name, &property_stopReason_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_stopReason_name);

	return class_entry;
}
