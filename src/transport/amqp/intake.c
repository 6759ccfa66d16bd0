#include "transport/amqp/intake.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "transport/amqp/topology.h"

#define NOT_FOUND 404

void ecoq_amqp_held_release(ecoq_amqp_held *held)
{
	if (held && __atomic_sub_fetch((unsigned *) &held->references, 1, __ATOMIC_ACQ_REL) == 0) {
		ecoq_amqp_projection_free(&held->projection);
		ecoq_buffer_free(&held->body);
		free(held);
	}
}

void ecoq_amqp_list_append(ecoq_amqp_list *list, ecoq_amqp_held *held)
{
	held->next = NULL;
	if (list->last) {
		list->last->next = held;
	} else {
		list->first = held;
	}
	list->last = held;
	list->count++;
}

ecoq_amqp_held *ecoq_amqp_list_shift(ecoq_amqp_list *list)
{
	ecoq_amqp_held *held = list->first;
	if (held) {
		list->first = held->next;
		list->last = list->first ? list->last : NULL;
		list->count--;
		held->next = NULL;
	}
	return held;
}

/* ---- What comes ---- */

static bool note_outstanding(ecoq_amqp_intake *intake, uint64_t tag)
{
	if (intake->outstanding_count == intake->outstanding_capacity) {
		size_t capacity = intake->outstanding_capacity ? intake->outstanding_capacity * 2 : 64;
		ecoq_amqp_outstanding *more = realloc(intake->outstanding, capacity * sizeof(*more));
		if (!more) {
			return false;
		}
		intake->outstanding = more;
		intake->outstanding_capacity = capacity;
	}
	intake->outstanding[intake->outstanding_count++] = (ecoq_amqp_outstanding){.tag = tag, .was_got = intake->get == ECOQ_AMQP_GET_COMING};
	return true;
}

/* Without memory it is not taken note of: it stays with the broker as unacknowledged, until the channel ends. */
static void begin(ecoq_amqp_intake *intake, uint64_t tag, bool redelivered, uint8_t priority)
{
	ecoq_amqp_held_release(intake->coming);
	intake->is_message = true;
	intake->coming = calloc(1, sizeof(*intake->coming));
	if (!intake->coming || !note_outstanding(intake, tag)) {
		free(intake->coming);
		intake->coming = NULL;
		return;
	}
	intake->coming->references = 1;
	intake->coming->tag = tag;
	intake->coming->intake = intake;
	intake->coming->generation = intake->generation;
	intake->coming->priority = priority;
	intake->coming->redelivered = redelivered;
	intake->coming->arrived_ms = ecoq_clock_monotonic_ms();
}

static void on_deliver(ecoq_amqp_intake *intake, const amqp_basic_deliver_t *deliver)
{
	uint8_t priority = ECOQ_PRIORITY_DEFAULT;
	intake->is_message = intake->owner->expects(intake, deliver->consumer_tag, &priority);
	if (intake->is_message) {
		begin(intake, deliver->delivery_tag, deliver->redelivered, priority);
	}
}

static void on_method(ecoq_amqp_listener *listener, const amqp_method_t *method)
{
	ecoq_amqp_intake *intake = (ecoq_amqp_intake *) listener;
	if (method->id == AMQP_BASIC_DELIVER_METHOD) {
		on_deliver(intake, method->decoded);
	} else if (method->id == AMQP_BASIC_GET_OK_METHOD) {
		const amqp_basic_get_ok_t *ok = method->decoded;
		intake->get = ECOQ_AMQP_GET_COMING;
		begin(intake, ok->delivery_tag, ok->redelivered, ECOQ_PRIORITY_DEFAULT);
	} else if (method->id == AMQP_BASIC_GET_EMPTY_METHOD) {
		intake->get = ECOQ_AMQP_GET_EMPTY;
	} else if (method->id == AMQP_BASIC_CANCEL_METHOD) {
		intake->owner->cancelled(intake, ((const amqp_basic_cancel_t *) method->decoded)->consumer_tag);
	}
}

static void complete(ecoq_amqp_intake *intake)
{
	ecoq_amqp_held *held = intake->coming;
	intake->coming = NULL;
	if (intake->get == ECOQ_AMQP_GET_COMING) {
		intake->get = ECOQ_AMQP_GET_DONE;
		intake->got = held;
	} else {
		intake->owner->pushed(intake, held);
	}
}

/* By which what is put back finds its order again: when it first arrived, made strictly rising. Only what comes from "<queue>.returned" has one, and only there it is believed. */
static void give_place(ecoq_amqp_intake *intake, ecoq_amqp_held *held)
{
	ecoq_amqp_projection *projection = &held->projection;
	if (intake->get == ECOQ_AMQP_GET_COMING && projection->place != 0) {
		held->priority = projection->priority;
		return;
	}
	int64_t now = ecoq_clock_now_ms() * 1000000;
	intake->last_place = now > intake->last_place ? now : intake->last_place + 1;
	projection->place = intake->last_place;
	projection->is_suspect = false;
}

static void on_header(ecoq_amqp_listener *listener, const amqp_basic_properties_t *properties, uint64_t body_size)
{
	ecoq_amqp_intake *intake = (ecoq_amqp_intake *) listener;
	if (!intake->is_message || !intake->coming) {
		return;
	}
	ecoq_amqp_read_properties(properties, &intake->coming->projection);
	give_place(intake, intake->coming);
	intake->coming_size = body_size;
	if (body_size == 0) {
		complete(intake);
	}
}

static void on_body(ecoq_amqp_listener *listener, const void *data, size_t size)
{
	ecoq_amqp_intake *intake = (ecoq_amqp_intake *) listener;
	if (!intake->is_message || !intake->coming) {
		return;
	}
	if (!ecoq_buffer_append(&intake->coming->body, data, size)) {
		ecoq_amqp_held_release(intake->coming); /* no memory: as above */
		intake->coming = NULL;
		if (intake->get == ECOQ_AMQP_GET_COMING) {
			intake->get = ECOQ_AMQP_GET_EMPTY;
		}
	} else if (intake->coming->body.size >= intake->coming_size) {
		complete(intake);
	}
}

static void forget_messages(ecoq_amqp_intake *intake)
{
	intake->generation = 0;
	intake->outstanding_count = 0;
	ecoq_amqp_held_release(intake->coming);
	intake->coming = NULL;
	ecoq_amqp_held_release(intake->got);
	intake->got = NULL;
	intake->get = ECOQ_AMQP_GET_NONE;
}

static void on_gone(ecoq_amqp_listener *listener, const ecoq_error *error)
{
	ecoq_amqp_intake *intake = (ecoq_amqp_intake *) listener;
	intake->gone = *error;
	intake->owner->broken(intake);
	forget_messages(intake);
	intake->owner->ended(intake);
}

/* ---- Life ---- */

void ecoq_amqp_intake_init(ecoq_amqp_intake *intake, ecoq_amqp_connection *connection, const ecoq_amqp_intake_owner *owner)
{
	intake->listener = (ecoq_amqp_listener){on_method, on_header, on_body, on_gone};
	intake->connection = connection;
	intake->owner = owner;
}

void ecoq_amqp_intake_free(ecoq_amqp_intake *intake)
{
	forget_messages(intake);
	free(intake->outstanding);
	intake->outstanding = NULL;
	intake->outstanding_capacity = 0;
}

ecoq_result ecoq_amqp_intake_open(ecoq_amqp_intake *intake, ecoq_error *error)
{
	intake->is_amiss = false;
	if (intake->generation) {
		return ECOQ_OK;
	}
	ecoq_result result = ecoq_amqp_channel_open(intake->connection, &intake->listener, &intake->channel, error);
	if (result == ECOQ_OK) {
		intake->generation = ++intake->last_generation;
	}
	return result;
}

void ecoq_amqp_intake_close(ecoq_amqp_intake *intake)
{
	if (intake->generation) {
		ecoq_amqp_channel_close(intake->connection, intake->channel);
		forget_messages(intake);
		intake->owner->ended(intake);
	}
}

/* The library does not look for a close among what it kept while it waited for another AMQP channel's answer, and would wait in vain. */
ecoq_result ecoq_amqp_intake_check(ecoq_amqp_intake *intake, ecoq_error *error)
{
	amqp_connection_state_t state = intake->connection->state;
	ecoq_result result = state && amqp_frames_enqueued(state) ? ecoq_amqp_pump(intake->connection, 0, error) : ECOQ_OK;
	if (result == ECOQ_OK && !intake->generation) {
		*error = intake->gone;
		result = error->code;
	}
	return result;
}

/* No consumer goes before others here. Saying so makes the broker refuse a stream, which knows no such argument. */
static const amqp_table_entry_t no_priority = {.key = {sizeof("x-priority") - 1, "x-priority"}, .value = {.kind = AMQP_FIELD_KIND_I32, .value.i32 = 0}};

ecoq_result ecoq_amqp_intake_consume(ecoq_amqp_intake *intake, const char *queue, const char *tag, uint16_t prefetch, ecoq_error *error)
{
	amqp_connection_state_t state = intake->connection->state;
	char doing[256];
	ecoq_result result = ecoq_amqp_intake_check(intake, error);
	if (result != ECOQ_OK) {
		return result;
	}
	snprintf(doing, sizeof(doing), "Consuming queue \"%.180s\"", queue);
	amqp_basic_qos(state, intake->channel, 0, prefetch, 0);
	result = ecoq_amqp_answer(intake->connection, intake->channel, amqp_get_rpc_reply(state), doing, error);
	if (result == ECOQ_OK) {
		const amqp_table_t arguments = {.num_entries = 1, .entries = (amqp_table_entry_t *) &no_priority};
		intake->is_asking = true;
		amqp_basic_consume(state, intake->channel, amqp_cstring_bytes(queue), amqp_cstring_bytes(tag), 0, 0, 0, arguments);
		result = ecoq_amqp_answer(intake->connection, intake->channel, amqp_get_rpc_reply(state), doing, error);
		intake->is_asking = false;
	}
	if (result == ECOQ_INVALID && intake->connection->refusal_code == NOT_FOUND) {
		intake->is_amiss = true;
		result = error->code = ECOQ_UNAVAILABLE;
		ecoq_amqp_forget_known(intake->connection);
	}
	return result;
}

/* ---- basic.get ---- */

ecoq_result ecoq_amqp_get_one(ecoq_amqp_intake *intake, const char *queue, ecoq_amqp_held **held, ecoq_error *error)
{
	amqp_basic_get_t get = {.queue = amqp_cstring_bytes(queue)};
	int64_t deadline_ms = ecoq_clock_monotonic_ms() + intake->connection->settings->network.timeout_ms;
	*held = NULL;
	intake->get = ECOQ_AMQP_GET_WAITING;
	ecoq_result result = ecoq_amqp_status(intake->connection, amqp_send_method(intake->connection->state, intake->channel, AMQP_BASIC_GET_METHOD, &get), "Asking for a message", error);
	while (result == ECOQ_OK && (intake->get == ECOQ_AMQP_GET_WAITING || intake->get == ECOQ_AMQP_GET_COMING)) {
		result = ecoq_amqp_pump(intake->connection, deadline_ms, error);
		if (result == ECOQ_OK && ecoq_clock_monotonic_ms() > deadline_ms) {
			result = ecoq_fail(error, ECOQ_UNAVAILABLE, "Asking queue \"%.64s\" for a message: the broker did not answer in time (option io-timeout)", queue);
			ecoq_amqp_disconnect(intake->connection, error);
		}
	}
	if (result == ECOQ_OK && !intake->generation) {
		*error = intake->gone;
		result = error->code;
	}
	*held = intake->got;
	intake->got = NULL;
	intake->get = ECOQ_AMQP_GET_NONE;
	return result;
}

/* ---- What is told ---- */

/* Delivery tags rise with the index. */
static ecoq_amqp_outstanding *find(ecoq_amqp_intake *intake, uint64_t tag)
{
	size_t low = 0, high = intake->outstanding_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (intake->outstanding[middle].tag < tag) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < intake->outstanding_count && intake->outstanding[low].tag == tag ? &intake->outstanding[low] : NULL;
}

size_t ecoq_amqp_pushed_and_held(const ecoq_amqp_intake *intake)
{
	size_t count = 0;
	for (size_t i = 0; i < intake->outstanding_count; i++) {
		count += !intake->outstanding[i].was_got;
	}
	return count;
}

static void drop_settled(ecoq_amqp_intake *intake)
{
	size_t kept = 0;
	for (size_t i = 0; i < intake->outstanding_count; i++) {
		if (!intake->outstanding[i].is_settled) {
			intake->outstanding[kept++] = intake->outstanding[i];
		}
	}
	intake->outstanding_count = kept;
}

static size_t mark(ecoq_amqp_intake *intake, ecoq_amqp_held *const *held, size_t count)
{
	size_t marked = 0;
	for (size_t i = 0; i < count; i++) {
		ecoq_amqp_outstanding *one = held[i] && held[i]->intake == intake && ecoq_amqp_is_held(held[i]) ? find(intake, held[i]->tag) : NULL;
		if (one) {
			one->is_settled = true;
			marked++;
		}
	}
	return marked;
}

static ecoq_result tell(ecoq_amqp_intake *intake, uint64_t tag, bool multiple, bool acknowledge, ecoq_error *error)
{
	amqp_connection_state_t state = intake->connection->state;
	int status = acknowledge ? amqp_basic_ack(state, intake->channel, tag, multiple) : amqp_basic_nack(state, intake->channel, tag, multiple, 1);
	intake->connection->sent_at_ms = ecoq_clock_monotonic_ms();
	return ecoq_amqp_status(intake->connection, status, acknowledge ? "Acknowledging" : "Giving back messages", error);
}

/* One frame for as many from the first on as are settled, one each for the others. */
static ecoq_result tell_all(ecoq_amqp_intake *intake, bool acknowledge, ecoq_error *error)
{
	size_t run = 0;
	while (run < intake->outstanding_count && intake->outstanding[run].is_settled) {
		run++;
	}
	ecoq_result result = run ? tell(intake, intake->outstanding[run - 1].tag, run > 1, acknowledge, error) : ECOQ_OK;
	for (size_t i = run; i < intake->outstanding_count && result == ECOQ_OK; i++) {
		if (intake->outstanding[i].is_settled) {
			result = tell(intake, intake->outstanding[i].tag, false, acknowledge, error);
		}
	}
	if (result == ECOQ_OK) {
		drop_settled(intake);
	}
	return result;
}

ecoq_result ecoq_amqp_tell_acknowledged(ecoq_amqp_intake *intake, ecoq_amqp_held *const *held, size_t count, ecoq_error *error)
{
	return mark(intake, held, count) ? tell_all(intake, true, error) : ECOQ_OK;
}

ecoq_result ecoq_amqp_tell_given_back(ecoq_amqp_intake *intake, ecoq_amqp_held *const *held, size_t count, ecoq_error *error)
{
	return mark(intake, held, count) ? tell_all(intake, false, error) : ECOQ_OK;
}
