#include "channel/channel_options.h"

#include "channel/retry_policy.h"
#include "php/class_list.h"
#include "php/exceptions.h"

#define DAY_MS (24 * 60 * 60 * 1000LL)
#define MAX_KNOWN 64

enum option_kind {
	OPTION_INT,
	OPTION_ATTEMPTS, /* executions: one more than retries */
	OPTION_NUMBER,
	OPTION_DURATION,
	OPTION_CHOICE, /* the index in `choices` */
	OPTION_TEXT,
	OPTION_CLASSES, /* class names separated by commas */
};

enum option_origin {
	ORIGIN_NONE,
	ORIGIN_DSN,
	ORIGIN_OPTIONS,
	ORIGIN_ARGUMENT
};

typedef struct option_row {
	const char *name;
	enum option_kind kind;
	size_t offset; /* of the field in ecoq_channel_settings; rows of one offset are aliases */
	double min, max;
	const char *const *choices;
	const char *argument; /* the named argument for it; NULL: none */
} option_row;

#define FIELD(name) offsetof(ecoq_channel_settings, name)

static const char *const unknown_choices[] = {
	[ECOQ_UNKNOWN_RETRY] = "retry", [ECOQ_UNKNOWN_DEAD_LETTER] = "dead-letter", [ECOQ_UNKNOWN_IGNORE] = "ignore", NULL};
static const char *const ack_choices[] = {"batch", "each", NULL};
static const char *const group_choices[] = {"hold", "pass", NULL};
static const char *const dead_letter_choices[] = {
	/* the default has no name: it is what leaving the option out means */
	[ECOQ_DEAD_LETTER_DEFAULT] = "",
	[ECOQ_DEAD_LETTER_DATABASE] = "database",
	[ECOQ_DEAD_LETTER_QUEUE] = "queue",
	[ECOQ_DEAD_LETTER_BOTH] = "both",
	NULL};
static const char *const in_transaction_choices[] = {[ECOQ_IN_TRANSACTION_OUTBOX] = "outbox", [ECOQ_IN_TRANSACTION_IMMEDIATE] = "immediate", NULL};

static const option_row rows[] = {
	{.name = "retry.max", .kind = OPTION_INT, .offset = FIELD(retry.max_retries), .max = ECOQ_RETRIES_MAX, .argument = "retry"},
	{.name = "max-attempts", .kind = OPTION_ATTEMPTS, .offset = FIELD(retry.max_retries), .min = 1, .max = ECOQ_RETRIES_MAX + 1, .argument = "retry"},
	{.name = "retry.delay", .kind = OPTION_DURATION, .offset = FIELD(retry.delay_ms), .argument = "retry"},
	{.name = "retry.multiplier", .kind = OPTION_NUMBER, .offset = FIELD(retry.multiplier), .min = 1, .max = ECOQ_RETRY_MULTIPLIER_MAX, .argument = "retry"},
	{.name = "retry.max-delay", .kind = OPTION_DURATION, .offset = FIELD(retry.max_delay_ms), .argument = "retry"},
	{.name = "retry.jitter", .kind = OPTION_NUMBER, .offset = FIELD(retry.jitter), .max = 1, .argument = "retry"},
	{.name = "retry.only", .kind = OPTION_CLASSES, .offset = FIELD(retry_only), .argument = "retry"},
	{.name = "retry.never", .kind = OPTION_CLASSES, .offset = FIELD(retry_never), .argument = "retry"},
	{.name = "dead-letter", .kind = OPTION_CHOICE, .offset = FIELD(dead_letter), .choices = dead_letter_choices, .argument = "deadLetter"},
	{.name = "error-channel", .kind = OPTION_TEXT, .offset = FIELD(error_channel), .argument = "errorChannel"},
	{.name = "in-transaction", .kind = OPTION_CHOICE, .offset = FIELD(in_transaction), .choices = in_transaction_choices, .argument = "inTransaction"},
	{.name = "timeout", .kind = OPTION_DURATION, .offset = FIELD(timeout_ms), .argument = "timeout"},
	{.name = "queue", .kind = OPTION_TEXT, .offset = FIELD(queue), .argument = "queue"},
	{.name = "prefix", .kind = OPTION_TEXT, .offset = FIELD(prefix), .argument = "prefix"},
	{.name = "unknown", .kind = OPTION_CHOICE, .offset = FIELD(unknown), .choices = unknown_choices, .argument = "unknown"},
	{.name = "ack", .kind = OPTION_CHOICE, .offset = FIELD(acknowledge_each), .choices = ack_choices, .argument = "ack"},
	{.name = "group-on-failure", .kind = OPTION_CHOICE, .offset = FIELD(group_passes), .choices = group_choices, .argument = "groupOnFailure"},
	{.name = "max-delay", .kind = OPTION_DURATION, .offset = FIELD(max_delay_ms), .argument = "maxDelay"},
	{.name = "max-body", .kind = OPTION_INT, .offset = FIELD(max_body), .min = 1, .max = 2147483647},
	{.name = "max-depth", .kind = OPTION_INT, .offset = FIELD(max_depth), .min = 1, .max = 4096},
	{.name = "max-headers", .kind = OPTION_INT, .offset = FIELD(max_headers), .max = 65536},
};
#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

typedef struct reader {
	const ecoq_channel_sources *sources;
	ecoq_channel_settings *settings;
	enum option_origin origins[ROW_COUNT];
} reader;

static const option_row *find_row(ecoq_bytes name)
{
	for (size_t i = 0; i < ROW_COUNT; i++) {
		if (ecoq_bytes_equal(name, (ecoq_bytes){rows[i].name, strlen(rows[i].name)})) {
			return &rows[i];
		}
	}
	return NULL;
}

static bool is_transport_option(const ecoq_transport_ops *ops, ecoq_bytes name)
{
	for (const ecoq_option_spec *spec = ops->options; spec->name; spec++) {
		if (ecoq_bytes_equal(name, (ecoq_bytes){spec->name, strlen(spec->name)})) {
			return true;
		}
	}
	return false;
}

/* ---- Unknown names -------------------------------------------------------------------------------------------------------------- */

static size_t minimum(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Letters to insert, remove or replace to get from one to the other (Levenshtein). */
static size_t distance(ecoq_bytes a, const char *b)
{
	size_t row[MAX_KNOWN + 1], length = strlen(b);
	if (a.size > MAX_KNOWN || length > MAX_KNOWN) {
		return SIZE_MAX;
	}
	for (size_t j = 0; j <= length; j++) {
		row[j] = j;
	}
	for (size_t i = 1; i <= a.size; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= length; j++) {
			size_t replaced = diagonal + (a.data[i - 1] != b[j - 1]);
			diagonal = row[j];
			row[j] = minimum(replaced, minimum(row[j - 1], row[j]) + 1);
		}
	}
	return row[length];
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static void throw_unknown(const reader *reader, ecoq_bytes name)
{
	const char *known[MAX_KNOWN], *nearest = NULL;
	size_t count = 0, best = 3;
	for (size_t i = 0; i < ROW_COUNT; i++) {
		known[count++] = rows[i].name;
	}
	for (const ecoq_option_spec *spec = reader->sources->ops->options; spec->name && count < MAX_KNOWN; spec++) {
		known[count++] = spec->name;
	}
	qsort(known, count, sizeof(known[0]), compare_names);

	smart_str list = {0};
	for (size_t i = 0; i < count; i++) {
		size_t far = distance(name, known[i]);
		if (far < best && far < name.size) {
			best = far;
			nearest = known[i];
		}
		smart_str_appends(&list, i ? ", " : "");
		smart_str_appends(&list, known[i]);
	}
	smart_str_0(&list);
	ecoq_throw_configuration("channel \"%s\": unknown option \"%.*s\"%s%s%s; known options: %s",
		ZSTR_VAL(reader->sources->channel), (int) name.size,
		name.data, nearest ? " (did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?)" : "", ZSTR_VAL(list.s));
	smart_str_free(&list);
}

/* ---- One option ----------------------------------------------------------------------------------------------------------------- */

static zend_string *describe(const option_row *row, enum option_origin origin)
{
	switch (origin) {
		case ORIGIN_ARGUMENT:
			return strpprintf(0, "the argument %s:", row->argument);
		case ORIGIN_OPTIONS:
			return strpprintf(0, "\"%s\" in options:", row->name);
		default:
			return strpprintf(0, "the DSN option \"%s\"", row->name);
	}
}

/* Notes who sets it; false with an exception when someone else did, under this or another name. */
static bool claim(reader *reader, const option_row *row, enum option_origin origin)
{
	for (size_t i = 0; i < ROW_COUNT; i++) {
		if (rows[i].offset != row->offset || reader->origins[i] == ORIGIN_NONE) {
			continue;
		}
		zend_string *first = describe(&rows[i], reader->origins[i]), *second = describe(row, origin);
		ecoq_throw_configuration("channel \"%s\": %s and %s set the same thing; keep one of them",
			ZSTR_VAL(reader->sources->channel), ZSTR_VAL(first),
			ZSTR_VAL(second));
		zend_string_release(first);
		zend_string_release(second);
		return false;
	}
	reader->origins[row - rows] = origin;
	return true;
}

static ecoq_result read_choice(const option_row *row, ecoq_bytes value, int64_t *out, ecoq_error *error)
{
	char expected[96] = "";
	for (int i = 0; row->choices[i]; i++) {
		if (!*row->choices[i]) {
			continue;
		}
		if (ecoq_bytes_equal(value, (ecoq_bytes){row->choices[i], strlen(row->choices[i])})) {
			*out = i;
			return ECOQ_OK;
		}
		size_t used = strlen(expected);
		snprintf(expected + used, sizeof(expected) - used, "%s\"%s\"", used ? ", " : "", row->choices[i]);
	}
	return ecoq_fail(error, ECOQ_INVALID, "Option \"%s\": expected one of %s, got \"%.*s\"", row->name, expected,
		(int) minimum(value.size, 40),
		value.size ? value.data : "");
}

static ecoq_result read_name(const option_row *row, ecoq_bytes value, ecoq_bytes *out, ecoq_error *error)
{
	for (size_t i = 0; i < value.size; i++) {
		if ((unsigned char) value.data[i] < 0x20) {
			return ecoq_fail(error, ECOQ_INVALID, "Option \"%s\": expected a name, got one with a control character",
				row->name);
		}
	}
	if (!value.size && row->offset == FIELD(queue)) {
		return ecoq_fail(error, ECOQ_INVALID,
			"Option \"%s\": expected a name, got an empty text; leave it out to use the channel's name", row->name);
	}
	if (!value.size && row->offset == FIELD(error_channel)) {
		return ecoq_fail(error, ECOQ_INVALID, "Option \"%s\": expected a channel's name, got an empty text; leave it out to use the dead letters", row->name);
	}
	*out = value;
	return ECOQ_OK;
}

static ecoq_result read_classes(const option_row *row, ecoq_bytes value, zval *out, ecoq_error *error)
{
	ecoq_bytes wrong;
	if (ecoq_class_list_from_text(value, out, &wrong)) {
		return ECOQ_OK;
	}
	return ecoq_fail(error, ECOQ_INVALID, "Option \"%s\": expected class names separated by commas, got \"%.*s\"", row->name, (int) minimum(wrong.size, 80),
		wrong.size ? wrong.data : "");
}

static ecoq_result read_value(const option_row *row, ecoq_bytes value, void *field, ecoq_error *error)
{
	long long number = 0;
	ecoq_result result = ECOQ_OK;
	switch (row->kind) {
		case OPTION_CHOICE:
			return read_choice(row, value, field, error);
		case OPTION_TEXT:
			return read_name(row, value, field, error);
		case OPTION_CLASSES:
			return read_classes(row, value, field, error);
		case OPTION_NUMBER:
			return ecoq_option_double(row->name, value, row->min, row->max, field, error);
		case OPTION_DURATION:
			result = ecoq_option_duration(row->name, value, &number, error);
			break;
		case OPTION_INT:
		case OPTION_ATTEMPTS:
			result = ecoq_option_int(row->name, value, (long long) row->min, (long long) row->max, &number, error);
			break;
	}
	if (result == ECOQ_OK) {
		*(int64_t *) field = row->kind == OPTION_ATTEMPTS ? number - 1 : number;
	}
	return result;
}

static bool add_transport_option(reader *reader, ecoq_bytes name, ecoq_bytes value)
{
	ecoq_channel_settings *settings = reader->settings;
	for (size_t i = 0; i < settings->transport_option_count; i++) {
		if (ecoq_bytes_equal(settings->transport_options[i].name, name)) {
			ecoq_throw_configuration("channel \"%s\": the DSN option \"%.*s\" and \"%.*s\" in options: set the same thing; keep one of them",
				ZSTR_VAL(reader->sources->channel), (int) name.size, name.data, (int) name.size, name.data);
			return false;
		}
	}
	settings->transport_options = safe_erealloc(settings->transport_options, settings->transport_option_count + 1,
		sizeof(ecoq_dsn_option), 0);
	settings->transport_options[settings->transport_option_count++] = (ecoq_dsn_option){name, value};
	return true;
}

static bool take(reader *reader, ecoq_bytes name, ecoq_bytes value, enum option_origin origin)
{
	const option_row *row = find_row(name);
	if (!row) {
		if (is_transport_option(reader->sources->ops, name)) {
			return add_transport_option(reader, name, value);
		}
		throw_unknown(reader, name);
		return false;
	}
	ecoq_error error;
	if (!claim(reader, row, origin)) {
		return false;
	}
	if (read_value(row, value, (char *) reader->settings + row->offset, &error) != ECOQ_OK) {
		ecoq_throw_configuration("channel \"%s\": %s", ZSTR_VAL(reader->sources->channel), error.text);
		return false;
	}
	return true;
}

/* ---- All of them ---------------------------------------------------------------------------------------------------------------- */

static bool take_dsn(reader *reader, const ecoq_dsn *dsn)
{
	for (size_t i = 0; i < dsn->option_count; i++) {
		if (!take(reader, dsn->options[i].name, dsn->options[i].value, ORIGIN_DSN)) {
			return false;
		}
	}
	return true;
}

static bool take_table(reader *reader, HashTable *table, enum option_origin origin)
{
	zend_string *name;
	zval *value;
	ZEND_HASH_FOREACH_STR_KEY_VAL(table, name, value) {
		ecoq_bytes text = {Z_STRVAL_P(value), Z_STRLEN_P(value)};
		if (!take(reader, (ecoq_bytes){ZSTR_VAL(name), ZSTR_LEN(name)}, text, origin)) {
			return false;
		}
	}
	ZEND_HASH_FOREACH_END();
	return true;
}

static bool take_retry_policy(reader *reader, const zend_object *policy)
{
	static const char *const names[] = {"retry.max", "retry.delay", "retry.multiplier", "retry.max-delay", "retry.jitter", "retry.only", "retry.never"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!claim(reader, find_row((ecoq_bytes){names[i], strlen(names[i])}), ORIGIN_ARGUMENT)) {
			return false;
		}
	}
	reader->settings->retry = ecoq_retry_policy_of(policy);
	ecoq_retry_policy_filters(policy, &reader->settings->retry_only, &reader->settings->retry_never);
	return true;
}

/* What no single option can tell. */
static bool check_together(const reader *reader)
{
	const ecoq_channel_settings *settings = reader->settings;
	const char *channel = ZSTR_VAL(reader->sources->channel);
	if (settings->retry.delay_ms > settings->retry.max_delay_ms) {
		ecoq_throw_configuration("channel \"%s\": retry.delay (%lld ms) is above retry.max-delay (%lld ms), which would cut it; raise retry.max-delay", channel,
			(long long) settings->retry.delay_ms, (long long) settings->retry.max_delay_ms);
		return false;
	}
	if (settings->timeout_ms && reader->sources->ops == &ecoq_userland_transport) {
		ecoq_throw_configuration("channel \"%s\": a transport written in PHP knows no timeout; leave it out", channel);
		return false;
	}
	return true;
}

bool ecoq_channel_options_read(const ecoq_channel_sources *sources, ecoq_channel_settings *settings)
{
	const ecoq_envelope_limits limits = ECOQ_ENVELOPE_LIMITS;
	*settings = (ecoq_channel_settings){
		.retry = ECOQ_BACKOFF_DEFAULT,
		.max_delay_ms = 365 * DAY_MS,
		.unknown = ECOQ_UNKNOWN_RETRY,
		.max_body = (int64_t) limits.max_body,
		.max_depth = limits.max_depth,
		.max_headers = limits.max_headers,
	};
	ZVAL_UNDEF(&settings->retry_only);
	ZVAL_UNDEF(&settings->retry_never);
	reader reader = {.sources = sources, .settings = settings};
	if ((sources->dsn && !take_dsn(&reader, sources->dsn)) || (sources->retry && !take_retry_policy(&reader, sources->retry))
		|| (sources->arguments && !take_table(&reader, sources->arguments, ORIGIN_ARGUMENT))
		|| (sources->options && !take_table(&reader, sources->options, ORIGIN_OPTIONS)) || !check_together(&reader)) {
		if (settings->transport_options) {
			efree(settings->transport_options);
		}
		settings->transport_options = NULL;
		zval_ptr_dtor(&settings->retry_only);
		zval_ptr_dtor(&settings->retry_never);
		return false;
	}
	return true;
}

bool ecoq_channel_check_database(const ecoq_channel *channel, bool has_database)
{
	bool needs_it = channel->dead_letter_place == ECOQ_DEAD_LETTER_DATABASE || channel->dead_letter_place == ECOQ_DEAD_LETTER_BOTH;
	if (has_database || !needs_it) {
		return true;
	}
	ecoq_throw_configuration("channel \"%s\": the option \"dead-letter\" is \"%s\", but Ecoq\\Messaging has no database; give it database: $pdo, or use \"queue\"",
		ZSTR_VAL(channel->name), dead_letter_choices[channel->dead_letter_place]);
	return false;
}
