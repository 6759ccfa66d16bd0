#include "transport/transport.h"

#include <stdlib.h>

#include "base/clock.h"

/* Queues in the memory of this process: for tests, for development, and the reference for what a transport does. Sending, reserving and
 * settling are O(1) at any depth; a delayed message costs O(log n). */

enum place { READY, DELAYED, RESERVED, SUSPECT, GONE };

/* One block of malloc, with body and id behind the struct. Referenced by its queue (unless GONE) and by each delivery of it, so
 * that a delivery that lost its reservation still has its bytes. */
typedef struct message {
	struct message *next, *previous; /* in its list; a delayed one is in the heap instead */
	size_t heap_index;
	uint64_t sequence; /* the place in the queue */
	uint64_t fence;
	int64_t deliver_at;
	int64_t reserved_at; /* monotonic milliseconds; set only for a reserver with a time limit */
	const void *owner;   /* the transport that reserved it; compared, never followed */
	size_t body_size, id_size;
	uint32_t references, attempts, crashes;
	uint8_t priority;
	uint8_t place;
	bool suspect; /* a reservation of it ran out of time; it is reserved alone from then on */
	bool redelivered;
	char bytes[];
} message;

typedef struct list {
	message *first, *last;
	size_t count;
} list;

typedef struct queue {
	struct queue *next;
	list ready[ECOQ_PRIORITY_MAX + 1];
	list suspects;
	list reserved; /* oldest reservation first */
	message **delayed; /* binary heap, the one due first at [0] */
	size_t delayed_count, delayed_capacity;
	uint64_t last_sequence, last_fence;
	size_t name_size;
	char name[];
} queue;

/* The queues that transports of one scope share; the last of those transports frees it. */
typedef struct broker {
	struct broker *next;
	const void *scope;
	size_t references;
	queue *queues;
} broker;

typedef struct memory_transport {
	ecoq_transport base;
	broker *broker;
	queue *queue;
	int64_t timeout_ms;
} memory_transport;

static _Thread_local broker *brokers;

/* ---- lists and heap --------------------------------------------------------------------------------------------------------- */

static void list_insert_before(list *l, message *m, message *before)
{
	message *previous = before ? before->previous : l->last;
	m->next = before;
	m->previous = previous;
	*(previous ? &previous->next : &l->first) = m;
	*(before ? &before->previous : &l->last) = m;
	l->count++;
}

static void list_remove(list *l, message *m)
{
	*(m->previous ? &m->previous->next : &l->first) = m->next;
	*(m->next ? &m->next->previous : &l->last) = m->previous;
	l->count--;
}

/* For messages that were ahead of the others: the walk ends at once when they come back last first. */
static void list_insert_in_order(list *l, message *m)
{
	message *before = l->first;
	while (before && before->sequence < m->sequence) {
		before = before->next;
	}
	list_insert_before(l, m, before);
}

static bool due_before(const message *a, const message *b)
{
	return a->deliver_at != b->deliver_at ? a->deliver_at < b->deliver_at : a->sequence < b->sequence;
}

static void heap_place(queue *q, message *m, size_t index)
{
	q->delayed[index] = m;
	m->heap_index = index;
}

static void heap_up(queue *q, message *m, size_t index)
{
	while (index > 0 && due_before(m, q->delayed[(index - 1) / 2])) {
		heap_place(q, q->delayed[(index - 1) / 2], index);
		index = (index - 1) / 2;
	}
	heap_place(q, m, index);
}

static void heap_down(queue *q, message *m, size_t index)
{
	for (size_t child; (child = 2 * index + 1) < q->delayed_count; index = child) {
		if (child + 1 < q->delayed_count && due_before(q->delayed[child + 1], q->delayed[child])) {
			child++;
		}
		if (!due_before(q->delayed[child], m)) {
			break;
		}
		heap_place(q, q->delayed[child], index);
	}
	heap_place(q, m, index);
}

static bool heap_reserve(queue *q, size_t more)
{
	size_t needed = q->delayed_count + more;
	if (needed <= q->delayed_capacity) {
		return true;
	}
	size_t capacity = q->delayed_capacity * 2 > needed ? q->delayed_capacity * 2 : needed + 15;
	message **grown = realloc(q->delayed, capacity * sizeof(*grown));
	if (!grown) {
		return false;
	}
	q->delayed = grown;
	q->delayed_capacity = capacity;
	return true;
}

static void heap_remove(queue *q, message *m)
{
	size_t index = m->heap_index;
	message *last = q->delayed[--q->delayed_count];
	if (last != m) {
		heap_up(q, last, index);
		heap_down(q, last, last->heap_index);
	}
}

/* ---- messages --------------------------------------------------------------------------------------------------------------- */

static message *message_create(const ecoq_outgoing *from)
{
	message *m = malloc(sizeof(*m) + from->body.size + from->id.size);
	if (!m) {
		return NULL;
	}
	*m = (message){
		.deliver_at = from->deliver_at,
		.body_size = from->body.size,
		.id_size = from->id.size,
		.references = 1,
		.attempts = from->attempts,
		.crashes = from->crashes,
		.priority = from->priority > ECOQ_PRIORITY_MAX ? ECOQ_PRIORITY_MAX : from->priority,
		.place = GONE,
	};
	if (from->body.size) {
		memcpy(m->bytes, from->body.data, from->body.size);
	}
	if (from->id.size) {
		memcpy(m->bytes + from->body.size, from->id.data, from->id.size);
	}
	return m;
}

static void message_release(message *m)
{
	if (--m->references == 0) {
		free(m);
	}
}

static list *list_of(queue *q, const message *m)
{
	switch (m->place) {
		case READY:
			return &q->ready[m->priority];
		case SUSPECT:
			return &q->suspects;
		default:
			return &q->reserved;
	}
}

static void detach(queue *q, message *m)
{
	if (m->place == DELAYED) {
		heap_remove(q, m);
	} else {
		list_remove(list_of(q, m), m);
	}
	m->place = GONE;
}

/* At the end of its queue, or among the delayed ones, for which the caller has reserved heap space. */
static void enqueue(queue *q, message *m, int64_t now)
{
	m->sequence = ++q->last_sequence;
	if (m->deliver_at > now) {
		m->place = DELAYED;
		heap_up(q, m, q->delayed_count++);
	} else {
		m->place = READY;
		list_insert_before(&q->ready[m->priority], m, NULL);
	}
}

/* Those that have become due take the next places in the queue, in the order they were due. */
static void promote(queue *q)
{
	if (!q->delayed_count) {
		return;
	}
	int64_t now = ecoq_clock_now_ms();
	while (q->delayed_count && q->delayed[0]->deliver_at <= now) {
		message *m = q->delayed[0];
		heap_remove(q, m);
		enqueue(q, m, now);
	}
}

/* Back from RESERVED to where it stood. One that was reserved by its id before it was due waits on, unless there is no memory for that. */
static void put_back(queue *q, message *m)
{
	list_remove(&q->reserved, m);
	m->owner = NULL;
	if (m->deliver_at && !m->suspect && m->deliver_at > ecoq_clock_now_ms() && heap_reserve(q, 1)) {
		m->place = DELAYED;
		heap_up(q, m, q->delayed_count++);
		return;
	}
	m->place = m->suspect ? SUSPECT : READY;
	list_insert_in_order(list_of(q, m), m);
}

/* Reservations that are older than the time limit come back as suspects; one that already ran as a suspect is charged. */
static void expire_reservations(queue *q, int64_t timeout_ms)
{
	if (timeout_ms <= 0 || !q->reserved.first) {
		return;
	}
	int64_t limit = ecoq_clock_monotonic_ms() - timeout_ms;
	for (message *m = q->reserved.first, *next; m; m = next) {
		next = m->next;
		if (m->reserved_at && m->reserved_at <= limit) {
			m->crashes += m->suspect;
			m->suspect = true;
			put_back(q, m);
		}
	}
}

/* ---- queues and brokers ----------------------------------------------------------------------------------------------------- */

static queue *queue_named(broker *b, ecoq_bytes name)
{
	for (queue *q = b->queues; q; q = q->next) {
		if (ecoq_bytes_equal(name, (ecoq_bytes){q->name, q->name_size})) {
			return q;
		}
	}
	queue *q = calloc(1, sizeof(*q) + name.size);
	if (q) {
		q->name_size = name.size;
		memcpy(q->name, name.data, name.size);
		q->next = b->queues;
		b->queues = q;
	}
	return q;
}

static size_t list_clear(list *l)
{
	size_t count = l->count;
	for (message *m = l->first, *next; m; m = next) {
		next = m->next;
		m->place = GONE;
		message_release(m);
	}
	*l = (list){0};
	return count;
}

/* All but the reserved ones. */
static size_t queue_purge(queue *q)
{
	size_t count = list_clear(&q->suspects);
	for (int priority = 0; priority <= ECOQ_PRIORITY_MAX; priority++) {
		count += list_clear(&q->ready[priority]);
	}
	for (size_t i = 0; i < q->delayed_count; i++) {
		q->delayed[i]->place = GONE;
		message_release(q->delayed[i]);
	}
	count += q->delayed_count;
	free(q->delayed);
	q->delayed = NULL;
	q->delayed_count = q->delayed_capacity = 0;
	return count;
}

static void queue_free(queue *q)
{
	queue_purge(q);
	list_clear(&q->reserved);
	free(q);
}

static broker *broker_get(const void *scope)
{
	for (broker *b = brokers; scope && b; b = b->next) {
		if (b->scope == scope) {
			b->references++;
			return b;
		}
	}
	broker *b = calloc(1, sizeof(*b));
	if (b) {
		b->references = 1;
		b->scope = scope;
		b->next = brokers;
		brokers = b;
	}
	return b;
}

static void broker_release(broker *b)
{
	if (--b->references) {
		return;
	}
	broker **link = &brokers;
	while (*link != b) {
		link = &(*link)->next;
	}
	*link = b->next;
	for (queue *q = b->queues, *next; q; q = next) {
		next = q->next;
		queue_free(q);
	}
	free(b);
}

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
	broker *b = t ? broker_get(config->scope) : NULL;
	queue *q = b ? queue_named(b, config->queue) : NULL;
	if (!q) {
		if (b) {
			broker_release(b);
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
	for (message *m = t->queue->reserved.last, *previous; m; m = previous) {
		previous = m->previous;
		if (m->owner == t) {
			put_back(t->queue, m);
		}
	}
	broker_release(t->broker);
	free(t);
}

static ecoq_result memory_setup(ecoq_transport *transport, ecoq_error *error)
{
	return ECOQ_OK;
}

static ecoq_result memory_send(ecoq_transport *transport, const ecoq_outgoing *messages, size_t count, ecoq_error *error)
{
	queue *q = ((memory_transport *) transport)->queue;
	message *first = NULL, **link = &first;
	bool complete = heap_reserve(q, count);

	for (size_t i = 0; complete && i < count; i++) {
		*link = message_create(&messages[i]);
		complete = *link != NULL;
		link = complete ? &(*link)->next : link;
	}
	int64_t now = ecoq_clock_now_ms();
	for (message *m = first, *next; m; m = next) {
		next = m->next;
		if (complete) {
			enqueue(q, m, now);
		} else {
			message_release(m);
		}
	}
	return complete ? ECOQ_OK : out_of_memory(error);
}

static ecoq_delivery delivery_of(message *m, uint64_t fence)
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

static void reserve_message(memory_transport *t, message *m, int64_t now, uint64_t fence, ecoq_delivery *delivery)
{
	queue *q = t->queue;
	detach(q, m);
	m->place = RESERVED;
	m->fence = fence;
	m->owner = t;
	m->reserved_at = now;
	list_insert_before(&q->reserved, m, NULL);
	*delivery = delivery_of(m, fence);
	m->redelivered = true;
}

static message *find_in_list(const list *l, ecoq_bytes id)
{
	for (message *m = l->first; m; m = m->next) {
		if (ecoq_bytes_equal(id, (ecoq_bytes){m->bytes + m->body_size, m->id_size})) {
			return m;
		}
	}
	return NULL;
}

static message *find_by_id(const queue *q, ecoq_bytes id)
{
	message *found = find_in_list(&q->suspects, id);
	for (int priority = ECOQ_PRIORITY_MAX; !found && priority >= 0; priority--) {
		found = find_in_list(&q->ready[priority], id);
	}
	for (size_t i = 0; !found && i < q->delayed_count; i++) {
		message *m = q->delayed[i];
		found = ecoq_bytes_equal(id, (ecoq_bytes){m->bytes + m->body_size, m->id_size}) ? m : NULL;
	}
	return found;
}

static ecoq_result memory_reserve(ecoq_transport *transport, const ecoq_reservation *request, ecoq_delivery *deliveries, size_t *count,
	int64_t *next_due, ecoq_error *error)
{
	memory_transport *t = (memory_transport *) transport;
	queue *q = t->queue;

	expire_reservations(q, t->timeout_ms);
	promote(q);
	int64_t now = t->timeout_ms > 0 ? ecoq_clock_monotonic_ms() : 0;
	uint64_t fence = ++q->last_fence;
	*count = 0;
	if (request->message_id.size) {
		message *m = find_by_id(q, request->message_id);
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
	const message *m = delivery->storage;
	return m && m->place == RESERVED && m->owner == t && m->fence == delivery->fence;
}

/* The successors of all settlements that still have their reservation, made before anything changes. */
static bool prepare_successors(memory_transport *t, const ecoq_settlement *settlements, size_t count, message **successors)
{
	for (size_t i = 0; i < count; i++) {
		const ecoq_settlement *s = &settlements[i];
		if (!s->successor || !is_mine(t, s->delivery)) {
			continue;
		}
		queue *q = s->successor_queue.size ? queue_named(t->broker, s->successor_queue) : t->queue;
		if (!q || !heap_reserve(q, count) || !(successors[i] = message_create(s->successor))) {
			return false;
		}
	}
	return true;
}

static void settle_one(memory_transport *t, ecoq_settlement *s, message **successor, int64_t now)
{
	if (!is_mine(t, s->delivery)) {
		s->result = ECOQ_LOST;
		return;
	}
	message *m = s->delivery->storage;
	if (successor && *successor) {
		enqueue(s->successor_queue.size ? queue_named(t->broker, s->successor_queue) : t->queue, *successor, now);
		*successor = NULL;
	}
	detach(t->queue, m);
	message_release(m);
	s->result = ECOQ_OK;
}

static ecoq_result memory_settle(ecoq_transport *transport, ecoq_settlement *settlements, size_t count, ecoq_error *error)
{
	memory_transport *t = (memory_transport *) transport;
	message **successors = NULL;
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
			message_release(successors[i]);
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
			put_back(t->queue, deliveries[count]->storage);
		}
	}
	return ECOQ_OK;
}

static void memory_release(ecoq_transport *transport, ecoq_delivery *delivery)
{
	if (delivery->storage) {
		message_release(delivery->storage);
	}
	delivery->storage = NULL;
	delivery->body = delivery->id = ECOQ_NO_BYTES;
}

static ecoq_result memory_still_mine(ecoq_transport *transport, const ecoq_delivery *delivery, ecoq_error *error)
{
	memory_transport *t = (memory_transport *) transport;
	expire_reservations(t->queue, t->timeout_ms);
	return is_mine(t, delivery) ? ECOQ_OK
		: ecoq_fail(error, ECOQ_LOST, "The reservation ran out of time and the message is free for others");
}

static ecoq_result memory_stats(ecoq_transport *transport, ecoq_queue_stats *stats, ecoq_error *error)
{
	memory_transport *t = (memory_transport *) transport;
	queue *q = t->queue;

	expire_reservations(q, t->timeout_ms);
	promote(q);
	size_t ready = q->suspects.count;
	for (int priority = 0; priority <= ECOQ_PRIORITY_MAX; priority++) {
		ready += q->ready[priority].count;
	}
	*stats = (ecoq_queue_stats){(int64_t) ready, (int64_t) q->delayed_count, (int64_t) q->reserved.count, true};
	return ECOQ_OK;
}

static ecoq_result memory_purge(ecoq_transport *transport, size_t *removed, ecoq_error *error)
{
	*removed = queue_purge(((memory_transport *) transport)->queue);
	return ECOQ_OK;
}

static int by_sequence(const void *a, const void *b)
{
	uint64_t first = (*(message *const *) a)->sequence, second = (*(message *const *) b)->sequence;
	return (first > second) - (first < second);
}

static size_t collect(const list *l, message **into)
{
	size_t count = 0;
	for (message *m = l->first; m; m = m->next) {
		into[count++] = m;
	}
	return count;
}

static ecoq_result memory_browse(ecoq_transport *transport, size_t offset, size_t max, ecoq_delivery *deliveries, size_t *count,
	ecoq_error *error)
{
	queue *q = ((memory_transport *) transport)->queue;
	size_t total = q->suspects.count + q->delayed_count, found;

	for (int priority = 0; priority <= ECOQ_PRIORITY_MAX; priority++) {
		total += q->ready[priority].count;
	}
	message **all = malloc((total + 1) * sizeof(*all));
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
	.capabilities = ECOQ_CAN_DELAY | ECOQ_CAN_PRIORITY | ECOQ_CAN_BROWSE,
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
