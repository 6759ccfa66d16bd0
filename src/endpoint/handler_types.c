#include "endpoint/handler_types.h"

#include "endpoint/attribute_reader.h"
#include "endpoint/call_plan.h"
#include "endpoint/message_type.h"
#include "php/exceptions.h"

typedef struct types_reader {
	ecoq_endpoint *endpoint;
	zend_class_entry *scope;
	ecoq_registry_sources *sources;
	const char *place; /* for errors: method and attribute */
	const char *name;
} types_reader;

/* A command or query is routed by the class it has: a handler of a mere supertype would never be found. */
static bool check_can_be_sent(const types_reader *reader, const zend_class_entry *ce)
{
	if (reader->endpoint->kind == ECOQ_EVENT_HANDLER || !(ce->ce_flags & (ZEND_ACC_INTERFACE | ZEND_ACC_EXPLICIT_ABSTRACT_CLASS | ZEND_ACC_TRAIT))) {
		return true;
	}
	ecoq_throw_configuration("%s, #[%s]: %s cannot be instantiated, and a %s is found by its own class; name that, or a type", reader->place, reader->name,
		ZSTR_VAL(ce->name), reader->endpoint->kind == ECOQ_COMMAND_HANDLER ? "command" : "query");
	return false;
}

/* The class under its own name and its #[MessageType]. One that does not exist is known by the given name only. */
static bool add_class(const types_reader *reader, zend_string *class_name)
{
	zend_class_entry *ce = zend_lookup_class(class_name);
	if (EG(exception)) {
		ecoq_attribute_wrap_exception(reader->place, reader->name);
		return false;
	}
	if (!ce) {
		reader->sources->is_cacheable = false; /* it may exist next time */
		ecoq_endpoint_add_type(reader->endpoint, class_name, true);
		return true;
	}
	ecoq_registry_sources_add_message_class(reader->sources, ce);
	zend_string *type = check_can_be_sent(reader, ce) ? ecoq_message_type_of(ce) : NULL;
	if (!type) {
		return false;
	}
	ecoq_endpoint_add_type(reader->endpoint, ce->name, true);
	ecoq_endpoint_add_type(reader->endpoint, type, zend_string_equals(type, ce->name));
	return true;
}

static bool add_class_of_type(const types_reader *reader, zend_string *class_name)
{
	if (zend_string_equals_literal_ci(class_name, "self") || zend_string_equals_literal_ci(class_name, "static")) {
		return add_class(reader, reader->scope->name);
	}
	return add_class(reader, class_name);
}

/* The classes that a declared type names; `*found` counts them. */
static bool add_declared(const types_reader *reader, const zend_type *type, uint32_t *found)
{
	if (ZEND_TYPE_HAS_NAME(*type)) {
		(*found)++;
		return add_class_of_type(reader, ZEND_TYPE_NAME(*type));
	}
	if (!ZEND_TYPE_HAS_LIST(*type) || ZEND_TYPE_IS_INTERSECTION(*type)) {
		return true;
	}
	const zend_type *member;
	ZEND_TYPE_LIST_FOREACH(ZEND_TYPE_LIST(*type), member)
	{
		if (!add_declared(reader, member, found)) {
			return false;
		}
	}
	ZEND_TYPE_LIST_FOREACH_END();
	return true;
}

static bool add_parameter_types(const types_reader *reader, const zend_function *function)
{
	uint32_t found = 0;
	int number = ecoq_payload_parameter(function);
	if (number >= 0 && !add_declared(reader, &function->common.arg_info[number].type, &found)) {
		return false;
	}
	if (found == 0) {
		ecoq_throw_configuration("%s, #[%s]: nothing says what it handles; write #[%s('order.placed')], or give the method a first parameter of the message's class",
			reader->place, reader->name, reader->name);
		return false;
	}
	return true;
}

/* A type in words; a name that reads as a class is looked at, since messages of the class may travel under its #[MessageType]. */
static bool add_named(const types_reader *reader, zend_string *type)
{
	bool has_separator = memchr(ZSTR_VAL(type), '\\', ZSTR_LEN(type)) != NULL;
	zend_string *name = ZSTR_VAL(type)[0] == '\\' ? zend_string_init(ZSTR_VAL(type) + 1, ZSTR_LEN(type) - 1, false) : zend_string_copy(type);
	bool ok = true;
	if (!ecoq_type_looks_like_class(name)) {
		ecoq_endpoint_add_type(reader->endpoint, name, false);
	} else if (has_separator || zend_lookup_class(name)) {
		ok = add_class(reader, name);
	} else if (EG(exception)) {
		ecoq_attribute_wrap_exception(reader->place, reader->name);
		ok = false;
	} else {
		ecoq_endpoint_add_type(reader->endpoint, name, false);
	}
	zend_string_release(name);
	return ok;
}

bool ecoq_handler_types_add(ecoq_endpoint *endpoint, const zend_function *function, zend_class_entry *scope, zend_string *type, ecoq_registry_sources *sources,
	const char *place, const char *name)
{
	types_reader reader = {.endpoint = endpoint, .scope = scope, .sources = sources, .place = place, .name = name};
	return ZSTR_LEN(type) > 0 ? add_named(&reader, type) : add_parameter_types(&reader, function);
}
