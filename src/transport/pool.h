#ifndef ECOQ_TRANSPORT_POOL_H
#define ECOQ_TRANSPORT_POOL_H

/* Connections of this process that are kept for later use: the users on one thread that want the same share one, and what nobody uses is there for any thread,
 * for a minute and up to eight of a transport. */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define ECOQ_POOL_IDLE_MS 60000

/* What a connection begins with. A pool's own, under the process' lock, but for what may be read at any time. */
typedef struct ecoq_pooled {
	_Atomic unsigned users;
	_Atomic int64_t idle_since_ms; /* monotonic */
	pthread_t thread;              /* of its users */
	pid_t pid;                     /* whose connection it is; a forked child drops it without a word */
	struct ecoq_pooled *next;
} ecoq_pooled;

/* The functions get `wanted` as it was given. */
typedef struct ecoq_pool {
	ecoq_pooled *newest;
	bool (*fits)(const ecoq_pooled *connection, const void *wanted);
	ecoq_pooled *(*create)(const void *wanted); /* under the process' lock: does not wait for anything, takes no lock. NULL: out of memory */
	void (*destroy)(ecoq_pooled *connection);   /* without it */
} ecoq_pool;

/* For create(), and for a connection outside of pools: one user, of this process and thread. */
void ecoq_pooled_init(ecoq_pooled *connection);

/* One more user of a connection that fits, which is made if need be. NULL: out of memory. */
ecoq_pooled *ecoq_pool_get(ecoq_pool *pool, const void *wanted);
/* The same, but for making one. NULL: none fits. */
ecoq_pooled *ecoq_pool_find(ecoq_pool *pool, const void *wanted);
/* One user less. */
void ecoq_pool_put(ecoq_pool *pool, ecoq_pooled *connection);
/* At the end of the process: destroys what nobody uses. */
void ecoq_pool_close_idle(ecoq_pool *pool);

#endif
