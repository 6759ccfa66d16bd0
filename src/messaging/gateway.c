#include "messaging/gateway.h"

#include "base/clock.h"
#include "channel/group.h"
#include "envelope/headers.h"
#include "envelope/message_id.h"
#include "envelope/payload.h"
#include "messaging/copy_times.h"
#include "messaging/deduplication.h"
#include "messaging/incoming.h"
#include "messaging/retry_filter.h"
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

/* Each channel on the way to the handler has to keep the order; the first one is asked when the message is sent to it. */
static bool check_group(const fan_out *fan, const ecoq_endpoint *endpoint)
{
	const ecoq_outgoing probe = {.group = ecoq_bytes_of(fan->options->group), .priority = ECOQ_PRIORITY_DEFAULT};
	for (uint32_t i = 1; probe.group.size > 0 && i < endpoint->channel_count; i++) {
		ecoq_error error;
		const ecoq_channel *channel = ecoq_messaging_channel(fan->messaging, endpoint->channels[i]);
		ecoq_result result = channel ? ecoq_channel_check(channel, &probe, &error) : ECOQ_EXCEPTION;
		if (result != ECOQ_OK) {
			ecoq_throw_error(result, &error, "%s", ZSTR_VAL(endpoint->id));
			return false;
		}
	}
	return true;
}

/* A delay of the handler's own, too, that only the last of its channels would see. */
static bool refuse_delay(const fan_out *fan, const ecoq_endpoint *endpoint, const ecoq_copy_times *times)
{
	if (times->deliver_at > 0 && fan->options->group) {
		ecoq_throw_configuration("%s: a message of a group cannot be delayed (%s): it would hold back every later message of the group; leave out the delay, or the group",
			ZSTR_VAL(endpoint->id), fan->options->delay_ms > 0 ? "delay:" : "#[Delayed]");
		return true;
	}
	return false;
}

static bool collect_copy(fan_out *fan, const ecoq_endpoint *endpoint)
{
	ecoq_channel *channel = ecoq_messaging_channel(fan->messaging, endpoint->channels[0]);
	zend_string *id = ecoq_incoming_id(fan->incoming);
	zend_string *trace_id = ecoq_incoming_trace_id(fan->incoming);
	HashTable *headers = ecoq_incoming_headers(fan->incoming);
	if (!channel || !id || !trace_id || !headers || !encode_once(fan) || !check_group(fan, endpoint)) {
		return false;
	}
	ecoq_incoming *parent = fan->incoming->outer;
	int priority = fan->options->priority >= 0 ? fan->options->priority : endpoint->priority;
	size_t headers_size;
	ecoq_envelope_parts parts = {
		.type = ecoq_bytes_of(fan->incoming->type),
		.trace_id = ecoq_bytes_of(trace_id),
		.queue = ecoq_bytes_of(channel->queue),
		.data = ecoq_bytes_of(fan->data),
		.data_is_value = fan->data_is_value,
		.headers = headers,
		.endpoint = ecoq_bytes_of(endpoint->id),
		.group = ecoq_bytes_of(fan->options->group),
		.event_id = ecoq_bytes_of(fan->event_id),
		.parent_id = parent ? ecoq_bytes_of(ecoq_incoming_id(parent)) : ECOQ_NO_BYTES,
		.payload_class = ecoq_bytes_of(class_to_name(fan->incoming)),
		.priority = priority == ECOQ_PRIORITY_DEFAULT ? -1 : (int8_t) priority,
		.created_at = fan->now,
		.headers_size = &headers_size,
	};
	ecoq_copy_times times = {.delay_ms = fan->options->delay_ms, .time_to_live_ms = fan->options->time_to_live_ms};
	if (EG(exception) || !ecoq_copy_times_find(endpoint, &fan->incoming->invocation, fan->now, &times) || refuse_delay(fan, endpoint, &times)) {
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
	ecoq_channel_addref(channel);
	ecoq_unit_collect(fan->messaging, &(ecoq_collected){
										  .channel = channel,
										  .body = body,
										  .id = copy_id,
										  .type = zend_string_copy(fan->incoming->type),
										  .trace_id = zend_string_copy(trace_id),
										  .headers = ecoq_channel_headers(channel, ecoq_envelope_written_headers(body, headers_size)),
										  .group = ecoq_group_name(parts.endpoint, parts.group),
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

/* What was collected since the mark leaves now, if the sender wants it so; false with an exception pending. */
static bool send_now(ecoq_messaging *messaging, const ecoq_send_options *options, size_t mark)
{
	ecoq_error error;
	ecoq_result result = options->immediately ? ecoq_unit_send_now(messaging, mark, &error) : ECOQ_OK;
	if (result != ECOQ_OK) {
		ecoq_throw_error(result, &error, NULL);
	}
	return result == ECOQ_OK;
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

/* Nothing is silently ignored: a time, group or priority given for a call that happens at once is a mistake. */
static bool refuse_channel_options(const ecoq_send_options *options, zend_string *type)
{
	const char *name = options->delay_ms >= 0 ? "delay" : options->time_to_live_ms >= 0 ? "timeToLive"
		: options->priority >= 0                                                        ? "priority"
		: options->group                                                                ? "group"
		: options->immediately                                                          ? "immediately"
																						: NULL;
	if (name) {
		ecoq_throw_configuration("%s: was given for \"%s\", which is handled synchronously, so it would have no effect: make a handler #[Asynchronous], or leave it out",
			name, ZSTR_VAL(type));
	}
	return name != NULL;
}

/* ---- Commands and queries ---- */

typedef struct call {
	ecoq_incoming incoming;
	ecoq_endpoint *endpoint;
	const ecoq_send_options *options; /* NULL: a query */
	zval *result;
} call;

/* Whether the message was sent before under its deduplication key; otherwise that is recorded with the unit. */
static bool is_repeated(ecoq_messaging *messaging, const ecoq_send_options *options, zend_string *type, bool *repeated)
{
	*repeated = false;
	return !options || !options->dedup_key || ecoq_deduplication_at_gateway(messaging, type, options->dedup_key, repeated);
}

static bool do_call(ecoq_messaging *messaging, void *context)
{
	call *call = context;
	bool repeated;
	zval_ptr_dtor(call->result);
	ZVAL_UNDEF(call->result);
	if (!is_repeated(messaging, call->options, call->incoming.type, &repeated)) {
		return false;
	}
	if (repeated) {
		ZVAL_NULL(call->result);
		return true;
	}
	if (call->endpoint->channel_count == 0) {
		return call_now(&call->incoming, call->endpoint, call->result);
	}
	fan_out fan = {.messaging = messaging, .incoming = &call->incoming, .options = call->options, .now = ecoq_clock_now_ms()};
	size_t mark = messaging->unit->count;
	bool ok = collect_copy(&fan, call->endpoint) && send_now(messaging, call->options, mark);
	fan_out_free(&fan);
	if (ok) {
		ZVAL_STR_COPY(call->result, call->incoming.id);
	}
	return ok;
}

static bool wants_transaction(const call *call)
{
	return (call->endpoint->channel_count == 0 && !call->endpoint->without_transaction) || (call->options && call->options->dedup_key);
}

/* Where nothing encloses it, a synchronous command with #[InstantRetry] is run again at once, as a whole. */
static bool run_call(ecoq_messaging *messaging, call *call)
{
	bool may_retry = !messaging->unit && call->endpoint->channel_count == 0;
	for (uint32_t attempt = 1;; attempt++) {
		if (ecoq_unit_run(messaging, wants_transaction(call), do_call, call)) {
			return true;
		}
		if (!may_retry || !EG(exception) || zend_is_unwind_exit(EG(exception)) || !ecoq_instant_retry_allows(call->endpoint, EG(exception), attempt)) {
			return false;
		}
		zend_clear_exception();
		ecoq_instant_retry_pause(call->endpoint);
	}
}

static bool finish(ecoq_messaging *messaging, call *call)
{
	bool ok = run_call(messaging, call);
	ecoq_incoming_free(&call->incoming);
	if (!ok) {
		zval_ptr_dtor(call->result);
		ZVAL_UNDEF(call->result);
	}
	return ok;
}

bool ecoq_gateway_send(ecoq_messaging *messaging, zend_string *type, zval *payload, const ecoq_send_options *options, zval *result)
{
	call call = {.endpoint = ecoq_registry_command(messaging->registry, type), .options = options, .result = result};
	ZVAL_UNDEF(result);
	if (!call.endpoint) {
		throw_no_handler("command", type);
		return false;
	}
	if (call.endpoint->channel_count == 0 && refuse_channel_options(options, type)) {
		return false;
	}
	ecoq_incoming_init_local(&call.incoming, messaging, type, payload, options->headers);
	return finish(messaging, &call);
}

bool ecoq_gateway_query(ecoq_messaging *messaging, zend_string *type, zval *payload, HashTable *headers, zval *result)
{
	call call = {.endpoint = ecoq_registry_query(messaging->registry, type), .result = result};
	ZVAL_UNDEF(result);
	if (!call.endpoint) {
		throw_no_handler("query", type);
		return false;
	}
	ecoq_incoming_init_local(&call.incoming, messaging, type, payload, headers);
	return finish(messaging, &call);
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

/* A subscriber's own part of the transaction, which can be undone alone. */
static bool begin_part(ecoq_messaging *messaging)
{
	ecoq_error error;
	ecoq_pdo_guard guard;
	ecoq_pdo_unit *transaction = messaging->unit->transaction;
	if (!transaction) {
		return true;
	}
	ecoq_pdo_enter(&guard);
	ecoq_result result = ecoq_pdo_unit_savepoint(transaction, &error);
	ecoq_pdo_leave(&guard);
	if (result != ECOQ_OK) {
		ecoq_throw_error(result, &error, NULL);
	}
	return result == ECOQ_OK;
}

/* Whether the part stands. One that swallowed an error of the database cannot be kept (PostgreSQL): it is undone, and an exception says why. */
static bool keep_part(ecoq_messaging *messaging, const ecoq_endpoint *endpoint)
{
	ecoq_error error, ignored;
	ecoq_pdo_guard guard;
	ecoq_pdo_unit *transaction = messaging->unit->transaction;
	if (!transaction) {
		return true;
	}
	ecoq_pdo_enter(&guard);
	ecoq_result result = ecoq_pdo_unit_release(transaction, &error);
	if (result != ECOQ_OK) {
		ecoq_pdo_unit_roll_back_to(transaction, &ignored);
	}
	ecoq_pdo_leave(&guard);
	if (result != ECOQ_OK) {
		ecoq_throw_error(result, &error, "%s: what it wrote cannot be kept", ZSTR_VAL(endpoint->id));
	}
	return result == ECOQ_OK;
}

/* Where this fails, the transaction is over, and its end will tell so. */
static void undo_part(ecoq_messaging *messaging)
{
	ecoq_error ignored;
	ecoq_pdo_guard guard;
	if (messaging->unit->transaction) {
		ecoq_pdo_enter(&guard);
		ecoq_pdo_unit_roll_back_to(messaging->unit->transaction, &ignored);
		ecoq_pdo_leave(&guard);
	}
}

/* Runs a synchronous subscriber; what a failing one wrote and sent is undone. False when an exception that is no failure of it (exit, a conflict that
 * the whole unit is run again for) is pending. */
static bool run_subscriber(ecoq_messaging *messaging, ecoq_incoming *incoming, ecoq_endpoint *endpoint, zval *failures)
{
	size_t mark = messaging->unit->count;
	if (!begin_part(messaging)) {
		return false;
	}
	bool ok = call_now(incoming, endpoint, NULL);
	if (!ok && (!EG(exception) || zend_is_unwind_exit(EG(exception)) || zend_is_graceful_exit(EG(exception)) || ecoq_unit_is_conflict(messaging))) {
		return false;
	}
	if (!ok) {
		undo_part(messaging);
	} else {
		ok = keep_part(messaging, endpoint);
	}
	if (!ok) {
		ecoq_unit_discard_since(messaging, mark);
		keep_failure(failures, endpoint);
	}
	return true;
}

static bool run_subscribers(ecoq_messaging *messaging, ecoq_incoming *incoming, const ecoq_endpoint_list *subscribers, zval *failures)
{
	for (uint32_t i = 0; i < subscribers->count; i++) {
		if (subscribers->items[i]->channel_count == 0 && !run_subscriber(messaging, incoming, subscribers->items[i], failures)) {
			return false;
		}
	}
	return true;
}

static bool has_any(const ecoq_endpoint_list *subscribers, bool asynchronous)
{
	for (uint32_t i = 0; i < subscribers->count; i++) {
		if ((subscribers->items[i]->channel_count > 0) == asynchronous) {
			return true;
		}
	}
	return false;
}

typedef struct publication {
	ecoq_incoming incoming;
	const ecoq_endpoint_list *subscribers;
	const ecoq_send_options *options;
	zval failures;
} publication;

/* In the unit that this call opened, the copies and what succeeded leave whatever a synchronous subscriber did; in an enclosing one the exception decides. */
static bool do_publish(ecoq_messaging *messaging, void *context)
{
	publication *publication = context;
	bool repeated;
	zval_ptr_dtor(&publication->failures);
	ZVAL_UNDEF(&publication->failures);
	if (!is_repeated(messaging, publication->options, publication->incoming.type, &repeated)) {
		return false;
	}
	if (repeated) {
		return true;
	}
	fan_out fan = {.messaging = messaging, .incoming = &publication->incoming, .options = publication->options, .now = ecoq_clock_now_ms()};
	fan.event_id = ecoq_incoming_id(&publication->incoming);
	size_t mark = messaging->unit->count;
	bool ok = fan.event_id && collect_copies(&fan, publication->subscribers) && send_now(messaging, publication->options, mark)
		&& run_subscribers(messaging, &publication->incoming, publication->subscribers, &publication->failures);
	fan_out_free(&fan);
	return ok;
}

bool ecoq_gateway_publish(ecoq_messaging *messaging, zend_string *type, zval *payload, const ecoq_send_options *options)
{
	zend_class_entry *ce = Z_TYPE_P(payload) == IS_OBJECT ? Z_OBJCE_P(payload) : NULL;
	const ecoq_endpoint_list *subscribers = ecoq_registry_subscribers(messaging->registry, type, ce);
	if (!subscribers || (subscribers->count > 0 && !has_any(subscribers, true) && refuse_channel_options(options, type))) {
		return false;
	}
	if (subscribers->count == 0) {
		return true;
	}
	publication publication = {.subscribers = subscribers, .options = options};
	ZVAL_UNDEF(&publication.failures);
	ecoq_incoming_init_local(&publication.incoming, messaging, type, payload, options->headers);
	bool ok = ecoq_unit_run(messaging, has_any(subscribers, false) || options->dedup_key, do_publish, &publication);
	ecoq_incoming_free(&publication.incoming);
	if (ok && !Z_ISUNDEF(publication.failures)) {
		throw_failures(&publication.failures, type);
		return false;
	}
	zval_ptr_dtor(&publication.failures);
	return ok;
}
