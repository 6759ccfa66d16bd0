#ifndef ECOQ_TRANSPORT_REDIS_SETTLE_H
#define ECOQ_TRANSPORT_REDIS_SETTLE_H

/* Successors in other queues. */

#include "transport/redis/queue.h"

/* Whether a Redis Cluster keeps both on one node, as far as their names tell. */
bool ecoq_redis_is_same_slot(ecoq_bytes name, ecoq_bytes other);

ecoq_result ecoq_redis_is_held(ecoq_redis_queue *queue, const ecoq_delivery *delivery, bool *is_held, ecoq_error *error);

/* Stores the successor at the node that has its queue; a repeat for the same delivery stores it once. ECOQ_LOST, and nothing is stored, when the delivery is not
 * held any more. Under the queue's mutex. */
ecoq_result ecoq_redis_store_elsewhere(ecoq_redis_queue *queue, const ecoq_settlement *settlement, ecoq_error *error);

#endif
