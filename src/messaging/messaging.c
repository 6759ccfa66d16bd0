#include "messaging/messaging.h"

/* The generated methods table names Messaging::worker(), which src/worker implements. */
#include "stubs/Messaging_arginfo.h"

#include "channel/outbox.h"
#include "channel/channel_options.h"
#include "messaging/after_commit.h"
#include "messaging/buses.h"
#include "messaging/dead_letters.h"
#include "messaging/deduplication.h"
#include "messaging/error_channel.h"
#include "messaging/gateway.h"
#include "messaging/hooks.h"
#include "messaging/transactional.h"
#include "php/exceptions.h"
#include "php/value.h"

zend_class_entry *ecoq_ce_Messaging;
static zend_object_handlers messaging_handlers;

static ecoq_messaging *this_messaging(zval *this)
{
	ecoq_messaging *messaging = ecoq_messaging_from_obj(Z_OBJ_P(this));
	if (!messaging->registry) {
		zend_throw_error(NULL, "Ecoq\\Messaging was not constructed");
		return NULL;
	}
	return messaging;
}

static void release_channel(zval *slot)
{
	ecoq_channel_release(Z_PTR_P(slot));
}

static zend_object *messaging_create(zend_class_entry *ce)
{
	ecoq_messaging *messaging = zend_object_alloc(sizeof(*messaging), ce);
	memset(messaging, 0, XtOffsetOf(ecoq_messaging, std));
	zend_object_std_init(&messaging->std, ce);
	object_properties_init(&messaging->std, ce);
	zend_hash_init(&messaging->channels, 8, NULL, release_channel, 0);
	zend_hash_init(&messaging->instances, 8, NULL, ZVAL_PTR_DTOR, 0);
	ZVAL_UNDEF(&messaging->container);
	ZVAL_UNDEF(&messaging->logger);
	messaging->std.handlers = &messaging_handlers;
	return &messaging->std;
}

static void messaging_free(zend_object *object)
{
	ecoq_messaging *messaging = ecoq_messaging_from_obj(object);
	if (messaging->registry) {
		ecoq_registry_free(messaging->registry);
	}
	ecoq_unit_of_work_class_abandon(messaging);
	ecoq_after_commit_remove(messaging);
	ecoq_after_commit_free(messaging);
	ecoq_hooks_free(messaging->hooks);
	zend_hash_destroy(&messaging->instances);
	if (messaging->outbox) {
		ecoq_channel_release(messaging->outbox);
	}
	zend_hash_destroy(&messaging->channels);
	if (messaging->database) {
		ecoq_database_release(messaging->database);
	}
	if (messaging->service) {
		zend_string_release(messaging->service);
	}
	zval_ptr_dtor(&messaging->container);
	zval_ptr_dtor(&messaging->logger);
	zend_object_std_dtor(object);
}

static HashTable *messaging_get_gc(zend_object *object, zval **table, int *count)
{
	ecoq_messaging *messaging = ecoq_messaging_from_obj(object);
	zend_get_gc_buffer *buffer = zend_get_gc_buffer_create();
	zval *instance;
	if (messaging->hooks) {
		ecoq_hooks_get_gc(messaging->hooks, buffer);
	}
	zend_get_gc_buffer_add_zval(buffer, &messaging->container);
	zend_get_gc_buffer_add_zval(buffer, &messaging->logger);
	if (messaging->database) {
		zend_get_gc_buffer_add_zval(buffer, &messaging->database->source);
	}
	ZEND_HASH_FOREACH_VAL(&messaging->instances, instance) {
		zend_get_gc_buffer_add_zval(buffer, instance);
	}
	ZEND_HASH_FOREACH_END();
	if (messaging->registry) {
		ecoq_registry_get_gc(messaging->registry, buffer);
	}
	zend_get_gc_buffer_use(buffer, table, count);
	return NULL;
}

static bool create_channels(ecoq_messaging *messaging, HashTable *definitions)
{
	zend_string *name;
	zval *definition;
	ZEND_HASH_FOREACH_STR_KEY_VAL(definitions, name, definition) {
		if (!name || ZSTR_LEN(name) == 0) {
			ecoq_throw_configuration("channels: must have channel names as keys: ['orders' => 'sqlite:/var/queue.sqlite']");
			return false;
		}
		ZVAL_DEREF(definition);
		ecoq_channel *channel = ecoq_channel_create(name, definition);
		if (!channel) {
			return false;
		}
		zend_hash_add_new_ptr(&messaging->channels, name, channel);
		if (messaging->database) {
			ecoq_channel_set_database(channel, messaging->database);
		}
		if (messaging->service) {
			ecoq_channel_set_service(channel, messaging->service);
		}
		if (!ecoq_channel_check_database(channel, messaging->database != NULL)) {
			return false;
		}
	}
	ZEND_HASH_FOREACH_END();
	return ecoq_error_channels_check(messaging);
}

/* What an attribute asks for, the channel's transport must be able to do. */
static bool check_features(const ecoq_endpoint *endpoint, const ecoq_channel *channel)
{
	const char *missing = NULL;
	if (endpoint->delay.is_set && !(channel->ops->capabilities & ECOQ_CAN_DELAY)) {
		missing = "#[Delayed]";
	} else if (endpoint->priority >= 0 && !(channel->ops->capabilities & ECOQ_CAN_PRIORITY)) {
		missing = "#[Priority]";
	}
	if (endpoint->timeout_ms > 0 && channel->timeout_ms > 0 && endpoint->timeout_ms > channel->timeout_ms) {
		ecoq_throw_configuration("%s, #[Timeout]: %lld ms is longer than the timeout of channel \"%s\" (%lld ms), after which another worker takes the message over: raise that one",
			ZSTR_VAL(endpoint->id), (long long) endpoint->timeout_ms, ZSTR_VAL(channel->name), (long long) channel->timeout_ms);
		return false;
	}
	if (missing) {
		ecoq_throw_configuration("%s, %s: channel \"%s\" (transport %s) cannot do that: use another channel or leave the attribute out", ZSTR_VAL(endpoint->id),
			missing, ZSTR_VAL(channel->name), channel->ops->name);
	}
	return !missing;
}

static bool check_endpoint(ecoq_messaging *messaging, const ecoq_endpoint *endpoint)
{
	for (uint32_t i = 0; i < endpoint->channel_count; i++) {
		ecoq_channel *channel = zend_hash_find_ptr(&messaging->channels, endpoint->channels[i]);
		if (!channel) {
			zend_string *list = ecoq_messaging_channel_names(messaging);
			ecoq_throw_configuration("%s, #[Asynchronous]: no channel \"%s\" is configured; configured channels: %s", ZSTR_VAL(endpoint->id),
				ZSTR_VAL(endpoint->channels[i]), ZSTR_VAL(list));
			zend_string_release(list);
			return false;
		}
		if (!check_features(endpoint, channel)) {
			return false;
		}
	}
	return true;
}

static bool check_endpoints(ecoq_messaging *messaging)
{
	if (!ecoq_deduplication_check(messaging)) {
		return false;
	}
	const ecoq_endpoint_list *all = ecoq_registry_all(messaging->registry);
	for (uint32_t i = 0; i < all->count; i++) {
		if (!check_endpoint(messaging, all->items[i])) {
			return false;
		}
	}
	return true;
}

ZEND_METHOD(Ecoq_Messaging, __construct)
{
	HashTable *handlers = NULL, *channels = NULL;
	zval *database = NULL, *container = NULL, *logger = NULL;
	zend_string *service = NULL;
	ZEND_PARSE_PARAMETERS_START(0, 6)
		Z_PARAM_OPTIONAL
		Z_PARAM_ARRAY_HT(handlers)
		Z_PARAM_ARRAY_HT(channels)
		Z_PARAM_ZVAL_OR_NULL(database)
		Z_PARAM_OBJECT_OR_NULL(container)
		Z_PARAM_OBJECT_OR_NULL(logger)
		Z_PARAM_STR_OR_NULL(service)
	ZEND_PARSE_PARAMETERS_END();

	ecoq_messaging *messaging = ecoq_messaging_from_obj(Z_OBJ_P(ZEND_THIS));
	if (messaging->registry) {
		zend_throw_error(NULL, "Cannot call constructor of Ecoq\\Messaging twice");
		RETURN_THROWS();
	}
	HashTable *none = (HashTable *) &zend_empty_array;
	if (container) {
		ZVAL_COPY(&messaging->container, container);
	}
	if (logger) {
		ZVAL_COPY(&messaging->logger, logger);
	}
	if (database && !(messaging->database = ecoq_database_create(database))) {
		RETURN_THROWS();
	}
	messaging->service = service ? zend_string_copy(service) : NULL;
	if (!create_channels(messaging, channels ? channels : none) || !ecoq_outbox_check(&messaging->channels, messaging->database)) {
		RETURN_THROWS();
	}
	messaging->outbox = messaging->database ? ecoq_outbox_create(&messaging->channels) : NULL;
	messaging->registry = ecoq_registry_create(handlers ? handlers : none);
	if (messaging->registry && !check_endpoints(messaging)) {
		ecoq_registry_free(messaging->registry);
		messaging->registry = NULL;
	}
}

static void method(INTERNAL_FUNCTION_PARAMETERS, void (*function)(INTERNAL_FUNCTION_PARAMETERS, ecoq_messaging *))
{
	ecoq_messaging *messaging = this_messaging(ZEND_THIS);
	if (messaging) {
		function(INTERNAL_FUNCTION_PARAM_PASSTHRU, messaging);
	}
}

ZEND_METHOD(Ecoq_Messaging, send)
{
	method(INTERNAL_FUNCTION_PARAM_PASSTHRU, ecoq_method_send);
}

ZEND_METHOD(Ecoq_Messaging, sendTo)
{
	method(INTERNAL_FUNCTION_PARAM_PASSTHRU, ecoq_method_send_to);
}

ZEND_METHOD(Ecoq_Messaging, publish)
{
	method(INTERNAL_FUNCTION_PARAM_PASSTHRU, ecoq_method_publish);
}

ZEND_METHOD(Ecoq_Messaging, publishTo)
{
	method(INTERNAL_FUNCTION_PARAM_PASSTHRU, ecoq_method_publish_to);
}

ZEND_METHOD(Ecoq_Messaging, query)
{
	method(INTERNAL_FUNCTION_PARAM_PASSTHRU, ecoq_method_query);
}

ZEND_METHOD(Ecoq_Messaging, queryTo)
{
	method(INTERNAL_FUNCTION_PARAM_PASSTHRU, ecoq_method_query_to);
}

ZEND_METHOD(Ecoq_Messaging, transactional)
{
	method(INTERNAL_FUNCTION_PARAM_PASSTHRU, ecoq_method_transactional);
}

ZEND_METHOD(Ecoq_Messaging, unitOfWork)
{
	method(INTERNAL_FUNCTION_PARAM_PASSTHRU, ecoq_method_unit_of_work);
}

ZEND_METHOD(Ecoq_Messaging, channel)
{
	zend_string *name;
	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_STR(name)
	ZEND_PARSE_PARAMETERS_END();

	ecoq_messaging *messaging = this_messaging(ZEND_THIS);
	ecoq_channel *channel = messaging ? ecoq_messaging_channel(messaging, name) : NULL;
	if (channel) {
		ecoq_message_channel_create(channel, return_value);
	}
}

ZEND_METHOD(Ecoq_Messaging, deadLetters)
{
	ZEND_PARSE_PARAMETERS_NONE();
	if (this_messaging(ZEND_THIS)) {
		ecoq_dead_letters_create(Z_OBJ_P(ZEND_THIS), return_value);
	}
}

zend_string *ecoq_messaging_channel_names(ecoq_messaging *messaging)
{
	smart_str list = {0};
	zend_string *name;
	ZEND_HASH_FOREACH_STR_KEY(&messaging->channels, name) {
		if (list.s) {
			smart_str_appends(&list, ", ");
		}
		smart_str_append(&list, name);
	}
	ZEND_HASH_FOREACH_END();
	if (!list.s) {
		smart_str_appends(&list, "none");
	}
	smart_str_0(&list);
	return list.s;
}

ecoq_channel *ecoq_messaging_channel(ecoq_messaging *messaging, zend_string *name)
{
	ecoq_channel *channel = zend_hash_find_ptr(&messaging->channels, name);
	if (!channel && messaging->outbox && zend_string_equals_literal(name, ECOQ_OUTBOX_NAME)) {
		channel = messaging->outbox;
	}
	if (!channel) {
		zend_string *list = ecoq_messaging_channel_names(messaging);
		ecoq_throw_configuration("no channel \"%s\" is configured; configured channels: %s", ZSTR_VAL(name), ZSTR_VAL(list));
		zend_string_release(list);
	}
	return channel;
}

void ecoq_messaging_log(ecoq_messaging *messaging, const char *level, const char *message, HashTable *context)
{
	zval arguments[2], name, ignored;
	if (Z_ISUNDEF(messaging->logger)) {
		if (context) {
			zend_array_destroy(context);
		}
		return;
	}
	ZVAL_STRING(&name, level);
	ZVAL_STRING(&arguments[0], message);
	ZVAL_ARR(&arguments[1], context ? context : zend_new_array(0));
	ZVAL_UNDEF(&ignored);
	call_user_function(NULL, &messaging->logger, &name, &ignored, 2, arguments);
	/* a broken logger must not change what becomes of a message */
	if (EG(exception) && !zend_is_unwind_exit(EG(exception))) {
		zend_clear_exception();
	}
	zval_ptr_dtor(&ignored);
	zval_ptr_dtor(&name);
	zval_ptr_dtor(&arguments[0]);
	zval_ptr_dtor(&arguments[1]);
}

void ecoq_messaging_minit(void)
{
	ecoq_ce_Messaging = register_class_Ecoq_Messaging();
	ecoq_ce_Messaging->create_object = messaging_create;
	ecoq_mark_parameter_sensitive(ecoq_ce_Messaging, 1); /* channels: hold DSNs */
	memcpy(&messaging_handlers, zend_get_std_object_handlers(), sizeof(messaging_handlers));
	messaging_handlers.offset = XtOffsetOf(ecoq_messaging, std);
	messaging_handlers.free_obj = messaging_free;
	messaging_handlers.clone_obj = NULL;
	messaging_handlers.get_gc = messaging_get_gc;
	zend_class_entry *command_bus = register_class_Ecoq_CommandBus();
	zend_class_entry *event_bus = register_class_Ecoq_EventBus();
	ecoq_buses_minit(command_bus, event_bus, register_class_Ecoq_QueryBus());
	ecoq_dead_letters_minit();
	ecoq_unit_of_work_class_minit();
}
