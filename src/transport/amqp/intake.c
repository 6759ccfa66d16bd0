#include <stdlib.h>

#include "base/clock.h"
#include "transport/amqp/consumer_state.h"

/* What arrives on the consumer's AMQP channel, and what it tells the broker about it. */

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

static bool note_outstanding(ecoq_amqp_consumer *c, uint64_t tag)
{
	if (c->outstanding_count == c->outstanding_capacity) {
		size_t capacity = c->outstanding_capacity ? c->outstanding_capacity * 2 : 64;
		ecoq_amqp_outstanding *more = realloc(c->outstanding, capacity * sizeof(*more));
		if (!more) {
			return false;
		}
		c->outstanding = more;
		c->outstanding_capacity = capacity;
	}
	c->outstanding[c->outstanding_count++] = (ecoq_amqp_outstanding){tag, false};
	return true;
}

/* Without memory it is not taken note of: it stays with the broker as unacknowledged, until the channel ends. */
static void begin(ecoq_amqp_consumer *c, uint64_t tag, bool redelivered, uint8_t priority)
{
	ecoq_amqp_held_release(c->coming);
	c->coming = calloc(1, sizeof(*c->coming));
	if (!c->coming || !note_outstanding(c, tag)) {
		free(c->coming);
		c->coming = NULL;
		return;
	}
	c->coming->references = 1;
	c->coming->tag = tag;
	c->coming->generation = c->generation;
	c->coming->priority = priority;
	c->coming->redelivered = redelivered;
	c->coming->arrived_ms = ecoq_clock_monotonic_ms();
}

static const ecoq_amqp_subscription *by_tag(const ecoq_amqp_consumer *c, amqp_bytes_t tag)
{
	for (size_t i = 0; i < c->subscription_count; i++) {
		const ecoq_amqp_subscription *s = &c->subscriptions[i];
		if (strlen(s->tag) == tag.len && memcmp(s->tag, tag.bytes, tag.len) == 0) {
			return s;
		}
	}
	return NULL;
}

static void on_deliver(ecoq_amqp_consumer *c, const amqp_basic_deliver_t *deliver)
{
	const ecoq_amqp_subscription *from = by_tag(c, deliver->consumer_tag);
	c->is_event = strlen(c->events_tag) == deliver->consumer_tag.len && memcmp(c->events_tag, deliver->consumer_tag.bytes, deliver->consumer_tag.len) == 0;
	if (c->is_event) {
		c->has_news = true;
	} else {
		begin(c, deliver->delivery_tag, deliver->redelivered, from ? from->priority : ECOQ_PRIORITY_DEFAULT);
	}
}

/* The queue was deleted, or its node is gone: it is declared again with the next take. */
static void on_cancel(ecoq_amqp_consumer *c, const amqp_basic_cancel_t *cancel)
{
	ecoq_amqp_subscription *s = (ecoq_amqp_subscription *) by_tag(c, cancel->consumer_tag);
	if (s) {
		s->is_active = s->exists = false;
		s->tag[0] = '\0';
		c->prefetch = 0;
		c->has_news = true;
		ecoq_amqp_known_free(c->connection->known);
		c->connection->known = NULL;
	}
}

static void on_method(ecoq_amqp_listener *listener, const amqp_method_t *method)
{
	ecoq_amqp_consumer *c = (ecoq_amqp_consumer *) listener;
	if (method->id == AMQP_BASIC_DELIVER_METHOD) {
		on_deliver(c, method->decoded);
	} else if (method->id == AMQP_BASIC_GET_OK_METHOD) {
		const amqp_basic_get_ok_t *ok = method->decoded;
		c->is_event = false;
		c->get = ECOQ_AMQP_GET_COMING;
		begin(c, ok->delivery_tag, ok->redelivered, ECOQ_PRIORITY_DEFAULT);
	} else if (method->id == AMQP_BASIC_GET_EMPTY_METHOD) {
		c->get = ECOQ_AMQP_GET_EMPTY;
	} else if (method->id == AMQP_BASIC_CANCEL_METHOD) {
		on_cancel(c, method->decoded);
	}
}

static void complete(ecoq_amqp_consumer *c)
{
	ecoq_amqp_held *held = c->coming;
	c->coming = NULL;
	if (c->get == ECOQ_AMQP_GET_COMING) {
		c->get = ECOQ_AMQP_GET_DONE;
		c->got = held;
	} else {
		ecoq_amqp_list_append(&c->pushed[held->priority], held);
		c->pushed_count++;
	}
}

/* By which what is put back finds its order again: when it first arrived, made strictly rising. Only what comes from "<queue>.returned" has one, and only there it is believed. */
static void give_place(ecoq_amqp_consumer *c, ecoq_amqp_held *held)
{
	ecoq_amqp_projection *projection = &held->projection;
	held->was_returned = c->get == ECOQ_AMQP_GET_COMING && projection->place != 0;
	if (held->was_returned) {
		held->priority = projection->priority;
		return;
	}
	int64_t now = ecoq_clock_now_ms() * 1000000;
	c->last_place = now > c->last_place ? now : c->last_place + 1;
	projection->place = c->last_place;
	projection->is_suspect = false;
}

static void on_header(ecoq_amqp_listener *listener, const amqp_basic_properties_t *properties, uint64_t body_size)
{
	ecoq_amqp_consumer *c = (ecoq_amqp_consumer *) listener;
	if (c->is_event || !c->coming) {
		return;
	}
	ecoq_amqp_read_properties(properties, &c->coming->projection);
	give_place(c, c->coming);
	c->coming_size = body_size;
	if (body_size == 0) {
		complete(c);
	}
}

static void on_body(ecoq_amqp_listener *listener, const void *data, size_t size)
{
	ecoq_amqp_consumer *c = (ecoq_amqp_consumer *) listener;
	if (c->is_event || !c->coming) {
		return;
	}
	if (!ecoq_buffer_append(&c->coming->body, data, size)) {
		ecoq_amqp_held_release(c->coming); /* no memory: as above */
		c->coming = NULL;
		if (c->get == ECOQ_AMQP_GET_COMING) {
			c->get = ECOQ_AMQP_GET_EMPTY;
		}
	} else if (c->coming->body.size >= c->coming_size) {
		complete(c);
	}
}

/* Everything unacknowledged is with others, or soon will be. */
static void on_gone(ecoq_amqp_listener *listener, const ecoq_error *error)
{
	ecoq_amqp_consumer *c = (ecoq_amqp_consumer *) listener;
	bool had_taken = c->taken_count > 0;
	c->gone = *error;
	c->generation = 0;
	c->prefetch = 0;
	ecoq_amqp_lose_taken(c);
	c->outstanding_count = 0;
	c->events[0] = c->events_tag[0] = '\0';
	for (size_t i = 0; i < c->subscription_count; i++) {
		c->subscriptions[i].is_active = c->subscriptions[i].exists = false;
	}
	for (size_t i = 0; i < ECOQ_AMQP_LANES; i++) {
		ecoq_amqp_held *held;
		while ((held = ecoq_amqp_list_shift(&c->pushed[i]))) {
			ecoq_amqp_held_release(held);
		}
	}
	c->pushed_count = 0;
	ecoq_amqp_held_release(c->coming);
	c->coming = NULL;
	ecoq_amqp_held_release(c->got);
	c->got = NULL;
	c->get = ECOQ_AMQP_GET_NONE;
	c->may_have_returned = true;
	if (had_taken && c->lost) {
		c->lost(c->lost_context);
	}
}

void ecoq_amqp_listen(ecoq_amqp_consumer *consumer)
{
	consumer->listener = (ecoq_amqp_listener){on_method, on_header, on_body, on_gone};
}

/* ---- basic.get ---- */

ecoq_result ecoq_amqp_get_one(ecoq_amqp_consumer *c, const char *queue, ecoq_amqp_held **held, ecoq_error *error)
{
	amqp_basic_get_t get = {.queue = amqp_cstring_bytes(queue)};
	int64_t deadline_ms = ecoq_clock_monotonic_ms() + c->connection->settings->timeout_ms;
	*held = NULL;
	c->get = ECOQ_AMQP_GET_WAITING;
	ecoq_result result = ecoq_amqp_status(c->connection, amqp_send_method(c->connection->state, c->channel, AMQP_BASIC_GET_METHOD, &get), "Asking for a message", error);
	while (result == ECOQ_OK && (c->get == ECOQ_AMQP_GET_WAITING || c->get == ECOQ_AMQP_GET_COMING)) {
		result = ecoq_amqp_pump(c->connection, deadline_ms, error);
		if (result == ECOQ_OK && ecoq_clock_monotonic_ms() > deadline_ms) {
			result = ecoq_fail(error, ECOQ_UNAVAILABLE, "Asking queue \"%.64s\" for a message: the broker did not answer in time (option io-timeout)", queue);
			ecoq_amqp_disconnect(c->connection, error);
		}
	}
	if (result == ECOQ_OK && !c->generation) {
		*error = c->gone;
		result = error->code;
	}
	*held = c->got;
	c->got = NULL;
	c->get = ECOQ_AMQP_GET_NONE;
	return result;
}

/* ---- What is told ---- */

/* Delivery tags rise with the index. */
static ecoq_amqp_outstanding *find(ecoq_amqp_consumer *c, uint64_t tag)
{
	size_t low = 0, high = c->outstanding_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (c->outstanding[middle].tag < tag) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < c->outstanding_count && c->outstanding[low].tag == tag ? &c->outstanding[low] : NULL;
}

static void drop_settled(ecoq_amqp_consumer *c)
{
	size_t kept = 0;
	for (size_t i = 0; i < c->outstanding_count; i++) {
		if (!c->outstanding[i].is_settled) {
			c->outstanding[kept++] = c->outstanding[i];
		}
	}
	c->outstanding_count = kept;
}

static size_t mark(ecoq_amqp_consumer *c, ecoq_amqp_held *const *held, size_t count)
{
	size_t marked = 0;
	for (size_t i = 0; i < count; i++) {
		ecoq_amqp_outstanding *one = held[i] && c->generation && held[i]->generation == c->generation ? find(c, held[i]->tag) : NULL;
		if (one) {
			one->is_settled = true;
			marked++;
		}
	}
	return marked;
}

static ecoq_result tell(ecoq_amqp_consumer *c, uint64_t tag, bool multiple, bool acknowledge, ecoq_error *error)
{
	amqp_connection_state_t state = c->connection->state;
	int status = acknowledge ? amqp_basic_ack(state, c->channel, tag, multiple) : amqp_basic_nack(state, c->channel, tag, multiple, 1);
	c->connection->sent_at_ms = ecoq_clock_monotonic_ms();
	return ecoq_amqp_status(c->connection, status, acknowledge ? "Acknowledging" : "Giving back messages", error);
}

/* One frame for as many from the first on as are settled, one each for the others. */
static ecoq_result tell_all(ecoq_amqp_consumer *c, bool acknowledge, ecoq_error *error)
{
	size_t run = 0;
	while (run < c->outstanding_count && c->outstanding[run].is_settled) {
		run++;
	}
	ecoq_result result = run ? tell(c, c->outstanding[run - 1].tag, run > 1, acknowledge, error) : ECOQ_OK;
	for (size_t i = run; i < c->outstanding_count && result == ECOQ_OK; i++) {
		if (c->outstanding[i].is_settled) {
			result = tell(c, c->outstanding[i].tag, false, acknowledge, error);
		}
	}
	if (result == ECOQ_OK) {
		drop_settled(c);
	}
	return result;
}

ecoq_result ecoq_amqp_tell_acknowledged(ecoq_amqp_consumer *consumer, ecoq_amqp_held *const *held, size_t count, ecoq_error *error)
{
	return mark(consumer, held, count) ? tell_all(consumer, true, error) : ECOQ_OK;
}

ecoq_result ecoq_amqp_tell_given_back(ecoq_amqp_consumer *consumer, ecoq_amqp_held *const *held, size_t count, ecoq_error *error)
{
	return mark(consumer, held, count) ? tell_all(consumer, false, error) : ECOQ_OK;
}
