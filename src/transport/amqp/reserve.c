#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "transport/amqp/connection_parts.h"
#include "transport/amqp/queue.h"

void ecoq_amqp_fill_delivery(ecoq_amqp_held *held, ecoq_delivery *delivery)
{
	const ecoq_amqp_projection *projection = &held->projection;
	*delivery = (ecoq_delivery){
		.body = held->body.size ? ecoq_buffer_bytes(&held->body) : ECOQ_BYTES(""), /* of an empty one there is no buffer */
		.id = projection->id ? (ecoq_bytes){projection->id, strlen(projection->id)} : ECOQ_NO_BYTES,
		.number = held->tag,
		.fence = held->generation,
		.attempts = (uint32_t) projection->attempts,
		.crashes = (uint32_t) projection->crashes,
		.priority = held->priority,
		.suspect = projection->is_suspect,
		.redelivered = held->redelivered || projection->place != 0,
		.headers = ecoq_buffer_bytes(&projection->riders),
		.storage = held,
	};
}

/* The broker then has them twice until the first ones are acknowledged. */
static ecoq_result put_back(void *context, const char *to, ecoq_amqp_held *const *held, size_t count, int64_t patience_ms, ecoq_error *error)
{
	ecoq_amqp_queue *queue = context;
	int64_t now = ecoq_clock_now_ms();
	ecoq_outgoing *messages = calloc(count, sizeof(*messages));
	const ecoq_amqp_projection **from = calloc(count, sizeof(*from));
	ecoq_result result = messages && from ? ECOQ_OK : ecoq_fail(error, ECOQ_NO_MEMORY, "Out of memory for putting back %zu messages", count);
	for (size_t i = 0; i < count && result == ECOQ_OK; i++) {
		from[i] = &held[i]->projection;
		messages[i] = (ecoq_outgoing){
			.body = ecoq_buffer_bytes(&held[i]->body),
			.id = from[i]->id ? (ecoq_bytes){from[i]->id, strlen(from[i]->id)} : ECOQ_NO_BYTES,
			.attempts = (uint32_t) from[i]->attempts,
			.crashes = (uint32_t) from[i]->crashes,
			.deliver_at = from[i]->deliver_at > now ? from[i]->deliver_at : 0,
			.priority = held[i]->priority,
		};
	}
	if (result == ECOQ_OK) {
		result = ecoq_amqp_send_to(queue, &(ecoq_amqp_sending){.to = to, .is_own = true, .waits_there = true, .again = true, .patience_ms = patience_ms, .from = from}, messages, count, error);
	}
	free(messages);
	free(from);
	return result;
}

static ecoq_result need_consumer(ecoq_amqp_queue *queue, ecoq_error *error)
{
	if (!queue->publishing) {
		queue->publishing = ecoq_amqp_connection_get(queue->settings);
		if (!queue->publishing) {
			return ecoq_fail(error, ECOQ_NO_MEMORY, "Out of memory for consuming queue \"%.64s\"", queue->name);
		}
	}
	if (!queue->consumer) {
		/* put_back() runs on the keeper's thread, too, which cannot take on a timer */
		ecoq_amqp_lock(queue->publishing);
		ecoq_amqp_keep_up(queue->publishing);
		ecoq_amqp_unlock(queue->publishing);
		queue->consumer = ecoq_amqp_consumer_create(queue->settings, queue->name, queue->timeout_ms, put_back, queue);
		if (queue->consumer) {
			ecoq_amqp_consumer_watch(queue->consumer, queue->lost, queue->lost_context);
		}
	}
	return queue->consumer ? ECOQ_OK : ecoq_fail(error, ECOQ_NO_MEMORY, "Out of memory for consuming queue \"%.64s\"", queue->name);
}

ecoq_result ecoq_amqp_reserve(ecoq_transport *transport, const ecoq_reservation *request, ecoq_delivery *deliveries, size_t *count, int64_t *next_due, ecoq_error *error)
{
	ecoq_amqp_queue *queue = ecoq_amqp_queue_of(transport);
	ecoq_amqp_held **taken = calloc(request->max, sizeof(*taken));
	*count = 0;
	*next_due = 0;
	if (!taken) {
		return ecoq_fail(error, ECOQ_NO_MEMORY, "Out of memory for reserving %zu messages", request->max);
	}
	pthread_mutex_lock(&queue->mutex);
	ecoq_result result = need_consumer(queue, error);
	if (result == ECOQ_OK && request->message_id.size) {
		result = ecoq_amqp_consumer_find(queue->consumer, request->message_id, taken, count, error);
	} else if (result == ECOQ_OK && queue->is_for_dead_letters) {
		/* nobody runs them: that they were delivered before, be it to be looked at, says nothing */
		result = ecoq_amqp_consumer_get(queue->consumer, request->max, taken, count, error);
	} else if (result == ECOQ_OK) {
		result = ecoq_amqp_consumer_take(queue->consumer, request->max, taken, count, next_due, error);
	}
	for (size_t i = 0; i < *count; i++) {
		ecoq_amqp_fill_delivery(taken[i], &deliveries[i]);
	}
	pthread_mutex_unlock(&queue->mutex);
	free(taken);
	return result;
}

void ecoq_amqp_watch_presence(ecoq_transport *transport, void (*lost)(void *context), void *context)
{
	ecoq_amqp_queue *queue = ecoq_amqp_queue_of(transport);
	pthread_mutex_lock(&queue->mutex);
	queue->lost = lost;
	queue->lost_context = context;
	if (queue->consumer) {
		ecoq_amqp_consumer_watch(queue->consumer, lost, context);
	}
	pthread_mutex_unlock(&queue->mutex);
}

int ecoq_amqp_queue_descriptor(ecoq_transport *transport)
{
	ecoq_amqp_queue *queue = ecoq_amqp_queue_of(transport);
	pthread_mutex_lock(&queue->mutex);
	int descriptor = queue->consumer ? ecoq_amqp_consumer_descriptor(queue->consumer) : -1;
	pthread_mutex_unlock(&queue->mutex);
	return descriptor;
}

void ecoq_amqp_stop_waiting(ecoq_transport *transport)
{
	ecoq_amqp_queue *queue = ecoq_amqp_queue_of(transport);
	pthread_mutex_lock(&queue->mutex);
	if (queue->consumer) {
		ecoq_amqp_consumer_stop_waiting(queue->consumer);
	}
	pthread_mutex_unlock(&queue->mutex);
}

ecoq_result ecoq_amqp_browse(ecoq_transport *transport, size_t offset, size_t max, ecoq_delivery *deliveries, size_t *count, ecoq_error *error)
{
	ecoq_amqp_queue *queue = ecoq_amqp_queue_of(transport);
	ecoq_amqp_held **seen = calloc(offset + max, sizeof(*seen));
	size_t got = 0;
	*count = 0;
	pthread_mutex_lock(&queue->mutex);
	ecoq_result result = seen ? need_consumer(queue, error) : ecoq_fail(error, ECOQ_NO_MEMORY, "Out of memory for reading messages");
	if (result == ECOQ_OK) {
		result = ecoq_amqp_consumer_look(queue->consumer, offset + max, seen, &got, error);
	}
	for (size_t i = 0; i < got; i++) {
		if (result == ECOQ_OK && i >= offset) {
			ecoq_amqp_fill_delivery(seen[i], &deliveries[(*count)++]);
		} else {
			ecoq_amqp_held_release(seen[i]);
		}
	}
	pthread_mutex_unlock(&queue->mutex);
	free(seen);
	return result;
}
