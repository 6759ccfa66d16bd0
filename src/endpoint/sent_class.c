#include "endpoint/call_plan.h"

#include "php/bytes.h"

static bool takes_name(zend_string *name, const zend_class_entry *ce)
{
	/* a parent or interface of a loaded class is loaded itself */
	const zend_class_entry *declared = zend_lookup_class_ex(name, NULL, ZEND_FETCH_CLASS_NO_AUTOLOAD);
	return declared && instanceof_function(ce, declared);
}

/* Whether objects of the class may be passed where the type is declared. */
static bool takes_class(const zend_type *type, const zend_class_entry *ce)
{
	if (ZEND_TYPE_HAS_NAME(*type)) {
		return takes_name(ZEND_TYPE_NAME(*type), ce);
	}
	if (!ZEND_TYPE_HAS_LIST(*type)) {
		return false;
	}
	bool all = ZEND_TYPE_IS_INTERSECTION(*type);
	const zend_type *part;
	ZEND_TYPE_LIST_FOREACH((zend_type_list *) ZEND_TYPE_LIST(*type), part)
	{
		if (takes_class(part, ce) != all) {
			return !all;
		}
	}
	ZEND_TYPE_LIST_FOREACH_END();
	return all;
}

/* Remembers the class for the messages that follow: mostly they are of one kind. */
static bool remember(ecoq_parameter *parameter, zend_string *name)
{
	if (parameter->sent_class) {
		zend_string_release(parameter->sent_class);
	}
	if (parameter->sent_type) {
		ecoq_payload_type_free(parameter->sent_type);
		parameter->sent_type = NULL;
	}
	parameter->sent_class = name;
	zend_class_entry *ce = zend_lookup_class(name);
	if (ce && takes_class(parameter->declared, ce)) {
		parameter->sent_type = ecoq_payload_type_create_for_class(ce, ZSTR_VAL(parameter->place));
	}
	return !EG(exception);
}

ecoq_payload_type *ecoq_payload_type_for(ecoq_parameter *parameter, const ecoq_invocation *invocation)
{
	ecoq_bytes sent = invocation->payload_class;
	if (!parameter->declared || sent.size == 0) {
		return parameter->type;
	}
	if (ZEND_TYPE_HAS_NAME(*parameter->declared) && ecoq_bytes_equal(ecoq_bytes_of(ZEND_TYPE_NAME(*parameter->declared)), sent)) {
		return parameter->type;
	}
	bool known = parameter->sent_class && ecoq_bytes_equal(ecoq_bytes_of(parameter->sent_class), sent);
	if (!known && !remember(parameter, ecoq_string_of(sent))) {
		return NULL;
	}
	return parameter->sent_type ? parameter->sent_type : parameter->type;
}
