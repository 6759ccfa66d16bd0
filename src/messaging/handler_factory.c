#include "messaging/handler_factory.h"

#include "messaging/buses.h"
#include "php/exceptions.h"

static bool container_call(zval *container, const char *method, zend_string *class_name, zval *result)
{
	zval name, argument;
	ZVAL_STRING(&name, method);
	ZVAL_STR(&argument, class_name);
	ZVAL_UNDEF(result);
	bool ok = call_user_function(NULL, container, &name, result, 1, &argument) == SUCCESS && !EG(exception);
	zval_ptr_dtor(&name);
	if (!ok) {
		zval_ptr_dtor(result);
		ZVAL_UNDEF(result);
	}
	return ok;
}

/* 1: `result` is the container's object; 0: it has none; -1: an exception is pending. */
static int from_container(ecoq_messaging *messaging, zend_string *class_name, const char *where, zval *result)
{
	if (Z_ISUNDEF(messaging->container)) {
		return 0;
	}
	zval has;
	if (!container_call(&messaging->container, "has", class_name, &has)) {
		return -1;
	}
	bool found = zend_is_true(&has);
	zval_ptr_dtor(&has);
	if (!found) {
		return 0;
	}
	if (!container_call(&messaging->container, "get", class_name, result)) {
		return -1;
	}
	if (Z_TYPE_P(result) != IS_OBJECT) {
		ecoq_throw_configuration("%s: the container's entry \"%s\" is %s, an object was expected", where, ZSTR_VAL(class_name), zend_zval_type_name(result));
		zval_ptr_dtor(result);
		ZVAL_UNDEF(result);
		return -1;
	}
	return 1;
}

static bool construct_without_arguments(zend_class_entry *ce, zend_string *class_name, zval *result)
{
	if (ce->constructor && ce->constructor->common.required_num_args > 0) {
		ecoq_throw_configuration("handler class %s needs arguments for its constructor: pass an object in handlers:, or a container: that has it", ZSTR_VAL(class_name));
		return false;
	}
	if (object_init_ex(result, ce) == FAILURE) {
		ZVAL_UNDEF(result);
		return false;
	}
	if (ce->constructor) {
		zend_call_known_instance_method_with_0_params(ce->constructor, Z_OBJ_P(result), NULL);
		if (EG(exception)) {
			zval_ptr_dtor(result);
			ZVAL_UNDEF(result);
			return false;
		}
	}
	return true;
}

static bool handler_object(ecoq_messaging *messaging, zend_string *class_name, zval *result)
{
	zend_string *key = zend_string_tolower(class_name);
	zval *known = zend_hash_find(&messaging->instances, key);
	if (known) {
		zend_string_release(key);
		ZVAL_COPY(result, known);
		return true;
	}
	int found = from_container(messaging, class_name, ZSTR_VAL(class_name), result);
	if (found == 0) {
		zend_class_entry *ce = zend_lookup_class(class_name);
		if (!ce && !EG(exception)) {
			ecoq_throw_configuration("handler class %s does not exist", ZSTR_VAL(class_name));
		}
		found = ce && construct_without_arguments(ce, class_name, result) ? 1 : -1;
	}
	if (found > 0) {
		Z_ADDREF_P(result);
		zend_hash_update(&messaging->instances, key, result);
	}
	zend_string_release(key);
	return found > 0;
}

bool ecoq_resolve_service(ecoq_messaging *messaging, zend_string *class_name, bool is_handler, const char *where, zval *result)
{
	if (is_handler) {
		return handler_object(messaging, class_name, result);
	}
	if (ecoq_bus_by_class_name(messaging, class_name, result)) {
		return true;
	}
	int found = from_container(messaging, class_name, where, result);
	if (found == 0) {
		ecoq_throw_configuration("%s: nothing provides %s: pass a container: that has it", where, ZSTR_VAL(class_name));
	}
	return found > 0;
}
