/* This is a generated file, edit the .stub.php file instead.
 * Stub hash: c2c036be0d15a442defbc71f0ba614036408241f */

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Ecoq_OutboxChannel___construct, 0, 0, 1)
	ZEND_ARG_OBJ_TYPE_MASK(0, channel, PDO|Ecoq\\Transport|Ecoq\\Channel, MAY_BE_STRING, NULL)
ZEND_END_ARG_INFO()


ZEND_METHOD(Ecoq_OutboxChannel, __construct);


static const zend_function_entry class_Ecoq_OutboxChannel_methods[] = {
	ZEND_ME(Ecoq_OutboxChannel, __construct, arginfo_class_Ecoq_OutboxChannel___construct, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};

static zend_class_entry *register_class_Ecoq_OutboxChannel(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq", "OutboxChannel", class_Ecoq_OutboxChannel_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES|ZEND_ACC_NOT_SERIALIZABLE;

	return class_entry;
}
