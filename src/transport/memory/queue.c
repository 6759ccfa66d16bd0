#include "transport/memory/queue.h"

#include <stdlib.h>

#include "base/clock.h"

static _Thread_local ecoq_memory_broker *brokers;

/* ---- lists and heap --------------------------------------------------------------------------------------------------------- */

static void list_insert_before(ecoq_memory_list *l, ecoq_memory_message *m, ecoq_memory_message *before)
{
	ecoq_memory_message *previous = before ? before->previous : l->last;
	m->next = before;
	m->previous = previous;
	*(previous ? &previous->next : &l->first) = m;
	*(before ? &before->previous : &l->last) = m;
	l->count++;
}

static void list_remove(ecoq_memory_list *l, ecoq_memory_message *m)
{
	*(m->previous ? &m->previous->next : &l->first) = m->next;
	*(m->next ? &m->next->previous : &l->last) = m->previous;
	l->count--;
}

/* For messages that were ahead of the others: the walk ends at once when they come back last first. */
static void list_insert_in_order(ecoq_memory_list *l, ecoq_memory_message *m)
{
	ecoq_memory_message *before = l->first;
	while (before && before->sequence < m->sequence) {
		before = before->next;
	}
	list_insert_before(l, m, before);
}

static bool due_before(const ecoq_memory_message *a, const ecoq_memory_message *b)
{
	return a->deliver_at != b->deliver_at ? a->deliver_at < b->deliver_at : a->sequence < b->sequence;
}

static void heap_place(ecoq_memory_queue *q, ecoq_memory_message *m, size_t index)
{
	q->delayed[index] = m;
	m->heap_index = index;
}

static void heap_up(ecoq_memory_queue *q, ecoq_memory_message *m, size_t index)
{
	while (index > 0 && due_before(m, q->delayed[(index - 1) / 2])) {
		heap_place(q, q->delayed[(index - 1) / 2], index);
		index = (index - 1) / 2;
	}
	heap_place(q, m, index);
}

static void heap_down(ecoq_memory_queue *q, ecoq_memory_message *m, size_t index)
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

bool ecoq_memory_heap_reserve(ecoq_memory_queue *q, size_t more)
{
	size_t needed = q->delayed_count + more;
	if (needed <= q->delayed_capacity) {
		return true;
	}
	size_t capacity = q->delayed_capacity * 2 > needed ? q->delayed_capacity * 2 : needed + 15;
	ecoq_memory_message **grown = realloc(q->delayed, capacity * sizeof(*grown));
	if (!grown) {
		return false;
	}
	q->delayed = grown;
	q->delayed_capacity = capacity;
	return true;
}

static void heap_remove(ecoq_memory_queue *q, ecoq_memory_message *m)
{
	size_t index = m->heap_index;
	ecoq_memory_message *last = q->delayed[--q->delayed_count];
	if (last != m) {
		heap_up(q, last, index);
		heap_down(q, last, last->heap_index);
	}
}

/* ---- messages --------------------------------------------------------------------------------------------------------------- */

ecoq_memory_message *ecoq_memory_message_create(const ecoq_outgoing *from)
{
	ecoq_memory_message *m = malloc(sizeof(*m) + from->body.size + from->id.size);
	if (!m) {
		return NULL;
	}
	*m = (ecoq_memory_message){
		.deliver_at = from->deliver_at,
		.body_size = from->body.size,
		.id_size = from->id.size,
		.references = 1,
		.attempts = from->attempts,
		.crashes = from->crashes,
		.priority = from->priority > ECOQ_PRIORITY_MAX ? ECOQ_PRIORITY_MAX : from->priority,
		.place = ECOQ_MEMORY_GONE,
	};
	if (from->body.size) {
		memcpy(m->bytes, from->body.data, from->body.size);
	}
	if (from->id.size) {
		memcpy(m->bytes + from->body.size, from->id.data, from->id.size);
	}
	return m;
}

void ecoq_memory_message_release(ecoq_memory_message *m)
{
	if (--m->references == 0) {
		free(m);
	}
}

static ecoq_memory_list *list_of(ecoq_memory_queue *q, const ecoq_memory_message *m)
{
	switch (m->place) {
		case ECOQ_MEMORY_READY:
			return &q->ready[m->priority];
		case ECOQ_MEMORY_SUSPECT:
			return &q->suspects;
		default:
			return &q->reserved;
	}
}

void ecoq_memory_detach(ecoq_memory_queue *q, ecoq_memory_message *m)
{
	if (m->place == ECOQ_MEMORY_DELAYED) {
		heap_remove(q, m);
	} else {
		list_remove(list_of(q, m), m);
	}
	m->place = ECOQ_MEMORY_GONE;
}

/* At the end of its queue, or among the delayed ones, for which the caller has reserved heap space. */
void ecoq_memory_enqueue(ecoq_memory_queue *q, ecoq_memory_message *m, int64_t now)
{
	m->sequence = ++q->last_sequence;
	if (m->deliver_at > now) {
		m->place = ECOQ_MEMORY_DELAYED;
		heap_up(q, m, q->delayed_count++);
	} else {
		m->place = ECOQ_MEMORY_READY;
		list_insert_before(&q->ready[m->priority], m, NULL);
	}
}

/* Those that have become due take the next places in the queue, in the order they were due. */
void ecoq_memory_promote(ecoq_memory_queue *q)
{
	if (!q->delayed_count) {
		return;
	}
	int64_t now = ecoq_clock_now_ms();
	while (q->delayed_count && q->delayed[0]->deliver_at <= now) {
		ecoq_memory_message *m = q->delayed[0];
		heap_remove(q, m);
		ecoq_memory_enqueue(q, m, now);
	}
}

/* Back from ECOQ_MEMORY_RESERVED to where it stood. One that was reserved by its id before it was due waits on, unless there is no memory for that. */
void ecoq_memory_put_back(ecoq_memory_queue *q, ecoq_memory_message *m)
{
	list_remove(&q->reserved, m);
	m->owner = NULL;
	if (m->deliver_at && !m->suspect && m->deliver_at > ecoq_clock_now_ms() && ecoq_memory_heap_reserve(q, 1)) {
		m->place = ECOQ_MEMORY_DELAYED;
		heap_up(q, m, q->delayed_count++);
		return;
	}
	m->place = m->suspect ? ECOQ_MEMORY_SUSPECT : ECOQ_MEMORY_READY;
	list_insert_in_order(list_of(q, m), m);
}

/* Reservations that are older than the time limit come back as suspects; one that already ran as a suspect is charged. */
void ecoq_memory_expire(ecoq_memory_queue *q, int64_t timeout_ms)
{
	if (timeout_ms <= 0 || !q->reserved.first) {
		return;
	}
	int64_t limit = ecoq_clock_monotonic_ms() - timeout_ms;
	for (ecoq_memory_message *m = q->reserved.first, *next; m; m = next) {
		next = m->next;
		if (m->reserved_at && m->reserved_at <= limit) {
			m->crashes += m->suspect;
			m->suspect = true;
			ecoq_memory_put_back(q, m);
		}
	}
}

void ecoq_memory_mark_reserved(ecoq_memory_queue *q, ecoq_memory_message *m)
{
	m->place = ECOQ_MEMORY_RESERVED;
	list_insert_before(&q->reserved, m, NULL);
}

/* ---- queues and brokers ----------------------------------------------------------------------------------------------------- */

ecoq_memory_queue *ecoq_memory_queue_named(ecoq_memory_broker *b, ecoq_bytes name)
{
	for (ecoq_memory_queue *q = b->queues; q; q = q->next) {
		if (ecoq_bytes_equal(name, (ecoq_bytes){q->name, q->name_size})) {
			return q;
		}
	}
	ecoq_memory_queue *q = calloc(1, sizeof(*q) + name.size);
	if (q) {
		q->name_size = name.size;
		memcpy(q->name, name.data, name.size);
		q->next = b->queues;
		b->queues = q;
	}
	return q;
}

static size_t list_clear(ecoq_memory_list *l)
{
	size_t count = l->count;
	for (ecoq_memory_message *m = l->first, *next; m; m = next) {
		next = m->next;
		m->place = ECOQ_MEMORY_GONE;
		ecoq_memory_message_release(m);
	}
	*l = (ecoq_memory_list){0};
	return count;
}

/* All but the reserved ones. */
size_t ecoq_memory_purge(ecoq_memory_queue *q)
{
	size_t count = list_clear(&q->suspects);
	for (int priority = 0; priority <= ECOQ_PRIORITY_MAX; priority++) {
		count += list_clear(&q->ready[priority]);
	}
	for (size_t i = 0; i < q->delayed_count; i++) {
		q->delayed[i]->place = ECOQ_MEMORY_GONE;
		ecoq_memory_message_release(q->delayed[i]);
	}
	count += q->delayed_count;
	free(q->delayed);
	q->delayed = NULL;
	q->delayed_count = q->delayed_capacity = 0;
	return count;
}

static void queue_free(ecoq_memory_queue *q)
{
	ecoq_memory_purge(q);
	list_clear(&q->reserved);
	free(q);
}

ecoq_memory_broker *ecoq_memory_broker_get(const void *scope)
{
	for (ecoq_memory_broker *b = brokers; scope && b; b = b->next) {
		if (b->scope == scope) {
			b->references++;
			return b;
		}
	}
	ecoq_memory_broker *b = calloc(1, sizeof(*b));
	if (b) {
		b->references = 1;
		b->scope = scope;
		b->next = brokers;
		brokers = b;
	}
	return b;
}

void ecoq_memory_broker_release(ecoq_memory_broker *b)
{
	if (--b->references) {
		return;
	}
	ecoq_memory_broker **link = &brokers;
	while (*link != b) {
		link = &(*link)->next;
	}
	*link = b->next;
	for (ecoq_memory_queue *q = b->queues, *next; q; q = next) {
		next = q->next;
		queue_free(q);
	}
	free(b);
}
