#include "transport/amqp/consumer_state.h"

/* What comes to a consumer: to the queue and its lanes. */

static ecoq_amqp_consumer *consumer_of(ecoq_amqp_intake *intake)
{
	return (ecoq_amqp_consumer *) intake;
}

static bool is_tag(const char *tag, amqp_bytes_t other)
{
	return strlen(tag) == other.len && memcmp(tag, other.bytes, other.len) == 0;
}

static ecoq_amqp_subscription *by_tag(ecoq_amqp_consumer *c, amqp_bytes_t tag)
{
	for (size_t i = 0; i < c->subscription_count; i++) {
		if (is_tag(c->subscriptions[i].tag, tag)) {
			return &c->subscriptions[i];
		}
	}
	return NULL;
}

static bool expects(ecoq_amqp_intake *intake, amqp_bytes_t tag, uint8_t *priority)
{
	ecoq_amqp_consumer *c = consumer_of(intake);
	if (is_tag(c->events_tag, tag)) {
		c->has_news = true;
		return false;
	}
	const ecoq_amqp_subscription *from = by_tag(c, tag);
	*priority = from ? from->priority : ECOQ_PRIORITY_DEFAULT;
	return true;
}

static void pushed(ecoq_amqp_intake *intake, ecoq_amqp_held *held)
{
	ecoq_amqp_consumer *c = consumer_of(intake);
	ecoq_amqp_list_append(&c->pushed[held->priority], held);
	c->pushed_count++;
}

/* The queue was deleted, or its node is gone: it is declared again with the next take. */
static void cancelled(ecoq_amqp_intake *intake, amqp_bytes_t tag)
{
	ecoq_amqp_consumer *c = consumer_of(intake);
	ecoq_amqp_subscription *s = by_tag(c, tag);
	if (is_tag(c->events_tag, tag)) {
		c->events[0] = c->events_tag[0] = '\0';
		c->has_news = true;
	}
	if (s) {
		ecoq_amqp_note_cancelled(c, s->queue);
		s->is_active = s->stands_by = s->exists = false;
		s->tag[0] = '\0';
		c->prefetch = 0;
		c->has_news = true;
		ecoq_amqp_known_free(c->connection->known);
		c->connection->known = NULL;
	}
}

static void broken(ecoq_amqp_intake *intake)
{
	ecoq_amqp_consumer *c = consumer_of(intake);
	if (!intake->is_asking) {
		ecoq_amqp_note_trouble(c, true, "Consuming queue \"%.100s\" was interrupted: %s", c->queue, intake->gone.text);
	}
}

static void ended(ecoq_amqp_intake *intake)
{
	ecoq_amqp_consumer *c = consumer_of(intake);
	c->prefetch = 0;
	c->events[0] = c->events_tag[0] = '\0';
	for (size_t i = 0; i < c->subscription_count; i++) {
		c->subscriptions[i].is_active = c->subscriptions[i].stands_by = c->subscriptions[i].exists = false;
	}
	for (size_t i = 0; i < ECOQ_AMQP_LANES; i++) {
		ecoq_amqp_held *held;
		while ((held = ecoq_amqp_list_shift(&c->pushed[i]))) {
			ecoq_amqp_held_release(held);
		}
	}
	c->pushed_count = 0;
	c->may_have_returned = true;
	ecoq_amqp_lose_taken(c, intake);
}

const ecoq_amqp_intake_owner ecoq_amqp_consumer_intake = {expects, pushed, cancelled, broken, ended};
