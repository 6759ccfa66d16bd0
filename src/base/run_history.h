#ifndef ECOQ_BASE_RUN_HISTORY_H
#define ECOQ_BASE_RUN_HISTORY_H

#include <stdint.h>

#define ECOQ_RUN_HISTORY_WINDOW 64

/* How long something takes at worst, of late: the slowest of its last 64 to 128 runs. Zero-initialise it. */
typedef struct ecoq_run_history {
	int64_t slowest_ns; /* 0: it never ran */
	int64_t window_slowest_ns;
	uint32_t window_runs;
} ecoq_run_history;

static inline void ecoq_run_history_add(ecoq_run_history *history, int64_t ns)
{
	ns = ns > 0 ? ns : 1;
	history->window_slowest_ns = ns > history->window_slowest_ns ? ns : history->window_slowest_ns;
	if (++history->window_runs >= ECOQ_RUN_HISTORY_WINDOW) {
		*history = (ecoq_run_history){.slowest_ns = history->window_slowest_ns};
	} else if (ns > history->slowest_ns) {
		history->slowest_ns = ns;
	}
}

#endif
