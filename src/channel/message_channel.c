#include "channel/message_channel.h"

#include <poll.h>

#include "base/clock.h"
#include "channel/arguments.h"
#include "channel/channel.h"
#include "channel/delivery.h"
#include "channel/group.h"
#include "channel/outbox.h"
#include "envelope/message.h"
#include "envelope/payload.h"
#include "php/bytes.h"
#include "php/exceptions.h"
#include "php/value.h"
#include "transport/userland.h"

#include "stubs/MessageChannel_arginfo.h"

#define RECEIVE_MAX 10000
#define SLICE_MS 40     /* longest time between two looks: a broker may be unable to wake us, and dead workers leave messages silently */
#define EXACT_SLICES 12 /* that many between two looks where a broker wakes us for sure */
#define WAIT_MAX_MS (10 * 365 * 24 * 60 * 60 * 1000LL)

zend_class_entry *ecoq_ce_MessageChannel;

typedef struct message_channel {
	ecoq_channel *channel; /* one reference; NULL only in what a forbidden `new` leaves to be freed */
	zend_object std;
} message_channel;

enum slot {
	SLOT_NAME,
	SLOT_QUEUE
};

static zend_object_handlers handlers;

static message_channel *from_obj(zend_object *object)
{
	return (message_channel *) ((char *) object - XtOffsetOf(message_channel, std));
}

static zend_object *create(zend_class_entry *ce)
{
	message_channel *self = zend_object_alloc(sizeof(*self), ce);
	zend_object_std_init(&self->std, ce);
	object_properties_init(&self->std, ce);
	self->std.handlers = &handlers;
	return &self->std;
}

static void free_object(zend_object *object)
{
	message_channel *self = from_obj(object);
	if (self->channel) {
		ecoq_channel_release(self->channel);
	}
	zend_object_std_dtor(object);
}

void ecoq_message_channel_create(ecoq_channel *channel, zval *object)
{
	object_init_ex(object, ecoq_ce_MessageChannel);
	message_channel *self = from_obj(Z_OBJ_P(object));
	ecoq_channel_addref(channel);
	self->channel = channel;
	ZVAL_STR_COPY(OBJ_PROP_NUM(&self->std, SLOT_NAME), channel->name);
	ZVAL_STR_COPY(OBJ_PROP_NUM(&self->std, SLOT_QUEUE), channel->queue);
}

static ecoq_channel *channel_of(const zval *this)
{
	return from_obj(Z_OBJ_P(this))->channel;
}

ZEND_METHOD(Ecoq_MessageChannel, __construct)
{
	ZEND_PARSE_PARAMETERS_NONE();
}

/* ---- Sending -------------------------------------------------------------------------------------------------------------------- */

typedef struct schedule {
	int64_t deliver_at;
	int64_t expires_at;
	uint8_t priority;
	zend_string *group;      /* borrowed; NULL: none */
	zend_string *group_name; /* what the transport knows it by; NULL likewise */
} schedule;

/* The envelope of a message for this channel; `outgoing` borrows from it and from the message. NULL with an exception. */
static zend_string *encode(const ecoq_channel *channel, zend_object *message, const schedule *schedule, ecoq_outgoing *outgoing)
{
	ecoq_message_fields fields;
	bool is_value;
	size_t headers_size;
	ecoq_message_fields_of(message, &fields);
	zend_string *data = ecoq_payload_encode(fields.payload, &is_value);
	if (!data) {
		return NULL;
	}
	const ecoq_envelope_parts parts = {
		.type = ecoq_bytes_of(fields.type),
		.trace_id = ecoq_bytes_of(fields.trace_id),
		.id = ecoq_bytes_of(fields.id),
		.queue = ecoq_bytes_of(channel->queue),
		.data = ecoq_bytes_of(data),
		.data_is_value = is_value,
		.headers = fields.headers,
		.group = ecoq_bytes_of(schedule->group),
		.deliver_at = schedule->deliver_at,
		.expires_at = schedule->expires_at,
		.priority = schedule->priority == ECOQ_PRIORITY_DEFAULT ? -1 : (int8_t) schedule->priority,
		.created_at = fields.created_at,
		.attempts = fields.attempts,
		.headers_size = &headers_size,
	};
	zend_string *body = ecoq_envelope_write(&parts);
	zend_string_release(data);
	if (body) {
		*outgoing = (ecoq_outgoing){
			.body = ecoq_bytes_of(body),
			.id = parts.id,
			.type = parts.type,
			.trace_id = parts.trace_id,
			.headers = ecoq_envelope_written_headers(body, headers_size),
			.group = ecoq_bytes_of(schedule->group_name),
			.deliver_at = schedule->deliver_at,
			.expires_at = schedule->expires_at,
			.attempts = fields.attempts,
			.priority = schedule->priority,
		};
	}
	return body;
}

/* To the broker, or, for an OutboxChannel, to its leg: within the transaction that is open on the database. */
static ecoq_result send_or_store(ecoq_channel *channel, const ecoq_outgoing *outgoing, size_t count, ecoq_error *error)
{
	ecoq_result result = channel->is_outbox ? ecoq_channel_locate(channel, error) : ECOQ_OK;
	if (result != ECOQ_OK) {
		return result;
	}
	return channel->is_outbox && !channel->is_on_database ? ecoq_outbox_store(ecoq_outbox_leg(channel), outgoing, count, error)
														  : ecoq_channel_send(channel, outgoing, count, error);
}

/* Sends what `list` holds (Message objects only) in one call of the transport. */
static void send_all(ecoq_channel *channel, const zval *list, uint32_t count, const schedule *schedule)
{
	ecoq_outgoing *outgoing = safe_emalloc(count, sizeof(*outgoing), 0);
	zend_string **bodies = safe_emalloc(count, sizeof(*bodies), 0);
	uint32_t encoded = 0;
	while (encoded < count) {
		bodies[encoded] = encode(channel, Z_OBJ(list[encoded]), schedule, &outgoing[encoded]);
		if (!bodies[encoded]) {
			break;
		}
		encoded++;
	}
	if (encoded == count) {
		ecoq_error error = {0};
		ecoq_result result = send_or_store(channel, outgoing, count, &error);
		if (result != ECOQ_OK) {
			ecoq_throw_error(result, &error, "Sending to channel \"%s\"", ZSTR_VAL(channel->name));
		}
	}
	while (encoded) {
		zend_string_release(bodies[--encoded]);
	}
	efree(bodies);
	efree(outgoing);
}

/* Collects the Message objects of the first argument, each with a reference. False with a TypeError. */
static bool collect(zval *messages, zval **list, uint32_t *count)
{
	zval *entry;
	zend_ulong index;
	zend_string *key;
	HashTable *table = Z_TYPE_P(messages) == IS_ARRAY ? Z_ARRVAL_P(messages) : NULL;
	*count = 0;
	*list = safe_emalloc(table ? zend_hash_num_elements(table) + 1 : 1, sizeof(zval), 0);
	if (!table) {
		ZVAL_COPY(&(*list)[(*count)++], messages);
		return true;
	}
	ZEND_HASH_FOREACH_KEY_VAL(table, index, key, entry) {
		ZVAL_DEREF(entry);
		if (Z_TYPE_P(entry) != IS_OBJECT || Z_OBJCE_P(entry) != ecoq_ce_Message) {
			zend_string *place = key ? zend_string_copy(key) : zend_long_to_str((zend_long) index);
			zend_argument_type_error(1, "must be an Ecoq\\Message or a list of them, %s given for key %s",
				Z_TYPE_P(entry) == IS_OBJECT ? ZSTR_VAL(Z_OBJCE_P(entry)->name) : zend_zval_type_name(entry), ZSTR_VAL(place));
			zend_string_release(place);
			return false;
		}
		ZVAL_COPY(&(*list)[(*count)++], entry);
	}
	ZEND_HASH_FOREACH_END();
	return true;
}

/* Turns the optional arguments into instants. False with an exception. */
static bool read_schedule(const zval *delay, zend_long priority, const zval *time_to_live, schedule *schedule)
{
	int64_t now = ecoq_clock_now_ms(), wait = 0, life = 0;
	if (delay && Z_TYPE_P(delay) != IS_NULL && !ecoq_argument_milliseconds(2, delay, now, &wait)) {
		return false;
	}
	if (priority < 0 || priority > ECOQ_PRIORITY_MAX) {
		zend_argument_value_error(3, "must be between 0 and %d, " ZEND_LONG_FMT " given", ECOQ_PRIORITY_MAX, priority);
		return false;
	}
	bool expires = time_to_live && Z_TYPE_P(time_to_live) != IS_NULL;
	if (expires && !ecoq_argument_milliseconds(4, time_to_live, -1, &life)) {
		return false;
	}
	schedule->priority = (uint8_t) priority;
	if (wait && __builtin_add_overflow(now, wait, &schedule->deliver_at)) {
		schedule->deliver_at = INT64_MAX;
	}
	if (expires && __builtin_add_overflow(wait ? schedule->deliver_at : now, life, &schedule->expires_at)) {
		schedule->expires_at = INT64_MAX;
	}
	return true;
}

ZEND_METHOD(Ecoq_MessageChannel, send)
{
	zval *messages, *delay = NULL, *time_to_live = NULL, *list = NULL;
	zend_long priority = ECOQ_PRIORITY_DEFAULT;
	zend_string *group = NULL;
	bool no_priority = true;
	ZEND_PARSE_PARAMETERS_START(1, 5)
		Z_PARAM_ZVAL(messages)
		Z_PARAM_OPTIONAL
		Z_PARAM_ZVAL(delay)
		Z_PARAM_LONG_OR_NULL(priority, no_priority)
		Z_PARAM_ZVAL(time_to_live)
		Z_PARAM_STR_OR_NULL(group)
	ZEND_PARSE_PARAMETERS_END();

	schedule schedule = {.group = group};
	uint32_t count;
	ecoq_channel *channel = channel_of(ZEND_THIS);
	if (!read_schedule(delay, no_priority ? ECOQ_PRIORITY_DEFAULT : priority, time_to_live, &schedule) || !ecoq_argument_group(5, group)) {
		RETURN_THROWS();
	}
	if (Z_TYPE_P(messages) != IS_ARRAY && (Z_TYPE_P(messages) != IS_OBJECT || Z_OBJCE_P(messages) != ecoq_ce_Message)) {
		zend_argument_type_error(1, "must be of type Ecoq\\Message|array, %s given",
			Z_TYPE_P(messages) == IS_OBJECT ? ZSTR_VAL(Z_OBJCE_P(messages)->name) : zend_zval_type_name(messages));
		RETURN_THROWS();
	}
	schedule.group_name = ecoq_group_name(ECOQ_NO_BYTES, ecoq_bytes_of(group));
	if (collect(messages, &list, &count) && count) {
		send_all(channel, list, count, &schedule);
	}
	if (schedule.group_name) {
		zend_string_release(schedule.group_name);
	}
	while (count) {
		zval_ptr_dtor(&list[--count]);
	}
	efree(list);
}

/* ---- Receiving ------------------------------------------------------------------------------------------------------------------ */

/* False when a signal or the engine wants to be heard. `*woken` when there is something. */
static bool wait_slice(int descriptor, int64_t ms, bool *woken)
{
	struct pollfd poll_descriptor = {.fd = descriptor, .events = POLLIN};
	int ready = poll(&poll_descriptor, descriptor >= 0, ms < INT_MAX ? (int) ms : INT_MAX);
	*woken = ready > 0;
	return ready >= 0 && !zend_atomic_bool_load_ex(&EG(vm_interrupt));
}

/* Waits until there may be something, at most until `deadline` (monotonic). False when a signal or the engine wants to be heard. */
static bool wait_for_more(const ecoq_channel *channel, int64_t deadline, int64_t next_due)
{
	const ecoq_transport_ops *ops = channel->ops;
	int descriptor = ops->descriptor ? ops->descriptor(channel->transport) : -1;
	int64_t slice = ops->poll_interval_ms > 0 && ops->poll_interval_ms < SLICE_MS ? ops->poll_interval_ms : SLICE_MS;
	bool woken = false, go_on = true;
	/* one that is due already and was not reserved is in other hands: no reason to hurry */
	int64_t until_due = next_due - ecoq_clock_now_ms();
	if (next_due && until_due > 0 && until_due < deadline - ecoq_clock_monotonic_ms()) {
		deadline = ecoq_clock_monotonic_ms() + until_due;
	}
	for (int slices = descriptor >= 0 && ops->wakes_exactly ? EXACT_SLICES : 1; slices > 0 && go_on && !woken; slices--) {
		int64_t ms = deadline - ecoq_clock_monotonic_ms();
		if (ms <= 0) {
			break;
		}
		go_on = wait_slice(descriptor, ms < slice ? ms : slice, &woken);
	}
	return go_on && !zend_atomic_bool_load_ex(&EG(vm_interrupt));
}

/* Reserves, waiting as long as it may. */
static ecoq_result reserve(ecoq_channel *channel, size_t max, int64_t wait_ms, ecoq_delivery *deliveries, size_t *count,
	ecoq_error *error)
{
	const ecoq_reservation request = {.max = max};
	int64_t deadline = ecoq_clock_monotonic_ms() + (wait_ms < WAIT_MAX_MS ? wait_ms : WAIT_MAX_MS), next_due = 0;
	bool waited = false;
	*count = 0;
	ecoq_result result = ecoq_channel_open(channel, error);
	while (result == ECOQ_OK) {
		result = channel->ops->reserve(channel->transport, &request, deliveries, count, &next_due, error);
		if (result != ECOQ_OK || *count || ecoq_clock_monotonic_ms() >= deadline) {
			break;
		}
		waited = true;
		if (!wait_for_more(channel, deadline, next_due)) {
			break;
		}
	}
	if (waited && channel->ops->stop_waiting) {
		channel->ops->stop_waiting(channel->transport);
	}
	return result;
}

ZEND_METHOD(Ecoq_MessageChannel, receive)
{
	zend_long max = 1;
	zval *wait = NULL;
	int64_t wait_ms = 0;
	ZEND_PARSE_PARAMETERS_START(0, 2)
		Z_PARAM_OPTIONAL
		Z_PARAM_LONG(max)
		Z_PARAM_ZVAL(wait)
	ZEND_PARSE_PARAMETERS_END();

	ecoq_channel *channel = channel_of(ZEND_THIS);
	if (max < 1 || max > RECEIVE_MAX) {
		zend_argument_value_error(1, "must be between 1 and %d, " ZEND_LONG_FMT " given", RECEIVE_MAX, max);
		RETURN_THROWS();
	}
	if (wait && !ecoq_argument_milliseconds(2, wait, -1, &wait_ms)) {
		RETURN_THROWS();
	}
	ecoq_error error = {0};
	size_t count;
	ecoq_delivery *deliveries = safe_emalloc((size_t) max, sizeof(*deliveries), 0);
	ecoq_result result = reserve(channel, (size_t) max, wait_ms, deliveries, &count, &error);
	if (result != ECOQ_OK) {
		ecoq_throw_error(result, &error, "Receiving from channel \"%s\"", ZSTR_VAL(channel->name));
	} else {
		array_init_size(return_value, (uint32_t) count);
		for (size_t i = 0; i < count; i++) {
			zval object;
			ecoq_delivery_create(channel, &deliveries[i], &object);
			zend_hash_next_index_insert_new(Z_ARRVAL_P(return_value), &object);
		}
	}
	efree(deliveries);
}

/* ---- The queue ------------------------------------------------------------------------------------------------------------------ */

ZEND_METHOD(Ecoq_MessageChannel, stats)
{
	ZEND_PARSE_PARAMETERS_NONE();
	ecoq_error error = {0};
	ecoq_queue_stats stats = {-1, -1, -1, false};
	ecoq_channel *channel = channel_of(ZEND_THIS);
	ecoq_result result = ecoq_channel_open(channel, &error);
	if (result == ECOQ_OK) {
		result = channel->ops->stats(channel->transport, &stats, &error);
	}
	if (result != ECOQ_OK) {
		ecoq_throw_error(result, &error, "Counting the messages of channel \"%s\"", ZSTR_VAL(channel->name));
		RETURN_THROWS();
	}
	ecoq_queue_stats_create(&stats, return_value);
}

ZEND_METHOD(Ecoq_MessageChannel, setup)
{
	ZEND_PARSE_PARAMETERS_NONE();
	ecoq_error error = {0};
	ecoq_channel *channel = channel_of(ZEND_THIS);
	ecoq_result result = ecoq_channel_open(channel, &error);
	if (result == ECOQ_OK) {
		result = channel->ops->setup(channel->transport, &error);
	}
	if (result == ECOQ_OK) {
		result = ecoq_channel_open_dead_letters(channel, &error);
	}
	if (result == ECOQ_OK) {
		result = channel->ops->setup(channel->dead_letter_transport, &error);
	}
	if (result != ECOQ_OK) {
		ecoq_throw_error(result, &error, "Setting up channel \"%s\"", ZSTR_VAL(channel->name));
	}
}

ZEND_METHOD(Ecoq_MessageChannel, purge)
{
	ZEND_PARSE_PARAMETERS_NONE();
	ecoq_error error = {0};
	size_t removed = 0;
	ecoq_channel *channel = channel_of(ZEND_THIS);
	ecoq_result result = ecoq_channel_open(channel, &error);
	if (result == ECOQ_OK) {
		result = channel->ops->purge(channel->transport, &removed, &error);
	}
	if (result != ECOQ_OK) {
		ecoq_throw_error(result, &error, "Purging channel \"%s\"", ZSTR_VAL(channel->name));
		RETURN_THROWS();
	}
	RETURN_LONG((zend_long) removed);
}

void ecoq_message_channel_minit(void)
{
	ecoq_ce_MessageChannel = register_class_Ecoq_MessageChannel();
	ecoq_ce_MessageChannel->create_object = create;
	handlers = std_object_handlers;
	handlers.offset = XtOffsetOf(message_channel, std);
	handlers.free_obj = free_object;
	handlers.clone_obj = NULL;
	handlers.compare = ecoq_compare_identity;
}
