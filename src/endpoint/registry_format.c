#include "endpoint/registry_format.h"

#include "endpoint/expression.h"

enum {
	TIME_NONE,
	TIME_FIXED,
	TIME_PATH,
	TIME_FUNCTION,
	TIME_METHOD
};
enum {
	KEY_NONE, /* not deduplicated */
	KEY_MESSAGE_ID,
	KEY_HEADER,
	KEY_EXPRESSION
};
enum {
	RETRY_MAX = 1,
	RETRY_DELAY = 2,
	RETRY_MULTIPLIER = 4,
	RETRY_MAX_DELAY = 8,
	RETRY_JITTER = 16,
	RETRY_ONLY = 32,
	RETRY_NEVER = 64,
	RETRY_ALL = 127
};

static const char *take(ecoq_format_reader *reader, size_t size)
{
	if (reader->has_failed || (size_t) (reader->end - reader->at) < size) {
		reader->has_failed = true;
		return NULL;
	}
	const char *data = reader->at;
	reader->at += size;
	return data;
}

static uint8_t read_byte(ecoq_format_reader *reader)
{
	const char *data = take(reader, 1);
	return data ? (uint8_t) *data : 0;
}

int64_t ecoq_format_read_int(ecoq_format_reader *reader)
{
	int64_t value = 0;
	const char *data = take(reader, sizeof(value));
	if (data) {
		memcpy(&value, data, sizeof(value));
	}
	return value;
}

static bool read_bool(ecoq_format_reader *reader)
{
	uint8_t value = read_byte(reader);
	if (value > 1) {
		reader->has_failed = true;
	}
	return value == 1;
}

/* A length of time. */
static int64_t read_milliseconds(ecoq_format_reader *reader)
{
	int64_t value = ecoq_format_read_int(reader);
	if (value < 0) {
		reader->has_failed = true;
	}
	return value;
}

static double read_double(ecoq_format_reader *reader)
{
	double value = 0;
	const char *data = take(reader, sizeof(value));
	if (data) {
		memcpy(&value, data, sizeof(value));
	}
	return value;
}

uint32_t ecoq_format_read_count(ecoq_format_reader *reader)
{
	uint32_t count = 0;
	const char *data = take(reader, sizeof(count));
	if (data) {
		memcpy(&count, data, sizeof(count));
	}
	/* no allocation for more than the rest of the file can hold */
	if (count > (size_t) (reader->end - reader->at)) {
		reader->has_failed = true;
	}
	return reader->has_failed ? 0 : count;
}

ecoq_bytes ecoq_format_read_text(ecoq_format_reader *reader)
{
	uint32_t size = ecoq_format_read_count(reader);
	const char *data = take(reader, (size_t) size + 1);
	if (data && data[size] != '\0') {
		reader->has_failed = true;
	}
	return reader->has_failed ? ECOQ_NO_BYTES : (ecoq_bytes){data, size};
}

static zend_string *read_string(ecoq_format_reader *reader)
{
	ecoq_bytes text = ecoq_format_read_text(reader);
	return reader->has_failed ? NULL : zend_string_init(text.data, text.size, false);
}

static void read_path(ecoq_format_reader *reader, ecoq_endpoint_expression *expression)
{
	expression->path = read_string(reader);
	if (expression->path && !ecoq_expression_is_path(expression->path)) {
		reader->has_failed = true;
	}
}

static void read_callable(ecoq_format_reader *reader, uint8_t form, zval *callable)
{
	zend_string *first = read_string(reader);
	if (form == TIME_FUNCTION) {
		if (first) {
			ZVAL_STR(callable, first);
		}
		return;
	}
	zend_string *second = read_string(reader);
	array_init_size(callable, 2);
	if (first) {
		add_next_index_str(callable, first);
	}
	if (second) {
		add_next_index_str(callable, second);
	}
}

static void read_expression(ecoq_format_reader *reader, uint8_t form, ecoq_endpoint_expression *expression)
{
	if (form == TIME_PATH) {
		read_path(reader, expression);
	} else if (form == TIME_FUNCTION || form == TIME_METHOD) {
		read_callable(reader, form, &expression->callable);
	} else {
		reader->has_failed = true;
	}
}

static void read_time(ecoq_format_reader *reader, ecoq_endpoint_time *time)
{
	uint8_t form = read_byte(reader);
	time->is_set = form != TIME_NONE;
	if (form == TIME_FIXED) {
		time->ms = ecoq_format_read_int(reader);
	} else if (form != TIME_NONE) {
		read_expression(reader, form, &time->expression);
	}
}

static void read_deduplicated(ecoq_format_reader *reader, ecoq_endpoint_deduplicated *deduplicated)
{
	uint8_t form = read_byte(reader);
	deduplicated->is_set = form != KEY_NONE;
	if (form == KEY_HEADER) {
		deduplicated->header = read_string(reader);
	} else if (form == KEY_EXPRESSION) {
		read_expression(reader, read_byte(reader), &deduplicated->expression);
	} else if (form > KEY_EXPRESSION) {
		reader->has_failed = true;
	}
}

static void read_class_list(ecoq_format_reader *reader, zval *list)
{
	array_init(list);
	for (uint32_t count = ecoq_format_read_count(reader); count > 0 && !reader->has_failed; count--) {
		zend_string *name = read_string(reader);
		if (name) {
			add_next_index_str(list, name);
		}
	}
}

static void read_instant_retry(ecoq_format_reader *reader, ecoq_endpoint_instant_retry *retry)
{
	int64_t max = ecoq_format_read_int(reader);
	if (max < 0 || max > UINT32_MAX) {
		reader->has_failed = true;
	} else if (max > 0) {
		retry->max = (uint32_t) max;
		retry->delay_ms = read_milliseconds(reader);
		read_class_list(reader, &retry->only);
	}
}

static void read_retry(ecoq_format_reader *reader, ecoq_endpoint_retry *retry)
{
	uint8_t fields = read_byte(reader);
	if (fields == 0) {
		return;
	}
	if (fields & ~RETRY_ALL) {
		reader->has_failed = true;
	}
	retry->has_max = fields & RETRY_MAX;
	retry->has_delay = fields & RETRY_DELAY;
	retry->has_multiplier = fields & RETRY_MULTIPLIER;
	retry->has_max_delay = fields & RETRY_MAX_DELAY;
	retry->has_jitter = fields & RETRY_JITTER;
	retry->values.max_retries = ecoq_format_read_int(reader);
	retry->values.delay_ms = ecoq_format_read_int(reader);
	retry->values.multiplier = read_double(reader);
	retry->values.max_delay_ms = ecoq_format_read_int(reader);
	retry->values.jitter = read_double(reader);
	if (fields & RETRY_ONLY) {
		read_class_list(reader, &retry->only);
	}
	if (fields & RETRY_NEVER) {
		read_class_list(reader, &retry->never);
	}
}

static void read_types(ecoq_format_reader *reader, ecoq_endpoint *endpoint)
{
	uint32_t count = ecoq_format_read_count(reader);
	endpoint->types = safe_emalloc(count + 1, sizeof(*endpoint->types), 0);
	endpoint->type_is_class = safe_emalloc(count + 1, sizeof(*endpoint->type_is_class), 0);
	while (endpoint->type_count < count) {
		endpoint->type_is_class[endpoint->type_count] = read_byte(reader) == 1;
		zend_string *type = read_string(reader);
		if (!type) {
			return;
		}
		endpoint->types[endpoint->type_count++] = type;
	}
}

static void read_strings(ecoq_format_reader *reader, zend_string ***items, uint32_t *count)
{
	uint32_t expected = ecoq_format_read_count(reader);
	if (expected == 0) {
		return;
	}
	*items = safe_emalloc(expected, sizeof(**items), 0);
	while (*count < expected) {
		zend_string *item = read_string(reader);
		if (!item) {
			return;
		}
		(*items)[(*count)++] = item;
	}
}

static ecoq_endpoint *read_endpoint(ecoq_format_reader *reader, zend_string *class_name)
{
	uint8_t kind = read_byte(reader);
	if (kind > ECOQ_QUERY_HANDLER) {
		reader->has_failed = true;
		return NULL;
	}
	ecoq_endpoint *endpoint = ecoq_endpoint_new((ecoq_endpoint_kind) kind);
	endpoint->class_name = zend_string_copy(class_name);
	endpoint->id = read_string(reader);
	endpoint->method = read_string(reader);
	endpoint->priority = (int8_t) read_byte(reader);
	read_types(reader, endpoint);
	read_strings(reader, &endpoint->former_ids, &endpoint->former_id_count);
	read_strings(reader, &endpoint->channels, &endpoint->channel_count);
	read_time(reader, &endpoint->delay);
	read_time(reader, &endpoint->time_to_live);
	read_retry(reader, &endpoint->retry);
	read_instant_retry(reader, &endpoint->instant_retry);
	read_deduplicated(reader, &endpoint->deduplicated);
	endpoint->timeout_ms = read_milliseconds(reader);
	endpoint->without_transaction = read_bool(reader);
	if (reader->has_failed || endpoint->priority < -1 || endpoint->priority > 9) {
		reader->has_failed = true;
		ecoq_endpoint_free(endpoint);
		return NULL;
	}
	return endpoint;
}

bool ecoq_format_read_group(ecoq_format_reader *reader, ecoq_registry_group *group)
{
	*group = (ecoq_registry_group){0};
	group->class_name = read_string(reader);
	group->file = read_string(reader);
	group->is_kept = read_byte(reader) == 1;
	group->blocker = read_string(reader);
	uint32_t count = ecoq_format_read_count(reader);
	if (count > 0 && !group->is_kept) {
		reader->has_failed = true;
		count = 0;
	}
	group->endpoints = safe_emalloc(count + 1, sizeof(*group->endpoints), 0);
	while (!reader->has_failed && group->count < count) {
		ecoq_endpoint *endpoint = read_endpoint(reader, group->class_name);
		if (endpoint) {
			group->endpoints[group->count++] = endpoint;
		}
	}
	return !reader->has_failed;
}

static void write_byte(smart_str *out, uint8_t value)
{
	smart_str_appendc(out, (char) value);
}

void ecoq_format_write_count(smart_str *out, uint32_t count)
{
	smart_str_appendl(out, (const char *) &count, sizeof(count));
}

void ecoq_format_write_int(smart_str *out, int64_t value)
{
	smart_str_appendl(out, (const char *) &value, sizeof(value));
}

static void write_double(smart_str *out, double value)
{
	smart_str_appendl(out, (const char *) &value, sizeof(value));
}

void ecoq_format_write_text(smart_str *out, const zend_string *text)
{
	ecoq_format_write_count(out, (uint32_t) ZSTR_LEN(text));
	smart_str_appendl(out, ZSTR_VAL(text), ZSTR_LEN(text) + 1);
}

/* The class and method of ['Class', 'method']; false for any other callable. */
static bool method_of_callable(const zval *callable, const zend_string **class_name, const zend_string **method)
{
	const zval *first = Z_TYPE_P(callable) == IS_ARRAY ? zend_hash_index_find(Z_ARRVAL_P(callable), 0) : NULL;
	const zval *second = first ? zend_hash_index_find(Z_ARRVAL_P(callable), 1) : NULL;
	if (!second || Z_TYPE_P(first) != IS_STRING || Z_TYPE_P(second) != IS_STRING) {
		return false;
	}
	*class_name = Z_STR_P(first);
	*method = Z_STR_P(second);
	return true;
}

static bool is_data(const ecoq_endpoint_expression *expression)
{
	const zend_string *class_name, *method;
	const zval *callable = &expression->callable;
	return Z_ISUNDEF_P(callable) || Z_TYPE_P(callable) == IS_STRING || method_of_callable(callable, &class_name, &method);
}

bool ecoq_format_can_write(const ecoq_endpoint *endpoint)
{
	return is_data(&endpoint->delay.expression) && is_data(&endpoint->time_to_live.expression) && is_data(&endpoint->deduplicated.expression);
}

static void write_callable(smart_str *out, const zval *callable)
{
	const zend_string *class_name, *method;
	if (method_of_callable(callable, &class_name, &method)) {
		write_byte(out, TIME_METHOD);
		ecoq_format_write_text(out, class_name);
		ecoq_format_write_text(out, method);
	} else {
		write_byte(out, TIME_FUNCTION);
		ecoq_format_write_text(out, Z_STR_P(callable));
	}
}

static void write_expression(smart_str *out, const ecoq_endpoint_expression *expression)
{
	if (expression->path) {
		write_byte(out, TIME_PATH);
		ecoq_format_write_text(out, expression->path);
	} else {
		write_callable(out, &expression->callable);
	}
}

static bool is_expression(const ecoq_endpoint_expression *expression)
{
	return expression->path || !Z_ISUNDEF(expression->callable);
}

static void write_time(smart_str *out, const ecoq_endpoint_time *time)
{
	if (!time->is_set) {
		write_byte(out, TIME_NONE);
	} else if (is_expression(&time->expression)) {
		write_expression(out, &time->expression);
	} else {
		write_byte(out, TIME_FIXED);
		ecoq_format_write_int(out, time->ms);
	}
}

static void write_deduplicated(smart_str *out, const ecoq_endpoint_deduplicated *deduplicated)
{
	if (deduplicated->header) {
		write_byte(out, KEY_HEADER);
		ecoq_format_write_text(out, deduplicated->header);
	} else if (is_expression(&deduplicated->expression)) {
		write_byte(out, KEY_EXPRESSION);
		write_expression(out, &deduplicated->expression);
	} else {
		write_byte(out, deduplicated->is_set ? KEY_MESSAGE_ID : KEY_NONE);
	}
}

/* UNDEF is written as an empty list. */
static void write_class_list(smart_str *out, const zval *list)
{
	zval *name;
	if (Z_ISUNDEF_P(list)) {
		ecoq_format_write_count(out, 0);
		return;
	}
	ecoq_format_write_count(out, zend_hash_num_elements(Z_ARRVAL_P(list)));
	ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(list), name) {
		ecoq_format_write_text(out, Z_STR_P(name));
	}
	ZEND_HASH_FOREACH_END();
}

static void write_instant_retry(smart_str *out, const ecoq_endpoint_instant_retry *retry)
{
	ecoq_format_write_int(out, retry->max);
	if (retry->max > 0) {
		ecoq_format_write_int(out, retry->delay_ms);
		write_class_list(out, &retry->only);
	}
}

static void write_retry(smart_str *out, const ecoq_endpoint_retry *retry)
{
	int fields = (retry->has_max ? RETRY_MAX : 0) | (retry->has_delay ? RETRY_DELAY : 0) | (retry->has_multiplier ? RETRY_MULTIPLIER : 0)
		| (retry->has_max_delay ? RETRY_MAX_DELAY : 0) | (retry->has_jitter ? RETRY_JITTER : 0)
		| (Z_ISUNDEF(retry->only) ? 0 : RETRY_ONLY) | (Z_ISUNDEF(retry->never) ? 0 : RETRY_NEVER);
	write_byte(out, (uint8_t) fields);
	if (fields) {
		ecoq_format_write_int(out, retry->values.max_retries);
		ecoq_format_write_int(out, retry->values.delay_ms);
		write_double(out, retry->values.multiplier);
		ecoq_format_write_int(out, retry->values.max_delay_ms);
		write_double(out, retry->values.jitter);
	}
	if (fields & RETRY_ONLY) {
		write_class_list(out, &retry->only);
	}
	if (fields & RETRY_NEVER) {
		write_class_list(out, &retry->never);
	}
}

static void write_strings(smart_str *out, zend_string *const *items, uint32_t count)
{
	ecoq_format_write_count(out, count);
	for (uint32_t i = 0; i < count; i++) {
		ecoq_format_write_text(out, items[i]);
	}
}

static void write_endpoint(smart_str *out, const ecoq_endpoint *endpoint)
{
	write_byte(out, (uint8_t) endpoint->kind);
	ecoq_format_write_text(out, endpoint->id);
	ecoq_format_write_text(out, endpoint->method);
	write_byte(out, (uint8_t) endpoint->priority);
	ecoq_format_write_count(out, endpoint->type_count);
	for (uint32_t i = 0; i < endpoint->type_count; i++) {
		write_byte(out, endpoint->type_is_class[i]);
		ecoq_format_write_text(out, endpoint->types[i]);
	}
	write_strings(out, endpoint->former_ids, endpoint->former_id_count);
	write_strings(out, endpoint->channels, endpoint->channel_count);
	write_time(out, &endpoint->delay);
	write_time(out, &endpoint->time_to_live);
	write_retry(out, &endpoint->retry);
	write_instant_retry(out, &endpoint->instant_retry);
	write_deduplicated(out, &endpoint->deduplicated);
	ecoq_format_write_int(out, endpoint->timeout_ms);
	write_byte(out, endpoint->without_transaction);
}

void ecoq_format_write_group(smart_str *out, const ecoq_registry_group *group)
{
	ecoq_format_write_text(out, group->class_name);
	ecoq_format_write_text(out, group->file);
	write_byte(out, group->is_kept);
	ecoq_format_write_text(out, group->blocker);
	uint32_t count = group->is_kept ? group->count : 0;
	ecoq_format_write_count(out, count);
	for (uint32_t i = 0; i < count; i++) {
		write_endpoint(out, group->endpoints[i]);
	}
}

/* Multiply-and-fold over 8 bytes at a time, as hash tables do it. */
uint64_t ecoq_format_checksum(const char *data, size_t size)
{
	uint64_t sum = 0x9e3779b97f4a7c15u ^ size;
	while (size > 0) {
		uint64_t word = 0;
		size_t part = size < sizeof(word) ? size : sizeof(word);
		memcpy(&word, data, part);
		sum = (sum ^ word) * 0xff51afd7ed558ccdu;
		sum ^= sum >> 32;
		data += part;
		size -= part;
	}
	return sum;
}
