#include "messaging/buses.h"

#include "messaging/gateway.h"

static zend_class_entry *ce_CommandBus, *ce_EventBus, *ce_QueryBus;
static zend_object_handlers bus_handlers;

/* The three classes share this shape; they differ in their methods only. */
typedef struct bus {
	zend_object *messaging; /* one reference */
	zend_object std;
} bus;

static bus *bus_from_obj(zend_object *object)
{
	return (bus *) ((char *) object - XtOffsetOf(bus, std));
}

static ecoq_messaging *messaging_of(zval *this)
{
	zend_object *messaging = bus_from_obj(Z_OBJ_P(this))->messaging;
	if (!messaging) {
		zend_throw_error(NULL, "%s is made by Ecoq\\Messaging: take it as a handler parameter", ZSTR_VAL(Z_OBJCE_P(this)->name));
		return NULL;
	}
	return ecoq_messaging_from_obj(messaging);
}

static zend_object *bus_create(zend_class_entry *ce)
{
	bus *object = zend_object_alloc(sizeof(*object), ce);
	zend_object_std_init(&object->std, ce);
	object_properties_init(&object->std, ce);
	object->messaging = NULL;
	object->std.handlers = &bus_handlers;
	return &object->std;
}

static void bus_free(zend_object *object)
{
	if (bus_from_obj(object)->messaging) {
		OBJ_RELEASE(bus_from_obj(object)->messaging);
	}
	zend_object_std_dtor(object);
}

static HashTable *bus_get_gc(zend_object *object, zval **table, int *count)
{
	zend_get_gc_buffer *buffer = zend_get_gc_buffer_create();
	if (bus_from_obj(object)->messaging) {
		zend_get_gc_buffer_add_obj(buffer, bus_from_obj(object)->messaging);
	}
	zend_get_gc_buffer_use(buffer, table, count);
	return NULL;
}

bool ecoq_bus_by_class_name(ecoq_messaging *messaging, const zend_string *class_name, zval *result)
{
	zend_class_entry *const classes[] = {ce_CommandBus, ce_EventBus, ce_QueryBus};
	if (zend_string_equals_ci(class_name, ecoq_ce_Messaging->name)) {
		ZVAL_OBJ_COPY(result, &messaging->std);
		return true;
	}
	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++) {
		if (zend_string_equals_ci(class_name, classes[i]->name)) {
			object_init_ex(result, classes[i]);
			GC_ADDREF(&messaging->std);
			bus_from_obj(Z_OBJ_P(result))->messaging = &messaging->std;
			return true;
		}
	}
	return false;
}

static void bus_method(INTERNAL_FUNCTION_PARAMETERS, void (*method)(INTERNAL_FUNCTION_PARAMETERS, ecoq_messaging *))
{
	ecoq_messaging *messaging = messaging_of(ZEND_THIS);
	if (messaging) {
		method(INTERNAL_FUNCTION_PARAM_PASSTHRU, messaging);
	}
}

#define BUS_CONSTRUCTOR(class_name) \
	ZEND_METHOD(Ecoq_##class_name, __construct) \
	{ \
		ZEND_PARSE_PARAMETERS_NONE(); \
	}

#define BUS_METHOD(class_name, name, function) \
	ZEND_METHOD(Ecoq_##class_name, name) \
	{ \
		bus_method(INTERNAL_FUNCTION_PARAM_PASSTHRU, function); \
	}

BUS_CONSTRUCTOR(CommandBus)
BUS_CONSTRUCTOR(EventBus)
BUS_CONSTRUCTOR(QueryBus)
BUS_METHOD(CommandBus, send, ecoq_method_send)
BUS_METHOD(CommandBus, sendTo, ecoq_method_send_to)
BUS_METHOD(EventBus, publish, ecoq_method_publish)
BUS_METHOD(EventBus, publishTo, ecoq_method_publish_to)
BUS_METHOD(QueryBus, query, ecoq_method_query)
BUS_METHOD(QueryBus, queryTo, ecoq_method_query_to)

void ecoq_buses_minit(zend_class_entry *command_bus, zend_class_entry *event_bus, zend_class_entry *query_bus)
{
	ce_CommandBus = command_bus;
	ce_EventBus = event_bus;
	ce_QueryBus = query_bus;
	command_bus->create_object = event_bus->create_object = query_bus->create_object = bus_create;
	memcpy(&bus_handlers, zend_get_std_object_handlers(), sizeof(bus_handlers));
	bus_handlers.offset = XtOffsetOf(bus, std);
	bus_handlers.free_obj = bus_free;
	bus_handlers.clone_obj = NULL;
	bus_handlers.get_gc = bus_get_gc;
}
