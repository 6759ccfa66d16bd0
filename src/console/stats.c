#include "channel/outbox.h"
#include "console/command.h"
#include "console/failed.h"
#include "console/table.h"

typedef struct ecoq_channel_stats {
	ecoq_queue_stats queue;
	zend_long dead_letters; /* -1: not known */
	zend_string *error;     /* NULL: none */
} ecoq_channel_stats;

static zend_string *failure(ecoq_result result, const ecoq_error *error)
{
	return result == ECOQ_EXCEPTION ? ecoq_exception_text() : zend_string_init(error->text, strlen(error->text), 0);
}

static void read_stats(ecoq_call *call, ecoq_channel *channel, ecoq_channel_stats *stats)
{
	ecoq_error error = {0};
	zval name, count;

	*stats = (ecoq_channel_stats){.queue = {-1, -1, -1, false}, .dead_letters = -1};
	ecoq_result result = ecoq_channel_open(channel, &error);
	if (result == ECOQ_OK) {
		result = channel->ops->stats(channel->transport, &stats->queue, &error);
	}
	if (result != ECOQ_OK) {
		stats->error = failure(result, &error);
		return;
	}
	/* what the relay gives up on is a dead letter of the channel that it was for */
	if (ecoq_outbox_is(channel) || channel->relay_to) {
		stats->dead_letters = 0;
		return;
	}
	ZVAL_STR(&name, channel->name);
	ZVAL_UNDEF(&count);
	if (ecoq_dead_letters_call(call, "count", &count, 1, &name)) {
		stats->dead_letters = zval_get_long(&count);
	} else {
		stats->error = ecoq_exception_text();
	}
	zval_ptr_dtor(&count);
}

static void add_count(zval *entry, const char *name, int64_t count)
{
	if (count < 0) {
		add_assoc_null(entry, name);
	} else {
		add_assoc_long(entry, name, (zend_long) count);
	}
}

static void add_json(zval *channels, const ecoq_channel *channel, const ecoq_channel_stats *stats)
{
	zval entry;

	array_init(&entry);
	add_assoc_str(&entry, "queue", zend_string_copy(channel->queue));
	add_assoc_string(&entry, "transport", channel->ops->name);
	add_count(&entry, "ready", stats->queue.ready);
	add_count(&entry, "delayed", stats->queue.delayed);
	add_count(&entry, "reserved", stats->queue.reserved);
	add_assoc_bool(&entry, "exact", stats->queue.exact);
	add_count(&entry, "deadLetters", stats->dead_letters);
	if (stats->error) {
		add_assoc_str(&entry, "error", zend_string_copy(stats->error));
	}
	zend_symtable_update(Z_ARRVAL_P(channels), channel->name, &entry);
}

static void add_number(ecoq_table *table, int64_t count, bool exact)
{
	if (count < 0 || exact) {
		ecoq_table_add_int(table, count);
	} else {
		ecoq_table_addf(table, "~" ZEND_LONG_FMT, (zend_long) count);
	}
}

static void add_row(ecoq_table *table, const ecoq_channel *channel, const ecoq_channel_stats *stats)
{
	ecoq_table_add_string(table, channel->name);
	ecoq_table_add_string(table, channel->queue);
	ecoq_table_addf(table, "%s", channel->ops->name);
	add_number(table, stats->queue.ready, stats->queue.exact);
	add_number(table, stats->queue.delayed, stats->queue.exact);
	add_number(table, stats->queue.reserved, stats->queue.exact);
	add_number(table, stats->dead_letters, true);
}

static void write_json(ecoq_call *call, ecoq_channel **channels, const ecoq_channel_stats *stats, size_t count)
{
	zval result, entries;

	array_init(&entries);
	for (size_t i = 0; i < count; i++) {
		add_json(&entries, channels[i], &stats[i]);
	}
	if (count == 0) {
		zval_ptr_dtor(&entries);
		object_init(&entries);
	}
	array_init(&result);
	add_assoc_zval(&result, "channels", &entries);
	ecoq_output_json(&call->output, ECOQ_STDOUT, &result);
	zval_ptr_dtor(&result);
}

static void write_table(ecoq_call *call, ecoq_channel **channels, const ecoq_channel_stats *stats, size_t count)
{
	static const char *const titles[] = {"Channel", "Queue", "Transport", "Ready", "Delayed", "Reserved", "Dead letters", NULL};
	ecoq_table table;

	ecoq_table_init(&table, titles, 0x78);
	for (size_t i = 0; i < count; i++) {
		add_row(&table, channels[i], &stats[i]);
	}
	ecoq_table_print(&table, &call->output);
	ecoq_table_free(&table);
}

/* The outbox is followed by its parts where it has several. False: an exception is pending. */
static bool add_legs(ecoq_channel ***channels, size_t *count)
{
	ecoq_channel **legs;
	size_t leg_count, at = 0;

	while (at < *count && !ecoq_outbox_is((*channels)[at])) {
		at++;
	}
	if (at++ == *count) {
		return true;
	}
	if (ecoq_outbox_legs((*channels)[at - 1], ECOQ_OUTBOX_CHANNELS, &legs, &leg_count) != ECOQ_OK) {
		return false;
	}
	if (leg_count > 1) {
		*channels = safe_erealloc(*channels, *count + leg_count, sizeof(**channels), 0);
		memmove(*channels + at + leg_count, *channels + at, (*count - at) * sizeof(**channels));
		memcpy(*channels + at, legs, leg_count * sizeof(**channels));
		*count += leg_count;
	}
	efree(legs);
	return true;
}

int ecoq_command_stats(ecoq_call *call)
{
	ecoq_channel **channels;
	size_t count;
	int code = ECOQ_EXIT_OK;

	if (!ecoq_selected_channels(call, &channels, &count)) {
		return ECOQ_EXIT_USAGE;
	}
	if (!add_legs(&channels, &count)) {
		efree(channels);
		return ECOQ_EXIT_ERROR;
	}
	ecoq_channel_stats *stats = safe_emalloc(count + 1, sizeof(*stats), 0);
	for (size_t i = 0; i < count; i++) {
		read_stats(call, channels[i], &stats[i]);
	}
	if (call->output.json) {
		write_json(call, channels, stats, count);
	} else {
		write_table(call, channels, stats, count);
	}
	for (size_t i = 0; i < count; i++) {
		if (stats[i].error) {
			ecoq_report_channel_error(call, channels[i], stats[i].error);
			zend_string_release(stats[i].error);
			code = ECOQ_EXIT_ERROR;
		}
	}
	efree(stats);
	efree(channels);
	return code;
}
