#ifndef ECOQ_TRANSPORT_REDIS_WAIT_H
#define ECOQ_TRANSPORT_REDIS_WAIT_H

/* Waiting for messages: two connections of the queue's own on which the server holds back its reply, behind one descriptor (epoll). One is in
 * BLMOVE <queue> → inbox of this owner, so that a message of any producer wakes it and survives its death; the other in BLPOP of `wake`, for what is not
 * in <queue>. Both for at most ECOQ_REDIS_WAIT_MS, less than presence lasts: what arrives after the owner was given up cannot be. */

#include "transport/redis/queue.h"

#define ECOQ_REDIS_WAIT_MS 2000

/* ecoq_transport_ops.descriptor: begins to wait, unless that goes on, and returns the descriptor; -1 when it cannot be. */
int ecoq_redis_descriptor(ecoq_transport *transport);
void ecoq_redis_stop_waiting(ecoq_transport *transport);

/* Under the queue's mutex, at the begin of each reservation: takes the replies that are there. `*may_have_mail` tells whether the inbox may hold
 * something: then RESERVE adopts it. What it leaves there goes back to the head of the queue with the next sign of life. */
void ecoq_redis_wait_collect(ecoq_redis_queue *queue, bool *may_have_mail);

/* Ends it, with CLIENT UNBLOCK through the queue's link where that is allowed, else by closing the connections. Under the mutex. */
void ecoq_redis_wait_end(ecoq_redis_queue *queue);
void ecoq_redis_wait_free(ecoq_redis_queue *queue); /* after a fork, too: says nothing to the server */

/* For presence.c, under the queue's mutex. */
void ecoq_redis_wait_emptied(ecoq_redis_queue *queue);            /* the inbox was, by a script */
bool ecoq_redis_wait_is_pending(const ecoq_redis_queue *queue);   /* a message may be, or come, in the inbox */
bool ecoq_redis_wait_has_old_mail(const ecoq_redis_queue *queue); /* one may be there for a while */
bool ecoq_redis_wait_is_stray(const ecoq_redis_queue *queue);     /* a BLMOVE whose end is not known may still put one there */

#endif
