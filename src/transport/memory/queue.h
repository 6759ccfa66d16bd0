#ifndef ECOQ_TRANSPORT_MEMORY_QUEUE_H
#define ECOQ_TRANSPORT_MEMORY_QUEUE_H

/* Queues in the memory of this process, as data structures: what the memory transport works on. Each thread has its own. */

#include "transport/transport.h"

enum ecoq_memory_place {
	ECOQ_MEMORY_READY,
	ECOQ_MEMORY_DELAYED,
	ECOQ_MEMORY_RESERVED,
	ECOQ_MEMORY_SUSPECT,
	ECOQ_MEMORY_GONE
};

/* One block of malloc, with body and id behind the struct. Referenced by its queue (unless ECOQ_MEMORY_GONE) and by each delivery of it, so
 * that a delivery that lost its reservation still has its bytes. */
typedef struct ecoq_memory_message {
	struct ecoq_memory_message *next, *previous; /* in its list; a delayed one is in the heap instead */
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
} ecoq_memory_message;

typedef struct ecoq_memory_list {
	ecoq_memory_message *first, *last;
	size_t count;
} ecoq_memory_list;

typedef struct ecoq_memory_queue {
	struct ecoq_memory_queue *next;
	ecoq_memory_list ready[ECOQ_PRIORITY_MAX + 1];
	ecoq_memory_list suspects;
	ecoq_memory_list reserved;     /* oldest reservation first */
	ecoq_memory_message **delayed; /* binary heap, the one due first at [0] */
	size_t delayed_count, delayed_capacity;
	uint64_t last_sequence, last_fence;
	size_t name_size;
	char name[];
} ecoq_memory_queue;

/* The queues that transports of one scope share; the last of those transports frees it. */
typedef struct ecoq_memory_broker {
	struct ecoq_memory_broker *next;
	const void *scope;
	size_t references;
	ecoq_memory_queue *queues;
} ecoq_memory_broker;

/* Messages. create: the caller's one reference; NULL without memory. */
ecoq_memory_message *ecoq_memory_message_create(const ecoq_outgoing *from);
void ecoq_memory_message_release(ecoq_memory_message *message);

/* At the end of its queue, or among the delayed ones, for which the caller has made room. */
void ecoq_memory_enqueue(ecoq_memory_queue *queue, ecoq_memory_message *message, int64_t now);
bool ecoq_memory_heap_reserve(ecoq_memory_queue *queue, size_t more);

/* Out of wherever it is; GONE then, with the queue's reference passed to the caller. */
void ecoq_memory_detach(ecoq_memory_queue *queue, ecoq_memory_message *message);

/* A detached message becomes the youngest reservation, and back from there to where it stood. */
void ecoq_memory_mark_reserved(ecoq_memory_queue *queue, ecoq_memory_message *message);
void ecoq_memory_put_back(ecoq_memory_queue *queue, ecoq_memory_message *message);

/* Those that have become due take the next places in the queue; reservations older than the limit come back as suspects. */
void ecoq_memory_promote(ecoq_memory_queue *queue);
void ecoq_memory_expire(ecoq_memory_queue *queue, int64_t timeout_ms);

/* Frees all but the reserved ones. */
size_t ecoq_memory_purge(ecoq_memory_queue *queue);

/* The broker of a scope (NULL: a new one nobody shares), and a queue of it, made if need be. NULL without memory. */
ecoq_memory_broker *ecoq_memory_broker_get(const void *scope);
void ecoq_memory_broker_release(ecoq_memory_broker *broker);
ecoq_memory_queue *ecoq_memory_queue_named(ecoq_memory_broker *broker, ecoq_bytes name);

#endif
