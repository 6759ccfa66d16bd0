#ifndef ECOQ_WORKER_LOOP_H
#define ECOQ_WORKER_LOOP_H

/* The running worker, shared by the parts of the loop: loop.c (what next), batch.c (executing and settling), idle.c (waiting). */

#include "worker/custody.h"
#include "worker/worker.h"

#define ECOQ_FETCH_DEFAULT 256
#define ECOQ_BATCH_WORK_NS (50 * 1000000LL) /* a reservation holds at most this much work */
#define ECOQ_ORPHANS_EVERY_MS 1000          /* what dead workers left in legs of the outbox is looked for that often */

typedef struct ecoq_watchdog ecoq_watchdog; /* watchdog.h */

/* One consumed channel. */
typedef struct ecoq_worker_channel {
	ecoq_channel *channel;
	size_t window;         /* how many are reserved next */
	ecoq_run_history runs; /* of its handlers */
	int64_t next_due;      /* wall clock ms; 0: none known */
	int64_t retry_at_ms;   /* monotonic; 0: reachable */
	uint32_t failures;     /* to reach it, in a row */
	int64_t look_every_ms; /* looked at no more often than this; 0: whenever there is time */
	int64_t looked_at_ms;  /* monotonic; 0: not yet */
	bool waits;            /* its descriptor was asked for since the worker was last busy */
	bool rests;            /* the last wake-up was another channel's, and this one would have woken the worker as well */
} ecoq_worker_channel;

/* The reserved deliveries of one channel, and what became of them. Arrays of fetch_size, made once per run. */
typedef struct ecoq_batch {
	ecoq_worker_channel *of;
	bool is_kept;              /* in custody: the keeper may acknowledge and give back, too */
	ecoq_delivery *deliveries; /* the custody's */
	ecoq_execution *executions;
	uint8_t *kept;          /* states of custody of those that wait for their settlement */
	zend_string **refusals; /* why they were not settled; NULL: they were, or another worker has them */
	ecoq_settlement *settlements;
	ecoq_execution **settling; /* the executions that the settlements are of */
	size_t count;              /* reserved */
	size_t next;               /* the first that was not started */
	size_t settled;            /* up to here they are settled and released; between it and `next` they wait for it */
	int64_t held_ns;           /* handling since the first of those that wait */
} ecoq_batch;

typedef struct ecoq_loop {
	ecoq_messaging *messaging;
	ecoq_worker_channel *channels;
	size_t channel_count;
	ecoq_worker_options options;
	const ecoq_worker_observer *observer;
	ecoq_worker_counts counts;
	int64_t executed; /* handler executions, for the message limit */
	int64_t executed_failed;
	ecoq_batch batch;
	ecoq_stop_reason stop;
	ecoq_custody *custody;    /* the watchdog ends it */
	ecoq_watchdog *watchdog;  /* NULL: out of memory */
	bool *stop_requested;     /* Worker::stop() */
	int64_t last_message_ms;  /* monotonic */
	int64_t quiet_since_ms;   /* likewise; since then no message came, and every channel could be reached */
	int64_t woken_ms;         /* when a message or a wake-up last came; monotonic */
	int fruitless_wakes;      /* in a row, by descriptors, that brought no message */
	int64_t patient_until_ms; /* monotonic: until then "empty" may only mean that a former self is not noticed to be dead */
	bool told_idle;
} ecoq_loop;

void ecoq_loop_notify(ecoq_loop *loop, ecoq_worker_event event);

/* Tells the application's logger of it, if it is for that (log.c). */
void ecoq_loop_log(ecoq_loop *loop, const ecoq_worker_event *event);

/* Fills loop->channels (channels.c); false with an exception pending. */
bool ecoq_loop_take_channels(ecoq_loop *loop, ecoq_channel **channels, size_t count);
void ecoq_loop_release_channels(ecoq_loop *loop);

/* Sets loop->stop when a signal, a request or a limit asks for it. */
void ecoq_loop_check_stop(ecoq_loop *loop);

/* Reserves and executes one batch of the channel. `*found` tells whether there was anything. False: an exception is pending. */
bool ecoq_batch_run(ecoq_loop *loop, ecoq_worker_channel *of, bool *found);

/* Where executions of that outcome are counted. */
int64_t *ecoq_worker_counter(ecoq_worker_counts *counts, ecoq_outcome outcome);

/* Notes a failure to reach the channel: told, and not asked again before a growing pause (1 s to 30 s) is over. Returns the pause in ms. */
int64_t ecoq_channel_failed(ecoq_loop *loop, ecoq_worker_channel *of, const ecoq_error *error);

/* Whether every channel that the worker was asked to serve has said that it has nothing. One that cannot be reached has said nothing. */
bool ecoq_idle_is_answered(const ecoq_loop *loop);

/* Until the idle limit is reached; INT64_MAX: there is none, or it does not run. */
int64_t ecoq_idle_left_ms(const ecoq_loop *loop);

/* Waits for a message, the next due instant, the next try, a limit or a signal, whichever comes first. */
void ecoq_idle_wait(ecoq_loop *loop);

/* The worker is going to be busy: no message may come to it now. */
void ecoq_idle_end(ecoq_loop *loop);

/* Sleeps, but no longer than until a signal comes. */
void ecoq_idle_sleep(int64_t ms);

#endif
