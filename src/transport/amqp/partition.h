#ifndef ECOQ_TRANSPORT_AMQP_PARTITION_H
#define ECOQ_TRANSPORT_AMQP_PARTITION_H

/* Order by group (option `partitions: n`): every message of a group goes to the same queue "<queue>.g0" … of n, from which the broker pushes to one consumer only (x-single-active-consumer), one
 * message at a time.
 *
 * The first message of a partition stays unacknowledged until it is done with, whatever becomes of it meanwhile: as long as it does, nobody else gets a message of that partition. One that failed is
 * stored anew, with its attempts, in "<queue>.g0.returned", and so is one whose owner died; that copy stands for the first one, and is read only by whoever holds it. So a partition needs no lock
 * but the one that the broker has, and it ends with the AMQP channel. Each partition has a channel of its own, since closing that is how it passes on to another worker with its order kept.
 *
 * All under the connection's mutex. */

#include "transport/amqp/consumer_state.h"

typedef struct ecoq_amqp_partition {
	ecoq_amqp_intake intake; /* first */
	ecoq_amqp_consumer *consumer;
	char *queue;
	char *returned;        /* "<queue>.returned", of the partition's queue */
	ecoq_amqp_held *first; /* its first message; one reference; NULL: none has come */
	ecoq_amqp_held *copy;  /* what stands for it, when it has been fetched; one reference */
	bool has_copy;         /* it is in `returned` */
	bool was_empty;        /* `returned`, when it was looked into for an unknown copy */
	bool is_running;       /* the first or its copy was taken */
	bool is_cancelled;     /* the broker consumes nothing for it any more */
	int64_t look_at;       /* wall clock: nothing is to be done with it before */
	unsigned came;         /* messages since the shares were last compared */
} ecoq_amqp_partition;

/* Those of the settings, not consumed yet. */
bool ecoq_amqp_make_partitions(ecoq_amqp_consumer *consumer);
void ecoq_amqp_free_partitions(ecoq_amqp_consumer *consumer);

/* Consumes those that are not, and once a second leaves some to others when this worker is busy with more than its share. */
ecoq_result ecoq_amqp_join_partitions(ecoq_amqp_consumer *consumer, ecoq_error *error);

/* Takes up to `max`, one of each partition; a suspect only when nothing else is taken. `*next_due` as for reserve(). */
ecoq_result ecoq_amqp_take_partitions(ecoq_amqp_consumer *consumer, size_t max, ecoq_amqp_held **taken, size_t *count, int64_t *next_due, ecoq_error *error);

/* Whether the broker has messages of partitions from which none is here: they come to this process, or to another one. */
ecoq_result ecoq_amqp_partitions_await(ecoq_amqp_consumer *consumer, bool *any, ecoq_error *error);

/* The partition that it came from; NULL: another queue. */
ecoq_amqp_partition *ecoq_amqp_partition_of(const ecoq_amqp_held *held);

/* It is done with (or, `stays`, a copy of it has been stored in `returned`, due at `due`), and told to the broker. */
ecoq_result ecoq_amqp_partition_settle(ecoq_amqp_partition *partition, ecoq_amqp_held *held, bool stays, int64_t due, ecoq_error *error);
/* To others at once. What is here and was not started is put back as a copy before, or it would be suspect to them. */
void ecoq_amqp_partition_leave(ecoq_amqp_partition *partition);
/* The same for all where nothing runs; `idle`: or else only where something waits here for as long as `most_ms`. */
void ecoq_amqp_leave_partitions(ecoq_amqp_consumer *consumer, bool idle, int64_t most_ms);

/* How many are here and could be taken. */
size_t ecoq_amqp_partitions_ahead(const ecoq_amqp_consumer *consumer);
/* How many wait here for their next try; their copies are in queues. */
size_t ecoq_amqp_partitions_waiting(const ecoq_amqp_consumer *consumer);
ecoq_result ecoq_amqp_purge_partitions(ecoq_amqp_consumer *consumer, size_t *removed, ecoq_error *error);

int ecoq_amqp_partition_number(const ecoq_amqp_settings *settings, ecoq_bytes group);

#endif
