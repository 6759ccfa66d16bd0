#ifndef ECOQ_WORKER_RESTART_H
#define ECOQ_WORKER_RESTART_H

/* A process whose handler ended it (fatal error, memory limit, a hang that nothing else could end) starts itself again by exec: same process id,
 * same command line, working directory and environment as it was started with. What it did is handed over, so that limits, counts and
 * the report are those of one process. Only for the command line. */

#include <stdbool.h>

#include "worker/worker.h"

/* At MINIT of the CLI: copies what exec needs, before anyone can change it, and takes over from a former self. */
void ecoq_restart_minit(void);

/* At the end of MSHUTDOWN: starts again if that was asked for, else frees. */
void ecoq_restart_mshutdown(void);

/* What a former self did, once; false: there was none, or it was asked for already. */
bool ecoq_restart_carried(ecoq_worker_carried *carried);

/* NULL: a restart is possible; else why not. `script` is the path of the main script, NULL where there is none. */
const char *ecoq_restart_obstacle(const char *script);

/* How long the new self waits first: it died within a second of its start, once or several times in a row. */
int64_t ecoq_restart_pause_ms(const ecoq_worker_carried *carried);

/* Asks for it at MSHUTDOWN. */
void ecoq_restart_request(const ecoq_worker_carried *carried);

/* Now, whatever thread this is; only async-signal-safe calls. Returns when it failed. */
void ecoq_restart_now(const ecoq_worker_carried *carried);

#endif
