#include "transport/amqp/amqp.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "transport/amqp/queue.h"

/* Opening and closing of queues, and what becomes of them at the end of a request, of the process, and in a forked child. */

static ecoq_open_entry *open_queues;

static ecoq_amqp_queue *of_entry(ecoq_open_entry *entry)
{
	return (ecoq_amqp_queue *) ((char *) entry - offsetof(ecoq_amqp_queue, open));
}

const char *ecoq_amqp_doing(const ecoq_amqp_queue *queue, const char *what, char *out, size_t capacity)
{
	snprintf(out, capacity, "%s queue \"%.80s\" at %.80s (channel \"%.60s\")", what, queue->name, queue->settings->network.place, queue->channel);
	return out;
}

static ecoq_result check_name(ecoq_bytes name, ecoq_error *error)
{
	if (name.size == 0 || name.size > ECOQ_AMQP_NAME_MOST) {
		return ecoq_fail(error, ECOQ_INVALID, "The name of the queue has %zu bytes: 1 to %d can be used", name.size, ECOQ_AMQP_NAME_MOST);
	}
	if (memchr(name.data, '\0', name.size)) {
		return ecoq_fail(error, ECOQ_INVALID, "The name of the queue holds a NUL byte, which the name of a queue in RabbitMQ cannot");
	}
	if (name.size >= 4 && memcmp(name.data, "amq.", 4) == 0) {
		return ecoq_fail(error, ECOQ_INVALID, "The name of the queue, \"%.*s\", begins with \"amq.\", which RabbitMQ keeps for itself: use another one", (int) name.size, name.data);
	}
	return ECOQ_OK;
}

static void free_queue(ecoq_amqp_queue *queue)
{
	ecoq_network_release(&queue->settings->network);
	free(queue->name);
	free(queue->channel);
	pthread_mutex_destroy(&queue->mutex);
	free(queue);
}

/* With partitions it can keep the order of groups. */
static const ecoq_transport_ops partitioned;

static const ecoq_transport_ops *with_options(const ecoq_dsn_option *options, size_t count)
{
	const ecoq_transport_ops *ops = &ecoq_amqp_transport;
	for (size_t i = 0; i < count; i++) {
		if (ecoq_bytes_equal(options[i].name, ECOQ_BYTES("partitions"))) {
			ops = ecoq_bytes_equal(options[i].value, ECOQ_BYTES("0")) ? &ecoq_amqp_transport : &partitioned;
		}
	}
	return ops;
}

static ecoq_result amqp_open(const ecoq_transport_config *config, ecoq_transport **out, ecoq_error *error)
{
	ecoq_amqp_settings *settings;
	ecoq_result result = check_name(config->queue, error);
	if (result == ECOQ_OK) {
		result = ecoq_amqp_settings_read(config, &settings, error);
	}
	if (result != ECOQ_OK) {
		return result;
	}
	ecoq_amqp_queue *queue = calloc(1, sizeof(*queue));
	if (!queue) {
		ecoq_network_release(&settings->network);
		return ecoq_fail(error, ECOQ_NO_MEMORY, "Out of memory for a queue in RabbitMQ");
	}
	queue->transport.ops = settings->partitions ? &partitioned : &ecoq_amqp_transport;
	queue->settings = settings;
	queue->is_for_dead_letters = config->is_for_dead_letters;
	if (queue->is_for_dead_letters) {
		settings->partitions = 0;
	}
	queue->timeout_ms = config->timeout_ms;
	pthread_mutex_init(&queue->mutex, NULL);
	queue->name = strndup(config->queue.data, config->queue.size);
	queue->channel = strndup(config->channel.size ? config->channel.data : "", config->channel.size);
	if (!queue->name || !queue->channel) {
		free_queue(queue);
		return ecoq_fail(error, ECOQ_NO_MEMORY, "Out of memory for a queue in RabbitMQ");
	}
	ecoq_open_list_add(&open_queues, &queue->open);
	*out = &queue->transport;
	return ECOQ_OK;
}

/* In a forked child: the connections are the parent's, and its locks may be held for ever. */
static void forget_parent(ecoq_amqp_queue *queue)
{
	pthread_mutex_init(&queue->mutex, NULL);
	if (queue->consumer) {
		ecoq_amqp_consumer_forget(queue->consumer);
		queue->consumer = NULL;
	}
	if (queue->publishing) {
		ecoq_amqp_connection_put(queue->publishing);
		queue->publishing = NULL;
	}
	queue->open.pid = getpid();
	queue->open.thread = pthread_self();
}

/* The broker gives what is unacknowledged to others as soon as the connection ends. They see that it was delivered before: it is a suspect in any case. */
static void end(ecoq_amqp_queue *queue)
{
	if (queue->open.pid != getpid()) {
		forget_parent(queue);
		return;
	}
	if (queue->consumer) {
		ecoq_amqp_consumer_free(queue->consumer);
		queue->consumer = NULL;
	}
	if (queue->publishing) {
		ecoq_amqp_connection_put(queue->publishing);
		queue->publishing = NULL;
	}
}

static void amqp_close(ecoq_transport *transport)
{
	ecoq_amqp_queue *queue = ecoq_amqp_queue_of(transport);
	ecoq_open_list_remove(&open_queues, &queue->open);
	end(queue);
	free_queue(queue);
}

static void amqp_after_fork(ecoq_transport *transport)
{
	ecoq_amqp_queue *queue = ecoq_amqp_queue_of(transport);
	if (queue->open.pid != getpid()) {
		forget_parent(queue);
	}
}

void ecoq_amqp_transport_rshutdown(bool is_fatal)
{
	ecoq_open_entry *entry;
	(void) is_fatal;
	while ((entry = ecoq_open_list_find(&open_queues, true))) {
		ecoq_open_list_remove(&open_queues, entry);
		free_queue(of_entry(entry));
	}
	while ((entry = ecoq_open_list_find(&open_queues, false))) {
		end(of_entry(entry));
		entry->is_over = true;
	}
}

void ecoq_amqp_transport_mshutdown(void)
{
	while (open_queues) {
		ecoq_amqp_queue *queue = of_entry(open_queues);
		ecoq_open_list_remove(&open_queues, &queue->open);
		end(queue);
		free_queue(queue);
	}
	ecoq_amqp_connections_close_idle();
}

#define AMQP_OPS(more) \
	{ \
		.name = "amqp", \
		.schemes = (const char *const[]){"amqp", "amqps", NULL}, \
		.options = ecoq_amqp_options, \
		.capabilities = ECOQ_CAN_DELAY | ECOQ_CAN_PRIORITY | ECOQ_CAN_BROWSE | ECOQ_BROWSES_UNSORTED | ECOQ_IS_DURABLE | ECOQ_IS_THREAD_SAFE | ECOQ_HAS_HEADERS | (more), \
		.with_options = with_options, \
		.open = amqp_open, \
		.close = amqp_close, \
		.queue_of_dsn = ecoq_amqp_queue_of_dsn, \
		.setup = ecoq_amqp_setup, \
		.send = ecoq_amqp_send, \
		.reserve = ecoq_amqp_reserve, \
		.settle = ecoq_amqp_settle, \
		.hand_back = ecoq_amqp_hand_back, \
		.release = ecoq_amqp_release, \
		.still_mine = ecoq_amqp_still_mine, \
		.stats = ecoq_amqp_stats, \
		.purge = ecoq_amqp_purge, \
		.browse = ecoq_amqp_browse, \
		.descriptor = ecoq_amqp_queue_descriptor, \
		.poll_interval_ms = 100, \
		.wakes_exactly = true, \
		.stop_waiting = ecoq_amqp_stop_waiting, \
		.watch_presence = ecoq_amqp_watch_presence, \
		.advise = ecoq_amqp_advise, \
		.recovered = ecoq_amqp_recovered, \
		.after_fork = amqp_after_fork, \
	}

const ecoq_transport_ops ecoq_amqp_transport = AMQP_OPS(0);
static const ecoq_transport_ops partitioned = AMQP_OPS(ECOQ_CAN_GROUP);
