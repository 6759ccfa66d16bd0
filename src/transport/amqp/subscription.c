#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "transport/amqp/consumer_state.h"

/* Which queues the broker pushes from, and how much. */

#define LANES_EVERY_MS 5000    /* where no events come */
#define LANES_SELDOM_MS 600000 /* an event tells of a new lane at once; this is for one that was missed. The broker logs each question for a queue that is not there, and there are nine */

bool ecoq_amqp_make_subscriptions(ecoq_amqp_consumer *c)
{
	c->subscription_count = ECOQ_AMQP_LANES;
	c->subscriptions = calloc(c->subscription_count, sizeof(*c->subscriptions));
	for (size_t i = 0; c->subscriptions && i < c->subscription_count; i++) {
		ecoq_amqp_subscription *s = &c->subscriptions[i];
		char name[ECOQ_AMQP_NAME_SIZE];
		s->priority = (uint8_t) i;
		s->queue = strdup(ecoq_amqp_lane_name(name, c->queue, (unsigned) i));
		if (!s->queue) {
			return false;
		}
	}
	return c->subscriptions != NULL;
}

void ecoq_amqp_free_subscriptions(ecoq_amqp_consumer *c)
{
	for (size_t i = 0; c->subscriptions && i < c->subscription_count; i++) {
		free(c->subscriptions[i].queue);
	}
	free(c->subscriptions);
	c->subscriptions = NULL;
	c->subscription_count = 0;
}

ecoq_result ecoq_amqp_consumer_open(ecoq_amqp_consumer *c, ecoq_error *error)
{
	if (c->intake.generation) {
		return ECOQ_OK;
	}
	ecoq_result result = ecoq_amqp_intake_open(&c->intake, error);
	if (result == ECOQ_OK) {
		c->lanes_seen_ms = c->returned_seen_ms = 0;
		c->has_returned_queue = c->has_asked = false;
		c->may_have_returned = true;
		result = ecoq_amqp_declare_queue(c->connection, c->queue, error);
	}
	return result;
}

/* ---- News of lanes ---- */

/* Where the user may not make such a queue, lanes are found within seconds all the same. The name is known beforehand, since nothing that is pushed may come before it is. */
static void listen_for_events(ecoq_amqp_consumer *c)
{
	static unsigned count;
	amqp_connection_state_t state = c->connection->state;
	amqp_channel_t channel;
	ecoq_error ignored;
	char host[64] = "";
	if (c->events[0] || ecoq_amqp_channel_open(c->connection, NULL, &channel, &ignored) != ECOQ_OK) {
		return;
	}
	gethostname(host, sizeof(host) - 1);
	snprintf(c->events, sizeof(c->events), ECOQ_AMQP_EVENTS ".%.60s.%ld.%u.%llx", host, (long) getpid(), __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED),
		(unsigned long long) ecoq_clock_monotonic_ns());
	amqp_bytes_t exchange = amqp_cstring_bytes(ECOQ_AMQP_EVENTS), queue = amqp_cstring_bytes(c->events);
	amqp_exchange_declare(state, channel, exchange, amqp_cstring_bytes("direct"), 0, 1, 0, 0, amqp_empty_table);
	ecoq_result result = ecoq_amqp_answer(c->connection, channel, amqp_get_rpc_reply(state), "Declaring an exchange for events", &ignored);
	if (result == ECOQ_OK) {
		amqp_queue_declare(state, channel, queue, 0, 0, 1, 1, amqp_empty_table);
		result = ecoq_amqp_answer(c->connection, channel, amqp_get_rpc_reply(state), "Declaring a queue for events", &ignored);
	}
	if (result == ECOQ_OK) {
		amqp_queue_bind(state, channel, queue, exchange, amqp_cstring_bytes(c->queue), amqp_empty_table);
		result = ecoq_amqp_answer(c->connection, channel, amqp_get_rpc_reply(state), "Binding a queue for events", &ignored);
	}
	ecoq_amqp_channel_close(c->connection, channel);
	if (result == ECOQ_OK && c->intake.generation) {
		snprintf(c->events_tag, sizeof(c->events_tag), "ecoq.events");
		amqp_basic_consume(state, c->intake.channel, queue, amqp_cstring_bytes(c->events_tag), 0, 1, 1, amqp_empty_table);
		result = ecoq_amqp_answer(c->connection, c->intake.channel, amqp_get_rpc_reply(state), "Consuming events", &ignored);
	}
	if (result != ECOQ_OK) {
		c->events_tag[0] = '\0';
	}
}

static ecoq_result look_for_lanes(ecoq_amqp_consumer *c, ecoq_error *error)
{
	ecoq_result result = ECOQ_OK;
	c->may_have_returned |= c->has_news;
	c->has_news = false;
	c->lanes_seen_ms = ecoq_clock_monotonic_ms();
	for (size_t i = 0; i < c->subscription_count && result == ECOQ_OK; i++) {
		ecoq_amqp_subscription *s = &c->subscriptions[i];
		uint32_t messages;
		if (i == ECOQ_PRIORITY_DEFAULT) {
			result = ecoq_amqp_declare_queue(c->connection, s->queue, error);
			s->exists = result == ECOQ_OK;
		} else if (!s->exists) {
			result = ecoq_amqp_count(c->connection, s->queue, &s->exists, &messages, error);
		}
	}
	return result;
}

/* ---- Pushing ---- */

void ecoq_amqp_make_tag(ecoq_amqp_consumer *c, char *out, size_t capacity)
{
	char host[48] = "";
	gethostname(host, sizeof(host) - 1);
	const char *service = c->connection->settings->connection_name;
	snprintf(out, capacity, "%.30s.%.40s.%ld.%u", service ? service : "ecoq", host, (long) getpid(), ++c->tags);
}

static ecoq_result start(ecoq_amqp_consumer *c, ecoq_amqp_subscription *s, uint16_t prefetch, ecoq_error *error)
{
	uint16_t own = s->priority == ECOQ_PRIORITY_DEFAULT || prefetch < 4 ? prefetch : prefetch / 4;
	ecoq_amqp_make_tag(c, s->tag, sizeof(s->tag));
	ecoq_result result = ecoq_amqp_intake_consume(&c->intake, s->queue, s->tag, own, error);
	s->is_active = result == ECOQ_OK;
	s->stands_by = false;
	c->is_settling = true;
	return result;
}

/* What was pushed before the answer keeps its tag. */
static ecoq_result cancel(ecoq_amqp_consumer *c, const char *tag, ecoq_error *error)
{
	ecoq_result result = ecoq_amqp_intake_check(&c->intake, error);
	if (result == ECOQ_OK) {
		amqp_basic_cancel(c->connection->state, c->intake.channel, amqp_cstring_bytes(tag));
		result = ecoq_amqp_answer(c->connection, c->intake.channel, amqp_get_rpc_reply(c->connection->state), "Cancelling a consumer", error);
	}
	return result;
}

/* The new one begins first: what is deleted with its last consumer always has one. It is pushed what comes behind that which the old one has. */
static ecoq_result replace(ecoq_amqp_consumer *c, ecoq_amqp_subscription *s, uint16_t prefetch, ecoq_error *error)
{
	char old[sizeof(s->tag)];
	snprintf(old, sizeof(old), "%s", s->tag);
	ecoq_result result = start(c, s, prefetch, error);
	return result == ECOQ_OK ? cancel(c, old, error) : result;
}

/* Asked once, when the first consumer is about to be cancelled. */
static ecoq_result look_whether_it_ends(ecoq_amqp_consumer *c, ecoq_error *error)
{
	if (c->has_asked || c->is_ending || !c->subscriptions[ECOQ_PRIORITY_DEFAULT].is_active) {
		return ECOQ_OK;
	}
	ecoq_result result = ecoq_amqp_ends_with_consumers(c->connection, c->queue, &c->must_stay, error);
	c->has_asked = result == ECOQ_OK;
	return result;
}

/* Of a queue that ends with its consumers, one stays. */
static ecoq_result unsubscribe(ecoq_amqp_consumer *c, uint16_t meanwhile, ecoq_error *error)
{
	ecoq_result result = look_whether_it_ends(c, error);
	for (size_t i = 0; i < c->subscription_count && result == ECOQ_OK && c->intake.generation; i++) {
		ecoq_amqp_subscription *s = &c->subscriptions[i];
		if (!s->is_active) {
			continue;
		}
		if (i == ECOQ_PRIORITY_DEFAULT && c->must_stay && !c->is_ending) {
			result = replace(c, s, meanwhile, error);
		} else {
			result = cancel(c, s->tag, error);
			s->is_active = s->stands_by = false;
		}
	}
	c->prefetch = 0;
	return result;
}

ecoq_result ecoq_amqp_unsubscribe(ecoq_amqp_consumer *c, ecoq_error *error)
{
	ecoq_result result = unsubscribe(c, 1, error);
	c->subscriptions[ECOQ_PRIORITY_DEFAULT].stands_by = c->subscriptions[ECOQ_PRIORITY_DEFAULT].is_active;
	return result;
}

/* Concerns new consumers only. A quorum queue returns what is on its way to one that is cancelled, so that it comes again, out of order and as redelivered: that is done while nothing can be on its
 * way. */
ecoq_result ecoq_amqp_change_prefetch(ecoq_amqp_consumer *c, ecoq_error *error)
{
	if (!c->intake.generation || !c->prefetch || c->prefetch == c->wanted) {
		return ECOQ_OK;
	}
	bool is_full = ecoq_amqp_pushed_and_held(&c->intake) >= c->prefetch;
	if (!is_full && !c->found_nothing) {
		return ECOQ_OK;
	}
	/* the rest of what was pushed under the old tags is dispatched before they are forgotten */
	ecoq_result result = ecoq_amqp_pump(c->connection, 0, error);
	if (result == ECOQ_OK && (is_full || c->pushed_count == 0)) {
		result = unsubscribe(c, c->wanted, error);
		if (result == ECOQ_OK && c->subscriptions[ECOQ_PRIORITY_DEFAULT].is_active) {
			c->prefetch = c->wanted;
		}
		if (result == ECOQ_OK) {
			result = ecoq_amqp_pump(c->connection, 0, error);
		}
	}
	return result;
}

static ecoq_result subscribe(ecoq_amqp_consumer *c, uint16_t prefetch, ecoq_error *error)
{
	ecoq_result result = ecoq_amqp_consumer_open(c, error);
	int64_t every_ms = c->events_tag[0] ? LANES_SELDOM_MS : LANES_EVERY_MS;
	bool look = c->has_news || c->lanes_seen_ms == 0 || !c->subscriptions[ECOQ_PRIORITY_DEFAULT].exists || ecoq_clock_monotonic_ms() - c->lanes_seen_ms >= every_ms;
	c->wanted = prefetch;
	if (result == ECOQ_OK && look) {
		listen_for_events(c);
		result = look_for_lanes(c, error);
	}
	if (result == ECOQ_OK) {
		result = ecoq_amqp_change_prefetch(c, error);
	}
	uint16_t present = c->prefetch ? c->prefetch : prefetch;
	for (size_t i = 0; i < c->subscription_count && result == ECOQ_OK && c->intake.generation; i++) {
		ecoq_amqp_subscription *s = &c->subscriptions[i];
		if (s->is_active && s->stands_by) {
			result = replace(c, s, present, error);
		} else if (s->exists && !s->is_active) {
			result = start(c, s, present, error);
		}
	}
	if (result == ECOQ_OK && !c->intake.generation) {
		*error = c->intake.gone;
		result = error->code;
	}
	c->prefetch = result == ECOQ_OK ? present : 0;
	return result;
}

ecoq_result ecoq_amqp_subscribe(ecoq_amqp_consumer *c, uint16_t prefetch, ecoq_error *error)
{
	ecoq_amqp_await_gone(c);
	ecoq_result result = subscribe(c, prefetch, error);
	return result != ECOQ_OK && c->intake.is_amiss ? subscribe(c, prefetch, error) : result;
}
