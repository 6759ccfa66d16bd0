#ifndef ECOQ_TRANSPORT_REDIS_PRESENCE_H
#define ECOQ_TRANSPORT_REDIS_PRESENCE_H

/* The signs of life of a queue's owner. RESERVE gives one with each call; beside that the keeper does, once a second, from the first reservation on
 * and until the owner leaves. */

#include "transport/redis/queue.h"

/* All but the last two under the queue's mutex. */

/* Starts the keeper's part. False: no thread could be started (then presence ends with the next pause of more than ECOQ_REDIS_PRESENCE_MS). */
bool ecoq_redis_presence_begin(ecoq_redis_queue *queue);

/* A script has just renewed it. */
void ecoq_redis_presence_renewed(ecoq_redis_queue *queue);

/* Gives a sign of life now. What is in the inbox goes back to the head of the queue. */
ecoq_result ecoq_redis_presence_renew(ecoq_redis_queue *queue, int64_t deadline_ms, ecoq_error *error);

/* A script has found that this owner had been given up: whoever watches is told, once, on the keeper's thread. */
void ecoq_redis_presence_lost(ecoq_redis_queue *queue);

/* Ends it: `as_suspects` gives back what is still reserved as if the owner had died (after a fatal error), otherwise to the head, nothing charged. Bounded to
 * a second or so; where it fails the owner is found dead in time. */
void ecoq_redis_leave(ecoq_redis_queue *queue, bool as_suspects);

/* Without the mutex: when it returns the keeper does not touch the queue any more. */
void ecoq_redis_presence_end(ecoq_redis_queue *queue);
void ecoq_redis_watch_presence(ecoq_transport *transport, void (*lost)(void *context), void *context);

#endif
