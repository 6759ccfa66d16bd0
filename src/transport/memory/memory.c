#include "transport/memory/queue.h"

#include <stdlib.h>

#include "base/clock.h"

/* Queues in the memory of this process: for tests, for development, and the reference for what a transport does. Sending, reserving and
 * settling are O(1) at any depth; a delayed message costs O(log n). */

typedef struct memory_transport {
	ecoq_transport base;
	ecoq_memory_broker *broker;
	ecoq_memory_queue *queue;
	int64_t timeout_ms;
} memory_transport;

/* ---- the transport ---------------------------------------------------------------------------------------------------------- */

static ecoq_result out_of_memory(ecoq_error *error)
{
	return ecoq_fail(error, ECOQ_NO_MEMORY, "Out of memory for the messages of a memory channel");
}

static ecoq_result memory_open(const ecoq_transport_config *config, ecoq_transport **out, ecoq_error *error)
{
	if (config->dsn && (config->dsn->is_url || config->dsn->settings.size)) {
		return ecoq_fail(error, ECOQ_INVALID, "The DSN of a memory channel is \"memory:\", with nothing but options behind the colon");
	}
	memory_transport *t = calloc(1, sizeof(*t));
	ecoq_memory_broker *b = t ? ecoq_memory_broker_get(config->scope) : NULL;
	ecoq_memory_queue *q = b ? ecoq_memory_queue_named(b, config->queue) : NULL;
	if (!q) {
		if (b) {
			ecoq_memory_broker_release(b);
		}
		free(t);
		return out_of_memory(error);
	}
	t->base.ops = &ecoq_memory_transport;
	t->broker = b;
	t->queue = q;
	t->timeout_ms = config->timeout_ms;
	*out = &t->base;
	return ECOQ_OK;
}

static void memory_close(ecoq_transport *transport)
{
	memory_transport *t = (memory_transport *) transport;
	for (ecoq_memory_message *m = t->queue->reserved.last, *previous; m; m = previous) {
		previous = m->previous;
		if (m->owner == t) {
			ecoq_memory_put_back(t->queue, m);
		}
	}
	ecoq_memory_broker_release(t->broker);
	free(t);
}

static ecoq_result memory_setup(ecoq_transport *transport, ecoq_error *error)
{
	return ECOQ_OK;
}

static ecoq_result memory_send(ecoq_transport *transport, const ecoq_outgoing *messages, size_t count, ecoq_error *error)
{
	ecoq_memory_queue *q = ((memory_transport *) transport)->queue;
	ecoq_memory_message *first = NULL, **link = &first;
	bool complete = ecoq_memory_heap_reserve(q, count);

	for (size_t i = 0; complete && i < count; i++) {
		*link = ecoq_memory_message_create(&messages[i]);
		complete = *link != NULL;
		link = complete ? &(*link)->next : link;
	}
	int64_t now = ecoq_clock_now_ms();
	for (ecoq_memory_message *m = first, *next; m; m = next) {
		next = m->next;
		if (complete) {
			ecoq_memory_enqueue(q, m, now);
		} else {
			ecoq_memory_message_release(m);
		}
	}
	return complete ? ECOQ_OK : out_of_memory(error);
}

static ecoq_delivery delivery_of(ecoq_memory_message *m, uint64_t fence)
{
	m->references++;
	return (ecoq_delivery){
		.body = {m->bytes, m->body_size},
		.id = {m->bytes + m->body_size, m->id_size},
		.number = m->sequence,
		.fence = fence,
		.deliver_at = m->deliver_at,
		.attempts = m->attempts,
		.crashes = m->crashes,
		.priority = m->priority,
		.suspect = m->suspect,
		.redelivered = m->redelivered,
		.storage = m,
	};
}

static void reserve_message(memory_transport *t, ecoq_memory_message *m, int64_t now, uint64_t fence, ecoq_delivery *delivery)
{
	ecoq_memory_queue *q = t->queue;
	ecoq_memory_detach(q, m);
	m->fence = fence;
	m->owner = t;
	m->reserved_at = now;
	ecoq_memory_mark_reserved(q, m);
	*delivery = delivery_of(m, fence);
	m->redelivered = true;
}

static ecoq_memory_message *find_in_list(const ecoq_memory_list *l, ecoq_bytes id)
{
	for (ecoq_memory_message *m = l->first; m; m = m->next) {
		if (ecoq_bytes_equal(id, (ecoq_bytes){m->bytes + m->body_size, m->id_size})) {
			return m;
		}
	}
	return NULL;
}

static ecoq_memory_message *find_by_id(const ecoq_memory_queue *q, ecoq_bytes id)
{
	ecoq_memory_message *found = find_in_list(&q->suspects, id);
	for (int priority = ECOQ_PRIORITY_MAX; !found && priority >= 0; priority--) {
		found = find_in_list(&q->ready[priority], id);
	}
	for (size_t i = 0; !found && i < q->delayed_count; i++) {
		ecoq_memory_message *m = q->delayed[i];
		found = ecoq_bytes_equal(id, (ecoq_bytes){m->bytes + m->body_size, m->id_size}) ? m : NULL;
	}
	return found;
}

static ecoq_result memory_reserve(ecoq_transport *transport, const ecoq_reservation *request, ecoq_delivery *deliveries, size_t *count,
	int64_t *next_due, ecoq_error *error)
{
	memory_transport *t = (memory_transport *) transport;
	ecoq_memory_queue *q = t->queue;

	ecoq_memory_expire(q, t->timeout_ms);
	ecoq_memory_promote(q);
	int64_t now = t->timeout_ms > 0 ? ecoq_clock_monotonic_ms() : 0;
	uint64_t fence = ++q->last_fence;
	*count = 0;
	if (request->message_id.size) {
		ecoq_memory_message *m = find_by_id(q, request->message_id);
		if (m) {
			reserve_message(t, m, now, fence, &deliveries[(*count)++]);
		}
	} else if (q->suspects.first) {
		reserve_message(t, q->suspects.first, now, fence, &deliveries[(*count)++]);
	} else {
		for (int priority = ECOQ_PRIORITY_MAX; priority >= 0; priority--) {
			while (*count < request->max && q->ready[priority].first) {
				reserve_message(t, q->ready[priority].first, now, fence, &deliveries[(*count)++]);
			}
		}
	}
	*next_due = q->delayed_count ? q->delayed[0]->deliver_at : 0;
	return ECOQ_OK;
}

static bool is_mine(const memory_transport *t, const ecoq_delivery *delivery)
{
	const ecoq_memory_message *m = delivery->storage;
	return m && m->place == ECOQ_MEMORY_RESERVED && m->owner == t && m->fence == delivery->fence;
}

/* The successors of all settlements that still have their reservation, made before anything changes. */
static bool prepare_successors(memory_transport *t, const ecoq_settlement *settlements, size_t count, ecoq_memory_message **successors)
{
	for (size_t i = 0; i < count; i++) {
		const ecoq_settlement *s = &settlements[i];
		if (!s->successor || !is_mine(t, s->delivery)) {
			continue;
		}
		ecoq_memory_queue *q = s->successor_queue.size ? ecoq_memory_queue_named(t->broker, s->successor_queue) : t->queue;
		if (!q || !ecoq_memory_heap_reserve(q, count) || !(successors[i] = ecoq_memory_message_create(s->successor))) {
			return false;
		}
	}
	return true;
}

static void settle_one(memory_transport *t, ecoq_settlement *s, ecoq_memory_message **successor, int64_t now)
{
	if (!is_mine(t, s->delivery)) {
		s->result = ECOQ_LOST;
		return;
	}
	ecoq_memory_message *m = s->delivery->storage;
	if (successor && *successor) {
		ecoq_memory_enqueue(s->successor_queue.size ? ecoq_memory_queue_named(t->broker, s->successor_queue) : t->queue, *successor, now);
		*successor = NULL;
	}
	ecoq_memory_detach(t->queue, m);
	ecoq_memory_message_release(m);
	s->result = ECOQ_OK;
}

static ecoq_result memory_settle(ecoq_transport *transport, ecoq_settlement *settlements, size_t count, ecoq_error *error)
{
	memory_transport *t = (memory_transport *) transport;
	ecoq_memory_message **successors = NULL;
	bool complete = true;
	int64_t now = 0;

	for (size_t i = 0; i < count && !successors && complete; i++) {
		if (settlements[i].successor) {
			successors = calloc(count, sizeof(*successors));
			complete = successors && prepare_successors(t, settlements, count, successors);
			now = ecoq_clock_now_ms();
		}
	}
	for (size_t i = 0; complete && i < count; i++) {
		settle_one(t, &settlements[i], successors ? &successors[i] : NULL, now);
	}
	for (size_t i = 0; successors && i < count; i++) {
		if (successors[i]) {
			ecoq_memory_message_release(successors[i]);
		}
	}
	free(successors);
	return complete ? ECOQ_OK : out_of_memory(error);
}

static ecoq_result memory_hand_back(ecoq_transport *transport, ecoq_delivery *const *deliveries, size_t count, ecoq_error *error)
{
	memory_transport *t = (memory_transport *) transport;
	while (count--) {
		if (is_mine(t, deliveries[count])) {
			ecoq_memory_put_back(t->queue, deliveries[count]->storage);
		}
	}
	return ECOQ_OK;
}

static void memory_release(ecoq_transport *transport, ecoq_delivery *delivery)
{
	if (delivery->storage) {
		ecoq_memory_message_release(delivery->storage);
	}
	delivery->storage = NULL;
	delivery->body = delivery->id = ECOQ_NO_BYTES;
}

static ecoq_result memory_still_mine(ecoq_transport *transport, const ecoq_delivery *delivery, ecoq_error *error)
{
	memory_transport *t = (memory_transport *) transport;
	ecoq_memory_expire(t->queue, t->timeout_ms);
	return is_mine(t, delivery) ? ECOQ_OK
								: ecoq_fail(error, ECOQ_LOST, "The reservation ran out of time and the message is free for others");
}

static ecoq_result memory_stats(ecoq_transport *transport, ecoq_queue_stats *stats, ecoq_error *error)
{
	memory_transport *t = (memory_transport *) transport;
	ecoq_memory_queue *q = t->queue;

	ecoq_memory_expire(q, t->timeout_ms);
	ecoq_memory_promote(q);
	size_t ready = q->suspects.count;
	for (int priority = 0; priority <= ECOQ_PRIORITY_MAX; priority++) {
		ready += q->ready[priority].count;
	}
	*stats = (ecoq_queue_stats){(int64_t) ready, (int64_t) q->delayed_count, (int64_t) q->reserved.count, true};
	return ECOQ_OK;
}

static ecoq_result memory_purge(ecoq_transport *transport, size_t *removed, ecoq_error *error)
{
	*removed = ecoq_memory_purge(((memory_transport *) transport)->queue);
	return ECOQ_OK;
}

static int by_sequence(const void *a, const void *b)
{
	uint64_t first = (*(ecoq_memory_message *const *) a)->sequence, second = (*(ecoq_memory_message *const *) b)->sequence;
	return (first > second) - (first < second);
}

static size_t collect(const ecoq_memory_list *l, ecoq_memory_message **into)
{
	size_t count = 0;
	for (ecoq_memory_message *m = l->first; m; m = m->next) {
		into[count++] = m;
	}
	return count;
}

static ecoq_result memory_browse(ecoq_transport *transport, size_t offset, size_t max, ecoq_delivery *deliveries, size_t *count,
	ecoq_error *error)
{
	ecoq_memory_queue *q = ((memory_transport *) transport)->queue;
	size_t total = q->suspects.count + q->delayed_count, found;

	for (int priority = 0; priority <= ECOQ_PRIORITY_MAX; priority++) {
		total += q->ready[priority].count;
	}
	ecoq_memory_message **all = malloc((total + 1) * sizeof(*all));
	if (!all) {
		return out_of_memory(error);
	}
	found = collect(&q->suspects, all);
	for (int priority = 0; priority <= ECOQ_PRIORITY_MAX; priority++) {
		found += collect(&q->ready[priority], all + found);
	}
	if (q->delayed_count) {
		memcpy(all + found, q->delayed, q->delayed_count * sizeof(*all));
	}
	qsort(all, total, sizeof(*all), by_sequence);
	for (*count = 0; *count < max && offset + *count < total; (*count)++) {
		deliveries[*count] = delivery_of(all[offset + *count], 0);
	}
	free(all);
	return ECOQ_OK;
}

const ecoq_transport_ops ecoq_memory_transport = {
	.name = "memory",
	.schemes = (const char *const[]){"memory", NULL},
	.options = (const ecoq_option_spec[]){{NULL, NULL}},
	.capabilities = ECOQ_CAN_DELAY | ECOQ_CAN_PRIORITY | ECOQ_CAN_BROWSE | ECOQ_MOVES_WHOLE,
	.open = memory_open,
	.close = memory_close,
	.setup = memory_setup,
	.send = memory_send,
	.reserve = memory_reserve,
	.settle = memory_settle,
	.hand_back = memory_hand_back,
	.release = memory_release,
	.still_mine = memory_still_mine,
	.stats = memory_stats,
	.purge = memory_purge,
	.browse = memory_browse,
	.poll_interval_ms = 100,
};
