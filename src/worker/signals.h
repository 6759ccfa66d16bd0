#ifndef ECOQ_WORKER_SIGNALS_H
#define ECOQ_WORKER_SIGNALS_H

#include <stdbool.h>

/* SIGTERM, SIGINT and SIGQUIT for the time of run(). The first one makes the pipe readable and has the keeper give back what was not started;
 * the second one ends the process as it would have without handlers, as soon as the keeper has given back all (custody.h). Handlers that the application installed are called as well. Only on the command line; elsewhere these do nothing. */

void ecoq_signals_install(void);
void ecoq_signals_restore(void);

/* The signal that came since install(), or 0. */
int ecoq_signals_pending(void);

/* The same, also after restore(). */
int ecoq_signals_seen(void);

/* Becomes readable when a signal comes; -1 where none are handled. */
int ecoq_signals_descriptor(void);

/* Lets handlers installed with pcntl_signal() run. They are PHP code: false with an exception pending. */
bool ecoq_signals_dispatch(void);

#endif
