#include "transport/amqp/consumer_state.h"

/* What was pushed ahead, as seen from outside. */

size_t ecoq_amqp_consumer_ahead(ecoq_amqp_consumer *consumer)
{
	ecoq_error ignored;
	ecoq_amqp_lock(consumer->connection);
	if (consumer->generation) {
		ecoq_amqp_pump(consumer->connection, 0, &ignored);
	}
	size_t count = consumer->pushed_count;
	ecoq_amqp_wake(consumer->connection);
	ecoq_amqp_unlock(consumer->connection);
	return count;
}

ecoq_result ecoq_amqp_consumer_purge(ecoq_amqp_consumer *consumer, size_t *removed, ecoq_error *error)
{
	ecoq_result result = ECOQ_OK;
	ecoq_amqp_lock(consumer->connection);
	for (size_t i = 0; i < ECOQ_AMQP_LANES; i++) {
		ecoq_amqp_held *held;
		while ((held = ecoq_amqp_list_shift(&consumer->pushed[i]))) {
			if (result == ECOQ_OK) {
				result = ecoq_amqp_tell_acknowledged(consumer, &held, 1, error);
				*removed += result == ECOQ_OK;
			}
			ecoq_amqp_held_release(held);
			consumer->pushed_count--;
		}
	}
	ecoq_amqp_unlock(consumer->connection);
	return result;
}
