#include "worker/loop.h"

#include "base/clock.h"
#include "messaging/hooks.h"
#include "messaging/deduplication.h"
#include "php/exceptions.h"
#include "worker/restart.h"
#include "worker/signals.h"
#include "worker/watchdog.h"

static const char *const stop_reason_names[] = {
	[ECOQ_STOP_NONE] = "",
	[ECOQ_STOP_EMPTY] = "empty",
	[ECOQ_STOP_SIGNAL] = "signal",
	[ECOQ_STOP_MESSAGE_LIMIT] = "message-limit",
	[ECOQ_STOP_FAILURE_LIMIT] = "failure-limit",
	[ECOQ_STOP_MEMORY_LIMIT] = "memory-limit",
	[ECOQ_STOP_TIME_LIMIT] = "time-limit",
	[ECOQ_STOP_IDLE_LIMIT] = "idle-limit",
	[ECOQ_STOP_HANDLER] = "handler",
	[ECOQ_STOP_REQUESTED] = "requested",
};

const char *ecoq_stop_reason_name(ecoq_stop_reason reason)
{
	return stop_reason_names[reason];
}

void ecoq_loop_notify(ecoq_loop *loop, ecoq_worker_event event)
{
	ecoq_loop_log(loop, &event);
	if (loop->observer && loop->observer->notify) {
		event.counts = &loop->counts;
		loop->counts.duration_ns = ecoq_clock_monotonic_ns() - loop->counts.started_ns;
		loop->observer->notify(loop->observer->context, &event);
	}
}

static ecoq_stop_reason reached_limit(const ecoq_loop *loop)
{
	const ecoq_worker_options *options = &loop->options;
	if (options->message_limit > 0 && loop->executed >= options->message_limit) {
		return ECOQ_STOP_MESSAGE_LIMIT;
	}
	if (options->failure_limit > 0 && loop->executed_failed >= options->failure_limit) {
		return ECOQ_STOP_FAILURE_LIMIT;
	}
	if (options->memory_limit > 0 && (int64_t) zend_memory_usage(true) > options->memory_limit) {
		return ECOQ_STOP_MEMORY_LIMIT;
	}
	if (options->time_limit_ms > 0 && ecoq_clock_monotonic_ns() - loop->counts.started_ns >= options->time_limit_ms * 1000000) {
		return ECOQ_STOP_TIME_LIMIT;
	}
	return ECOQ_STOP_NONE;
}

void ecoq_loop_check_stop(ecoq_loop *loop)
{
	if (loop->stop != ECOQ_STOP_NONE) {
		return;
	}
	if (ecoq_signals_pending()) {
		loop->stop = ECOQ_STOP_SIGNAL;
		ecoq_loop_notify(loop, (ecoq_worker_event){.kind = ECOQ_WORKER_SIGNAL, .signal_number = ecoq_signals_pending()});
	} else if (loop->stop_requested && *loop->stop_requested) {
		loop->stop = ECOQ_STOP_REQUESTED;
	} else {
		loop->stop = reached_limit(loop);
	}
	if (loop->stop != ECOQ_STOP_NONE) {
		ecoq_watchdog_tell(loop, ECOQ_WORKER_STATE_STOPPING);
	}
}

/* Looks at the channels in order of preference; the first that has messages is served, then it starts over. */
static bool serve_one(ecoq_loop *loop, bool *found)
{
	*found = false;
	for (size_t i = 0; i < loop->channel_count && !*found && loop->stop == ECOQ_STOP_NONE; i++) {
		ecoq_worker_channel *of = &loop->channels[i];
		int64_t now = ecoq_clock_monotonic_ms();
		bool rests = of->rests;
		of->rests = false;
		if (rests || (of->retry_at_ms > 0 && now < of->retry_at_ms) || (of->looked_at_ms > 0 && now - of->looked_at_ms < of->look_every_ms)) {
			continue;
		}
		if (!ecoq_batch_run(loop, of, found)) {
			return false;
		}
		of->looked_at_ms = *found ? 0 : now; /* where there was something there may be more */
	}
	return true;
}

/* A dead owner's messages come back after it was found absent twice. */
#define PATIENCE_MS 3000
#define EXPIRY_MS 4000 /* and where presence has to be renewed, that much later */

/* Whether there is nothing, and nothing that is still to come back. */
static bool is_empty(const ecoq_loop *loop)
{
	int64_t now = ecoq_clock_monotonic_ms();
	for (size_t i = 0; i < loop->channel_count; i++) {
		const ecoq_worker_channel *of = &loop->channels[i];
		int64_t more = loop->patient_until_ms > 0 && of->channel->ops && of->channel->ops->watch_presence ? EXPIRY_MS : 0;
		if (now < loop->patient_until_ms + more) {
			return false;
		}
	}
	return ecoq_idle_is_answered(loop);
}

static void be_idle(ecoq_loop *loop)
{
	if (loop->options.stop_when_empty && is_empty(loop)) {
		loop->stop = ECOQ_STOP_EMPTY;
		return;
	}
	if (ecoq_idle_left_ms(loop) <= 0) {
		loop->stop = ECOQ_STOP_IDLE_LIMIT;
		return;
	}
	if (!loop->told_idle) {
		loop->told_idle = true;
		ecoq_loop_notify(loop, (ecoq_worker_event){.kind = ECOQ_WORKER_IDLE});
		ecoq_watchdog_tell(loop, ECOQ_WORKER_STATE_IDLE);
		if (!ecoq_hooks_idle(loop->messaging)) {
			ecoq_signals_restore();
			zend_bailout(); /* the engine unwound through a hook */
		}
	}
	ecoq_deduplication_clean(loop->messaging);
	ecoq_idle_wait(loop);
}

static bool consume(ecoq_loop *loop)
{
	ecoq_loop_notify(loop, (ecoq_worker_event){.kind = ECOQ_WORKER_STARTED});
	while (ecoq_loop_check_stop(loop), loop->stop == ECOQ_STOP_NONE) {
		bool found;
		if (!ecoq_signals_dispatch() || !serve_one(loop, &found)) {
			return false;
		}
		if (found) {
			loop->last_message_ms = loop->quiet_since_ms = ecoq_clock_monotonic_ms();
			loop->told_idle = false;
			loop->woken_ms = loop->last_message_ms;
			loop->fruitless_wakes = 0;
		} else if (loop->stop == ECOQ_STOP_NONE) {
			be_idle(loop);
		}
	}
	return ecoq_signals_dispatch();
}

typedef struct advice {
	ecoq_messaging *messaging;
	const ecoq_channel *channel;
} advice;

static void log_advice(void *context, const char *text)
{
	const advice *advice = context;
	zval name;
	HashTable *fields = zend_new_array(1);
	ZVAL_STR_COPY(&name, advice->channel->name);
	zend_hash_str_add_new(fields, ZEND_STRL("channel"), &name);
	ecoq_messaging_log(advice->messaging, "warning", text, fields);
}

/* A channel that can never work is an error at the start; one that does not answer is waited for. */
static bool open_channels(ecoq_loop *loop)
{
	for (size_t i = 0; i < loop->channel_count; i++) {
		ecoq_error error;
		ecoq_channel *channel = loop->channels[i].channel;
		ecoq_result result = ecoq_channel_open(channel, &error);
		if (result == ECOQ_OK) {
			if (channel->ops->advise && !Z_ISUNDEF(loop->messaging->logger)) {
				channel->ops->advise(channel->transport, log_advice, &(advice){loop->messaging, channel});
			}
			continue;
		}
		if (!ecoq_result_is_retryable(result)) {
			ecoq_throw_error(result, &error, "Consuming channel \"%s\"", ZSTR_VAL(channel->name));
			return false;
		}
		ecoq_channel_failed(loop, &loop->channels[i], &error);
	}
	return true;
}

static void batch_init(ecoq_batch *batch, ecoq_custody *custody, size_t size)
{
	if (!custody) {
		zend_error_noreturn(E_ERROR, "Out of memory for a worker's batch of %zu messages", size);
	}
	*batch = (ecoq_batch){
		.deliveries = ecoq_custody_deliveries(custody),
		.kept = safe_emalloc(size, 1, 0),
		.refusals = ecalloc(size, sizeof(zend_string *)),
		.executions = safe_emalloc(size, sizeof(ecoq_execution), 0),
		.settlements = safe_emalloc(size, sizeof(ecoq_settlement), 0),
		.settling = safe_emalloc(size, sizeof(ecoq_execution *), 0),
	};
}

static void batch_free(ecoq_batch *batch)
{
	efree(batch->kept);
	efree(batch->refusals);
	efree(batch->executions);
	efree(batch->settlements);
	efree(batch->settling);
}

/* Goes on where a former self was ended. One that died soon after its start is given time. */
static void carry_on(ecoq_loop *loop)
{
	const ecoq_worker_carried *carried = loop->options.carried;
	if (carried) {
		loop->counts = carried->counts;
		loop->executed = carried->executed;
		loop->executed_failed = carried->executed_failed;
		ecoq_idle_sleep(ecoq_restart_pause_ms(carried));
		loop->patient_until_ms = ecoq_clock_monotonic_ms() + PATIENCE_MS;
	}
}

bool ecoq_worker_run(ecoq_messaging *messaging, ecoq_channel **channels, size_t channel_count, const ecoq_worker_options *options,
	const ecoq_worker_observer *observer, bool *stop_requested, ecoq_worker_counts *counts, ecoq_stop_reason *reason)
{
	ecoq_loop loop = {
		.messaging = messaging,
		.options = *options,
		.observer = observer,
		.stop_requested = stop_requested,
		.counts = {.started_ns = ecoq_clock_monotonic_ns()},
		.last_message_ms = ecoq_clock_monotonic_ms(),
		.quiet_since_ms = ecoq_clock_monotonic_ms(),
		.woken_ms = ecoq_clock_monotonic_ms(), /* what came before the channels could wake it is looked for, too */
	};
	if (loop.options.fetch_size <= 0) {
		loop.options.fetch_size = ECOQ_FETCH_DEFAULT;
	}
	loop.custody = ecoq_custody_create(loop.options.fetch_size);
	batch_init(&loop.batch, loop.custody, loop.options.fetch_size);
	ecoq_signals_install();
	carry_on(&loop);
	ecoq_watchdog_start(&loop);
	bool ok = ecoq_loop_take_channels(&loop, channels, channel_count) && open_channels(&loop) && consume(&loop);
	ecoq_idle_end(&loop);
	ecoq_watchdog_stop(&loop);
	ecoq_signals_restore();
	if (ok) {
		ecoq_loop_notify(&loop, (ecoq_worker_event){.kind = ECOQ_WORKER_STOPPED, .reason = loop.stop});
	}
	batch_free(&loop.batch);
	ecoq_loop_release_channels(&loop);
	loop.counts.duration_ns = ecoq_clock_monotonic_ns() - loop.counts.started_ns;
	*counts = loop.counts;
	*reason = loop.stop;
	return ok;
}
