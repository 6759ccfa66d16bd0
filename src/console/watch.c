#include "console/watch.h"

#include <signal.h>

#include "SAPI.h"
#include "base/clock.h"

#define NS_PER_MS 1000000
#define NS_PER_S 1000000000LL

/* Longer errors are cut in log lines; the dead letter holds them whole. */
#define ERROR_LENGTH 2000

static ecoq_log_level level_of(const ecoq_execution *execution)
{
	switch (execution->outcome) {
		case ECOQ_OUTCOME_DEAD_LETTERED:
			return ECOQ_LOG_ERROR;
		case ECOQ_OUTCOME_RETRIED:
			return ECOQ_LOG_WARNING;
		case ECOQ_OUTCOME_POSTPONED:
			return execution->endpoint ? ECOQ_LOG_DEBUG : ECOQ_LOG_WARNING;
		case ECOQ_OUTCOME_DROPPED:
		case ECOQ_OUTCOME_EXPIRED:
			return execution->failed ? ECOQ_LOG_WARNING : ECOQ_LOG_NOTICE;
		default:
			return execution->failed ? ECOQ_LOG_WARNING : ECOQ_LOG_INFO;
	}
}

static ecoq_bytes type_of(const ecoq_execution *execution)
{
	return execution->has_envelope ? execution->envelope.type.text : ECOQ_NO_BYTES;
}

/* The observer's view is read-only, but the id is made on demand. */
static zend_string *id_of(const ecoq_execution *execution)
{
	return ecoq_execution_id((ecoq_execution *) execution);
}

static void append_error(smart_str *text, const ecoq_execution *execution)
{
	if (execution->error) {
		smart_str_appends(text, ": ");
		smart_str_appendl(text, ZSTR_VAL(execution->error), MIN(ZSTR_LEN(execution->error), ERROR_LENGTH));
	}
}

/* "order.placed (endpoint orders.confirm, id …)" */
static void append_subject(smart_str *text, const ecoq_execution *execution)
{
	ecoq_bytes type = type_of(execution);
	zend_string *id = id_of(execution);

	if (type.size) {
		smart_str_appendl(text, type.data, type.size);
	} else {
		smart_str_appends(text, "a message");
	}
	smart_str_appends(text, " (");
	if (execution->endpoint) {
		smart_str_appends(text, "endpoint ");
		smart_str_append(text, execution->endpoint->id);
		smart_str_appends(text, ", ");
	}
	smart_str_appends(text, "id ");
	smart_str_appendl(text, id ? ZSTR_VAL(id) : "unknown", id ? ZSTR_LEN(id) : strlen("unknown"));
	smart_str_appendc(text, ')');
}

static void append_plain_outcome(smart_str *text, const ecoq_execution *execution)
{
	append_subject(text, execution);
	smart_str_append_printf(text, " %s", ecoq_outcome_name(execution->outcome));
	if (execution->outcome == ECOQ_OUTCOME_HANDLED) {
		smart_str_append_printf(text, " in %.2f ms", (double) execution->handler_ns / NS_PER_MS);
		if (execution->attempts) {
			smart_str_append_printf(text, " after %u failed attempts", execution->attempts);
		}
	} else if (execution->delay_ms > 0) {
		smart_str_append_printf(text, " for " ZEND_LONG_FMT " ms", (zend_long) execution->delay_ms);
	}
	append_error(text, execution);
}

static void append_outcome(smart_str *text, const ecoq_execution *execution)
{
	bool retried = execution->outcome == ECOQ_OUTCOME_RETRIED, dead = execution->outcome == ECOQ_OUTCOME_DEAD_LETTERED;

	if (!retried && !dead) {
		append_plain_outcome(text, execution);
		return;
	}
	if (execution->failed) {
		smart_str_appends(text, "Error thrown while handling ");
		append_subject(text, execution);
	} else {
		append_subject(text, execution);
		smart_str_appends(text, " could not be handled");
	}
	if (dead) {
		smart_str_appends(text, ". Moved to the dead letters");
		if (execution->attempts > 1) {
			smart_str_append_printf(text, " after %u attempts", execution->attempts);
		}
	} else {
		smart_str_append_printf(text, ". Retry %u of " ZEND_LONG_FMT " in " ZEND_LONG_FMT " ms", execution->attempts,
			(zend_long) execution->max_retries, (zend_long) execution->delay_ms);
	}
	append_error(text, execution);
}

static void add_text(zval *fields, const char *name, zend_string *value)
{
	if (value) {
		add_assoc_str(fields, name, zend_string_copy(value));
	}
}

static void execution_fields(zval *fields, const ecoq_execution *execution)
{
	array_init(fields);
	ecoq_bytes type = type_of(execution);
	if (type.size) {
		add_assoc_stringl(fields, "type", type.data, type.size);
	}
	add_text(fields, "id", id_of(execution));
	if (execution->endpoint) {
		add_text(fields, "endpoint", execution->endpoint->id);
	}
	add_assoc_string(fields, "outcome", ecoq_outcome_name(execution->outcome));
	add_assoc_long(fields, "attempts", execution->attempts);
	add_assoc_double(fields, "ms", (double) (execution->handler_ns / 1000) / 1000);
	if (execution->outcome == ECOQ_OUTCOME_RETRIED || execution->outcome == ECOQ_OUTCOME_POSTPONED) {
		add_assoc_long(fields, "delayMs", execution->delay_ms);
	}
	add_text(fields, "error", execution->error);
}

static void log_execution(ecoq_watch *watch, const ecoq_worker_event *event)
{
	ecoq_log_level level = level_of(event->execution);
	smart_str text = {0};
	zval fields;

	if (!ecoq_output_logs(watch->output, level)) {
		return;
	}
	ZVAL_UNDEF(&fields);
	if (watch->output->json) {
		execution_fields(&fields, event->execution);
	}
	append_outcome(&text, event->execution);
	smart_str_0(&text);
	ecoq_output_log(watch->output, level, event->channel->name, &text, Z_ISUNDEF(fields) ? NULL : Z_ARRVAL(fields));
	zval_ptr_dtor(&fields);
	smart_str_free(&text);
}

static const char *signal_name(int number)
{
	switch (number) {
		case SIGTERM:
			return "SIGTERM";
		case SIGINT:
			return "SIGINT";
		case SIGQUIT:
			return "SIGQUIT";
		default:
			return "a signal";
	}
}

static const char *stop_text(ecoq_stop_reason reason)
{
	switch (reason) {
		case ECOQ_STOP_EMPTY:
			return "no message is ready";
		case ECOQ_STOP_SIGNAL:
			return "a signal came";
		case ECOQ_STOP_MESSAGE_LIMIT:
			return "the maximum count of messages is processed";
		case ECOQ_STOP_FAILURE_LIMIT:
			return "the limit of failures is reached";
		case ECOQ_STOP_MEMORY_LIMIT:
			return "the memory limit is exceeded";
		case ECOQ_STOP_TIME_LIMIT:
			return "the time limit is exceeded";
		case ECOQ_STOP_IDLE_LIMIT:
			return "no message came within the idle limit";
		case ECOQ_STOP_HANDLER:
			return "a handler asked for it";
		default:
			return "it was asked for";
	}
}

static bool event_text(const ecoq_worker_event *event, ecoq_log_level *level, smart_str *text)
{
	*level = ECOQ_LOG_NOTICE;
	switch (event->kind) {
		case ECOQ_WORKER_STARTED:
			smart_str_appends(text, "Worker started");
			return true;
		case ECOQ_WORKER_STOPPED:
			smart_str_append_printf(text, "Worker stopped: %s", stop_text(event->reason));
			return true;
		case ECOQ_WORKER_SIGNAL:
			smart_str_append_printf(text, "Received %s", signal_name(event->signal_number));
			return true;
		case ECOQ_WORKER_IDLE:
			*level = ECOQ_LOG_DEBUG;
			smart_str_appends(text, "Nothing to do, waiting");
			return true;
		case ECOQ_WORKER_UNAVAILABLE:
			*level = ECOQ_LOG_WARNING;
			smart_str_append_printf(text, "Channel cannot be reached, next try in " ZEND_LONG_FMT " ms: %s", (zend_long) event->delay_ms,
				event->error ? event->error->text : "no reason given");
			return true;
		case ECOQ_WORKER_RECOVERED:
			*level = ECOQ_LOG_WARNING;
			smart_str_append_printf(text, "Channel recovered: %s", event->error->text);
			return true;
		case ECOQ_WORKER_LOST:
			*level = ECOQ_LOG_WARNING;
			smart_str_appends(text, "Lost ownership: a message was acknowledged too late, another worker has it or will get it");
			if (event->error) {
				smart_str_append_printf(text, " (%s)", event->error->text);
			}
			return true;
		case ECOQ_WORKER_UNSETTLED:
			*level = ECOQ_LOG_WARNING;
			smart_str_appends(text, "What became of ");
			append_subject(text, event->execution);
			smart_str_append_printf(text, " could not be stored; it stays with this worker, unacknowledged, until that ends: %s", event->error->text);
			return true;
		default:
			return false;
	}
}

static void log_event(ecoq_watch *watch, const ecoq_worker_event *event)
{
	smart_str text = {0};
	ecoq_log_level level;

	if (event_text(event, &level, &text)) {
		smart_str_0(&text);
		ecoq_output_log(watch->output, level, event->channel ? event->channel->name : NULL, &text, NULL);
	}
	smart_str_free(&text);
}

/* Counting may be slow on a deep queue: it is done once a second at most and for no more than a twentieth of the time. */
static void count_waiting(ecoq_watch *watch, int64_t now, int64_t total)
{
	ecoq_error error;

	if (now < watch->count_again_ns || EG(exception)) {
		return;
	}
	watch->waiting = 0;
	watch->counted_at = total;
	for (size_t i = 0; i < watch->channel_count && watch->waiting >= 0; i++) {
		ecoq_channel *channel = watch->channels[i];
		ecoq_queue_stats stats;
		bool plain = channel->transport && channel->ops != &ecoq_userland_transport;
		bool counted = plain && channel->ops->stats(channel->transport, &stats, &error) == ECOQ_OK && stats.ready >= 0;
		watch->waiting = counted ? watch->waiting + stats.ready : -1;
	}
	if (EG(exception)) {
		zend_clear_exception();
	}
	int64_t after = ecoq_clock_monotonic_ns();
	watch->count_again_ns = after + MAX(NS_PER_S, 20 * (after - now));
}

static void draw_progress(ecoq_watch *watch, const ecoq_worker_event *event)
{
	int64_t now = ecoq_clock_monotonic_ns(), elapsed = now - watch->drawn_ns, total = event->counts->handled + event->counts->failed;
	bool idle = event->kind == ECOQ_WORKER_IDLE;
	smart_str text = {0};

	if (elapsed < NS_PER_S / 10 && !idle) {
		return;
	}
	if (watch->drawn_ns) {
		double rate = (double) (total - watch->drawn_count) * NS_PER_S / (double) MAX(elapsed, 1);
		rate = watch->rate > 0 ? 0.7 * watch->rate + 0.3 * rate : rate;
		watch->rate = idle ? 0 : rate;
	}
	watch->drawn_ns = now;
	watch->drawn_count = total;
	if (idle) {
		watch->count_again_ns = 0;
	}
	count_waiting(watch, now, total);
	smart_str_append_printf(&text, "handled " ZEND_LONG_FMT ", failed " ZEND_LONG_FMT ", %.0f/s", (zend_long) event->counts->handled,
		(zend_long) event->counts->failed, watch->rate);
	if (watch->waiting >= 0) {
		smart_str_append_printf(&text, ", waiting " ZEND_LONG_FMT, (zend_long) MAX(watch->waiting - (total - watch->counted_at), 0));
	}
	smart_str_0(&text);
	ecoq_output_status_line(watch->output, ZSTR_VAL(text.s));
	smart_str_free(&text);
}

void ecoq_watch_notify(void *context, const ecoq_worker_event *event)
{
	ecoq_watch *watch = context;

	if (event->kind == ECOQ_WORKER_MESSAGE) {
		log_execution(watch, event);
	} else {
		log_event(watch, event);
	}
	if (watch->output->has_status_line && event->counts && event->kind != ECOQ_WORKER_STOPPED) {
		draw_progress(watch, event);
	}
}

/* PHP's output while a progress line may stand: the line is erased first. Only in the CLI, where one worker has the terminal. */
ZEND_TLS ecoq_output *shared_terminal;
static size_t (*former_write)(const char *text, size_t size); /* NULL: not in front of it */

static size_t write_beside_progress(const char *text, size_t size)
{
	if (shared_terminal) {
		ecoq_output_status_line(shared_terminal, NULL);
	}
	return former_write(text, size);
}

void ecoq_watch_begin(ecoq_watch *watch)
{
	watch->waiting = -1;
	if (watch->output->has_status_line && !former_write && strcmp(sapi_module.name, "cli") == 0) {
		shared_terminal = watch->output;
		former_write = sapi_module.ub_write;
		sapi_module.ub_write = write_beside_progress;
	}
}

void ecoq_watch_end(ecoq_watch *watch)
{
	ecoq_output_status_line(watch->output, NULL);
	if (shared_terminal == watch->output) {
		sapi_module.ub_write = former_write;
		former_write = NULL;
		shared_terminal = NULL;
	}
}
