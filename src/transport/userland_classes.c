#include "transport/userland.h"

#include "php/value.h"

#include "stubs/Transport_arginfo.h"

zend_class_entry *ecoq_ce_Transport;
zend_class_entry *ecoq_ce_OutgoingMessage;
zend_class_entry *ecoq_ce_ReservedMessage;

/* Property slots, in the order of the stub. */
enum outgoing_slot {
	OUTGOING_BODY,
	OUTGOING_ID,
	OUTGOING_TYPE,
	OUTGOING_PRIORITY,
	OUTGOING_DELIVER_AT,
	OUTGOING_EXPIRES_AT
};
enum reserved_slot {
	RESERVED_BODY,
	RESERVED_TOKEN,
	RESERVED_CRASHES,
	RESERVED_SUSPECT,
	RESERVED_PRIORITY,
	RESERVED_REDELIVERED
};

static bool check_range(uint32_t argument, zend_long value, zend_long max)
{
	if (value < 0 || value > max) {
		zend_argument_value_error(argument, "must be between 0 and " ZEND_LONG_FMT ", " ZEND_LONG_FMT " given", max, value);
		return false;
	}
	return true;
}

ZEND_METHOD(Ecoq_OutgoingMessage, __construct)
{
	zend_string *body, *id = ZSTR_EMPTY_ALLOC(), *type = ZSTR_EMPTY_ALLOC();
	zend_long priority = ECOQ_PRIORITY_DEFAULT, deliver_at = 0, expires_at = 0;
	ZEND_PARSE_PARAMETERS_START(1, 6)
		Z_PARAM_STR(body)
		Z_PARAM_OPTIONAL
		Z_PARAM_STR(id)
		Z_PARAM_STR(type)
		Z_PARAM_LONG(priority)
		Z_PARAM_LONG(deliver_at)
		Z_PARAM_LONG(expires_at)
	ZEND_PARSE_PARAMETERS_END();

	zend_object *object = Z_OBJ_P(ZEND_THIS);
	if (!ecoq_value_is_new(object) || !check_range(4, priority, ECOQ_PRIORITY_MAX) || !check_range(5, deliver_at, ZEND_LONG_MAX)
		|| !check_range(6, expires_at, ZEND_LONG_MAX)) {
		RETURN_THROWS();
	}
	ZVAL_STR_COPY(OBJ_PROP_NUM(object, OUTGOING_BODY), body);
	ZVAL_STR_COPY(OBJ_PROP_NUM(object, OUTGOING_ID), id);
	ZVAL_STR_COPY(OBJ_PROP_NUM(object, OUTGOING_TYPE), type);
	ZVAL_LONG(OBJ_PROP_NUM(object, OUTGOING_PRIORITY), priority);
	ZVAL_LONG(OBJ_PROP_NUM(object, OUTGOING_DELIVER_AT), deliver_at);
	ZVAL_LONG(OBJ_PROP_NUM(object, OUTGOING_EXPIRES_AT), expires_at);
}

ZEND_METHOD(Ecoq_OutgoingMessage, __set_state)
{
	HashTable *properties;
	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_ARRAY_HT(properties)
	ZEND_PARSE_PARAMETERS_END();
	ecoq_value_set_state(ecoq_ce_OutgoingMessage, properties, return_value);
}

void ecoq_outgoing_message_create(const ecoq_outgoing *message, zval *object)
{
	object_init_ex(object, ecoq_ce_OutgoingMessage);
	zend_object *std = Z_OBJ_P(object);
	ZVAL_STRINGL_FAST(OBJ_PROP_NUM(std, OUTGOING_BODY), message->body.data, message->body.size);
	ZVAL_STRINGL_FAST(OBJ_PROP_NUM(std, OUTGOING_ID), message->id.data, message->id.size);
	ZVAL_STRINGL_FAST(OBJ_PROP_NUM(std, OUTGOING_TYPE), message->type.data, message->type.size);
	ZVAL_LONG(OBJ_PROP_NUM(std, OUTGOING_PRIORITY), message->priority);
	ZVAL_LONG(OBJ_PROP_NUM(std, OUTGOING_DELIVER_AT), message->deliver_at);
	ZVAL_LONG(OBJ_PROP_NUM(std, OUTGOING_EXPIRES_AT), message->expires_at);
}

ZEND_METHOD(Ecoq_ReservedMessage, __construct)
{
	zend_string *body, *token;
	zend_long crashes = 0, priority = ECOQ_PRIORITY_DEFAULT;
	bool suspect = false, redelivered = false;
	ZEND_PARSE_PARAMETERS_START(2, 6)
		Z_PARAM_STR(body)
		Z_PARAM_STR(token)
		Z_PARAM_OPTIONAL
		Z_PARAM_LONG(crashes)
		Z_PARAM_BOOL(suspect)
		Z_PARAM_LONG(priority)
		Z_PARAM_BOOL(redelivered)
	ZEND_PARSE_PARAMETERS_END();

	zend_object *object = Z_OBJ_P(ZEND_THIS);
	if (!ecoq_value_is_new(object) || !check_range(3, crashes, UINT32_MAX) || !check_range(5, priority, ECOQ_PRIORITY_MAX)) {
		RETURN_THROWS();
	}
	if (!ZSTR_LEN(token)) {
		zend_argument_value_error(2, "cannot be empty");
		RETURN_THROWS();
	}
	ZVAL_STR_COPY(OBJ_PROP_NUM(object, RESERVED_BODY), body);
	ZVAL_STR_COPY(OBJ_PROP_NUM(object, RESERVED_TOKEN), token);
	ZVAL_LONG(OBJ_PROP_NUM(object, RESERVED_CRASHES), crashes);
	ZVAL_BOOL(OBJ_PROP_NUM(object, RESERVED_SUSPECT), suspect);
	ZVAL_LONG(OBJ_PROP_NUM(object, RESERVED_PRIORITY), priority);
	ZVAL_BOOL(OBJ_PROP_NUM(object, RESERVED_REDELIVERED), redelivered);
}

ZEND_METHOD(Ecoq_ReservedMessage, __set_state)
{
	HashTable *properties;
	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_ARRAY_HT(properties)
	ZEND_PARSE_PARAMETERS_END();
	ecoq_value_set_state(ecoq_ce_ReservedMessage, properties, return_value);
}

bool ecoq_reserved_message_fields(const zend_object *object, ecoq_reserved_fields *fields)
{
	const zval *slots = object->properties_table;
	if (!ecoq_value_is_complete(object)) {
		return false;
	}
	*fields = (ecoq_reserved_fields){
		.body = Z_STR(slots[RESERVED_BODY]),
		.token = Z_STR(slots[RESERVED_TOKEN]),
		.crashes = (uint32_t) Z_LVAL(slots[RESERVED_CRASHES]),
		.priority = (uint8_t) Z_LVAL(slots[RESERVED_PRIORITY]),
		.suspect = Z_TYPE(slots[RESERVED_SUSPECT]) == IS_TRUE,
		.redelivered = Z_TYPE(slots[RESERVED_REDELIVERED]) == IS_TRUE,
	};
	return true;
}

void ecoq_userland_classes_minit(void)
{
	ecoq_ce_Transport = register_class_Ecoq_Transport();
	ecoq_ce_OutgoingMessage = register_class_Ecoq_OutgoingMessage();
	ecoq_ce_ReservedMessage = register_class_Ecoq_ReservedMessage();
}
