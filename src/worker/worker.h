#ifndef ECOQ_WORKER_WORKER_H
#define ECOQ_WORKER_WORKER_H

#include "messaging/messaging.h"

/* PHP classes of this folder: Ecoq\Worker, Ecoq\WorkerReport. */
extern zend_class_entry *ecoq_ce_Worker;
extern zend_class_entry *ecoq_ce_WorkerReport;
void ecoq_worker_minit(void);

typedef struct ecoq_worker_counts {
	int64_t handled, failed, retried, dead_lettered, dropped, expired, duplicates, postponed, forwarded;
	int64_t lost;                    /* acknowledgements that the fence refused */
	int64_t started_ns, duration_ns; /* monotonic */
} ecoq_worker_counts;

/* What a process that ended by a handler's doing had done, for the one that goes on in its place (restart.h). */
typedef struct ecoq_worker_carried {
	ecoq_worker_counts counts;
	int64_t executed, executed_failed; /* towards the limits */
	int64_t restarts;                  /* so far */
	int64_t quick_deaths;              /* within a second of its start, in a row */
	int64_t born_ns;                   /* when the last one started; monotonic */
} ecoq_worker_carried;

/* Zero means "no limit" or "default" everywhere. */
typedef struct ecoq_worker_options {
	int64_t message_limit; /* executions, failed ones included */
	int64_t failure_limit; /* failed executions */
	int64_t memory_limit;  /* bytes, as memory_get_usage(true) tells */
	int64_t time_limit_ms;
	int64_t idle_limit_ms; /* longest time without any message */
	int64_t sleep_ms;      /* longest time between two looks at channels that cannot wake the worker; default: the transport's own */
	int64_t rest_ms;       /* pause after each message */
	int64_t fetch_size;    /* most messages reserved at once; default 256, adapted down to 50 ms of work */
	bool stop_when_empty;
	bool can_restart;                   /* a process that a handler ends starts itself again */
	const ecoq_worker_carried *carried; /* what a former self did; NULL: there was none */
} ecoq_worker_options;

typedef enum ecoq_stop_reason {
	ECOQ_STOP_NONE,
	ECOQ_STOP_EMPTY,         /* "empty" */
	ECOQ_STOP_SIGNAL,        /* "signal" */
	ECOQ_STOP_MESSAGE_LIMIT, /* "message-limit" */
	ECOQ_STOP_FAILURE_LIMIT, /* "failure-limit" */
	ECOQ_STOP_MEMORY_LIMIT,  /* "memory-limit" */
	ECOQ_STOP_TIME_LIMIT,    /* "time-limit" */
	ECOQ_STOP_IDLE_LIMIT,    /* "idle-limit" */
	ECOQ_STOP_HANDLER,       /* "handler": a handler threw StopWorker */
	ECOQ_STOP_REQUESTED      /* "requested": Worker::stop() */
} ecoq_stop_reason;
const char *ecoq_stop_reason_name(ecoq_stop_reason reason);

/* What someone who watches a worker is told; everything borrowed for the call. */
typedef enum ecoq_worker_event_kind {
	ECOQ_WORKER_STARTED,
	ECOQ_WORKER_MESSAGE,     /* one execution ended: `execution` and `channel` are set */
	ECOQ_WORKER_IDLE,        /* nothing to do now; told once per idle period */
	ECOQ_WORKER_UNAVAILABLE, /* a channel cannot be reached: `channel`, `error`, `delay_ms` until the next try */
	ECOQ_WORKER_RECOVERED,   /* a channel works again after something that nobody else was told of: `channel`, `error` */
	ECOQ_WORKER_LOST,        /* an acknowledgement was refused: `channel`; `error` where the backend tells why */
	ECOQ_WORKER_UNSETTLED,   /* the backend did not take what became of a message, which stays reserved until the worker ends: `channel`, `execution`, `error` */
	ECOQ_WORKER_SIGNAL,      /* `signal_number` */
	ECOQ_WORKER_STOPPED      /* `reason` */
} ecoq_worker_event_kind;

typedef struct ecoq_worker_event {
	ecoq_worker_event_kind kind;
	const ecoq_channel *channel;
	const ecoq_execution *execution;
	const ecoq_error *error;
	int64_t delay_ms;
	int signal_number;
	ecoq_stop_reason reason;
	const ecoq_worker_counts *counts; /* as of now; always set */
} ecoq_worker_event;

typedef struct ecoq_worker_observer {
	void (*notify)(void *context, const ecoq_worker_event *event); /* must not run PHP code that throws; NULL: nobody watches */
	void *context;
} ecoq_worker_observer;

/* Consumes the channels (in order of preference) until something stops it; `*stop_requested` (may be NULL) may be set meanwhile. Installs signal handlers for its own time. False with an exception pending
 * when it could not start (a channel that can never work). On true, `*reason` and `*counts` are set. */
bool ecoq_worker_run(ecoq_messaging *messaging, ecoq_channel **channels, size_t channel_count, const ecoq_worker_options *options,
	const ecoq_worker_observer *observer, bool *stop_requested, ecoq_worker_counts *counts, ecoq_stop_reason *reason);

#endif
