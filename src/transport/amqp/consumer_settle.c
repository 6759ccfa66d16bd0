#include <stdlib.h>

#include "base/clock.h"
#include "transport/amqp/consumer_state.h"

/* What becomes of messages that were taken. */

ecoq_result ecoq_amqp_consumer_give_back(ecoq_amqp_consumer *c, ecoq_amqp_held *const *held, size_t count, ecoq_error *error)
{
	ecoq_amqp_held **mine = calloc(2 * count, sizeof(ecoq_amqp_held *));
	size_t mine_count = 0, looked_at_count = 0;
	if (!mine) {
		return ecoq_fail(error, ECOQ_NO_MEMORY, "Out of memory for giving back %zu messages", count);
	}
	ecoq_amqp_held **looked_at = mine + count;
	ecoq_amqp_lock(c->connection);
	for (size_t i = 0; i < count; i++) {
		if (c->generation && held[i]->generation == c->generation) {
			held[i]->is_taken = false;
			if (held[i]->is_looked_at) {
				looked_at[looked_at_count++] = held[i];
			} else {
				mine[mine_count++] = held[i];
			}
		}
	}
	ecoq_result result = mine_count ? ecoq_amqp_put_back_held(c, mine, mine_count, error) : ECOQ_OK;
	if (result == ECOQ_OK) {
		result = ecoq_amqp_tell_given_back(c, looked_at, looked_at_count, error);
	}
	ecoq_amqp_forget_taken(c);
	ecoq_amqp_unlock(c->connection);
	free(mine);
	return result;
}

/* Deliveries that were read here are to be found by whoever waits for them. */
static void tell_of_pushed(ecoq_amqp_consumer *c)
{
	if (c->pushed_count || c->has_news) {
		ecoq_amqp_wake(c->connection);
	}
}

bool ecoq_amqp_consumer_still_has(ecoq_amqp_consumer *consumer, const ecoq_amqp_held *held, bool reads)
{
	ecoq_error ignored;
	ecoq_amqp_lock(consumer->connection);
	if (reads && consumer->generation) {
		ecoq_amqp_pump(consumer->connection, 0, &ignored);
	}
	bool has = consumer->generation && held->generation == consumer->generation;
	if (has && consumer->timeout_ms > 0 && ecoq_clock_monotonic_ms() - held->arrived_ms >= consumer->timeout_ms) {
		ecoq_amqp_give_up_the_overdue(consumer, ecoq_clock_monotonic_ms());
		has = held->generation == consumer->generation;
	}
	if (reads) {
		tell_of_pushed(consumer);
	}
	ecoq_amqp_unlock(consumer->connection);
	return has;
}

/* An acknowledgement has no answer: what was sent on a connection that is lost before the broker has read it comes again. */
ecoq_result ecoq_amqp_consumer_ack(ecoq_amqp_consumer *c, ecoq_amqp_held *const *held, size_t count, bool *lost, ecoq_error *error)
{
	ecoq_amqp_held **mine = calloc(count, sizeof(ecoq_amqp_held *));
	size_t mine_count = 0;
	if (!mine) {
		return ecoq_fail(error, ECOQ_NO_MEMORY, "Out of memory for acknowledging %zu messages", count);
	}
	ecoq_amqp_lock(c->connection);
	for (size_t i = 0; i < count; i++) {
		lost[i] = lost[i] || !c->generation || held[i]->generation != c->generation;
		if (!lost[i]) {
			mine[mine_count++] = held[i];
		}
	}
	ecoq_result result = ecoq_amqp_change_prefetch(c, error);
	if (result == ECOQ_OK) {
		result = ecoq_amqp_tell_acknowledged(c, mine, mine_count, error);
	}
	if (result != ECOQ_OK && !c->generation) {
		for (size_t i = 0; i < count; i++) {
			lost[i] = true;
		}
		result = ECOQ_OK;
	}
	for (size_t i = 0; i < mine_count && result == ECOQ_OK; i++) {
		mine[i]->is_taken = false;
	}
	ecoq_amqp_forget_taken(c);
	ecoq_amqp_unlock(c->connection);
	free(mine);
	return result;
}

int ecoq_amqp_consumer_descriptor(ecoq_amqp_consumer *consumer)
{
	ecoq_amqp_lock(consumer->connection);
	int descriptor = consumer->generation ? ecoq_amqp_descriptor(consumer->connection) : -1;
	ecoq_amqp_unlock(consumer->connection);
	return descriptor;
}
