#include <stdio.h>
#include <stdlib.h>

#include "transport/amqp/queue.h"

#define NOT_FOUND 404

/* Whether the broker lacks memory or disk: then it reads nothing from a connection that has published. */
static bool is_blocked(ecoq_amqp_connection *connection)
{
	ecoq_amqp_lock(connection);
	if (connection->state) {
		ecoq_amqp_pump(connection, 0, NULL);
	}
	bool blocked = connection->blocked[0] != '\0';
	ecoq_amqp_unlock(connection);
	return blocked;
}

/* A connection to ask on, with its mutex held until leave(): the publishing one, or another one while that is blocked. */
static ecoq_amqp_connection *reach(ecoq_amqp_queue *queue, ecoq_result *result, ecoq_error *error)
{
	if (!queue->publishing) {
		queue->publishing = ecoq_amqp_connection_get(queue->settings);
	}
	ecoq_amqp_connection *connection = queue->publishing;
	if (connection && is_blocked(connection)) {
		connection = ecoq_amqp_connection_get_asking(queue->settings);
	}
	if (!connection) {
		*result = ecoq_fail(error, ECOQ_NO_MEMORY, "Out of memory for a connection");
		return NULL;
	}
	ecoq_amqp_lock(connection);
	*result = ecoq_amqp_connect(connection, error);
	return connection;
}

static void leave(const ecoq_amqp_queue *queue, ecoq_amqp_connection *connection)
{
	if (!connection) {
		return;
	}
	ecoq_amqp_unlock(connection);
	if (connection != queue->publishing) {
		ecoq_amqp_connection_put(connection);
	}
}

/* What consuming may need later, when the user may not make it. */
static ecoq_result declare_beside(const ecoq_amqp_queue *queue, ecoq_amqp_connection *connection, ecoq_error *error)
{
	ecoq_amqp_name_walk walk = {0};
	ecoq_result result = ECOQ_OK;
	while (result == ECOQ_OK && ecoq_amqp_next_name(&walk, queue->name, (unsigned) queue->settings->partitions)) {
		if (walk.kind == ECOQ_AMQP_RETURNED_NAME && !queue->is_for_dead_letters) {
			result = ecoq_amqp_declare_own(connection, walk.name, error);
		} else if (walk.kind == ECOQ_AMQP_PARTITION_NAME) {
			result = ecoq_amqp_declare_partition(connection, walk.name, error);
		}
	}
	return result;
}

ecoq_result ecoq_amqp_setup(ecoq_transport *transport, ecoq_error *error)
{
	ecoq_amqp_queue *queue = ecoq_amqp_queue_of(transport);
	pthread_mutex_lock(&queue->mutex);
	ecoq_result result;
	ecoq_amqp_connection *connection = reach(queue, &result, error);
	if (result == ECOQ_OK) {
		ecoq_amqp_forget_known(connection);
		result = ecoq_amqp_declare_queue(connection, queue->name, error);
	}
	if (result == ECOQ_OK) {
		result = declare_beside(queue, connection, error);
	}
	leave(queue, connection);
	pthread_mutex_unlock(&queue->mutex);
	return result;
}

/* Those in the queue itself: what stands beside it is of workers that consume it. */
static ecoq_result count_letters(const ecoq_amqp_queue *queue, ecoq_amqp_connection *connection, ecoq_queue_stats *stats, ecoq_error *error)
{
	uint32_t messages = 0;
	bool exists = false;
	ecoq_result result = ecoq_amqp_count_lately(connection, queue->name, &exists, &messages, error);
	if (result == ECOQ_OK && exists) {
		result = ecoq_amqp_await_lookers(connection, queue->name, &messages, error);
	}
	stats->ready = messages;
	return result;
}

ecoq_result ecoq_amqp_stats(ecoq_transport *transport, ecoq_queue_stats *stats, ecoq_error *error)
{
	ecoq_amqp_queue *queue = ecoq_amqp_queue_of(transport);
	ecoq_amqp_name_walk walk = {0};
	uint64_t delayed = 0;
	*stats = (ecoq_queue_stats){.ready = 0, .reserved = -1, .exact = false};
	pthread_mutex_lock(&queue->mutex);
	ecoq_result result;
	ecoq_amqp_connection *connection = reach(queue, &result, error);
	if (result == ECOQ_OK && queue->is_for_dead_letters) {
		result = count_letters(queue, connection, stats, error);
	}
	while (result == ECOQ_OK && !queue->is_for_dead_letters && ecoq_amqp_next_name(&walk, queue->name, (unsigned) queue->settings->partitions)) {
		uint32_t messages = 0;
		bool exists = false;
		/* what was put back is asked for each time: thousands may come there at once, and whoever sends by what is ready goes by it */
		if (walk.kind == ECOQ_AMQP_RETURNED_NAME) {
			result = ecoq_amqp_count(connection, walk.name, &exists, &messages, error);
		} else {
			result = ecoq_amqp_count_lately(connection, walk.name, &exists, &messages, error);
		}
		stats->ready += messages;
	}
	if (result == ECOQ_OK && !queue->is_for_dead_letters) {
		result = ecoq_amqp_count_delayed(connection, &delayed, error);
	}
	leave(queue, connection);
	stats->delayed = (int64_t) delayed;
	if (queue->consumer) {
		size_t waiting, ahead = ecoq_amqp_consumer_ahead(queue->consumer, &waiting);
		stats->ready += (int64_t) ahead - (int64_t) waiting;
		stats->ready = stats->ready > 0 ? stats->ready : 0;
		stats->delayed += (int64_t) waiting;
	}
	pthread_mutex_unlock(&queue->mutex);
	return result;
}

void ecoq_amqp_advise(ecoq_transport *transport, void (*say)(void *context, const char *text), void *context)
{
	ecoq_amqp_queue *queue = ecoq_amqp_queue_of(transport);
	ecoq_error ignored;
	char level[ECOQ_AMQP_NAME_SIZE], unroutable[ECOQ_AMQP_NAME_SIZE], text[800];
	bool found = false;
	uint32_t lost = 0;
	pthread_mutex_lock(&queue->mutex);
	ecoq_result result;
	ecoq_amqp_connection *connection = reach(queue, &result, &ignored);
	if (result == ECOQ_OK && queue->settings->queue_type != ECOQ_AMQP_CLASSIC) {
		found = ecoq_amqp_has_classic_level(connection, level, sizeof(level));
	}
	if (result == ECOQ_OK) {
		lost = ecoq_amqp_count_unroutable(connection, unroutable, sizeof(unroutable));
	}
	leave(queue, connection);
	pthread_mutex_unlock(&queue->mutex);
	if (found) {
		snprintf(text, sizeof(text),
			"Delays at %.100s go through the queue \"%.100s\", which is no quorum queue with dead-letter-strategy at-least-once: messages of channel \"%.60s\" that are delayed may be lost when the broker stops "
			"unexpectedly. Delete the queues \"%.100s.…\" when they are empty (they are made anew), or choose another delay-prefix",
			queue->settings->network.place, level, queue->channel, queue->settings->delay_prefix);
		say(context, text);
	}
	if (lost) {
		snprintf(text, sizeof(text),
			"At %.100s, %u delayed messages could not be delivered when they were due, since their queue was deleted meanwhile. They are in the queue \"%.100s\": move them to where they belong, or purge it",
			queue->settings->network.place, (unsigned) lost, unroutable);
		say(context, text);
	}
}

bool ecoq_amqp_recovered(ecoq_transport *transport, ecoq_error *from)
{
	ecoq_amqp_queue *queue = ecoq_amqp_queue_of(transport);
	pthread_mutex_lock(&queue->mutex);
	bool recovered = queue->consumer && ecoq_amqp_consumer_recovered(queue->consumer, from);
	if (!recovered && queue->note[0]) {
		ecoq_fail(from, ECOQ_REFUSED, "%s", queue->note);
		queue->note[0] = '\0';
		recovered = true;
	}
	pthread_mutex_unlock(&queue->mutex);
	return recovered;
}

static ecoq_result purge_one(ecoq_amqp_connection *connection, const char *name, size_t *removed, ecoq_error *error)
{
	char doing[256];
	uint32_t messages;
	bool exists;
	amqp_channel_t channel;
	ecoq_result result = ecoq_amqp_count(connection, name, &exists, &messages, error);
	if (result != ECOQ_OK || !exists) {
		return result;
	}
	result = ecoq_amqp_channel_open(connection, NULL, &channel, error);
	if (result != ECOQ_OK) {
		return result;
	}
	const amqp_queue_purge_ok_t *ok = amqp_queue_purge(connection->state, channel, amqp_cstring_bytes(name));
	amqp_rpc_reply_t reply = amqp_get_rpc_reply(connection->state);
	if (ok && reply.reply_type == AMQP_RESPONSE_NORMAL) {
		*removed += ok->message_count;
		ecoq_amqp_channel_close(connection, channel);
		return ECOQ_OK;
	}
	snprintf(doing, sizeof(doing), "Purging queue \"%.180s\"", name);
	result = ecoq_amqp_answer(connection, channel, reply, doing, error);
	return connection->refusal_code == NOT_FOUND ? ECOQ_OK : result; /* deleted just then */
}

/* Delayed messages are in levels that all queues of the vhost share: they cannot be told apart there, and stay. */
ecoq_result ecoq_amqp_purge(ecoq_transport *transport, size_t *removed, ecoq_error *error)
{
	ecoq_amqp_queue *queue = ecoq_amqp_queue_of(transport);
	ecoq_amqp_name_walk walk = {0};
	*removed = 0;
	pthread_mutex_lock(&queue->mutex);
	ecoq_result result;
	ecoq_amqp_connection *connection = reach(queue, &result, error);
	while (result == ECOQ_OK && ecoq_amqp_next_name(&walk, queue->name, (unsigned) queue->settings->partitions)) {
		result = purge_one(connection, walk.name, removed, error);
	}
	leave(queue, connection);
	if (result == ECOQ_OK && queue->consumer) {
		result = ecoq_amqp_consumer_purge(queue->consumer, removed, error);
	}
	pthread_mutex_unlock(&queue->mutex);
	return result;
}
