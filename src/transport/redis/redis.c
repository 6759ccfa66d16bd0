#include "transport/redis/redis.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "transport/redis/presence.h"
#include "transport/redis/queue.h"
#include "transport/redis/wait.h"

/* The Redis transport: opening and closing of queues, and what becomes of them at the end of a request, of the process, and in a forked child. */

#define OWNER_BYTES 16
#define OWNER_SIZE (2 * OWNER_BYTES)

static ecoq_open_entry *open_queues;

static ecoq_redis_queue *of_entry(ecoq_open_entry *entry)
{
	return (ecoq_redis_queue *) ((char *) entry - offsetof(ecoq_redis_queue, open));
}

/* ---- Opening ---- */

static ecoq_result check_name(ecoq_bytes name, ecoq_error *error)
{
	if (name.size == 0) {
		return ecoq_fail(error, ECOQ_INVALID, "The name of the queue is empty: give the DSN a path (redis://host/orders) or the channel a name");
	}
	if (memchr(name.data, '\0', name.size)) {
		return ecoq_fail(error, ECOQ_INVALID, "The name of the queue holds a NUL byte, which a queue in Redis cannot have");
	}
	if (memchr(name.data, '}', name.size) && ecoq_redis_hashed_part(name).data == name.data) {
		return ecoq_fail(error, ECOQ_INVALID, "The name of the queue, \"%.*s\", holds a closing brace outside of a hash tag, so a Redis Cluster could not keep the queue's keys on one node: use a name without braces, or one with a tag, such as {shop}.orders",
			(int) (name.size < 200 ? name.size : 200), name.data);
	}
	return ECOQ_OK;
}

static char *copy_text(ecoq_bytes bytes)
{
	char *copy = malloc(bytes.size + 1);
	if (copy) {
		memcpy(copy, bytes.data, bytes.size);
		copy[bytes.size] = '\0';
	}
	return copy;
}

/* A new owner, who holds nothing. Its keys differ from those of the one before by as many digits as they end with. */
static void take_identity(ecoq_redis_queue *queue)
{
	unsigned char random[OWNER_BYTES] = {0};
	if (!ecoq_random_bytes(random, sizeof(random))) {
		int64_t now[] = {ecoq_clock_monotonic_ns(), getpid()};
		memcpy(random, now, sizeof(now));
	}
	for (size_t i = 0; i < sizeof(random); i++) {
		snprintf(queue->owner + 2 * i, 3, "%02x", random[i]);
	}
	const enum ecoq_redis_key own[] = {ECOQ_REDIS_HELD, ECOQ_REDIS_INBOX};
	for (size_t i = 0; i < 2; i++) {
		memcpy((char *) queue->keys[own[i]].data + queue->keys[own[i]].size - OWNER_SIZE, queue->owner, OWNER_SIZE);
	}
	queue->open.pid = getpid();
	queue->held_count = 0;
	queue->must_recall = false;
	queue->last_reservation = queue->last_settlement = 0;
	queue->returned_count = 0;
	queue->unsent = queue->unsettled = (ecoq_redis_doubt){0};
	queue->looked_at_ms = 0;
	queue->present_until_ms = 0;
}

static bool name_keys(ecoq_redis_queue *queue, ecoq_bytes name)
{
	static const char no_owner[OWNER_SIZE + 1] = "00000000000000000000000000000000";
	static const struct {
		enum ecoq_redis_key key;
		const char *name, *rest;
	} side_keys[] = {
		{ECOQ_REDIS_LANES, "lanes", ""},
		{ECOQ_REDIS_DELAYED, "delayed", ""},
		{ECOQ_REDIS_SUSPECTS, "suspects", ""},
		{ECOQ_REDIS_OWNERS, "owners", ""},
		{ECOQ_REDIS_HELD, "held:", no_owner},
		{ECOQ_REDIS_INBOX, "inbox:", no_owner},
		{ECOQ_REDIS_OVERDUE, "overdue", ""},
		{ECOQ_REDIS_WAKE, "wake", ""},
		{ECOQ_REDIS_NUMBER, "number", ""},
		{ECOQ_REDIS_GROUPS, "groups", ""},
		{ECOQ_REDIS_GRACE, "grace", ""},
	};
	queue->side = ecoq_redis_side_of(name);
	queue->keys[ECOQ_REDIS_LIST] = (ecoq_bytes){copy_text(name), name.size};
	bool ok = queue->side && queue->keys[ECOQ_REDIS_LIST].data;
	for (size_t i = 0; ok && i < sizeof(side_keys) / sizeof(*side_keys); i++) {
		char *key = ecoq_redis_side_key(queue, side_keys[i].name, (ecoq_bytes){side_keys[i].rest, strlen(side_keys[i].rest)});
		queue->keys[side_keys[i].key] = (ecoq_bytes){key, key ? strlen(key) : 0};
		ok = key != NULL;
	}
	return ok;
}

static void free_queue(ecoq_redis_queue *queue)
{
	ecoq_redis_wait_free(queue);
	ecoq_redis_route_free(&queue->route);
	for (size_t i = 0; i < ECOQ_REDIS_KEY_COUNT; i++) {
		free((char *) queue->keys[i].data);
	}
	free(queue->side);
	free(queue->channel);
	free(queue->held);
	pthread_mutex_destroy(&queue->mutex);
	pthread_mutex_destroy(&queue->lost_mutex);
	free(queue);
}

static ecoq_result redis_open(const ecoq_transport_config *config, ecoq_transport **out, ecoq_error *error)
{
	ecoq_redis_settings *settings;
	ecoq_result result = check_name(config->queue, error);
	if (result == ECOQ_OK) {
		result = ecoq_redis_settings_read(config, &settings, error);
	}
	if (result != ECOQ_OK) {
		return result;
	}
	ecoq_redis_queue *queue = calloc(1, sizeof(*queue));
	if (!queue) {
		ecoq_network_release(&settings->network);
		return ecoq_fail(error, ECOQ_NO_MEMORY, "Out of memory for a queue in Redis");
	}
	queue->transport.ops = &ecoq_redis_transport;
	queue->timeout_ms = config->timeout_ms;
	pthread_mutex_init(&queue->mutex, NULL);
	pthread_mutex_init(&queue->lost_mutex, NULL);
	ecoq_redis_route_init(&queue->route, settings);
	ecoq_network_release(&settings->network);
	queue->channel = copy_text(config->channel);
	if (!queue->channel || !name_keys(queue, config->queue)) {
		free_queue(queue);
		return ecoq_fail(error, ECOQ_NO_MEMORY, "Out of memory for a queue in Redis");
	}
	take_identity(queue);
	ecoq_open_list_add(&open_queues, &queue->open);
	*out = &queue->transport;
	return ECOQ_OK;
}

/* ---- Closing ---- */

/* In a forked child: connections, presence and what is reserved are the parent's, whose locks may be held for ever here. */
static void forget_parent(ecoq_redis_queue *queue)
{
	pthread_mutex_init(&queue->mutex, NULL);
	pthread_mutex_init(&queue->lost_mutex, NULL);
	ecoq_redis_wait_free(queue);
	ecoq_redis_presence_end(queue);
	queue->lost = NULL;
	queue->has_loss_to_tell = false;
	queue->open.thread = pthread_self();
}

/* The owner leaves. Bounded to a second or two when the server is gone: then others find out. */
static void end(ecoq_redis_queue *queue)
{
	if (queue->open.pid != getpid()) {
		forget_parent(queue);
		return;
	}
	ecoq_redis_presence_end(queue);
	pthread_mutex_lock(&queue->mutex);
	ecoq_redis_leave(queue, queue->open.is_abandoned);
	pthread_mutex_unlock(&queue->mutex);
}

static void redis_close(ecoq_transport *transport)
{
	ecoq_redis_queue *queue = ecoq_redis_queue_of(transport);
	ecoq_open_list_remove(&open_queues, &queue->open);
	if (!queue->open.is_over) {
		end(queue);
	}
	free_queue(queue);
}

static void redis_abandon(ecoq_transport *transport)
{
	ecoq_redis_queue_of(transport)->open.is_abandoned = true;
}

static void redis_after_fork(ecoq_transport *transport)
{
	ecoq_redis_queue *queue = ecoq_redis_queue_of(transport);
	if (queue->open.pid == getpid()) {
		return;
	}
	ecoq_redis_settings *settings = queue->route.settings;
	forget_parent(queue);
	ecoq_network_addref(&settings->network);
	ecoq_redis_route_free(&queue->route);
	ecoq_redis_route_init(&queue->route, settings);
	ecoq_network_release(&settings->network);
	take_identity(queue);
}

/* Objects of the request may still hold a queue when this has run, and close it; what nobody closes, since the engine unwound through its holder, is
 * freed at the end of the thread's next request. */
void ecoq_redis_transport_rshutdown(bool is_fatal)
{
	ecoq_open_entry *entry;
	while ((entry = ecoq_open_list_find(&open_queues, true))) {
		ecoq_open_list_remove(&open_queues, entry);
		free_queue(of_entry(entry));
	}
	while ((entry = ecoq_open_list_find(&open_queues, false))) {
		entry->is_abandoned |= is_fatal;
		end(of_entry(entry));
		entry->is_over = true;
	}
}

void ecoq_redis_transport_mshutdown(void)
{
	while (open_queues) {
		ecoq_redis_queue *queue = of_entry(open_queues);
		ecoq_open_list_remove(&open_queues, &queue->open);
		if (!queue->open.is_over) {
			ecoq_redis_presence_end(queue);
		}
		free_queue(queue);
	}
	ecoq_redis_links_close_idle();
}

const ecoq_transport_ops ecoq_redis_transport = {
	.name = "redis",
	.schemes = (const char *const[]){"redis", "rediss", "redis+unix", "redis+sentinel", NULL},
	.options = ecoq_redis_options,
	.capabilities = ECOQ_CAN_DELAY | ECOQ_CAN_PRIORITY | ECOQ_CAN_GROUP | ECOQ_CAN_BROWSE | ECOQ_IS_DURABLE | ECOQ_IS_THREAD_SAFE | ECOQ_HAS_FRAMES,
	.open = redis_open,
	.close = redis_close,
	.abandon = redis_abandon,
	.queue_of_dsn = ecoq_redis_queue_of_dsn,
	.setup = ecoq_redis_setup,
	.send = ecoq_redis_send,
	.reserve = ecoq_redis_reserve,
	.settle = ecoq_redis_settle,
	.hand_back = ecoq_redis_hand_back,
	.release = ecoq_redis_release,
	.still_mine = ecoq_redis_still_mine,
	.stats = ecoq_redis_stats,
	.purge = ecoq_redis_purge,
	.browse = ecoq_redis_browse,
	.descriptor = ecoq_redis_descriptor,
	.poll_interval_ms = 100,
	.wakes_exactly = true,
	.stop_waiting = ecoq_redis_stop_waiting,
	.watch_presence = ecoq_redis_watch_presence,
	.advise = ecoq_redis_advise,
	.after_fork = redis_after_fork,
};
