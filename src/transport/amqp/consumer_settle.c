#include <stdlib.h>

#include "base/clock.h"
#include "transport/amqp/partition.h"

/* What becomes of messages that were taken. */

/* Of partitions: each has one message that is taken. */
static void leave_partitions_of(ecoq_amqp_held *const *held, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		ecoq_amqp_partition *partition = ecoq_amqp_is_held(held[i]) ? ecoq_amqp_partition_of(held[i]) : NULL;
		if (partition) {
			ecoq_amqp_partition_leave(partition);
		}
	}
}

static ecoq_result give_looked_at_back(ecoq_amqp_consumer *c, ecoq_amqp_held *const *held, size_t count, ecoq_error *error)
{
	uint32_t before = 0;
	bool exists = false;
	ecoq_result result = ecoq_amqp_count(c->connection, c->queue, &exists, &before, error);
	if (result == ECOQ_OK) {
		result = ecoq_amqp_tell_given_back(&c->intake, held, count, error);
	}
	return result == ECOQ_OK && exists ? ecoq_amqp_await_back(c, before + count, error) : result;
}

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
		if (!ecoq_amqp_is_held(held[i])) {
			continue;
		}
		held[i]->is_taken = false;
		if (held[i]->is_looked_at) {
			looked_at[looked_at_count++] = held[i];
		} else if (!ecoq_amqp_partition_of(held[i])) {
			mine[mine_count++] = held[i];
		}
	}
	ecoq_amqp_forget_taken(c);
	ecoq_result result = mine_count ? ecoq_amqp_put_back_held(c, mine, mine_count, error) : ECOQ_OK;
	if (result == ECOQ_OK && looked_at_count) {
		result = give_looked_at_back(c, looked_at, looked_at_count, error);
	}
	leave_partitions_of(held, count);
	ecoq_amqp_unlock(c->connection);
	free(mine);
	return result;
}

/* Deliveries that were read here are to be found by whoever waits for them. */
static void tell_of_pushed(ecoq_amqp_consumer *c)
{
	if (c->pushed_count || c->has_news || ecoq_amqp_partitions_ahead(c)) {
		ecoq_amqp_wake(c->connection);
	}
}

bool ecoq_amqp_consumer_still_has(ecoq_amqp_consumer *consumer, const ecoq_amqp_held *held, bool reads)
{
	ecoq_error ignored;
	ecoq_amqp_lock(consumer->connection);
	if (reads && consumer->intake.generation) {
		ecoq_amqp_pump(consumer->connection, 0, &ignored);
	}
	bool has = ecoq_amqp_is_held(held);
	if (has && consumer->timeout_ms > 0 && ecoq_clock_monotonic_ms() - held->arrived_ms >= consumer->timeout_ms) {
		ecoq_amqp_give_up_the_overdue(consumer, ecoq_clock_monotonic_ms());
		has = ecoq_amqp_is_held(held);
	}
	if (reads) {
		tell_of_pushed(consumer);
	}
	ecoq_amqp_unlock(consumer->connection);
	return has;
}

void ecoq_amqp_consumer_why_lost(ecoq_amqp_consumer *c, const ecoq_amqp_held *held, ecoq_error *why)
{
	ecoq_amqp_lock(c->connection);
	if (c->timeout_ms > 0 && ecoq_clock_monotonic_ms() - held->arrived_ms >= c->timeout_ms) {
		ecoq_fail(why, ECOQ_LOST, "it was held for longer than the channel's timeout");
	} else if (c->intake.gone.text[0]) {
		*why = c->intake.gone;
		c->trouble_count = c->trouble_is_end ? 0 : c->trouble_count; /* it is told now */
	}
	ecoq_amqp_unlock(c->connection);
}

const char *ecoq_amqp_consumer_place_of(ecoq_amqp_consumer *c, const ecoq_amqp_held *held, ecoq_bytes group)
{
	const char *place = NULL;
	ecoq_amqp_lock(c->connection);
	const ecoq_amqp_partition *partition = group.size && ecoq_amqp_is_held(held) ? ecoq_amqp_partition_of(held) : NULL;
	if (partition && partition == &c->partitions[ecoq_amqp_partition_number(c->connection->settings, group)]) {
		place = partition->returned;
	}
	ecoq_amqp_unlock(c->connection);
	return place;
}

static ecoq_result acknowledge(ecoq_amqp_consumer *c, ecoq_amqp_done *done, size_t count, ecoq_amqp_held **plain, ecoq_error *error)
{
	size_t plain_count = 0;
	ecoq_result result = ecoq_amqp_change_prefetch(c, error);
	for (size_t i = 0; i < count && result == ECOQ_OK; i++) {
		ecoq_amqp_partition *partition = done[i].lost || !ecoq_amqp_is_held(done[i].held) ? NULL : ecoq_amqp_partition_of(done[i].held);
		if (partition) {
			result = ecoq_amqp_partition_settle(partition, done[i].held, done[i].stays, done[i].due, error);
		} else if (!done[i].lost) {
			plain[plain_count++] = done[i].held;
		}
	}
	return result == ECOQ_OK ? ecoq_amqp_tell_acknowledged(&c->intake, plain, plain_count, error) : result;
}

/* An acknowledgement has no answer: what was sent on a connection that is lost before the broker has read it comes again. */
ecoq_result ecoq_amqp_consumer_ack(ecoq_amqp_consumer *c, ecoq_amqp_done *done, size_t count, ecoq_error *error)
{
	ecoq_amqp_held **plain = calloc(count, sizeof(ecoq_amqp_held *));
	if (!plain) {
		return ecoq_fail(error, ECOQ_NO_MEMORY, "Out of memory for acknowledging %zu messages", count);
	}
	ecoq_amqp_lock(c->connection);
	for (size_t i = 0; i < count; i++) {
		done[i].lost = done[i].lost || !ecoq_amqp_is_held(done[i].held);
	}
	ecoq_result result = acknowledge(c, done, count, plain, error);
	if (result != ECOQ_OK && !c->connection->state) {
		for (size_t i = 0; i < count; i++) {
			done[i].lost = true;
		}
		result = ECOQ_OK;
	}
	for (size_t i = 0; i < count && result == ECOQ_OK; i++) {
		if (!done[i].lost) {
			done[i].held->is_taken = false;
		}
	}
	ecoq_amqp_forget_taken(c);
	ecoq_amqp_unlock(c->connection);
	free(plain);
	return result;
}

int ecoq_amqp_consumer_descriptor(ecoq_amqp_consumer *consumer)
{
	ecoq_amqp_lock(consumer->connection);
	consumer->is_waiting = true;
	int descriptor = consumer->intake.generation ? ecoq_amqp_descriptor(consumer->connection) : -1;
	ecoq_amqp_unlock(consumer->connection);
	return descriptor;
}

void ecoq_amqp_consumer_stop_waiting(ecoq_amqp_consumer *consumer)
{
	ecoq_amqp_lock(consumer->connection);
	consumer->is_waiting = false;
	ecoq_amqp_unlock(consumer->connection);
}
