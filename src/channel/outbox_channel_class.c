#include "channel/channel_definition.h"
#include "channel/outbox.h"
#include "php/exceptions.h"
#include "php/value.h"
#include "transport/userland.h"

#include "stubs/OutboxChannel_arginfo.h"

zend_class_entry *ecoq_ce_OutboxChannel;

static zend_object_handlers handlers;

typedef struct outbox_channel {
	zval inner; /* an Ecoq\Channel; UNDEF: not constructed */
	zend_object std;
} outbox_channel;

static outbox_channel *from_obj(zend_object *object)
{
	return (outbox_channel *) ((char *) object - XtOffsetOf(outbox_channel, std));
}

static zend_object *create(zend_class_entry *ce)
{
	outbox_channel *self = zend_object_alloc(sizeof(*self), ce);
	zend_object_std_init(&self->std, ce);
	object_properties_init(&self->std, ce);
	self->std.handlers = &handlers;
	return &self->std;
}

static void free_object(zend_object *object)
{
	zval_ptr_dtor(&from_obj(object)->inner);
	zend_object_std_dtor(object);
}

static zend_object *clone_object(zend_object *object)
{
	zend_object *copy = create(object->ce);
	ZVAL_COPY(&from_obj(copy)->inner, &from_obj(object)->inner);
	zend_objects_clone_members(copy, object);
	return copy;
}

static HashTable *get_gc(zend_object *object, zval **table, int *count)
{
	*table = &from_obj(object)->inner;
	*count = 1;
	return zend_std_get_properties(object);
}

/* For var_dump(): the inner channel hides its secrets itself. */
static HashTable *get_debug_info(zend_object *object, int *is_temporary)
{
	outbox_channel *self = from_obj(object);
	HashTable *info = zend_new_array(1);
	*is_temporary = 1;
	if (!Z_ISUNDEF(self->inner)) {
		Z_ADDREF(self->inner);
		zend_hash_str_add_new(info, ZEND_STRL("channel"), &self->inner);
	}
	return info;
}

static bool is_transport(const zval *value)
{
	return Z_TYPE_P(value) == IS_STRING || ecoq_is_pdo(value)
		|| (Z_TYPE_P(value) == IS_OBJECT && instanceof_function(Z_OBJCE_P(value), ecoq_ce_Transport));
}

ZEND_METHOD(Ecoq_OutboxChannel, __construct)
{
	zval *channel;
	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_ZVAL(channel)
	ZEND_PARSE_PARAMETERS_END();

	outbox_channel *self = from_obj(Z_OBJ_P(ZEND_THIS));
	zend_class_entry *ce = Z_TYPE_P(channel) == IS_OBJECT ? Z_OBJCE_P(channel) : NULL;
	if (!Z_ISUNDEF(self->inner)) {
		zend_throw_error(NULL, "Cannot call Ecoq\\OutboxChannel::__construct() twice, the object is immutable");
	} else if (ce == ecoq_ce_OutboxChannel) {
		ecoq_throw_configuration("An OutboxChannel cannot be put into another one: give the channel that its messages are relayed to");
	} else if (ce == ecoq_ce_Channel) {
		ZVAL_COPY(&self->inner, channel);
	} else if (is_transport(channel)) {
		object_init_ex(&self->inner, ecoq_ce_Channel);
		ZVAL_COPY(&ecoq_channel_definition_from_obj(Z_OBJ(self->inner))->transport, channel);
	} else {
		zend_argument_type_error(1, "must be of type string|PDO|Ecoq\\Transport|Ecoq\\Channel, %s given", ce ? ZSTR_VAL(ce->name) : zend_zval_type_name(channel));
	}
}

zval *ecoq_outbox_channel_inner(zval *definition)
{
	bool is_one = Z_TYPE_P(definition) == IS_OBJECT && Z_OBJCE_P(definition) == ecoq_ce_OutboxChannel;
	return is_one ? &from_obj(Z_OBJ_P(definition))->inner : NULL;
}

void ecoq_outbox_minit(void)
{
	ecoq_ce_OutboxChannel = register_class_Ecoq_OutboxChannel();
	ecoq_ce_OutboxChannel->create_object = create;
	ecoq_mark_parameter_sensitive(ecoq_ce_OutboxChannel, 0);
	handlers = std_object_handlers;
	handlers.offset = XtOffsetOf(outbox_channel, std);
	handlers.free_obj = free_object;
	handlers.clone_obj = clone_object;
	handlers.get_gc = get_gc;
	handlers.get_debug_info = get_debug_info;
	handlers.compare = ecoq_compare_identity;
}
