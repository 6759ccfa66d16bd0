#ifndef ECOQ_WORKER_WATCHDOG_H
#define ECOQ_WORKER_WATCHDOG_H

/* What watches a running worker: its place in the scoreboard, and when handlers are to be interrupted. One that takes too long gets a
 * HandlerTimeoutException at its next opcode, again every 100 ms; one that still has not returned a second later is ended with its process. One whose message
 * belongs to another worker by now gets an OwnershipLostException, once. */

#include "worker/loop.h"
#include "worker/scoreboard.h"

void ecoq_watchdog_minit(void);
void ecoq_watchdog_rshutdown(void); /* ends what a run that was left by a bailout began */
void ecoq_watchdog_mshutdown(void);

/* Around a run. Runs may nest. */
void ecoq_watchdog_start(ecoq_loop *loop);
void ecoq_watchdog_stop(ecoq_loop *loop);

/* Around ecoq_execution_run(), whatever it returns. */
void ecoq_handling_begin(ecoq_loop *loop, ecoq_execution *execution);
void ecoq_handling_end(ecoq_loop *loop, const ecoq_execution *execution);

/* The engine has unwound: what the keeper can give back is given back before the process ends. */
void ecoq_watchdog_spent(ecoq_loop *loop);

/* For the scoreboard. */
void ecoq_watchdog_tell(ecoq_loop *loop, ecoq_worker_state state);

/* After a bailout: silences the watchdogs of this thread. False when none was watching this process; else what the innermost run had done by then, what it was
 * doing counted as a failure. */
bool ecoq_watchdog_abandon(ecoq_worker_carried *carried);

/* The file that is to be used; empty: none is. */
void ecoq_scoreboard_path(char *out, size_t capacity);

#endif
