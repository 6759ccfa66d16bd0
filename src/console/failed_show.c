#include "console/failed.h"
#include "console/table.h"

#include "ext/date/php_date.h"

/* Dead letters are read in pages of this many. */
#define PAGE 100

/* Called with each letter that is asked for; false ends it. */
typedef bool (*ecoq_letter_visitor)(void *context, zval *letter);

static bool is_asked_for(const ecoq_call *call, zval *letter)
{
	zend_string *filter = call->arguments.values[ECOQ_OPTION_CLASS_FILTER].text, *type = ecoq_dead_letter_text(letter, "type");
	size_t skip = filter && ZSTR_VAL(filter)[0] == '\\' ? 1 : 0;

	return !filter || (type && ZSTR_LEN(type) == ZSTR_LEN(filter) - skip && memcmp(ZSTR_VAL(type), ZSTR_VAL(filter) + skip, ZSTR_LEN(type)) == 0);
}

static bool each_letter(ecoq_call *call, zval *channel, ecoq_letter_visitor visit, void *context)
{
	zval arguments[3], page, *letter;
	bool more = true;

	for (zend_long offset = 0; more; offset += PAGE) {
		ZVAL_COPY_VALUE(&arguments[0], channel);
		ZVAL_LONG(&arguments[1], PAGE);
		ZVAL_LONG(&arguments[2], offset);
		if (!ecoq_dead_letters_call(call, "list", &page, 3, arguments)) {
			return false;
		}
		more = zend_hash_num_elements(Z_ARRVAL(page)) == PAGE;
		ZEND_HASH_FOREACH_VAL(Z_ARRVAL(page), letter) {
			if (is_asked_for(call, letter) && !visit(context, letter)) {
				more = false;
				break;
			}
		}
		ZEND_HASH_FOREACH_END();
		zval_ptr_dtor(&page);
	}
	return true;
}

static zend_string *failed_at(zval *letter)
{
	zval scratch, *ms = ecoq_dead_letter_property(letter, "failedAt", &scratch);
	return php_format_date(ZEND_STRL("Y-m-d H:i:s"), (time_t) (zval_get_long(ms) / 1000), 1);
}

static void letter_json(const ecoq_call *call, zval *letter, bool with_trace, zval *entry)
{
	static const char *const names[] = {"id", "endpointId", "type", "channel", "attempts", "reason", "errorClass", "error", "failedAt"};
	zval scratch, *value;

	array_init(entry);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		value = ecoq_dead_letter_property(letter, names[i], &scratch);
		Z_TRY_ADDREF_P(value);
		add_assoc_zval(entry, names[i], value);
	}
	if (ecoq_given(&call->arguments, ECOQ_OPTION_PAYLOAD)) {
		value = ecoq_dead_letter_property(letter, "body", &scratch);
		Z_TRY_ADDREF_P(value);
		add_assoc_zval(entry, "body", value);
	}
	if (with_trace) {
		value = ecoq_dead_letter_property(letter, "trace", &scratch);
		Z_TRY_ADDREF_P(value);
		add_assoc_zval(entry, "trace", value);
	}
}

typedef struct ecoq_listing {
	ecoq_call *call;
	zend_long left; /* how many more are shown */
	ecoq_table table;
	zval json;
} ecoq_listing;

static bool list_letter(void *context, zval *letter)
{
	ecoq_listing *listing = context;

	if (listing->left-- <= 0) {
		return false;
	}
	if (listing->call->output.json) {
		zval entry;
		letter_json(listing->call, letter, listing->call->output.verbosity > 0, &entry);
		add_next_index_zval(&listing->json, &entry);
		return true;
	}
	zend_string *at = failed_at(letter);
	ecoq_table_add_string(&listing->table, ecoq_dead_letter_text(letter, "id"));
	ecoq_table_add_string(&listing->table, ecoq_dead_letter_text(letter, "endpointId"));
	ecoq_table_add_string(&listing->table, ecoq_dead_letter_text(letter, "type"));
	ecoq_table_add_string(&listing->table, at);
	ecoq_table_add_string(&listing->table, ecoq_dead_letter_text(letter, "error"));
	zend_string_release(at);
	return true;
}

static void write_total(ecoq_call *call, zend_long total)
{
	if (total == 0) {
		ecoq_output_line(&call->output, ECOQ_STDOUT, ECOQ_GREEN, "[OK] No failed messages were found.");
	} else if (total == 1) {
		ecoq_output_line(&call->output, ECOQ_STDOUT, ECOQ_PLAIN, "There is 1 message in the dead letters.");
	} else {
		ecoq_output_line(&call->output, ECOQ_STDOUT, ECOQ_PLAIN, "There are " ZEND_LONG_FMT " messages in the dead letters.", total);
	}
}

/* {"count":…, name: …}; takes `value` over. */
static void write_json(ecoq_call *call, zend_long total, const char *name, zval *value)
{
	zval result;

	array_init(&result);
	add_assoc_long(&result, "count", total);
	add_assoc_zval(&result, name, value);
	ecoq_output_json(&call->output, ECOQ_STDOUT, &result);
	zval_ptr_dtor(&result);
}

static int list_letters(ecoq_call *call, zval *channel, zend_long total)
{
	static const char *const titles[] = {"Id", "Endpoint", "Type", "Failed at", "Error", NULL};
	const ecoq_option_value *max = &call->arguments.values[ECOQ_OPTION_MAX];
	ecoq_listing listing = {.call = call, .left = max->given ? max->number : 50};

	ecoq_table_init(&listing.table, titles, 0);
	array_init(&listing.json);
	bool read = each_letter(call, channel, list_letter, &listing);
	size_t shown = listing.table.cell_count / listing.table.columns;
	if (read && call->output.json) {
		write_json(call, total, "deadLetters", &listing.json);
		ZVAL_UNDEF(&listing.json);
	} else if (read) {
		write_total(call, total);
		if (shown) {
			ecoq_table_print(&listing.table, &call->output);
		} else if (total > 0) {
			ecoq_output_line(&call->output, ECOQ_STDOUT, ECOQ_PLAIN, "None of them is of that type.");
		}
		if (listing.left < 0) {
			ecoq_output_line(&call->output, ECOQ_STDOUT, ECOQ_PLAIN, "Only %zu of them shown; \"--max\" shows more.", shown);
		}
	}
	zval_ptr_dtor(&listing.json);
	ecoq_table_free(&listing.table);
	return read ? ECOQ_EXIT_OK : ECOQ_EXIT_ERROR;
}

static bool count_letter(void *context, zval *letter)
{
	zend_string *type = ecoq_dead_letter_text(letter, "type");
	zval *count = zend_hash_lookup((HashTable *) context, type ? type : ZSTR_EMPTY_ALLOC());

	ZVAL_LONG(count, zval_get_long(count) + 1);
	return true;
}

static void write_counts(ecoq_call *call, HashTable *counts)
{
	static const char *const titles[] = {"Type", "Count", NULL};
	ecoq_table table;
	zend_string *type;
	zval *count;

	ecoq_table_init(&table, titles, 2);
	ZEND_HASH_FOREACH_STR_KEY_VAL(counts, type, count) {
		ecoq_table_add_string(&table, type && ZSTR_LEN(type) ? type : NULL);
		ecoq_table_add_int(&table, Z_LVAL_P(count));
	}
	ZEND_HASH_FOREACH_END();
	if (table.cell_count) {
		ecoq_table_print(&table, &call->output);
	}
	ecoq_table_free(&table);
}

static int count_letters(ecoq_call *call, zval *channel, zend_long total)
{
	zval types;

	array_init(&types);
	if (!each_letter(call, channel, count_letter, Z_ARRVAL(types))) {
		zval_ptr_dtor(&types);
		return ECOQ_EXIT_ERROR;
	}
	if (!call->output.json) {
		write_total(call, total);
		write_counts(call, Z_ARRVAL(types));
		zval_ptr_dtor(&types);
		return ECOQ_EXIT_OK;
	}
	if (zend_hash_num_elements(Z_ARRVAL(types)) == 0) {
		zval_ptr_dtor(&types);
		object_init(&types);
	}
	write_json(call, total, "types", &types);
	return ECOQ_EXIT_OK;
}

static void write_detail(ecoq_call *call, const char *title, zend_string *text)
{
	if (text) {
		smart_str line = {0};
		smart_str_append_printf(&line, "  %-12s ", title);
		smart_str_append(&line, text);
		ecoq_output_text(&call->output, ECOQ_STDOUT, ECOQ_PLAIN, ZSTR_VAL(line.s), ZSTR_LEN(line.s));
		smart_str_free(&line);
	}
}

/* A trace is the only text of several lines that is shown as such; each line is escaped. */
static void write_trace(ecoq_call *call, zend_string *trace)
{
	if (!trace) {
		return;
	}
	const char *at = ZSTR_VAL(trace), *end = at + ZSTR_LEN(trace);
	ecoq_output_line(&call->output, ECOQ_STDOUT, ECOQ_PLAIN, "  Trace");
	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t) (end - at));
		ecoq_output_line(&call->output, ECOQ_STDOUT, ECOQ_PLAIN, "    %.*s", (int) ((stop ? stop : end) - at), at);
		at = stop ? stop + 1 : end;
	}
}

static void write_details(ecoq_call *call, zval *letter)
{
	zval scratch;
	zend_string *at = failed_at(letter), *attempts = zval_get_string(ecoq_dead_letter_property(letter, "attempts", &scratch));

	ecoq_output_line(&call->output, ECOQ_STDOUT, ECOQ_GREEN, "Failed Message Details");
	write_detail(call, "Id", ecoq_dead_letter_text(letter, "id"));
	write_detail(call, "Type", ecoq_dead_letter_text(letter, "type"));
	write_detail(call, "Endpoint", ecoq_dead_letter_text(letter, "endpointId"));
	write_detail(call, "Channel", ecoq_dead_letter_text(letter, "channel"));
	write_detail(call, "Failed at", at);
	write_detail(call, "Attempts", attempts);
	write_detail(call, "Reason", ecoq_dead_letter_text(letter, "reason"));
	write_detail(call, "Error class", ecoq_dead_letter_text(letter, "errorClass"));
	write_detail(call, "Error", ecoq_dead_letter_text(letter, "error"));
	if (ecoq_given(&call->arguments, ECOQ_OPTION_PAYLOAD)) {
		write_detail(call, "Message", ecoq_dead_letter_text(letter, "body"));
	}
	if (call->output.verbosity > 0) {
		write_trace(call, ecoq_dead_letter_text(letter, "trace"));
	}
	zend_string_release(at);
	zend_string_release(attempts);
}

static int show_letter(ecoq_call *call, zend_string *id)
{
	zval argument, letter;

	ZVAL_STR(&argument, id);
	if (!ecoq_dead_letters_call(call, "show", &letter, 1, &argument)) {
		return ECOQ_EXIT_ERROR;
	}
	if (Z_TYPE(letter) != IS_OBJECT) {
		ecoq_report_failure(call, "There is no dead letter with id \"%s\".", ZSTR_VAL(id));
		return ECOQ_EXIT_ERROR;
	}
	if (call->output.json) {
		zval entry;
		letter_json(call, &letter, true, &entry);
		ecoq_output_json(&call->output, ECOQ_STDOUT, &entry);
		zval_ptr_dtor(&entry);
	} else {
		write_details(call, &letter);
	}
	zval_ptr_dtor(&letter);
	return ECOQ_EXIT_OK;
}

int ecoq_command_failed_show(ecoq_call *call)
{
	zval channel, total;

	if (call->arguments.word_count) {
		return show_letter(call, call->arguments.words[0]);
	}
	if (!ecoq_dead_letters_channel(call, &channel)) {
		return ECOQ_EXIT_USAGE;
	}
	if (!ecoq_dead_letters_call(call, "count", &total, 1, &channel)) {
		return ECOQ_EXIT_ERROR;
	}
	zend_long count = zval_get_long(&total);
	zval_ptr_dtor(&total);
	return ecoq_given(&call->arguments, ECOQ_OPTION_STATS) ? count_letters(call, &channel, count) : list_letters(call, &channel, count);
}
