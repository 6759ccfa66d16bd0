#include "console/failed.h"
#include "console/table.h"

#include "ext/date/php_date.h"

static zend_string *failed_at(zval *letter, const char *format, size_t size)
{
	int64_t ms = ecoq_dead_letter_failed_at(Z_OBJ_P(letter));
	return ms ? php_format_date(format, size, (time_t) (ms / 1000), 0) : NULL;
}

/* "2026-11-21T15:00:00.123Z", or null. */
static void add_failed_at(zval *entry, zval *letter)
{
	zend_string *seconds = failed_at(letter, ZEND_STRL("Y-m-d\\TH:i:s"));
	if (!seconds) {
		add_assoc_null(entry, "failedAt");
		return;
	}
	add_assoc_str(entry, "failedAt", strpprintf(0, "%s.%03dZ", ZSTR_VAL(seconds), (int) (ecoq_dead_letter_failed_at(Z_OBJ_P(letter)) % 1000)));
	zend_string_release(seconds);
}

static void add_property(zval *entry, const char *name, zval *letter, enum ecoq_dead_letter_property property)
{
	zval *value = ecoq_letter_property(letter, property);
	Z_TRY_ADDREF_P(value);
	add_assoc_zval(entry, name, value);
}

static void letter_json(const ecoq_call *call, zval *letter, bool with_trace, zval *entry)
{
	static const char *const names[] = {
		[ECOQ_LETTER_ID] = "id",
		[ECOQ_LETTER_ENDPOINT] = "endpointId",
		[ECOQ_LETTER_TYPE] = "type",
		[ECOQ_LETTER_CHANNEL] = "channel",
		[ECOQ_LETTER_ATTEMPTS] = "attempts",
		[ECOQ_LETTER_REASON] = "reason",
		[ECOQ_LETTER_ERROR_CLASS] = "errorClass",
		[ECOQ_LETTER_ERROR] = "error",
	};

	array_init(entry);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		add_property(entry, names[i], letter, (enum ecoq_dead_letter_property) i);
	}
	add_failed_at(entry, letter);
	if (ecoq_given(&call->arguments, ECOQ_OPTION_PAYLOAD)) {
		add_property(entry, "body", letter, ECOQ_LETTER_BODY);
	}
	if (with_trace) {
		add_property(entry, "trace", letter, ECOQ_LETTER_TRACE);
	}
}

#define SHOWN 50

/* Read and shown in pages of so many. */
#define PAGE 100

typedef struct ecoq_listing {
	ecoq_call *call;
	ecoq_table table;
	zval json;
	zend_long shown;
} ecoq_listing;

static void list_letter(ecoq_listing *listing, zval *letter)
{
	static const enum ecoq_dead_letter_property columns[] = {ECOQ_LETTER_ID, ECOQ_LETTER_ENDPOINT, ECOQ_LETTER_TYPE};

	listing->shown++;
	if (listing->call->output.json) {
		zval entry;
		letter_json(listing->call, letter, listing->call->output.verbosity > 0, &entry);
		add_next_index_zval(&listing->json, &entry);
		return;
	}
	zend_string *at = failed_at(letter, ZEND_STRL("Y-m-d H:i:s"));
	for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++) {
		ecoq_table_add_string(&listing->table, ecoq_letter_text(letter, columns[i]));
	}
	ecoq_table_add_string(&listing->table, at);
	ecoq_table_add_string(&listing->table, ecoq_letter_text(letter, ECOQ_LETTER_ERROR));
	if (at) {
		zend_string_release(at);
	}
}

/* Page by page: bodies are not kept. */
static bool list_page(ecoq_listing *listing, const ecoq_dead_letter_filter *filter, zend_long limit, zend_long offset, zend_long *count)
{
	zval page, *letter;
	bool read = ecoq_dead_letters_list(listing->call->messaging, filter, limit, offset, &page);

	*count = zend_hash_num_elements(Z_ARRVAL(page));
	ZEND_HASH_FOREACH_VAL(Z_ARRVAL(page), letter) {
		list_letter(listing, letter);
	}
	ZEND_HASH_FOREACH_END();
	zval_ptr_dtor(&page);
	return read;
}

static bool list_pages(ecoq_listing *listing, const ecoq_dead_letter_filter *filter)
{
	const ecoq_option_value *values = listing->call->arguments.values;
	zend_long left = values[ECOQ_OPTION_MAX].given ? values[ECOQ_OPTION_MAX].number : SHOWN, offset = values[ECOQ_OPTION_OFFSET].number, count = 1;

	for (; left > 0 && count > 0; left -= count, offset += count) {
		if (!list_page(listing, filter, MIN(left, PAGE), offset, &count)) {
			return false;
		}
	}
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

static int list_letters(ecoq_call *call, const ecoq_dead_letter_filter *filter, zend_long total)
{
	static const char *const titles[] = {"Id", "Endpoint", "Type", "Failed at", "Error", NULL};
	ecoq_listing listing = {.call = call};

	ecoq_table_init(&listing.table, titles, 0);
	array_init(&listing.json);
	bool read = list_pages(&listing, filter);
	if (read && call->output.json) {
		write_json(call, total, "deadLetters", &listing.json);
		ZVAL_UNDEF(&listing.json);
	} else if (read) {
		write_total(call, total);
		if (listing.shown > 0) {
			ecoq_table_print(&listing.table, &call->output);
		}
		if (listing.shown < total) {
			ecoq_output_line(&call->output, ECOQ_STDOUT, ECOQ_PLAIN, "Only " ZEND_LONG_FMT " of them shown; \"--max\" and \"--offset\" show others.", listing.shown);
		}
	}
	zval_ptr_dtor(&listing.json);
	ecoq_table_free(&listing.table);
	return read ? ECOQ_EXIT_OK : ECOQ_EXIT_ERROR;
}

static bool count_letter(void *context, zval *letter)
{
	zend_string *type = ecoq_letter_text(letter, ECOQ_LETTER_TYPE);
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

static int count_letters(ecoq_call *call, const ecoq_dead_letter_filter *filter, zend_long total)
{
	zval types;

	array_init(&types);
	if (!ecoq_dead_letters_each(call->messaging, filter, count_letter, Z_ARRVAL(types))) {
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
	zend_string *at = failed_at(letter, ZEND_STRL("Y-m-d H:i:s"));
	zend_string *attempts = zval_get_string(ecoq_letter_property(letter, ECOQ_LETTER_ATTEMPTS));

	ecoq_output_line(&call->output, ECOQ_STDOUT, ECOQ_GREEN, "Failed Message Details");
	write_detail(call, "Id", ecoq_letter_text(letter, ECOQ_LETTER_ID));
	write_detail(call, "Type", ecoq_letter_text(letter, ECOQ_LETTER_TYPE));
	write_detail(call, "Endpoint", ecoq_letter_text(letter, ECOQ_LETTER_ENDPOINT));
	write_detail(call, "Channel", ecoq_letter_text(letter, ECOQ_LETTER_CHANNEL));
	write_detail(call, "Failed at", at);
	write_detail(call, "Attempts", attempts);
	write_detail(call, "Reason", ecoq_letter_text(letter, ECOQ_LETTER_REASON));
	write_detail(call, "Error class", ecoq_letter_text(letter, ECOQ_LETTER_ERROR_CLASS));
	write_detail(call, "Error", ecoq_letter_text(letter, ECOQ_LETTER_ERROR));
	if (ecoq_given(&call->arguments, ECOQ_OPTION_PAYLOAD)) {
		write_detail(call, "Message", ecoq_letter_text(letter, ECOQ_LETTER_BODY));
	}
	if (call->output.verbosity > 0) {
		write_trace(call, ecoq_letter_text(letter, ECOQ_LETTER_TRACE));
	}
	if (at) {
		zend_string_release(at);
	}
	zend_string_release(attempts);
}

static int show_letter(ecoq_call *call, zend_string *id)
{
	zval letter;

	if (!ecoq_dead_letters_show(call->messaging, id, call->arguments.values[ECOQ_OPTION_ENDPOINT].text, &letter)) {
		zval_ptr_dtor(&letter);
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
	ecoq_dead_letter_filter filter;
	zend_long total = 0;

	if (call->arguments.word_count) {
		return show_letter(call, call->arguments.words[0]);
	}
	if (!ecoq_failed_filter(call, &filter)) {
		return ECOQ_EXIT_USAGE;
	}
	if (!ecoq_dead_letters_count(call->messaging, &filter, &total)) {
		return ECOQ_EXIT_ERROR;
	}
	return ecoq_given(&call->arguments, ECOQ_OPTION_STATS) ? count_letters(call, &filter, total) : list_letters(call, &filter, total);
}
