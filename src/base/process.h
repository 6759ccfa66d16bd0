#ifndef ECOQ_BASE_PROCESS_H
#define ECOQ_BASE_PROCESS_H

/* Differs between a process and those forked from it: whoever compares it before and after application code knows in which of them it came back.
 * Costs no system call. */
unsigned ecoq_process_mark(void);

#endif
