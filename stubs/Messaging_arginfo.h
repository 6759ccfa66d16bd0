/* This is a generated file, edit the .stub.php file instead.
 * Stub hash: 051e2cba436cf5ade4ed78d9e03154504889196c */

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Ecoq_Messaging___construct, 0, 0, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, handlers, IS_ARRAY, 0, "[]")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, channels, IS_ARRAY, 0, "[]")
	ZEND_ARG_OBJ_TYPE_MASK(0, database, PDO, MAY_BE_CALLABLE|MAY_BE_NULL, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, container, IS_OBJECT, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, logger, IS_OBJECT, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, service, IS_STRING, 1, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Ecoq_Messaging_send, 0, 1, IS_MIXED, 0)
	ZEND_ARG_TYPE_INFO(0, command, IS_OBJECT, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, headers, IS_ARRAY, 0, "[]")
	ZEND_ARG_OBJ_TYPE_MASK(0, delay, Ecoq\\TimeSpan|DateInterval|DateTimeInterface, MAY_BE_LONG|MAY_BE_NULL, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, priority, IS_LONG, 1, "null")
	ZEND_ARG_OBJ_TYPE_MASK(0, timeToLive, Ecoq\\TimeSpan|DateInterval, MAY_BE_LONG|MAY_BE_NULL, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, dedupKey, IS_STRING, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, immediately, _IS_BOOL, 0, "false")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, group, IS_STRING, 1, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Ecoq_Messaging_publish, 0, 1, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, event, IS_OBJECT, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, headers, IS_ARRAY, 0, "[]")
	ZEND_ARG_OBJ_TYPE_MASK(0, delay, Ecoq\\TimeSpan|DateInterval|DateTimeInterface, MAY_BE_LONG|MAY_BE_NULL, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, priority, IS_LONG, 1, "null")
	ZEND_ARG_OBJ_TYPE_MASK(0, timeToLive, Ecoq\\TimeSpan|DateInterval, MAY_BE_LONG|MAY_BE_NULL, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, dedupKey, IS_STRING, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, immediately, _IS_BOOL, 0, "false")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, group, IS_STRING, 1, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Ecoq_Messaging_query, 0, 1, IS_MIXED, 0)
	ZEND_ARG_TYPE_INFO(0, query, IS_OBJECT, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, headers, IS_ARRAY, 0, "[]")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Ecoq_Messaging_sendTo, 0, 1, IS_MIXED, 0)
	ZEND_ARG_TYPE_INFO(0, type, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, payload, IS_MIXED, 0, "[]")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, headers, IS_ARRAY, 0, "[]")
	ZEND_ARG_OBJ_TYPE_MASK(0, delay, Ecoq\\TimeSpan|DateInterval|DateTimeInterface, MAY_BE_LONG|MAY_BE_NULL, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, priority, IS_LONG, 1, "null")
	ZEND_ARG_OBJ_TYPE_MASK(0, timeToLive, Ecoq\\TimeSpan|DateInterval, MAY_BE_LONG|MAY_BE_NULL, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, dedupKey, IS_STRING, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, immediately, _IS_BOOL, 0, "false")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, group, IS_STRING, 1, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Ecoq_Messaging_publishTo, 0, 1, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, type, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, payload, IS_MIXED, 0, "[]")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, headers, IS_ARRAY, 0, "[]")
	ZEND_ARG_OBJ_TYPE_MASK(0, delay, Ecoq\\TimeSpan|DateInterval|DateTimeInterface, MAY_BE_LONG|MAY_BE_NULL, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, priority, IS_LONG, 1, "null")
	ZEND_ARG_OBJ_TYPE_MASK(0, timeToLive, Ecoq\\TimeSpan|DateInterval, MAY_BE_LONG|MAY_BE_NULL, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, dedupKey, IS_STRING, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, immediately, _IS_BOOL, 0, "false")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, group, IS_STRING, 1, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Ecoq_Messaging_queryTo, 0, 1, IS_MIXED, 0)
	ZEND_ARG_TYPE_INFO(0, type, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, payload, IS_MIXED, 0, "[]")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, headers, IS_ARRAY, 0, "[]")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Ecoq_Messaging_transactional, 0, 1, IS_MIXED, 0)
	ZEND_ARG_TYPE_INFO(0, function, IS_CALLABLE, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Ecoq_Messaging_unitOfWork, 0, 0, Ecoq\\\125nitOfWork, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Ecoq_Messaging_channel, 0, 1, Ecoq\\MessageChannel, 0)
	ZEND_ARG_TYPE_INFO(0, name, IS_STRING, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Ecoq_Messaging_worker, 0, 0, Ecoq\\Worker, 0)
	ZEND_ARG_VARIADIC_TYPE_INFO(0, channelsAndLimits, IS_MIXED, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Ecoq_Messaging_hooks, 0, 0, IS_STATIC, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, before, IS_CALLABLE, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, after, IS_CALLABLE, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, failure, IS_CALLABLE, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, idle, IS_CALLABLE, 1, "null")
	ZEND_ARG_TYPE_MASK(0, reset, MAY_BE_OBJECT|MAY_BE_ARRAY, "[]")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Ecoq_Messaging_deadLetters, 0, 0, Ecoq\\DeadLetters, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Ecoq_CommandBus___construct, 0, 0, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Ecoq_CommandBus_send arginfo_class_Ecoq_Messaging_send

#define arginfo_class_Ecoq_CommandBus_sendTo arginfo_class_Ecoq_Messaging_sendTo

#define arginfo_class_Ecoq_EventBus___construct arginfo_class_Ecoq_CommandBus___construct

#define arginfo_class_Ecoq_EventBus_publish arginfo_class_Ecoq_Messaging_publish

#define arginfo_class_Ecoq_EventBus_publishTo arginfo_class_Ecoq_Messaging_publishTo

#define arginfo_class_Ecoq_QueryBus___construct arginfo_class_Ecoq_CommandBus___construct

#define arginfo_class_Ecoq_QueryBus_query arginfo_class_Ecoq_Messaging_query

#define arginfo_class_Ecoq_QueryBus_queryTo arginfo_class_Ecoq_Messaging_queryTo


ZEND_METHOD(Ecoq_Messaging, __construct);
ZEND_METHOD(Ecoq_Messaging, send);
ZEND_METHOD(Ecoq_Messaging, publish);
ZEND_METHOD(Ecoq_Messaging, query);
ZEND_METHOD(Ecoq_Messaging, sendTo);
ZEND_METHOD(Ecoq_Messaging, publishTo);
ZEND_METHOD(Ecoq_Messaging, queryTo);
ZEND_METHOD(Ecoq_Messaging, transactional);
ZEND_METHOD(Ecoq_Messaging, unitOfWork);
ZEND_METHOD(Ecoq_Messaging, channel);
ZEND_METHOD(Ecoq_Messaging, worker);
ZEND_METHOD(Ecoq_Messaging, hooks);
ZEND_METHOD(Ecoq_Messaging, deadLetters);
ZEND_METHOD(Ecoq_CommandBus, __construct);
ZEND_METHOD(Ecoq_CommandBus, send);
ZEND_METHOD(Ecoq_CommandBus, sendTo);
ZEND_METHOD(Ecoq_EventBus, __construct);
ZEND_METHOD(Ecoq_EventBus, publish);
ZEND_METHOD(Ecoq_EventBus, publishTo);
ZEND_METHOD(Ecoq_QueryBus, __construct);
ZEND_METHOD(Ecoq_QueryBus, query);
ZEND_METHOD(Ecoq_QueryBus, queryTo);


static const zend_function_entry class_Ecoq_Messaging_methods[] = {
	ZEND_ME(Ecoq_Messaging, __construct, arginfo_class_Ecoq_Messaging___construct, ZEND_ACC_PUBLIC)
	ZEND_ME(Ecoq_Messaging, send, arginfo_class_Ecoq_Messaging_send, ZEND_ACC_PUBLIC)
	ZEND_ME(Ecoq_Messaging, publish, arginfo_class_Ecoq_Messaging_publish, ZEND_ACC_PUBLIC)
	ZEND_ME(Ecoq_Messaging, query, arginfo_class_Ecoq_Messaging_query, ZEND_ACC_PUBLIC)
	ZEND_ME(Ecoq_Messaging, sendTo, arginfo_class_Ecoq_Messaging_sendTo, ZEND_ACC_PUBLIC)
	ZEND_ME(Ecoq_Messaging, publishTo, arginfo_class_Ecoq_Messaging_publishTo, ZEND_ACC_PUBLIC)
	ZEND_ME(Ecoq_Messaging, queryTo, arginfo_class_Ecoq_Messaging_queryTo, ZEND_ACC_PUBLIC)
	ZEND_ME(Ecoq_Messaging, transactional, arginfo_class_Ecoq_Messaging_transactional, ZEND_ACC_PUBLIC)
	ZEND_ME(Ecoq_Messaging, unitOfWork, arginfo_class_Ecoq_Messaging_unitOfWork, ZEND_ACC_PUBLIC)
	ZEND_ME(Ecoq_Messaging, channel, arginfo_class_Ecoq_Messaging_channel, ZEND_ACC_PUBLIC)
	ZEND_ME(Ecoq_Messaging, worker, arginfo_class_Ecoq_Messaging_worker, ZEND_ACC_PUBLIC)
	ZEND_ME(Ecoq_Messaging, hooks, arginfo_class_Ecoq_Messaging_hooks, ZEND_ACC_PUBLIC)
	ZEND_ME(Ecoq_Messaging, deadLetters, arginfo_class_Ecoq_Messaging_deadLetters, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};


static const zend_function_entry class_Ecoq_CommandBus_methods[] = {
	ZEND_ME(Ecoq_CommandBus, __construct, arginfo_class_Ecoq_CommandBus___construct, ZEND_ACC_PRIVATE)
	ZEND_ME(Ecoq_CommandBus, send, arginfo_class_Ecoq_CommandBus_send, ZEND_ACC_PUBLIC)
	ZEND_ME(Ecoq_CommandBus, sendTo, arginfo_class_Ecoq_CommandBus_sendTo, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};


static const zend_function_entry class_Ecoq_EventBus_methods[] = {
	ZEND_ME(Ecoq_EventBus, __construct, arginfo_class_Ecoq_EventBus___construct, ZEND_ACC_PRIVATE)
	ZEND_ME(Ecoq_EventBus, publish, arginfo_class_Ecoq_EventBus_publish, ZEND_ACC_PUBLIC)
	ZEND_ME(Ecoq_EventBus, publishTo, arginfo_class_Ecoq_EventBus_publishTo, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};


static const zend_function_entry class_Ecoq_QueryBus_methods[] = {
	ZEND_ME(Ecoq_QueryBus, __construct, arginfo_class_Ecoq_QueryBus___construct, ZEND_ACC_PRIVATE)
	ZEND_ME(Ecoq_QueryBus, query, arginfo_class_Ecoq_QueryBus_query, ZEND_ACC_PUBLIC)
	ZEND_ME(Ecoq_QueryBus, queryTo, arginfo_class_Ecoq_QueryBus_queryTo, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};

static zend_class_entry *register_class_Ecoq_Messaging(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq", "Messaging", class_Ecoq_Messaging_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES|ZEND_ACC_NOT_SERIALIZABLE;

	return class_entry;
}

static zend_class_entry *register_class_Ecoq_CommandBus(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq", "CommandBus", class_Ecoq_CommandBus_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES|ZEND_ACC_NOT_SERIALIZABLE;

	return class_entry;
}

static zend_class_entry *register_class_Ecoq_EventBus(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq", "EventBus", class_Ecoq_EventBus_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES|ZEND_ACC_NOT_SERIALIZABLE;

	return class_entry;
}

static zend_class_entry *register_class_Ecoq_QueryBus(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq", "QueryBus", class_Ecoq_QueryBus_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES|ZEND_ACC_NOT_SERIALIZABLE;

	return class_entry;
}
