/* This is a generated file, edit the .stub.php file instead.
 * Stub hash: 32434ae1bd3a20701efb71a87ead7c07b59c3500 */

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Ecoq_UnitOfWork___construct, 0, 0, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Ecoq_UnitOfWork_flush, 0, 0, IS_VOID, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Ecoq_UnitOfWork_discard arginfo_class_Ecoq_UnitOfWork_flush


ZEND_METHOD(Ecoq_UnitOfWork, __construct);
ZEND_METHOD(Ecoq_UnitOfWork, flush);
ZEND_METHOD(Ecoq_UnitOfWork, discard);


static const zend_function_entry class_Ecoq_UnitOfWork_methods[] = {
	ZEND_ME(Ecoq_UnitOfWork, __construct, arginfo_class_Ecoq_UnitOfWork___construct, ZEND_ACC_PRIVATE)
	ZEND_ME(Ecoq_UnitOfWork, flush, arginfo_class_Ecoq_UnitOfWork_flush, ZEND_ACC_PUBLIC)
	ZEND_ME(Ecoq_UnitOfWork, discard, arginfo_class_Ecoq_UnitOfWork_discard, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};

static zend_class_entry *register_class_Ecoq_UnitOfWork(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Ecoq", "UnitOfWork", class_Ecoq_UnitOfWork_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES|ZEND_ACC_NOT_SERIALIZABLE;

	return class_entry;
}
