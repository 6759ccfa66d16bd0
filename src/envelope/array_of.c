#include "envelope/payload_plan.h"

#include "php/exceptions.h"
#include "php/value.h"
#include "zend_attributes.h"

#include "stubs/ArrayOf_arginfo.h"

#define LOWER_CASE_NAME "ecoq\\attribute\\arrayof"

zend_class_entry *ecoq_ce_ArrayOf;

ZEND_METHOD(Ecoq_Attribute_ArrayOf, __construct)
{
	zend_string *type;
	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_STR(type)
	ZEND_PARSE_PARAMETERS_END();

	if (!ecoq_value_is_new(Z_OBJ_P(ZEND_THIS))) {
		RETURN_THROWS();
	}
	if (ZSTR_LEN(type) == 0) {
		zend_argument_value_error(1, "must not be empty");
		RETURN_THROWS();
	}
	ZVAL_STR_COPY(OBJ_PROP_NUM(Z_OBJ_P(ZEND_THIS), 0), type);
}

zend_string *ecoq_payload_array_of(HashTable *attributes, int parameter, zend_class_entry *scope, const char *where)
{
	zend_attribute *attribute = zend_get_parameter_attribute_str(attributes, ZEND_STRL(LOWER_CASE_NAME), (uint32_t) parameter);
	if (!attribute) {
		return NULL;
	}
	if (attribute->argc != 1 || (attribute->args[0].name && !zend_string_equals_literal(attribute->args[0].name, "type"))) {
		ecoq_throw_configuration("%s, #[ArrayOf]: takes one argument, the class or builtin type of the elements", where);
		return NULL;
	}
	zval type;
	ZVAL_UNDEF(&type);
	if (zend_get_attribute_value(&type, attribute, 0, scope) == FAILURE) {
		ecoq_throw_configuration("%s, #[ArrayOf]: the type of the elements could not be evaluated", where);
		return NULL;
	}
	if (Z_TYPE(type) != IS_STRING || Z_STRLEN(type) == 0) {
		zend_string *got = ecoq_payload_describe(&type);
		ecoq_throw_configuration("%s, #[ArrayOf]: the type of the elements must be a string, %s given", where, ZSTR_VAL(got));
		zend_string_release(got);
		zval_ptr_dtor(&type);
		return NULL;
	}
	return Z_STR(type);
}

void ecoq_array_of_minit(void)
{
	ecoq_ce_ArrayOf = register_class_Ecoq_Attribute_ArrayOf();
	zend_internal_attribute_register(ecoq_ce_ArrayOf, ZEND_ATTRIBUTE_TARGET_PARAMETER | ZEND_ATTRIBUTE_TARGET_PROPERTY);
}
