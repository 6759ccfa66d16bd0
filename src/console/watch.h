#ifndef ECOQ_CONSOLE_WATCH_H
#define ECOQ_CONSOLE_WATCH_H

/* What `consume` shows of a running worker: log lines and, on a terminal, a progress line. */

#include "console/output.h"
#include "worker/worker.h"

typedef struct ecoq_watch {
	ecoq_output *output; /* borrowed, as are the channels */
	ecoq_channel **channels;
	size_t channel_count;
	int64_t drawn_ns;       /* when the progress line was drawn last */
	int64_t drawn_count;    /* executions by then */
	double rate;            /* executions per second, smoothed */
	int64_t count_again_ns; /* not before */
	int64_t waiting;        /* messages ready in all channels then; -1: not known */
	int64_t counted_at;     /* executions by then */
} ecoq_watch;

/* begin() and end() enclose the worker's run, however it ends, for the handlers' own output not to run into the progress line. */
void ecoq_watch_begin(ecoq_watch *watch);
void ecoq_watch_end(ecoq_watch *watch);

/* An ecoq_worker_observer's notify; the context is the watch. */
void ecoq_watch_notify(void *context, const ecoq_worker_event *event);

#endif
