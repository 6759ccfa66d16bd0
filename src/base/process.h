#ifndef ECOQ_BASE_PROCESS_H
#define ECOQ_BASE_PROCESS_H

#include <stdbool.h>

/* Differs between a process and those forked from it: whoever compares it before and after application code knows in which of them it came back.
 * Costs no system call. */
unsigned ecoq_process_mark(void);

/* Whether a worker of this process was told to end: what waits for a broker that takes nothing then does so shortly only. Setting it is async-signal-safe. */
void ecoq_process_set_ending(bool ending);
bool ecoq_process_is_ending(void);

#endif
