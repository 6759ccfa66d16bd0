#ifndef ECOQ_TRANSPORT_AMQP_NAMES_H
#define ECOQ_TRANSPORT_AMQP_NAMES_H

/* The queues that one channel has at the broker:
 *
 *   <queue>            ready messages of default priority, shared with other languages
 *   <queue>.p0 … p9    the other priorities (no p4), made on first use
 *   <queue>.returned   what a worker put back, and (taken alone, by the worker that is about to run it) what its last owner did not acknowledge
 *   <queue>.g0 …       with the option `partitions`: messages of groups, see partition.h
 *   <queue>.g0.returned …
 *   <queue>.dlq        dead letters, where they are not in a database
 */

#include <stdbool.h>

#define ECOQ_AMQP_NAME_SIZE 256 /* a name has up to 255 bytes (AMQP 0-9-1, short string) */
#define ECOQ_AMQP_NAME_MOST 240 /* of the channel's queue: what stands behind it has to fit, too */

/* Each writes to `name`, of ECOQ_AMQP_NAME_SIZE bytes, and returns it. The lane of the default priority is the queue itself. */
const char *ecoq_amqp_lane_name(char *name, const char *queue, unsigned priority);
const char *ecoq_amqp_returned_name(char *name, const char *queue);
const char *ecoq_amqp_partition_name(char *name, const char *queue, unsigned number);

enum ecoq_amqp_name_kind {
	ECOQ_AMQP_LANE_NAME, /* the queue itself, too */
	ECOQ_AMQP_RETURNED_NAME,
	ECOQ_AMQP_PARTITION_NAME,
	ECOQ_AMQP_PARTITION_RETURNED_NAME
};

/* All but the dead letters', one after the other; begins as {0}. */
typedef struct ecoq_amqp_name_walk {
	unsigned step;
	enum ecoq_amqp_name_kind kind;
	char name[ECOQ_AMQP_NAME_SIZE];
} ecoq_amqp_name_walk;

/* False: there are no more. */
bool ecoq_amqp_next_name(ecoq_amqp_name_walk *walk, const char *queue, unsigned partitions);

#endif
