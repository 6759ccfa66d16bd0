#ifndef ECOQ_WORKER_CUSTODY_H
#define ECOQ_WORKER_CUSTODY_H

/* The batch in hand while the worker's thread is in a handler: what waits for its acknowledgement is acknowledged, what was not started is given back,
 * by a keeper of its own (a broker that does not answer must not hold up presence and time-outs). Only for transports that can do that
 * beside the running handler (ECOQ_IS_THREAD_SAFE). Plain C: the keeper touches nothing of the engine, so that it also does its part
 * when the process is about to end. */

#include "base/keeper.h"
#include "transport/transport.h"

#define ECOQ_ACK_HOLD_NS (20 * 1000000LL)           /* acknowledgements wait for at most this much handling */
#define ECOQ_ACK_SLOW_NS (5 * 1000000LL)            /* and never across a handler that takes this long */
#define ECOQ_REST_HOLD_NS (500 * 1000000LL)         /* behind a handler that takes longer, nothing stays unstarted */
#define ECOQ_SURRENDER_WITHIN_NS (1000 * 1000000LL) /* how long the end of the process waits for that */

typedef struct ecoq_custody ecoq_custody;

/* One delivery's. */
typedef enum ecoq_custody_state {
	ECOQ_CUSTODY_UNSTARTED,
	ECOQ_CUSTODY_RUNNING,
	ECOQ_CUSTODY_WAITING, /* for its acknowledgement */
	ECOQ_CUSTODY_TRIED,   /* likewise, and the keeper tried in vain: what is tried again must be all of these, and no other */
	ECOQ_CUSTODY_LEAVING, /* the keeper is acknowledging it */
	ECOQ_CUSTODY_OURS,    /* the worker's thread does with it what there is to be done */
	ECOQ_CUSTODY_SETTLED, /* acknowledged by the keeper */
	ECOQ_CUSTODY_LOST     /* it tried to, and the fence refused */
} ecoq_custody_state;

/* For batches of up to `capacity`. `on_lost(context)` is called on the keeper's thread when the delivery that runs belongs to another worker by now. NULL: out
 * of memory. What one thread creates nests. */
ecoq_custody *ecoq_custody_create(size_t capacity);
void ecoq_custody_on_lost(ecoq_custody *custody, void (*on_lost)(void *context), void *context);

/* Surrenders and releases what is still in hand, joins the keeper's thread, and frees. */
void ecoq_custody_destroy(ecoq_custody *custody);

/* Where the batch is to be reserved to: `capacity` of them. */
ecoq_delivery *ecoq_custody_deliveries(ecoq_custody *custody);

/* ---- The worker's thread: from begin() that returned true to end() ---- */

/* `count` deliveries were reserved. False: the transport or the system does not allow it, and they are the caller's alone. The transport must stay open until
 * the custody ends. */
bool ecoq_custody_begin(ecoq_custody *custody, const ecoq_transport_ops *ops, ecoq_transport *transport, size_t count);
void ecoq_custody_end(ecoq_custody *custody);

/* Starts the next one, if there is one, and returns how many the batch has by now: those behind were given back, and are the caller's to release. */
size_t ecoq_custody_take(ecoq_custody *custody);

/* Its handler began at that instant (monotonic clock). */
void ecoq_custody_runs(ecoq_custody *custody, int64_t since_ns);

/* The one that was started last, of that index, has ended. `waits`: all that is left to do is to acknowledge it. `tag` is for ecoq_custody_settled(). */
void ecoq_custody_ran(ecoq_custody *custody, size_t index, bool waits, uint8_t tag);

/* Whether the one that was started last belongs to another worker, as far as is known. */
bool ecoq_custody_is_lost(const ecoq_custody *custody);

/* From `from` on the deliveries are the caller's alone. Returns how many the batch has, as above. */
size_t ecoq_custody_reclaim(ecoq_custody *custody, size_t from);

/* States of those that ended, from the first that was not collected to the one before `end`: into `states`, by their index in the batch. Those that are neither SETTLED nor LOST
 * are the caller's to settle: those that were TRIED before the others. */
void ecoq_custody_collect(ecoq_custody *custody, uint8_t *states, size_t end);

/* ---- When it is to end: any thread, also in a signal handler ---- */

/* The process is to stop after the running handler: what was not started is given back now. For all custodies of this thread. */
void ecoq_custody_stop_all(void);

/* The process ends: what waits is acknowledged, what was not started is given back, `with_running` also the one that runs. Returns when that is done, or
 * ECOQ_SURRENDER_WITHIN_NS have passed; at once when there is nothing in hand, or this was asked for before. Whichever thread uses the custody goes no further. */
void ecoq_custody_surrender(ecoq_custody *custody, bool with_running);
void ecoq_custody_surrender_all(bool with_running);

/* How many with that tag the keeper has acknowledged that were not collected. After ecoq_custody_surrender() of the same thread. */
int64_t ecoq_custody_settled(ecoq_custody *custody, uint8_t tag);

#endif
