#include "console/command.h"
#include "console/table.h"
#include "base/clock.h"
#include "ext/date/php_date.h"
#include "worker/scoreboard.h"
#include "worker/watchdog.h"

/* What the scoreboard holds, in an array that grows. */
typedef struct ecoq_workers {
	ecoq_scoreboard_entry *entries;
	size_t count;
} ecoq_workers;

static void collect(void *context, const ecoq_scoreboard_entry *entry)
{
	ecoq_workers *workers = context;
	if (workers->count % 16 == 0) {
		workers->entries = safe_erealloc(workers->entries, workers->count + 16, sizeof(*workers->entries), 0);
	}
	workers->entries[workers->count++] = *entry;
}

static zend_string *time_text(int64_t ms)
{
	return ms > 0 ? php_format_date(ZEND_STRL("Y-m-d\\TH:i:sP"), (time_t) (ms / 1000), false) : NULL;
}

static void add_text(zval *object, const char *name, const char *text)
{
	if (*text) {
		add_assoc_string(object, name, text);
	} else {
		add_assoc_null(object, name);
	}
}

static void add_time(zval *object, const char *name, int64_t ms)
{
	zend_string *text = time_text(ms);
	if (text) {
		add_assoc_str(object, name, text);
	} else {
		add_assoc_null(object, name);
	}
}

static void write_json(ecoq_call *call, const ecoq_workers *workers)
{
	zval result, list;

	array_init(&list);
	for (size_t i = 0; i < workers->count; i++) {
		const ecoq_scoreboard_entry *entry = &workers->entries[i];
		zval worker;
		array_init(&worker);
		add_assoc_long(&worker, "pid", (zend_long) entry->pid);
		add_assoc_string(&worker, "state", ecoq_worker_state_name(entry->state));
		add_text(&worker, "channel", entry->channel);
		add_text(&worker, "message", entry->message);
		add_text(&worker, "endpoint", entry->endpoint);
		add_time(&worker, "since", entry->since_ms);
		add_assoc_long(&worker, "forMs", (zend_long) MAX(ecoq_clock_now_ms() - entry->since_ms, 0));
		add_time(&worker, "started", entry->started_ms);
		add_time(&worker, "lastDone", entry->progress_ms);
		add_assoc_long(&worker, "handled", (zend_long) entry->handled);
		add_assoc_long(&worker, "failed", (zend_long) entry->failed);
		add_text(&worker, "note", entry->note);
		add_next_index_zval(&list, &worker);
	}
	array_init(&result);
	add_assoc_zval(&result, "workers", &list);
	ecoq_output_json(&call->output, ECOQ_STDOUT, &result);
	zval_ptr_dtor(&result);
}

static void add_cell(ecoq_table *table, const char *text)
{
	ecoq_table_add(table, *text ? text : "-", *text ? strlen(text) : 1);
}

/* "12.5 s", "3 min", "2 h" */
static void add_duration(ecoq_table *table, int64_t ms)
{
	double seconds = (double) MAX(ms, 0) / 1000;
	if (seconds < 120) {
		ecoq_table_addf(table, "%.1f s", seconds);
	} else if (seconds < 7200) {
		ecoq_table_addf(table, "%.0f min", seconds / 60);
	} else {
		ecoq_table_addf(table, "%.0f h", seconds / 3600);
	}
}

static void write_table(ecoq_call *call, const ecoq_workers *workers)
{
	static const char *const titles[] = {"Worker", "State", "For", "Channel", "Message", "Endpoint", "Done", "Failed", NULL};
	ecoq_table table;

	ecoq_table_init(&table, titles, 0xc5);
	for (size_t i = 0; i < workers->count; i++) {
		const ecoq_scoreboard_entry *entry = &workers->entries[i];
		ecoq_table_add_int(&table, entry->pid);
		add_cell(&table, ecoq_worker_state_name(entry->state));
		add_duration(&table, ecoq_clock_now_ms() - entry->since_ms);
		add_cell(&table, entry->channel);
		add_cell(&table, entry->message);
		add_cell(&table, entry->endpoint);
		ecoq_table_add_int(&table, entry->handled);
		ecoq_table_add_int(&table, entry->failed);
	}
	ecoq_table_print(&table, &call->output);
	ecoq_table_free(&table);
}

int ecoq_command_status(ecoq_call *call)
{
	char path[MAXPATHLEN];
	ecoq_workers workers = {0};
	ecoq_error error;

	ecoq_scoreboard_path(path, sizeof(path));
	if (!path[0]) {
		ecoq_report_failure(call, "The scoreboard is switched off (ecoq.scoreboard is empty)");
		return ECOQ_EXIT_ERROR;
	}
	if (ecoq_scoreboard_read(path, collect, &workers, &error) != ECOQ_OK) {
		ecoq_report_failure(call, "%s", error.text);
		return ECOQ_EXIT_ERROR;
	}
	if (call->output.json) {
		write_json(call, &workers);
	} else if (workers.count) {
		write_table(call, &workers);
	} else {
		ecoq_output_line(&call->output, ECOQ_STDOUT, ECOQ_PLAIN, " No worker of this user runs on this machine.");
	}
	if (workers.entries) {
		efree(workers.entries);
	}
	return ECOQ_EXIT_OK;
}
