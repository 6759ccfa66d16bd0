#include <stdio.h>
#include <stdlib.h>

#include "transport/amqp/queue.h"

/* Deliveries that settle together. */
typedef struct settling {
	ecoq_settlement *settlements;
	size_t count;
	ecoq_amqp_held **held;
	bool *lost;
} settling;

static bool begin(settling *s, ecoq_settlement *settlements, size_t count)
{
	*s = (settling){settlements, count, calloc(count, sizeof(*s->held)), calloc(count, sizeof(*s->lost))};
	for (size_t i = 0; i < count && s->held; i++) {
		s->held[i] = settlements[i].delivery->storage;
	}
	return s->held && s->lost;
}

static void end(settling *s)
{
	free(s->held);
	free(s->lost);
}

static bool goes_with(const ecoq_settlement *settlement, ecoq_bytes queue)
{
	return settlement->successor && ecoq_bytes_equal(settlement->successor_queue, queue);
}

/* Publishes the successors that go to one queue, confirmed. What is lost leaves none. */
static ecoq_result send_successors(ecoq_amqp_queue *queue, const settling *s, ecoq_bytes to, ecoq_error *error)
{
	ecoq_outgoing *messages = calloc(s->count, sizeof(*messages));
	const ecoq_amqp_projection **from = calloc(s->count, sizeof(*from));
	char *name = to.size ? strndup(to.data, to.size) : NULL;
	size_t count = 0;
	if (!messages || !from || (to.size && !name)) {
		free(messages);
		free(from);
		free(name);
		return ecoq_fail(error, ECOQ_NO_MEMORY, "Out of memory for the successors of %zu messages", s->count);
	}
	for (size_t i = 0; i < s->count; i++) {
		if (goes_with(&s->settlements[i], to) && !s->lost[i]) {
			messages[count] = *s->settlements[i].successor;
			from[count++] = &s->held[i]->projection;
		}
	}
	ecoq_result result = count ? ecoq_amqp_send_to(queue, &(ecoq_amqp_sending){.to = name, .again = true, .from = from}, messages, count, error) : ECOQ_OK;
	free(messages);
	free(from);
	free(name);
	return result;
}

static ecoq_result send_all_successors(ecoq_amqp_queue *queue, const settling *s, ecoq_error *error)
{
	ecoq_result result = ECOQ_OK;
	for (size_t i = 0; i < s->count && result == ECOQ_OK; i++) {
		bool is_first = s->settlements[i].successor != NULL;
		for (size_t j = 0; j < i && is_first; j++) {
			is_first = !goes_with(&s->settlements[j], s->settlements[i].successor_queue);
		}
		if (is_first) {
			result = send_successors(queue, s, s->settlements[i].successor_queue, error);
		}
	}
	return result;
}

/* Successors first, acknowledgements second: a crash in between leaves a second copy under the same id. */
ecoq_result ecoq_amqp_settle(ecoq_transport *transport, ecoq_settlement *settlements, size_t count, ecoq_error *error)
{
	ecoq_amqp_queue *queue = ecoq_amqp_queue_of(transport);
	settling s;
	if (!begin(&s, settlements, count)) {
		end(&s);
		return ecoq_fail(error, ECOQ_NO_MEMORY, "Out of memory for settling %zu messages", count);
	}
	pthread_mutex_lock(&queue->mutex);
	for (size_t i = 0; i < count; i++) {
		s.lost[i] = !queue->consumer || !ecoq_amqp_consumer_still_has(queue->consumer, s.held[i], i == 0);
	}
	ecoq_result result = send_all_successors(queue, &s, error);
	if (result == ECOQ_OK && queue->consumer) {
		result = ecoq_amqp_consumer_ack(queue->consumer, s.held, count, s.lost, error);
	}
	pthread_mutex_unlock(&queue->mutex);
	for (size_t i = 0; i < count && result == ECOQ_OK; i++) {
		settlements[i].result = s.lost[i] ? ECOQ_LOST : ECOQ_OK;
	}
	end(&s);
	return result;
}

ecoq_result ecoq_amqp_hand_back(ecoq_transport *transport, ecoq_delivery *const *deliveries, size_t count, ecoq_error *error)
{
	ecoq_amqp_queue *queue = ecoq_amqp_queue_of(transport);
	ecoq_amqp_held **held = calloc(count, sizeof(*held));
	if (!held) {
		return ecoq_fail(error, ECOQ_NO_MEMORY, "Out of memory for giving back %zu messages", count);
	}
	for (size_t i = 0; i < count; i++) {
		held[i] = deliveries[i]->storage;
	}
	pthread_mutex_lock(&queue->mutex);
	ecoq_result result = queue->consumer ? ecoq_amqp_consumer_give_back(queue->consumer, held, count, error) : ECOQ_OK;
	pthread_mutex_unlock(&queue->mutex);
	free(held);
	return result;
}

void ecoq_amqp_release(ecoq_transport *transport, ecoq_delivery *delivery)
{
	ecoq_amqp_queue *queue = ecoq_amqp_queue_of(transport);
	pthread_mutex_lock(&queue->mutex);
	ecoq_amqp_held_release(delivery->storage);
	pthread_mutex_unlock(&queue->mutex);
	delivery->storage = NULL;
}

ecoq_result ecoq_amqp_still_mine(ecoq_transport *transport, const ecoq_delivery *delivery, ecoq_error *error)
{
	ecoq_amqp_queue *queue = ecoq_amqp_queue_of(transport);
	pthread_mutex_lock(&queue->mutex);
	bool mine = queue->consumer && ecoq_amqp_consumer_still_has(queue->consumer, delivery->storage, true);
	pthread_mutex_unlock(&queue->mutex);
	return mine ? ECOQ_OK : ecoq_fail(error, ECOQ_LOST, "The connection over which the message of queue \"%.64s\" was delivered is gone: the broker gives it to others", queue->name);
}
