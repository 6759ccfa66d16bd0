#include "base/clock.h"
#include "transport/amqp/partition.h"

/* What was pushed ahead, and what is on its way. */

#define BACK_PER_MS 10 /* messages that a slow broker takes back */

size_t ecoq_amqp_consumer_ahead(ecoq_amqp_consumer *consumer, size_t *waiting)
{
	ecoq_error ignored;
	ecoq_amqp_lock(consumer->connection);
	if (consumer->intake.generation) {
		ecoq_amqp_pump(consumer->connection, 0, &ignored);
	}
	size_t count = consumer->pushed_count + ecoq_amqp_partitions_ahead(consumer);
	*waiting = ecoq_amqp_partitions_waiting(consumer);
	ecoq_amqp_wake(consumer->connection);
	ecoq_amqp_unlock(consumer->connection);
	return count;
}

ecoq_result ecoq_amqp_consumer_purge(ecoq_amqp_consumer *consumer, size_t *removed, ecoq_error *error)
{
	ecoq_amqp_lock(consumer->connection);
	ecoq_result result = consumer->intake.generation ? ecoq_amqp_pump(consumer->connection, 0, error) : ECOQ_OK;
	for (size_t i = 0; i < ECOQ_AMQP_LANES; i++) {
		ecoq_amqp_held *held;
		while ((held = ecoq_amqp_list_shift(&consumer->pushed[i]))) {
			if (result == ECOQ_OK) {
				result = ecoq_amqp_tell_acknowledged(&consumer->intake, &held, 1, error);
				*removed += result == ECOQ_OK;
			}
			ecoq_amqp_held_release(held);
			consumer->pushed_count--;
		}
	}
	if (result == ECOQ_OK) {
		result = ecoq_amqp_purge_partitions(consumer, removed, error);
	}
	ecoq_amqp_unlock(consumer->connection);
	return result;
}

ecoq_result ecoq_amqp_is_more_to_come(ecoq_amqp_consumer *c, bool *more, ecoq_error *error)
{
	ecoq_result result = ECOQ_OK;
	*more = false;
	for (size_t i = 0; i < c->subscription_count && result == ECOQ_OK && !*more; i++) {
		uint32_t messages = 0;
		if (c->subscriptions[i].is_active) {
			result = ecoq_amqp_count(c->connection, c->subscriptions[i].queue, &c->subscriptions[i].exists, &messages, error);
			*more = messages > 0;
		}
	}
	return result == ECOQ_OK ? ecoq_amqp_partitions_await(c, more, error) : result;
}

ecoq_result ecoq_amqp_catch_up(ecoq_amqp_consumer *c, ecoq_error *error)
{
	ecoq_result result = ecoq_amqp_intake_check(&c->intake, error);
	if (result != ECOQ_OK) {
		return result;
	}
	amqp_basic_qos(c->connection->state, c->intake.channel, 0, c->prefetch ? c->prefetch : 1, 0);
	return ecoq_amqp_answer(c->connection, c->intake.channel, amqp_get_rpc_reply(c->connection->state), "Asking what is on its way", error);
}

ecoq_result ecoq_amqp_let_come(ecoq_amqp_consumer *c, ecoq_error *error)
{
	int64_t end_ms = ecoq_clock_monotonic_ms() + ECOQ_AMQP_PUSH_MS;
	bool more = true;
	ecoq_result result = ECOQ_OK;
	while (result == ECOQ_OK && more && c->intake.generation && ecoq_amqp_pushed_and_held(&c->intake) < c->prefetch && ecoq_clock_monotonic_ms() < end_ms) {
		result = ecoq_amqp_is_more_to_come(c, &more, error);
		if (result == ECOQ_OK) {
			result = ecoq_amqp_catch_up(c, error);
		}
		if (result == ECOQ_OK && more) {
			result = ecoq_amqp_pump(c->connection, ecoq_clock_monotonic_ms() + ECOQ_AMQP_SETTLE_MS, error);
		}
	}
	return result;
}

ecoq_result ecoq_amqp_await_back(ecoq_amqp_consumer *c, size_t ready, ecoq_error *error)
{
	int64_t end_ms = ecoq_clock_monotonic_ms() + ECOQ_AMQP_PUSH_MS + (int64_t) ready / BACK_PER_MS;
	uint32_t messages = 0;
	bool exists = true;
	ecoq_result result;
	do {
		result = ecoq_amqp_count(c->connection, c->queue, &exists, &messages, error);
		if (result == ECOQ_OK && messages < ready) {
			result = ecoq_amqp_pump(c->connection, ecoq_clock_monotonic_ms() + 1, error);
		}
	} while (result == ECOQ_OK && exists && messages < ready && ecoq_clock_monotonic_ms() < end_ms);
	return result;
}

ecoq_result ecoq_amqp_settle_down(ecoq_amqp_consumer *c, ecoq_error *error)
{
	int64_t end_ms = ecoq_clock_monotonic_ms() + ECOQ_AMQP_SETTLE_MS;
	size_t active = 0;
	ecoq_result result = ECOQ_OK;
	for (size_t i = 0; i < c->subscription_count; i++) {
		active += c->subscriptions[i].is_active;
	}
	while (result == ECOQ_OK && ecoq_clock_monotonic_ms() < end_ms && (active > 1 || c->pushed_count == 0)) {
		result = ecoq_amqp_pump(c->connection, end_ms, error);
	}
	return result;
}
