#include "channel/delivery.h"

#include <unistd.h>

#include "base/clock.h"
#include "channel/arguments.h"
#include "channel/dead_letter_block.h"
#include "channel/group.h"
#include "envelope/message.h"
#include "envelope/message_id.h"
#include "php/bytes.h"
#include "php/exceptions.h"
#include "php/value.h"

#include "stubs/Delivery_arginfo.h"

zend_class_entry *ecoq_ce_Delivery;

typedef struct delivery_object {
	ecoq_channel *channel; /* one reference; NULL only in what a forbidden `new` leaves to be freed */
	ecoq_delivery delivery;
	pid_t pid;
	bool is_settled;
	zend_object std;
} delivery_object;

enum slot {
	SLOT_MESSAGE,
	SLOT_BODY,
	SLOT_ATTEMPTS,
	SLOT_FAULT
};

static zend_object_handlers handlers;

static delivery_object *from_obj(zend_object *object)
{
	return (delivery_object *) ((char *) object - XtOffsetOf(delivery_object, std));
}

static zend_object *create(zend_class_entry *ce)
{
	delivery_object *self = zend_object_alloc(sizeof(*self), ce);
	zend_object_std_init(&self->std, ce);
	object_properties_init(&self->std, ce);
	self->std.handlers = &handlers;
	return &self->std;
}

static void free_object(zend_object *object)
{
	delivery_object *self = from_obj(object);
	if (self->channel) {
		self->channel->ops->release(self->channel->transport, &self->delivery);
		ecoq_channel_release(self->channel);
	}
	zend_object_std_dtor(object);
}

/* ---- Making one ----------------------------------------------------------------------------------------------------------------- */

static zend_string *string_of(const ecoq_envelope_text *text)
{
	return text->owned ? zend_string_copy(text->owned) : zend_string_init(text->text.data ? text->text.data : "", text->text.size, 0);
}

/* A fault found while decoding, taken from the pending exception. */
static zend_string *fault_of_exception(void)
{
	zval buffer;
	zend_object *exception = EG(exception);
	zval *message = zend_read_property_ex(zend_ce_exception, exception, ZSTR_KNOWN(ZEND_STR_MESSAGE), 1, &buffer);
	zend_string *fault = strpprintf(0, "malformed: %s", Z_TYPE_P(message) == IS_STRING ? Z_STRVAL_P(message) : ZSTR_VAL(exception->ce->name));
	zend_clear_exception();
	return fault;
}

/* Makes the Message. False with an exception pending. */
static bool make_message(const ecoq_envelope *envelope, uint32_t attempts, zval *message)
{
	zval payload, headers;
	if (!ecoq_envelope_payload(envelope, &payload)) {
		return false;
	}
	if (!ecoq_envelope_headers(envelope, &headers)) {
		zval_ptr_dtor(&payload);
		return false;
	}
	ecoq_message_fields fields = {
		.id = envelope->id.text.size ? string_of(&envelope->id) : ecoq_message_id_for_bytes(envelope->bytes, ECOQ_NO_BYTES),
		.type = string_of(&envelope->type),
		.payload = &payload,
		.headers = Z_ARRVAL(headers),
		.trace_id = string_of(&envelope->trace_id),
		.queue = envelope->queue.text.size ? string_of(&envelope->queue) : NULL,
		.lang = string_of(&envelope->lang),
		.endpoint = envelope->endpoint.text.size ? string_of(&envelope->endpoint) : NULL,
		.created_at = envelope->created_at,
		.attempts = attempts,
	};
	ecoq_message_create(&fields, message);
	zend_string *const owned[] = {fields.id, fields.type, fields.trace_id, fields.queue, fields.lang, fields.endpoint};
	for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++) {
		if (owned[i]) {
			zend_string_release(owned[i]);
		}
	}
	zval_ptr_dtor(&payload);
	zval_ptr_dtor(&headers);
	return true;
}

/* Fills message, attempts and fault from the bytes. */
static void decode(delivery_object *self)
{
	ecoq_envelope envelope;
	ecoq_error error = {0};
	zval *slots = self->std.properties_table;
	uint32_t attempts = self->delivery.attempts;
	ZVAL_NULL(&slots[SLOT_MESSAGE]);
	ZVAL_NULL(&slots[SLOT_FAULT]);
	ecoq_envelope_fault fault = ecoq_channel_read(self->channel, &self->delivery, &envelope, &error);
	if (fault != ECOQ_ENVELOPE_ACCEPTED) {
		ZVAL_STR(&slots[SLOT_FAULT], strpprintf(0, "%s: %s", ecoq_envelope_reason(fault), error.text));
	} else {
		attempts = envelope.attempts > attempts ? envelope.attempts : attempts;
		zval message;
		if (make_message(&envelope, attempts, &message)) {
			ZVAL_COPY_VALUE(&slots[SLOT_MESSAGE], &message);
		} else {
			ZVAL_STR(&slots[SLOT_FAULT], fault_of_exception());
		}
		ecoq_envelope_free(&envelope);
	}
	ZVAL_LONG(&slots[SLOT_ATTEMPTS], attempts);
}

void ecoq_delivery_create(ecoq_channel *channel, const ecoq_delivery *delivery, zval *object)
{
	object_init_ex(object, ecoq_ce_Delivery);
	delivery_object *self = from_obj(Z_OBJ_P(object));
	ecoq_channel_addref(channel);
	self->channel = channel;
	self->delivery = *delivery;
	self->pid = getpid();
	ZVAL_STRINGL_FAST(OBJ_PROP_NUM(&self->std, SLOT_BODY), delivery->body.data, delivery->body.size);
	decode(self);
}

ZEND_METHOD(Ecoq_Delivery, __construct)
{
	ZEND_PARSE_PARAMETERS_NONE();
}

/* ---- Settling ------------------------------------------------------------------------------------------------------------------- */

/* Whether it may be settled here and now; false with an exception. */
static bool check_unsettled(const delivery_object *self)
{
	if (self->is_settled) {
		zend_throw_error(NULL, "This delivery of channel \"%s\" was already settled", ZSTR_VAL(self->channel->name));
	} else if (self->pid != getpid()) {
		const ecoq_error error = {ECOQ_LOST, "it belongs to the process that received it, and this is a fork of that one"};
		ecoq_throw_error(ECOQ_LOST, &error, "Settling a delivery of channel \"%s\"", ZSTR_VAL(self->channel->name));
	} else {
		return true;
	}
	return false;
}

static void settle(delivery_object *self, const ecoq_outgoing *successor, ecoq_bytes queue, const char *what)
{
	ecoq_error error = {0};
	ecoq_channel *channel = self->channel;
	ecoq_settlement settlement = {.delivery = &self->delivery, .successor = successor, .successor_queue = queue};
	ecoq_result result = channel->ops->settle(channel->transport, &settlement, 1, &error);
	if (result == ECOQ_OK) {
		self->is_settled = true;
		result = settlement.result;
		if (result == ECOQ_LOST) {
			ecoq_fail(&error, ECOQ_LOST, "it belongs to another worker by now; what was done for it may be done twice");
		}
	}
	if (result != ECOQ_OK) {
		ecoq_throw_error(result, &error, "%s a delivery of channel \"%s\"", what, ZSTR_VAL(channel->name));
	}
}

ZEND_METHOD(Ecoq_Delivery, ack)
{
	ZEND_PARSE_PARAMETERS_NONE();
	delivery_object *self = from_obj(Z_OBJ_P(ZEND_THIS));
	if (check_unsettled(self)) {
		settle(self, NULL, ECOQ_NO_BYTES, "Acknowledging");
	}
}

/* Reads the envelope again; the bytes have not changed. False when there is none. */
static bool read_envelope(const delivery_object *self, ecoq_envelope *envelope)
{
	ecoq_error ignored;
	return Z_TYPE(self->std.properties_table[SLOT_MESSAGE]) == IS_OBJECT
		&& ecoq_channel_read(self->channel, &self->delivery, envelope, &ignored) == ECOQ_ENVELOPE_ACCEPTED;
}

/* Settles with `body` (taken over) as the successor under the same identity. `envelope` is what it was made of; NULL: it was none. */
static void settle_with_body(delivery_object *self, zend_string *body, const ecoq_envelope *envelope, ecoq_outgoing successor, ecoq_bytes queue,
	const char *what)
{
	if (envelope) {
		successor.lang = envelope->lang.text;
		successor.headers = envelope->headers;
	}
	const zval *message = &self->std.properties_table[SLOT_MESSAGE];
	zend_string *made_id = NULL;
	if (Z_TYPE_P(message) == IS_OBJECT) {
		ecoq_message_fields fields;
		ecoq_message_fields_of(Z_OBJ_P(message), &fields);
		successor.id = ecoq_bytes_of(fields.id);
		successor.type = ecoq_bytes_of(fields.type);
		successor.trace_id = ecoq_bytes_of(fields.trace_id);
	} else if (self->delivery.id.size) {
		successor.id = self->delivery.id;
	} else {
		made_id = ecoq_message_id_for_bytes(self->delivery.body, ECOQ_NO_BYTES);
		successor.id = ecoq_bytes_of(made_id);
	}
	successor.body = ecoq_bytes_of(body);
	successor.attempts = (uint32_t) Z_LVAL(self->std.properties_table[SLOT_ATTEMPTS]) + 1;
	successor.crashes = self->delivery.crashes;
	successor.priority = self->delivery.priority;
	settle(self, &successor, queue, what);
	if (made_id) {
		zend_string_release(made_id);
	}
	zend_string_release(body);
}

/* The instant that `delay` (may be NULL) leads to, 0 for none. False with an exception, also when the transport cannot delay. */
static bool due_time(const delivery_object *self, const zval *delay, int64_t *deliver_at)
{
	int64_t now = ecoq_clock_now_ms(), ms = 0;
	ecoq_error error = {0};
	*deliver_at = 0;
	if (delay && !ecoq_argument_milliseconds(1, delay, now, &ms)) {
		return false;
	}
	if (ms && __builtin_add_overflow(now, ms, deliver_at)) {
		*deliver_at = INT64_MAX;
	}
	const ecoq_outgoing probe = {.deliver_at = *deliver_at, .priority = ECOQ_PRIORITY_DEFAULT};
	ecoq_result result = ecoq_channel_check(self->channel, &probe, &error);
	if (result != ECOQ_OK) {
		ecoq_throw_error(result, &error, "Retrying a delivery of channel \"%s\"", ZSTR_VAL(self->channel->name));
	}
	return result == ECOQ_OK;
}

ZEND_METHOD(Ecoq_Delivery, retry)
{
	zval *delay = NULL;
	ZEND_PARSE_PARAMETERS_START(0, 1)
		Z_PARAM_OPTIONAL
		Z_PARAM_ZVAL(delay)
	ZEND_PARSE_PARAMETERS_END();

	delivery_object *self = from_obj(Z_OBJ_P(ZEND_THIS));
	ecoq_outgoing successor = {0};
	if (!check_unsettled(self) || !due_time(self, delay, &successor.deliver_at)) {
		RETURN_THROWS();
	}
	ecoq_envelope envelope;
	zend_string *body, *group = NULL;
	bool has_envelope = read_envelope(self, &envelope);
	if (has_envelope) {
		ecoq_envelope_patch patch = ECOQ_ENVELOPE_NO_PATCH;
		patch.attempts = Z_LVAL(self->std.properties_table[SLOT_ATTEMPTS]) + 1;
		body = ecoq_envelope_patched(&envelope, &patch);
		group = self->channel->group_passes ? NULL : ecoq_group_to_keep(self->channel, envelope.endpoint.text, envelope.group.text);
		successor.expires_at = envelope.expires_at;
		successor.group = ecoq_bytes_of(group);
	} else {
		body = zend_string_init(self->delivery.body.data, self->delivery.body.size, 0);
	}
	settle_with_body(self, body, has_envelope ? &envelope : NULL, successor, ECOQ_NO_BYTES, "Retrying");
	if (group) {
		zend_string_release(group);
	}
	if (has_envelope) {
		ecoq_envelope_free(&envelope);
	}
}

ZEND_METHOD(Ecoq_Delivery, reject)
{
	zend_string *reason = ZSTR_EMPTY_ALLOC();
	ZEND_PARSE_PARAMETERS_START(0, 1)
		Z_PARAM_OPTIONAL
		Z_PARAM_STR(reason)
	ZEND_PARSE_PARAMETERS_END();

	delivery_object *self = from_obj(Z_OBJ_P(ZEND_THIS));
	if (!check_unsettled(self)) {
		RETURN_THROWS();
	}
	const ecoq_dead_letter_block block = {
		.reason = ECOQ_BYTES("failed"),
		.error = ecoq_bytes_of(reason),
		.original_queue = ecoq_bytes_of(self->channel->queue),
		.failed_at = ecoq_clock_now_ms(),
		.attempts = (uint32_t) Z_LVAL(self->std.properties_table[SLOT_ATTEMPTS]) + 1,
	};
	ecoq_envelope envelope;
	bool has_envelope = read_envelope(self, &envelope);
	zend_string *body = ecoq_dead_letter_body(self->delivery.body, has_envelope ? &envelope : NULL, &block);
	settle_with_body(self, body, has_envelope ? &envelope : NULL, (ecoq_outgoing){0}, ecoq_bytes_of(self->channel->dead_letter_queue), "Rejecting");
	if (has_envelope) {
		ecoq_envelope_free(&envelope);
	}
}

ZEND_METHOD(Ecoq_Delivery, release)
{
	ZEND_PARSE_PARAMETERS_NONE();
	delivery_object *self = from_obj(Z_OBJ_P(ZEND_THIS));
	if (!check_unsettled(self)) {
		RETURN_THROWS();
	}
	ecoq_error error = {0};
	ecoq_delivery *const deliveries[] = {&self->delivery};
	ecoq_result result = self->channel->ops->hand_back(self->channel->transport, deliveries, 1, &error);
	if (result != ECOQ_OK) {
		ecoq_throw_error(result, &error, "Releasing a delivery of channel \"%s\"", ZSTR_VAL(self->channel->name));
		RETURN_THROWS();
	}
	self->is_settled = true;
}

ZEND_METHOD(Ecoq_Delivery, stillMine)
{
	ZEND_PARSE_PARAMETERS_NONE();
	delivery_object *self = from_obj(Z_OBJ_P(ZEND_THIS));
	if (self->is_settled || self->pid != getpid()) {
		RETURN_FALSE;
	}
	ecoq_error error = {0};
	ecoq_result result = self->channel->ops->still_mine(self->channel->transport, &self->delivery, &error);
	if (result != ECOQ_OK && result != ECOQ_LOST) {
		ecoq_throw_error(result, &error, "Asking for a delivery of channel \"%s\"", ZSTR_VAL(self->channel->name));
		RETURN_THROWS();
	}
	RETURN_BOOL(result == ECOQ_OK);
}

void ecoq_delivery_minit(void)
{
	ecoq_ce_Delivery = register_class_Ecoq_Delivery();
	ecoq_ce_Delivery->create_object = create;
	handlers = std_object_handlers;
	handlers.offset = XtOffsetOf(delivery_object, std);
	handlers.free_obj = free_object;
	handlers.clone_obj = NULL;
	handlers.compare = ecoq_compare_identity;
}
