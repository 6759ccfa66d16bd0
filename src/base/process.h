#ifndef ECOQ_BASE_PROCESS_H
#define ECOQ_BASE_PROCESS_H

#include <stdbool.h>

/* Differs between a process and those forked from it: whoever compares it before and after application code knows in which of them it came back.
 * Costs no system call. */
unsigned ecoq_process_mark(void);

/* Guards the lists that a process keeps for all its threads. A fork waits for it, so that the child gets lists that nobody was changing.
 * Nothing that waits is done under it, and no other lock is taken. */
void ecoq_process_lock(void);
void ecoq_process_unlock(void);

/* Whether a worker of this process was told to end: what waits for a broker that takes nothing then does so shortly only. Setting it is async-signal-safe. */
void ecoq_process_set_ending(bool ending);
bool ecoq_process_is_ending(void);

#endif
