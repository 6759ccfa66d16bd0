#include "messaging/gateway.h"

#include "base/clock.h"
#include "envelope/headers.h"
#include "envelope/message_id.h"
#include "envelope/payload.h"
#include "messaging/copy_times.h"
#include "messaging/incoming.h"
#include "messaging/unit_of_work.h"
#include "php/bytes.h"
#include "php/exceptions.h"

/* ---- Collecting copies ---- */

/* What the copies of one message share. */
typedef struct fan_out {
	ecoq_messaging *messaging;
	ecoq_incoming *incoming; /* the message being sent; its outer one is its parent */
	const ecoq_send_options *options;
	zend_string *event_id; /* NULL: a command, whose one copy keeps the id */
	zend_string *data;     /* JSON of the payload; made for the first copy */
	bool data_is_value;
	int64_t now;
} fan_out;

static bool encode_once(fan_out *fan)
{
	if (!fan->data) {
		fan->data = ecoq_payload_encode(&fan->incoming->payload, &fan->data_is_value);
	}
	return fan->data != NULL;
}

/* The payload's class, for handlers that declare an interface, a parent or several classes; NULL where the type says it already. */
static zend_string *class_to_name(const ecoq_incoming *incoming)
{
	if (Z_TYPE(incoming->payload) != IS_OBJECT || Z_OBJCE(incoming->payload) == zend_standard_class_def) {
		return NULL;
	}
	zend_string *name = Z_OBJCE(incoming->payload)->name;
	return zend_string_equals(name, incoming->type) ? NULL : name;
}

static bool collect_copy(fan_out *fan, const ecoq_endpoint *endpoint)
{
	ecoq_channel *channel = ecoq_messaging_channel(fan->messaging, endpoint->channels[0]);
	zend_string *id = ecoq_incoming_id(fan->incoming);
	zend_string *trace_id = ecoq_incoming_trace_id(fan->incoming);
	HashTable *headers = ecoq_incoming_headers(fan->incoming);
	if (!channel || !id || !trace_id || !headers || !encode_once(fan)) {
		return false;
	}
	ecoq_incoming *parent = fan->incoming->outer;
	int priority = fan->options->priority >= 0 ? fan->options->priority : endpoint->priority;
	ecoq_envelope_parts parts = {
		.type = ecoq_bytes_of(fan->incoming->type),
		.trace_id = ecoq_bytes_of(trace_id),
		.queue = ecoq_bytes_of(channel->queue),
		.data = ecoq_bytes_of(fan->data),
		.data_is_value = fan->data_is_value,
		.headers = headers,
		.endpoint = ecoq_bytes_of(endpoint->id),
		.event_id = ecoq_bytes_of(fan->event_id),
		.parent_id = parent ? ecoq_bytes_of(ecoq_incoming_id(parent)) : ECOQ_NO_BYTES,
		.payload_class = ecoq_bytes_of(class_to_name(fan->incoming)),
		.priority = priority == ECOQ_PRIORITY_DEFAULT ? -1 : (int8_t) priority,
		.created_at = fan->now,
	};
	ecoq_copy_times times = {.delay_ms = fan->options->delay_ms, .time_to_live_ms = fan->options->time_to_live_ms};
	if (EG(exception) || !ecoq_copy_times_find(endpoint, &fan->incoming->invocation, fan->now, &times)) {
		return false;
	}
	parts.deliver_at = times.deliver_at;
	parts.expires_at = times.expires_at;
	zend_string *copy_id = fan->event_id ? ecoq_message_id_for_endpoint(ecoq_bytes_of(id), ecoq_bytes_of(endpoint->id)) : zend_string_copy(id);
	parts.id = ecoq_bytes_of(copy_id);
	zend_string *body = ecoq_envelope_write(&parts);
	if (!body) {
		zend_string_release(copy_id);
		return false;
	}
	if (ZSTR_LEN(body) > channel->limits.max_body) {
		ecoq_throw_envelope("too_large", "a message of type %s for channel \"%s\" takes %zu bytes, at most %zu are allowed (option max-body)",
			ZSTR_VAL(fan->incoming->type), ZSTR_VAL(channel->name), ZSTR_LEN(body), channel->limits.max_body);
		zend_string_release(copy_id);
		zend_string_release(body);
		return false;
	}
	ecoq_channel_addref(channel);
	ecoq_unit_collect(fan->messaging, &(ecoq_collected){
										  .channel = channel,
										  .body = body,
										  .id = copy_id,
										  .type = zend_string_copy(fan->incoming->type),
										  .trace_id = zend_string_copy(trace_id),
										  /* only the last of several channels delays; until then the header carries the instant */
										  .deliver_at = endpoint->channel_count == 1 ? parts.deliver_at : 0,
										  .expires_at = parts.expires_at,
										  .priority = priority >= 0 ? (uint8_t) priority : ECOQ_PRIORITY_DEFAULT,
										  .id_is_new = true,
									  });
	return true;
}

static void fan_out_free(fan_out *fan)
{
	if (fan->data) {
		zend_string_release(fan->data);
	}
}

/* ---- Calling synchronous endpoints ---- */

static bool call_now(ecoq_incoming *incoming, ecoq_endpoint *endpoint, zval *result)
{
	bool ran;
	incoming->endpoint = endpoint;
	/* the Message names its endpoint (idempotencyKey), so each subscriber gets one of its own */
	zval_ptr_dtor(&incoming->invocation.message);
	ZVAL_UNDEF(&incoming->invocation.message);
	ecoq_incoming_enter(incoming);
	bool ok = ecoq_endpoint_call(endpoint, &incoming->invocation, result, &ran);
	ecoq_incoming_leave(incoming);
	return ok;
}

static void throw_no_handler(const char *what, zend_string *type)
{
	zend_throw_exception_ex(ecoq_ce_HandlerNotFoundException, 0, "No %s handler for \"%s\": give a class with a method that has #[%s] for it in handlers:",
		what, ZSTR_VAL(type), strcmp(what, "query") == 0 ? "QueryHandler" : "CommandHandler");
}

/* Nothing is silently ignored: a time or priority given for a call that happens at once is a mistake. */
static bool refuse_channel_options(const ecoq_send_options *options, zend_string *type)
{
	const char *name = options->delay_ms >= 0 ? "delay" : options->time_to_live_ms >= 0 ? "timeToLive"
		: options->priority >= 0                                                        ? "priority"
																						: NULL;
	if (name) {
		ecoq_throw_configuration("%s: was given for \"%s\", which is handled synchronously, so it would have no effect: make a handler #[Asynchronous], or leave it out",
			name, ZSTR_VAL(type));
	}
	return name != NULL;
}

/* Ends the unit of work of a command or query, and frees `incoming`. */
static bool finish(ecoq_incoming *incoming, size_t mark, bool ok, zval *result)
{
	ecoq_messaging *messaging = incoming->messaging;
	if (ok) {
		ok = ecoq_unit_commit(messaging);
	} else {
		ecoq_unit_roll_back(messaging, mark);
	}
	ecoq_incoming_free(incoming);
	if (!ok) {
		zval_ptr_dtor(result);
		ZVAL_UNDEF(result);
	}
	return ok;
}

bool ecoq_gateway_send(ecoq_messaging *messaging, zend_string *type, zval *payload, const ecoq_send_options *options, zval *result)
{
	ZVAL_UNDEF(result);
	ecoq_endpoint *endpoint = ecoq_registry_command(messaging->registry, type);
	if (!endpoint) {
		throw_no_handler("command", type);
		return false;
	}
	if (endpoint->channel_count == 0 && refuse_channel_options(options, type)) {
		return false;
	}
	ecoq_incoming incoming;
	ecoq_incoming_init_local(&incoming, messaging, type, payload, options->headers);
	size_t mark = ecoq_unit_begin(messaging);
	bool ok;
	if (endpoint->channel_count == 0) {
		ok = call_now(&incoming, endpoint, result);
	} else {
		fan_out fan = {.messaging = messaging, .incoming = &incoming, .options = options, .now = ecoq_clock_now_ms()};
		ok = collect_copy(&fan, endpoint);
		fan_out_free(&fan);
		if (ok) {
			ZVAL_STR_COPY(result, incoming.id);
		}
	}
	return finish(&incoming, mark, ok, result);
}

bool ecoq_gateway_query(ecoq_messaging *messaging, zend_string *type, zval *payload, HashTable *headers, zval *result)
{
	ZVAL_UNDEF(result);
	ecoq_endpoint *endpoint = ecoq_registry_query(messaging->registry, type);
	if (!endpoint) {
		throw_no_handler("query", type);
		return false;
	}
	ecoq_incoming incoming;
	ecoq_incoming_init_local(&incoming, messaging, type, payload, headers);
	size_t mark = ecoq_unit_begin(messaging);
	bool ok = call_now(&incoming, endpoint, result);
	return finish(&incoming, mark, ok, result);
}

/* ---- Events ---- */

/* The failures of synchronous subscribers: endpoint id => Throwable. */
static void keep_failure(zval *failures, const ecoq_endpoint *endpoint)
{
	zval exception;
	ZVAL_OBJ_COPY(&exception, EG(exception));
	zend_clear_exception();
	if (Z_ISUNDEF_P(failures)) {
		array_init(failures);
	}
	zend_hash_update(Z_ARRVAL_P(failures), endpoint->id, &exception);
}

/* Throws what was kept: one failure as it is, several together. Takes over `failures`. */
static void throw_failures(zval *failures, zend_string *type)
{
	HashTable *list = Z_ARRVAL_P(failures);
	zval *first = NULL;
	ZEND_HASH_FOREACH_VAL(list, first) {
		break;
	}
	ZEND_HASH_FOREACH_END();
	if (zend_hash_num_elements(list) == 1) {
		Z_ADDREF_P(first);
		zend_throw_exception_object(first);
	} else {
		smart_str text = {0};
		zend_string *id;
		zval *failure;
		smart_str_append_printf(&text, "%u subscribers of \"%s\" failed:", zend_hash_num_elements(list), ZSTR_VAL(type));
		ZEND_HASH_FOREACH_STR_KEY_VAL(list, id, failure) {
			zval unused, *message = zend_read_property_ex(zend_get_exception_base(Z_OBJ_P(failure)), Z_OBJ_P(failure), ZSTR_KNOWN(ZEND_STR_MESSAGE), 1, &unused);
			smart_str_append_printf(&text, " %s (%s: %s)", ZSTR_VAL(id), ZSTR_VAL(Z_OBJCE_P(failure)->name), Z_TYPE_P(message) == IS_STRING ? Z_STRVAL_P(message) : "");
		}
		ZEND_HASH_FOREACH_END();
		smart_str_0(&text);
		zend_object *exception = zend_throw_exception(ecoq_ce_HandlersFailedException, ZSTR_VAL(text.s), 0);
		smart_str_free(&text);
		zend_update_property(ecoq_ce_HandlersFailedException, exception, ZEND_STRL("failures"), failures);
	}
	zval_ptr_dtor(failures);
}

/* Collects a copy for each asynchronous subscriber; false with an exception pending. */
static bool collect_copies(fan_out *fan, const ecoq_endpoint_list *subscribers)
{
	for (uint32_t i = 0; i < subscribers->count; i++) {
		if (subscribers->items[i]->channel_count > 0 && !collect_copy(fan, subscribers->items[i])) {
			return false;
		}
	}
	return true;
}

/* Runs each synchronous subscriber; what a failing one sent is forgotten. False when an exception that is no failure (exit) is pending. */
static bool run_subscribers(ecoq_messaging *messaging, ecoq_incoming *incoming, const ecoq_endpoint_list *subscribers, zval *failures)
{
	for (uint32_t i = 0; i < subscribers->count; i++) {
		ecoq_endpoint *endpoint = subscribers->items[i];
		if (endpoint->channel_count > 0) {
			continue;
		}
		size_t mark = messaging->unit->count;
		if (!call_now(incoming, endpoint, NULL)) {
			ecoq_unit_discard_since(messaging, mark);
			if (!EG(exception) || zend_is_unwind_exit(EG(exception)) || zend_is_graceful_exit(EG(exception))) {
				return false;
			}
			keep_failure(failures, endpoint);
		}
	}
	return true;
}

static bool has_asynchronous(const ecoq_endpoint_list *subscribers)
{
	for (uint32_t i = 0; i < subscribers->count; i++) {
		if (subscribers->items[i]->channel_count > 0) {
			return true;
		}
	}
	return false;
}

bool ecoq_gateway_publish(ecoq_messaging *messaging, zend_string *type, zval *payload, const ecoq_send_options *options)
{
	zend_class_entry *ce = Z_TYPE_P(payload) == IS_OBJECT ? Z_OBJCE_P(payload) : NULL;
	const ecoq_endpoint_list *subscribers = ecoq_registry_subscribers(messaging->registry, type, ce);
	if (!subscribers || (subscribers->count > 0 && !has_asynchronous(subscribers) && refuse_channel_options(options, type))) {
		return false;
	}
	if (subscribers->count == 0) {
		return true;
	}
	ecoq_incoming incoming;
	zval failures;
	ZVAL_UNDEF(&failures);
	ecoq_incoming_init_local(&incoming, messaging, type, payload, options->headers);
	size_t mark = ecoq_unit_begin(messaging);
	bool outermost = messaging->unit->depth == 1;
	fan_out fan = {.messaging = messaging, .incoming = &incoming, .options = options, .now = ecoq_clock_now_ms()};
	fan.event_id = ecoq_incoming_id(&incoming);
	bool ok = fan.event_id && collect_copies(&fan, subscribers) && run_subscribers(messaging, &incoming, subscribers, &failures);
	fan_out_free(&fan);
	/* In the unit that this call opened, the copies leave whatever a synchronous subscriber did; in an enclosing one the exception decides. */
	if (ok && (outermost || Z_ISUNDEF(failures))) {
		ok = ecoq_unit_commit(messaging);
	} else {
		ecoq_unit_roll_back(messaging, ok ? messaging->unit->count : mark);
	}
	ecoq_incoming_free(&incoming);
	if (ok && !Z_ISUNDEF(failures)) {
		throw_failures(&failures, type);
		return false;
	}
	zval_ptr_dtor(&failures);
	return ok;
}
