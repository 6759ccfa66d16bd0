#include <stdio.h>
#include <stdlib.h>

#include "transport/amqp/queue.h"

/* Deliveries that settle together. */
typedef struct settling {
	ecoq_settlement *settlements;
	size_t count;
	ecoq_amqp_done *done;
	ecoq_bytes *to; /* the queue of each one's successor; empty: this one */
} settling;

static ecoq_bytes destination_of(ecoq_amqp_queue *queue, const ecoq_settlement *settlement, ecoq_amqp_done *done)
{
	const ecoq_outgoing *successor = settlement->successor;
	const char *place = successor && !settlement->successor_queue.size ? ecoq_amqp_consumer_place_of(queue->consumer, done->held, successor->group) : NULL;
	done->stays = place != NULL;
	done->due = place ? successor->deliver_at : 0;
	return place ? (ecoq_bytes){place, strlen(place)} : settlement->successor_queue;
}

static bool begin(ecoq_amqp_queue *queue, settling *s, ecoq_settlement *settlements, size_t count)
{
	*s = (settling){settlements, count, calloc(count, sizeof(*s->done)), calloc(count, sizeof(*s->to))};
	for (size_t i = 0; i < count && s->done && s->to; i++) {
		ecoq_amqp_done *done = &s->done[i];
		done->held = settlements[i].delivery->storage;
		done->lost = !queue->consumer || !ecoq_amqp_consumer_still_has(queue->consumer, done->held, i == 0);
		if (!done->lost) {
			s->to[i] = destination_of(queue, &settlements[i], done);
		}
	}
	return s->done && s->to;
}

static void end(settling *s)
{
	free(s->done);
	free(s->to);
}

static bool goes_to(const settling *s, size_t i, ecoq_bytes queue)
{
	return s->settlements[i].successor && !s->done[i].lost && ecoq_bytes_equal(s->to[i], queue);
}

/* Publishes the successors that go to one queue, confirmed. What is lost leaves none. */
static ecoq_result send_successors(ecoq_amqp_queue *queue, const settling *s, size_t first, ecoq_error *error)
{
	ecoq_bytes to = s->to[first];
	bool stays = s->done[first].stays;
	ecoq_outgoing *messages = calloc(s->count, sizeof(*messages));
	const ecoq_amqp_projection **from = calloc(s->count, sizeof(*from));
	ecoq_bytes *instead = calloc(s->count, sizeof(*instead)); /* the broker took it once */
	ecoq_amqp_projection anew;                                /* a new attempt in its old place; one partition has one message that is done */
	char *name = to.size ? strndup(to.data, to.size) : NULL;
	size_t count = 0;
	if (!messages || !from || !instead || (to.size && !name)) {
		free(messages);
		free(from);
		free(instead);
		free(name);
		return ecoq_fail(error, ECOQ_NO_MEMORY, "Out of memory for the successors of %zu messages", s->count);
	}
	for (size_t i = first; i < s->count; i++) {
		if (goes_to(s, i, to)) {
			messages[count] = *s->settlements[i].successor;
			instead[count] = ecoq_buffer_bytes(&s->done[i].held->body);
			from[count++] = &s->done[i].held->projection;
		}
	}
	if (stays) {
		anew = *from[0];
		anew.is_suspect = false;
		anew.riders = (ecoq_buffer){0}; /* the successor's body has them */
		from[0] = &anew;
	}
	ecoq_result result = ecoq_amqp_send_to(queue, &(ecoq_amqp_sending){.to = name, .is_own = stays, .waits_there = stays, .again = true, .from = from, .instead = instead}, messages, count, error);
	free(messages);
	free(from);
	free(instead);
	free(name);
	return result;
}

static ecoq_result send_all_successors(ecoq_amqp_queue *queue, const settling *s, ecoq_error *error)
{
	ecoq_result result = ECOQ_OK;
	for (size_t i = 0; i < s->count && result == ECOQ_OK; i++) {
		bool is_first = goes_to(s, i, s->to[i]);
		for (size_t j = 0; j < i && is_first; j++) {
			is_first = !goes_to(s, j, s->to[i]);
		}
		if (is_first) {
			result = send_successors(queue, s, i, error);
		}
	}
	return result;
}

static bool is_connected(const ecoq_amqp_queue *queue)
{
	ecoq_amqp_lock(queue->publishing);
	bool connected = queue->publishing->state != NULL;
	ecoq_amqp_unlock(queue->publishing);
	return connected;
}

/* Successors first, acknowledgements second: a crash in between leaves a second copy under the same id. */
ecoq_result ecoq_amqp_settle(ecoq_transport *transport, ecoq_settlement *settlements, size_t count, ecoq_error *error)
{
	ecoq_amqp_queue *queue = ecoq_amqp_queue_of(transport);
	settling s;
	pthread_mutex_lock(&queue->mutex);
	ecoq_result result = begin(queue, &s, settlements, count) ? ECOQ_OK : ecoq_fail(error, ECOQ_NO_MEMORY, "Out of memory for settling %zu messages", count);
	if (result == ECOQ_OK) {
		result = send_all_successors(queue, &s, error);
	}
	if (result == ECOQ_INVALID && !is_connected(queue)) {
		/* the login, or the virtual host: somebody changes something there, since it consumed */
		result = error->code = ECOQ_UNAVAILABLE;
	}
	if (result == ECOQ_OK && queue->consumer) {
		result = ecoq_amqp_consumer_ack(queue->consumer, s.done, count, error);
	}
	pthread_mutex_unlock(&queue->mutex);
	for (size_t i = 0; i < count && result == ECOQ_OK; i++) {
		settlements[i].result = s.done[i].lost ? ECOQ_LOST : ECOQ_OK;
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
	ecoq_error why;
	pthread_mutex_lock(&queue->mutex);
	bool mine = queue->consumer && ecoq_amqp_consumer_still_has(queue->consumer, delivery->storage, true);
	ecoq_fail(&why, ECOQ_LOST, "the connection over which it was delivered is gone");
	if (!mine && queue->consumer) {
		ecoq_amqp_consumer_why_lost(queue->consumer, delivery->storage, &why);
	}
	pthread_mutex_unlock(&queue->mutex);
	return mine ? ECOQ_OK : ecoq_fail(error, ECOQ_LOST, "The broker gives the message of queue \"%.64s\" to others: %.500s", queue->name, why.text);
}
