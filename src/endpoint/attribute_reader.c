#include "endpoint/attribute_reader.h"

#include "php/exceptions.h"

#define ATTRIBUTE_PREFIX "ecoq\\attribute\\"

static ecoq_attribute_kind kind_of_own(const zend_string *lower_name)
{
	for (int kind = 0; kind < ECOQ_ATTRIBUTE_COUNT; kind++) {
		if (zend_string_equals_ci(ecoq_attribute_classes[kind]->name, lower_name)) {
			return kind;
		}
	}
	return ECOQ_ATTRIBUTE_NONE;
}

ecoq_attribute_kind ecoq_attribute_kind_of(const zend_attribute *attribute, zend_class_entry **ce)
{
	const zend_string *name = attribute->lcname;
	const size_t prefix = sizeof(ATTRIBUTE_PREFIX) - 1;
	if (ZSTR_LEN(name) > prefix && memcmp(ZSTR_VAL(name), ATTRIBUTE_PREFIX, prefix) == 0) {
		ecoq_attribute_kind kind = kind_of_own(name);
		*ce = kind == ECOQ_ATTRIBUTE_NONE ? NULL : ecoq_attribute_classes[kind];
		return kind;
	}
	zend_class_entry *found = zend_hash_find_ptr(EG(class_table), attribute->lcname);
	if (!found || found->type != ZEND_USER_CLASS || !(found->ce_flags & ZEND_ACC_LINKED)) {
		return ECOQ_ATTRIBUTE_NONE;
	}
	for (int kind = 0; kind < ECOQ_ATTRIBUTE_COUNT; kind++) {
		if (instanceof_function(found, ecoq_attribute_classes[kind])) {
			*ce = found;
			return kind;
		}
	}
	return ECOQ_ATTRIBUTE_NONE;
}

/* The class name without its namespace, as it stands in #[…]. */
static const char *short_name(const zend_class_entry *ce)
{
	const char *separator = zend_memrchr(ZSTR_VAL(ce->name), '\\', ZSTR_LEN(ce->name));
	return separator ? separator + 1 : ZSTR_VAL(ce->name);
}

void ecoq_attribute_wrap_exception(const char *place, const char *name)
{
	zend_object *exception = EG(exception);
	if (!exception || zend_is_unwind_exit(exception)) {
		return;
	}
	zend_class_entry *base = instanceof_function(exception->ce, zend_ce_error) ? zend_ce_error : zend_ce_exception;
	zval buffer;
	zval *message = zend_read_property_ex(base, exception, ZSTR_KNOWN(ZEND_STR_MESSAGE), true, &buffer);
	zend_string *text = zval_get_string(message);
	ecoq_throw_configuration("%s, #[%s]: %s", place, name, ZSTR_VAL(text));
	zend_string_release(text);
}

typedef struct attribute_arguments {
	zval *positional;
	uint32_t count;
	HashTable *named; /* NULL: none */
} attribute_arguments;

static void free_arguments(attribute_arguments *arguments)
{
	for (uint32_t i = 0; i < arguments->count; i++) {
		zval_ptr_dtor(&arguments->positional[i]);
	}
	if (arguments->positional) {
		efree(arguments->positional);
	}
	if (arguments->named) {
		zend_array_release(arguments->named);
	}
}

/* Evaluates the attribute's arguments: constant expressions, which may load classes and throw. */
static bool evaluate_arguments(zend_attribute *attribute, zend_class_entry *scope, attribute_arguments *arguments)
{
	arguments->positional = attribute->argc ? safe_emalloc(attribute->argc, sizeof(zval), 0) : NULL;
	for (uint32_t i = 0; i < attribute->argc; i++) {
		zval value;
		if (zend_get_attribute_value(&value, attribute, i, scope) == FAILURE) {
			return false;
		}
		if (!attribute->args[i].name) {
			ZVAL_COPY_VALUE(&arguments->positional[arguments->count++], &value);
			continue;
		}
		if (!arguments->named) {
			arguments->named = zend_new_array(0);
		}
		zend_hash_add_new(arguments->named, attribute->args[i].name, &value);
	}
	return true;
}

static bool construct(zend_class_entry *ce, const attribute_arguments *arguments, zval *object)
{
	if (object_init_ex(object, ce) == FAILURE) {
		return false;
	}
	zend_call_known_function(ce->constructor, Z_OBJ_P(object), ce, NULL, arguments->count, arguments->positional, arguments->named);
	if (!EG(exception) && ce->default_properties_count > 0 && Z_ISUNDEF_P(OBJ_PROP_NUM(Z_OBJ_P(object), 0))) {
		zend_throw_error(NULL, "%s::__construct() does not call its parent's constructor", ZSTR_VAL(ce->name));
	}
	if (EG(exception)) {
		zend_object_store_ctor_failed(Z_OBJ_P(object));
		zval_ptr_dtor(object);
		return false;
	}
	return true;
}

bool ecoq_attribute_create(zend_attribute *attribute, zend_class_entry *ce, zend_class_entry *scope, const char *place, zval *object)
{
	attribute_arguments arguments = {0};
	bool ok = evaluate_arguments(attribute, scope, &arguments) && construct(ce, &arguments, object);
	free_arguments(&arguments);
	if (!ok) {
		ZVAL_UNDEF(object);
		ecoq_attribute_wrap_exception(place, short_name(ce));
	}
	return ok;
}

bool ecoq_attribute_find(HashTable *attributes, uint32_t offset, ecoq_attribute_kind kind, zend_class_entry *scope, const char *place, zval *object)
{
	ZVAL_UNDEF(object);
	if (!attributes) {
		return true;
	}
	zend_attribute *attribute;
	ZEND_HASH_FOREACH_PTR(attributes, attribute) {
		zend_class_entry *ce;
		if (attribute->offset == offset && ecoq_attribute_kind_of(attribute, &ce) == kind) {
			return ecoq_attribute_create(attribute, ce, scope, place, object);
		}
	}
	ZEND_HASH_FOREACH_END();
	return true;
}
