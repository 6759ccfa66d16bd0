#ifndef ECOQ_BASE_KEEPER_H
#define ECOQ_BASE_KEEPER_H

/* The keeper: one thread beside the main one that acts at given instants, also while a handler sleeps or sits in one long C call. Plain C: nothing
 * of the engine is touched here. The worker's watchdog and the network transports (presence, heartbeats) use it. */

#include <stdbool.h>
#include <stdint.h>

#define ECOQ_NEVER INT64_MAX

typedef struct ecoq_keeper ecoq_keeper;
typedef struct ecoq_timer ecoq_timer;

/* Embed it where its data is. */
struct ecoq_timer {
	_Atomic int64_t due_ns; /* monotonic clock; ECOQ_NEVER: not armed */
	/* Called on the keeper's thread when it is due. Returns when it is to be called again, or ECOQ_NEVER; an ecoq_timer_arm() of meanwhile goes
	 * first. May arm timers, must neither add nor remove any, and must not block for long: the other timers wait. */
	int64_t (*fire)(ecoq_timer *timer, int64_t now_ns);
	ecoq_timer *next; /* the keeper's own */
};

/* Costs nothing until the first timer is added: then the thread starts. NULL: out of memory. */
ecoq_keeper *ecoq_keeper_create(void);

/* Ends and joins the thread, and frees. Timers need not be removed before. In a forked child, where no such thread is, it only lets go. */
void ecoq_keeper_destroy(ecoq_keeper *keeper);

/* The one keeper of this process that transports share, one reference more; the last ecoq_keeper_release() ends and joins its thread. In a forked
 * child the next call makes a new one. NULL: out of memory. Any thread may call these. */
ecoq_keeper *ecoq_keeper_acquire(void);
void ecoq_keeper_release(ecoq_keeper *keeper);

/* The timer stays the caller's; it must live until it is removed or the keeper destroyed. False when no thread could be started. */
bool ecoq_keeper_add(ecoq_keeper *keeper, ecoq_timer *timer);

/* When this returns, fire() is not running and will not run. */
void ecoq_keeper_remove(ecoq_keeper *keeper, ecoq_timer *timer);

/* Sets when the timer is due, without any lock; wakes the thread only if it would sleep longer than that. */
void ecoq_timer_arm(ecoq_keeper *keeper, ecoq_timer *timer, int64_t due_ns);

/* It may still fire once, if it is being called right now. */
static inline void ecoq_timer_disarm(ecoq_timer *timer)
{
	__atomic_store_n((int64_t *) &timer->due_ns, ECOQ_NEVER, __ATOMIC_RELEASE);
}

/* How often the thread woke, for tests of idleness. */
uint64_t ecoq_keeper_wakes(const ecoq_keeper *keeper);

#endif
