#include "console/command.h"

#include <unistd.h>

#include "SAPI.h"
#include "console/watch.h"
#include "worker/restart.h"
#include "worker/signals.h"
#include "worker/watchdog.h"

static zend_long option(const ecoq_call *call, ecoq_option_id id)
{
	return call->arguments.values[id].number;
}

static ecoq_worker_options worker_options(const ecoq_call *call)
{
	return (ecoq_worker_options){
		.message_limit = option(call, ECOQ_OPTION_LIMIT),
		.failure_limit = option(call, ECOQ_OPTION_FAILURE_LIMIT),
		.memory_limit = option(call, ECOQ_OPTION_MEMORY_LIMIT),
		.time_limit_ms = option(call, ECOQ_OPTION_TIME_LIMIT),
		.idle_limit_ms = option(call, ECOQ_OPTION_IDLE_LIMIT),
		.sleep_ms = option(call, ECOQ_OPTION_SLEEP),
		.rest_ms = option(call, ECOQ_OPTION_REST),
		.fetch_size = option(call, ECOQ_OPTION_FETCH_SIZE),
		.stop_when_empty = ecoq_given(&call->arguments, ECOQ_OPTION_STOP_WHEN_EMPTY),
	};
}

/* consume is the one command where no name may not silently mean all channels. */
static bool check_selection(ecoq_call *call)
{
	bool all = ecoq_given(&call->arguments, ECOQ_OPTION_ALL), named = call->arguments.word_count > 0 || ecoq_given(&call->arguments, ECOQ_OPTION_QUEUE);

	if (zend_hash_num_elements(&call->messaging->channels) == 0) {
		ecoq_usage_error(call, "No channel is configured: pass channels: to the constructor of Ecoq\\Messaging.");
		return false;
	}
	if (all && named) {
		ecoq_usage_error(call, "Name channels or give \"--all\", not both.");
		return false;
	}
	if (!all && !named && zend_hash_num_elements(&call->messaging->channels) > 1) {
		zend_string *names = ecoq_channel_names(call->messaging);
		ecoq_usage_error(call, "Which channels? Name some of %s, or give \"--all\".", ZSTR_VAL(names));
		zend_string_release(names);
		return false;
	}
	return true;
}

static void append_limit(smart_str *text, bool given, const char *format, ...)
{
	va_list arguments;

	if (!given) {
		return;
	}
	va_start(arguments, format);
	zend_string *limit = zend_vstrpprintf(0, format, arguments);
	va_end(arguments);
	smart_str_append(text, limit);
	smart_str_appends(text, ", ");
	zend_string_release(limit);
}

/* The largest unit that needs no fraction. */
static void append_memory_limit(smart_str *text, const ecoq_option_value *value)
{
	static const char *const units[] = {" bytes", "K", "M", "G", "T"};
	zend_long size = value->number;
	size_t unit = 0;

	while (unit + 1 < sizeof(units) / sizeof(*units) && size >= 1024 && size % 1024 == 0) {
		size /= 1024;
		unit++;
	}
	append_limit(text, value->given, "it exceeds " ZEND_LONG_FMT "%s of memory", size, units[unit]);
}

static void append_limits(smart_str *text, const ecoq_option_value *values)
{
	const ecoq_option_value *limit = &values[ECOQ_OPTION_LIMIT], *failures = &values[ECOQ_OPTION_FAILURE_LIMIT];

	append_limit(text, limit->given, "it has handled " ZEND_LONG_FMT " message%s", limit->number, limit->number == 1 ? "" : "s");
	append_limit(text, failures->given, "it has seen " ZEND_LONG_FMT " failure%s", failures->number, failures->number == 1 ? "" : "s");
	append_memory_limit(text, &values[ECOQ_OPTION_MEMORY_LIMIT]);
	append_limit(text, values[ECOQ_OPTION_TIME_LIMIT].given, "it has run for %gs", (double) values[ECOQ_OPTION_TIME_LIMIT].number / 1000);
	append_limit(text, values[ECOQ_OPTION_IDLE_LIMIT].given, "it has been idle for %gs", (double) values[ECOQ_OPTION_IDLE_LIMIT].number / 1000);
	append_limit(text, values[ECOQ_OPTION_STOP_WHEN_EMPTY].given, "no message is ready");
}

static void write_banner(ecoq_call *call, ecoq_channel **channels, size_t count)
{
	ecoq_output *output = &call->output;
	smart_str names = {0}, limits = {0};

	if (output->json || output->verbosity < 0) {
		return;
	}
	for (size_t i = 0; i < count; i++) {
		ecoq_append_quoted(&names, channels[i]->name);
	}
	append_limits(&limits, call->arguments.values);
	smart_str_0(&names);
	ecoq_output_line(output, ECOQ_STDERR, ECOQ_GREEN, " [OK] Consuming messages from channel%s %s.", count > 1 ? "s" : "", ZSTR_VAL(names.s));
	if (limits.s) {
		ZSTR_LEN(limits.s) -= 2;
		smart_str_0(&limits);
		ecoq_output_line(output, ECOQ_STDERR, ECOQ_PLAIN, " // The worker stops once %s, or at SIGTERM.", ZSTR_VAL(limits.s));
	}
	ecoq_output_line(output, ECOQ_STDERR, ECOQ_PLAIN, " // Quit the worker with CONTROL-C.");
	if (output->verbosity < 2) {
		ecoq_output_line(output, ECOQ_STDERR, ECOQ_PLAIN, " // Run it with -vv to see every message.");
	}
	smart_str_free(&names);
	smart_str_free(&limits);
}

static void write_json_report(ecoq_call *call, const ecoq_worker_counts *counts, ecoq_stop_reason reason)
{
	zval report;

	array_init(&report);
	add_assoc_long(&report, "handled", counts->handled);
	add_assoc_long(&report, "failed", counts->failed);
	add_assoc_long(&report, "retried", counts->retried);
	add_assoc_long(&report, "deadLettered", counts->dead_lettered);
	add_assoc_long(&report, "expired", counts->expired);
	add_assoc_long(&report, "duplicates", counts->duplicates);
	add_assoc_long(&report, "dropped", counts->dropped);
	add_assoc_long(&report, "postponed", counts->postponed);
	add_assoc_long(&report, "forwarded", counts->forwarded);
	add_assoc_long(&report, "lost", counts->lost);
	add_assoc_string(&report, "stopReason", ecoq_stop_reason_name(reason));
	add_assoc_long(&report, "durationMs", counts->duration_ns / 1000000);
	add_assoc_long(&report, "memoryPeak", (zend_long) zend_memory_peak_usage(true));
	ecoq_output_json(&call->output, ECOQ_STDOUT, &report);
	zval_ptr_dtor(&report);
}

static void append_count(smart_str *text, const char *what, int64_t count)
{
	if (count > 0) {
		smart_str_append_printf(text, ", %s " ZEND_LONG_FMT, what, (zend_long) count);
	}
}

static void write_summary(ecoq_call *call, const ecoq_worker_counts *counts, ecoq_stop_reason reason)
{
	double seconds = (double) counts->duration_ns / 1e9;
	smart_str text = {0};

	if (call->output.verbosity < 0) {
		return;
	}
	smart_str_append_printf(&text, "handled " ZEND_LONG_FMT ", failed " ZEND_LONG_FMT, (zend_long) counts->handled, (zend_long) counts->failed);
	append_count(&text, "retried", counts->retried);
	append_count(&text, "dead-lettered", counts->dead_lettered);
	append_count(&text, "expired", counts->expired);
	append_count(&text, "duplicates", counts->duplicates);
	append_count(&text, "dropped", counts->dropped);
	append_count(&text, "postponed", counts->postponed);
	append_count(&text, "forwarded", counts->forwarded);
	append_count(&text, "lost", counts->lost);
	smart_str_0(&text);
	ecoq_output_line(&call->output, ECOQ_STDERR, ECOQ_PLAIN, "%s in %.1f s, stopped: %s", ZSTR_VAL(text.s), seconds, ecoq_stop_reason_name(reason));
	smart_str_free(&text);
}

/* Where all that is consumed lives in this process, a new one would have nothing to go on with. */
static const char *restart_obstacle(const ecoq_watch *watch)
{
	for (size_t i = 0; i < watch->channel_count; i++) {
		if (watch->channels[i]->ops != &ecoq_memory_transport) {
			return strcmp(sapi_module.name, "cli") == 0 ? ecoq_restart_obstacle(SG(request_info).path_translated) : "it does not run on the command line";
		}
	}
	return "its channels are in memory";
}

static void tell_restart(ecoq_call *call, const ecoq_worker_carried *carried)
{
	smart_str text = {0};
	smart_str_append_printf(&text, "A handler ended the process; it was started again (" ZEND_LONG_FMT " time%s so far)", (zend_long) carried->restarts,
		carried->restarts == 1 ? "" : "s");
	ecoq_output_log(&call->output, ECOQ_LOG_WARNING, NULL, &text, NULL);
	smart_str_free(&text);
}

/* The engine has unwound: memory may be used up, and no PHP code may run. */
static void prepare_restart(const ecoq_watch *watch, bool can_restart)
{
	ecoq_worker_carried carried;
	char text[256];
	bool was_running = ecoq_watchdog_abandon(&carried);
	if (!was_running || ecoq_signals_seen()) {
		return;
	}
	if (can_restart) {
		ecoq_restart_request(&carried);
		return;
	}
	int size = snprintf(text, sizeof(text), "ecoq: a handler ended the process, and it cannot start itself again: %s\n", restart_obstacle(watch));
	ssize_t written = write(STDERR_FILENO, text, (size_t) size);
	(void) written;
}

static bool run_watched(ecoq_call *call, ecoq_watch *watch, const ecoq_worker_options *options, ecoq_worker_counts *counts, ecoq_stop_reason *reason)
{
	ecoq_worker_observer observer = {.notify = ecoq_watch_notify, .context = watch};
	volatile bool ran = false;
	const volatile bool can_restart = options->can_restart;

	ecoq_watch_begin(watch);
	/* clang-format off */
	zend_try {
		ran = ecoq_worker_run(call->messaging, watch->channels, watch->channel_count, options, &observer, NULL, counts, reason);
	} zend_catch {
		ecoq_watch_end(watch);
		prepare_restart(watch, can_restart);
		zend_bailout();
	} zend_end_try();
	/* clang-format on */
	ecoq_watch_end(watch);
	return ran;
}

int ecoq_command_relay(ecoq_call *call)
{
	ecoq_arguments *arguments = &call->arguments;

	if (!call->messaging->outbox) {
		return ecoq_usage_error(call, "There is no outbox: it is kept in the application's database; pass database: to the constructor of Ecoq\\Messaging.");
	}
	if (ecoq_given(arguments, ECOQ_OPTION_QUEUE) || ecoq_given(arguments, ECOQ_OPTION_ALL)) {
		return ecoq_usage_error(call, "The outbox is relayed as a whole: leave \"--queue\" and \"--all\" out.");
	}
	arguments->words = safe_erealloc(arguments->words, arguments->word_count + 1, sizeof(*arguments->words), 0);
	arguments->words[arguments->word_count++] = zend_string_copy(call->messaging->outbox->name);
	return ecoq_command_consume(call);
}

int ecoq_command_consume(ecoq_call *call)
{
	ecoq_channel **channels;
	size_t count;
	ecoq_worker_options options = worker_options(call);
	ecoq_worker_counts counts = {0};
	ecoq_stop_reason reason = ECOQ_STOP_NONE;

	if (!check_selection(call) || !ecoq_selected_channels(call, &channels, &count)) {
		return ECOQ_EXIT_USAGE;
	}
	ecoq_watch watch = {.output = &call->output, .channels = channels, .channel_count = count};
	ecoq_worker_carried carried;
	options.can_restart = restart_obstacle(&watch) == NULL;
	if (ecoq_restart_carried(&carried)) {
		options.carried = &carried;
		tell_restart(call, &carried);
	} else {
		write_banner(call, channels, count);
	}
	bool ran = run_watched(call, &watch, &options, &counts, &reason);
	efree(channels);
	if (!ran) {
		return ECOQ_EXIT_ERROR;
	}
	if (call->output.json) {
		write_json_report(call, &counts, reason);
	} else {
		write_summary(call, &counts, reason);
	}
	return reason == ECOQ_STOP_MEMORY_LIMIT ? (int) option(call, ECOQ_OPTION_MEMORY_EXIT_CODE) : ECOQ_EXIT_OK;
}
