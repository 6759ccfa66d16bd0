#ifndef ECOQ_TRANSPORT_AMQP_CONSUMER_H
#define ECOQ_TRANSPORT_AMQP_CONSUMER_H

/* Consuming: one connection and one AMQP channel on it, with a consumer on the queue and on each lane that there is. What the broker pushes waits here, in
 * memory, until it is reserved. */

#include "transport/amqp/connection.h"
#include "transport/amqp/properties.h"

typedef struct ecoq_amqp_intake ecoq_amqp_intake;

/* One message that the broker gave this process, until it is acknowledged or given back. On malloc; shared by reference count between the consumer (until it is
 * settled or lost) and ecoq_delivery.storage. */
typedef struct ecoq_amqp_held {
	_Atomic unsigned references;
	uint64_t tag;
	ecoq_amqp_intake *intake; /* whence it came; not looked at when it is lost */
	uint64_t generation;      /* of its AMQP channel, in which alone the tag stands; 0: it is lost */
	ecoq_amqp_projection projection;
	ecoq_buffer body;
	uint8_t priority;
	bool redelivered;
	bool is_looked_at; /* by ecoq_amqp_consumer_get(), or find(): it goes back to where it was */
	bool is_taken;
	int64_t arrived_ms; /* monotonic; when it was taken, that */
	struct ecoq_amqp_held *next;
} ecoq_amqp_held;

void ecoq_amqp_held_release(ecoq_amqp_held *held);

/* Publishes them to a queue of ecoq's own ("<queue>.returned") as their projections say, confirmed; whoever takes them there waits until they are due. Called with the consuming connection's mutex held, on the keeper's thread, too; the broker may be silent for `patience_ms`
 * (0: as usual). */
typedef ecoq_result (*ecoq_amqp_put_back)(void *context, const char *to, ecoq_amqp_held *const *held, size_t count, int64_t patience_ms, ecoq_error *error);

/* Its state is under its connection's mutex, which every function takes itself: they may be called on any thread. */
typedef struct ecoq_amqp_consumer ecoq_amqp_consumer;

/* Connects with the first use. What was taken for longer than `timeout_ms` (0: no limit) is given to others. NULL: out of memory. */
ecoq_amqp_consumer *ecoq_amqp_consumer_create(ecoq_amqp_settings *settings, const char *queue, int64_t timeout_ms, ecoq_amqp_put_back put_back, void *context);
void ecoq_amqp_consumer_free(ecoq_amqp_consumer *consumer);   /* everything unacknowledged goes back at once */
void ecoq_amqp_consumer_forget(ecoq_amqp_consumer *consumer); /* in a forked child: without a word to the broker */

/* Takes up to `max` that are due, highest priority first, and sees to it that the broker pushes about as many ahead. What was put back comes first. What is `redelivered` (its last
 * owner died) is put back as a suspect, and a suspect is taken alone. When nothing is found that is so: the queue is empty. `*next_due`: wall clock, when the first that is not due yet will be; 0: there is none. */
ecoq_result ecoq_amqp_consumer_take(ecoq_amqp_consumer *consumer, size_t max, ecoq_amqp_held **taken, size_t *count, int64_t *next_due, ecoq_error *error);

/* Three ways to read what is ready in the queue itself (no lanes), whether it is due or not, at most so many in one go: the most that a broker pushes ahead. What goes back is there again when they return. */
#define ECOQ_AMQP_READ_MOST 65535
/* Takes up to `max`, in the broker's order; to be settled, or given back to where they were. */
ecoq_result ecoq_amqp_consumer_get(ecoq_amqp_consumer *consumer, size_t max, ecoq_amqp_held **taken, size_t *count, ecoq_error *error);
/* Takes the first one of that id; *count 0: there is none. ECOQ_UNAVAILABLE: it may be among those that were not looked at. */
ecoq_result ecoq_amqp_consumer_find(ecoq_amqp_consumer *consumer, ecoq_bytes id, ecoq_amqp_held **found, size_t *count, ecoq_error *error);
/* Takes none: `seen` can only be released, also where it fails. A quorum queue gives its messages in another order each time; a classic one oldest first. */
ecoq_result ecoq_amqp_consumer_look(ecoq_amqp_consumer *consumer, size_t max, ecoq_amqp_held **seen, size_t *count, ecoq_error *error);

/* A process that looks has all messages, and is a consumer for that time: waits until there is none, shortly. `*ready` is counted again then, otherwise it stays. */
ecoq_result ecoq_amqp_await_lookers(ecoq_amqp_connection *connection, const char *queue, uint32_t *ready, ecoq_error *error);

/* How many were pushed ahead and not taken, and how many of groups wait here for their next try (their copies are in queues); and removes those that were pushed. */
size_t ecoq_amqp_consumer_ahead(ecoq_amqp_consumer *consumer, size_t *waiting);
ecoq_result ecoq_amqp_consumer_purge(ecoq_amqp_consumer *consumer, size_t *removed, ecoq_error *error);

/* Where the successor of a partition's message goes when it stays the first of its group, and so of the partition; NULL: it does not. */
const char *ecoq_amqp_consumer_place_of(ecoq_amqp_consumer *consumer, const ecoq_amqp_held *held, ecoq_bytes group);

typedef struct ecoq_amqp_done {
	ecoq_amqp_held *held;
	bool stays;  /* its successor is stored in the place of it, */
	int64_t due; /* and due then */
	bool lost;   /* in: not to be acknowledged; out: likewise those of an AMQP channel that is gone */
} ecoq_amqp_done;

/* Acknowledges, several with one frame where that is right. */
ecoq_result ecoq_amqp_consumer_ack(ecoq_amqp_consumer *consumer, ecoq_amqp_done *done, size_t count, ecoq_error *error);

/* Back to where they were, nothing charged. Lost ones are passed over. */
ecoq_result ecoq_amqp_consumer_give_back(ecoq_amqp_consumer *consumer, ecoq_amqp_held *const *held, size_t count, ecoq_error *error);
/* `reads`: what the broker says of late is read before. */
bool ecoq_amqp_consumer_still_has(ecoq_amqp_consumer *consumer, const ecoq_amqp_held *held, bool reads);
/* For what it does not have any more: the broker's words. */
void ecoq_amqp_consumer_why_lost(ecoq_amqp_consumer *consumer, const ecoq_amqp_held *held, ecoq_error *why);

/* Whether something went wrong since the last call and all is well again: what it was, and what was done. */
bool ecoq_amqp_consumer_recovered(ecoq_amqp_consumer *consumer, ecoq_error *from);

/* Becomes readable when something came; -1 while there is no connection. */
int ecoq_amqp_consumer_descriptor(ecoq_amqp_consumer *consumer);
/* Nobody waits for that until the next take: others are to have what comes. */
void ecoq_amqp_consumer_stop_waiting(ecoq_amqp_consumer *consumer);

/* `lost` is called, on whichever thread finds out, when what was taken is lost. NULL ends that. */
void ecoq_amqp_consumer_watch(ecoq_amqp_consumer *consumer, void (*lost)(void *context), void *context);

#endif
