#include "console/command.h"
#include "console/table.h"

static const char *kind_name(ecoq_endpoint_kind kind)
{
	static const char *const names[] = {[ECOQ_COMMAND_HANDLER] = "command", [ECOQ_EVENT_HANDLER] = "event", [ECOQ_QUERY_HANDLER] = "query"};
	return names[kind];
}

static zend_string *joined(zend_string *const *texts, uint32_t count)
{
	smart_str out = {0};

	for (uint32_t i = 0; i < count; i++) {
		smart_str_appends(&out, i ? ", " : "");
		smart_str_append(&out, texts[i]);
	}
	return out.s ? smart_str_extract(&out) : ZSTR_EMPTY_ALLOC();
}

static zend_string *handler_name(const ecoq_endpoint *endpoint)
{
	return endpoint->class_name && endpoint->method
		? strpprintf(0, "%s::%s", ZSTR_VAL(endpoint->class_name), ZSTR_VAL(endpoint->method))
		: zend_string_init(ZEND_STRL("callable"), 0);
}

static bool contains(zend_string *text, zend_string *part)
{
	return text && zend_memnstr(ZSTR_VAL(text), ZSTR_VAL(part), ZSTR_LEN(part), ZSTR_VAL(text) + ZSTR_LEN(text)) != NULL;
}

static bool is_asked_for(const ecoq_call *call, const ecoq_endpoint *endpoint)
{
	zend_string *part = call->arguments.word_count ? call->arguments.words[0] : NULL;

	if (!part || contains(endpoint->id, part) || contains(endpoint->class_name, part)) {
		return true;
	}
	for (uint32_t i = 0; i < endpoint->type_count; i++) {
		if (contains(endpoint->types[i], part)) {
			return true;
		}
	}
	return false;
}

static void append_time(smart_str *out, const char *name, const ecoq_endpoint_time *time)
{
	if (!time->is_set) {
		return;
	}
	smart_str_append_printf(out, "%s%s ", out->s ? ", " : "", name);
	if (time->expression.path) {
		smart_str_append(out, time->expression.path);
	} else if (!Z_ISUNDEF(time->expression.callable)) {
		smart_str_appends(out, "by callable");
	} else {
		smart_str_append_printf(out, ZEND_LONG_FMT " ms", (zend_long) time->ms);
	}
}

/* " only A, B"; nothing for UNDEF. */
static void append_classes(smart_str *out, const char *name, const zval *classes)
{
	zval *class_name;
	const char *separator = "";

	if (Z_TYPE_P(classes) != IS_ARRAY) {
		return;
	}
	smart_str_append_printf(out, " %s ", name);
	ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(classes), class_name) {
		smart_str_append_printf(out, "%s%s", separator, Z_STRVAL_P(class_name));
		separator = ", ";
	}
	ZEND_HASH_FOREACH_END();
	smart_str_appends(out, *separator ? "" : "none");
}

static void append_retry(smart_str *out, const ecoq_endpoint_retry *retry)
{
	const char *separator = out->s ? ", retry" : "retry";

	if (!retry->has_max && !retry->has_delay && !retry->has_multiplier && !retry->has_max_delay && !retry->has_jitter && Z_ISUNDEF(retry->only)
		&& Z_ISUNDEF(retry->never)) {
		return;
	}
	smart_str_appends(out, separator);
	if (retry->has_max) {
		smart_str_append_printf(out, " max " ZEND_LONG_FMT, (zend_long) retry->values.max_retries);
	}
	if (retry->has_delay) {
		smart_str_append_printf(out, " delay " ZEND_LONG_FMT " ms", (zend_long) retry->values.delay_ms);
	}
	if (retry->has_multiplier) {
		smart_str_append_printf(out, " multiplier %g", retry->values.multiplier);
	}
	if (retry->has_max_delay) {
		smart_str_append_printf(out, " max delay " ZEND_LONG_FMT " ms", (zend_long) retry->values.max_delay_ms);
	}
	if (retry->has_jitter) {
		smart_str_append_printf(out, " jitter %g", retry->values.jitter);
	}
	append_classes(out, "only", &retry->only);
	append_classes(out, "never", &retry->never);
}

static void append_instant_retry(smart_str *out, const ecoq_endpoint_instant_retry *retry)
{
	if (retry->max == 0) {
		return;
	}
	smart_str_append_printf(out, "%sinstant retry max %u", out->s ? ", " : "", retry->max);
	if (retry->delay_ms > 0) {
		smart_str_append_printf(out, " delay " ZEND_LONG_FMT " ms", (zend_long) retry->delay_ms);
	}
	if (Z_TYPE(retry->only) == IS_ARRAY && zend_hash_num_elements(Z_ARRVAL(retry->only)) > 0) {
		append_classes(out, "only", &retry->only);
	}
}

/* What the deduplication key is: "header x", a path, or "by callable"; the caller owns the string. NULL: there is none. */
static zend_string *deduplication_key(const ecoq_endpoint_deduplicated *deduplicated)
{
	if (!deduplicated->is_set) {
		return NULL;
	}
	if (deduplicated->header) {
		return strpprintf(0, "header %s", ZSTR_VAL(deduplicated->header));
	}
	if (deduplicated->expression.path) {
		return zend_string_copy(deduplicated->expression.path);
	}
	return Z_ISUNDEF(deduplicated->expression.callable) ? zend_string_init(ZEND_STRL("message id"), 0) : zend_string_init(ZEND_STRL("callable"), 0);
}

static void append_deduplicated(smart_str *out, const ecoq_endpoint_deduplicated *deduplicated)
{
	zend_string *key = deduplication_key(deduplicated);

	if (key) {
		smart_str_append_printf(out, "%sdeduplicated by %s", out->s ? ", " : "", ZSTR_VAL(key));
		zend_string_release(key);
	}
}

static zend_string *endpoint_options(const ecoq_endpoint *endpoint)
{
	smart_str out = {0};

	append_time(&out, "delay", &endpoint->delay);
	append_time(&out, "time to live", &endpoint->time_to_live);
	if (endpoint->priority >= 0) {
		smart_str_append_printf(&out, "%spriority %d", out.s ? ", " : "", endpoint->priority);
	}
	append_retry(&out, &endpoint->retry);
	append_instant_retry(&out, &endpoint->instant_retry);
	append_deduplicated(&out, &endpoint->deduplicated);
	if (endpoint->timeout_ms > 0) {
		smart_str_append_printf(&out, "%stimeout " ZEND_LONG_FMT " ms", out.s ? ", " : "", (zend_long) endpoint->timeout_ms);
	}
	if (endpoint->without_transaction) {
		smart_str_append_printf(&out, "%swithout transaction", out.s ? ", " : "");
	}
	if (endpoint->former_id_count > 0) {
		zend_string *ids = joined(endpoint->former_ids, endpoint->former_id_count);
		smart_str_append_printf(&out, "%sformerly %s", out.s ? ", " : "", ZSTR_VAL(ids));
		zend_string_release(ids);
	}
	return out.s ? smart_str_extract(&out) : ZSTR_EMPTY_ALLOC();
}

/* The exceptions that are retried, or are not; empty lists say nothing. */
static void append_filters(smart_str *out, const ecoq_channel *channel)
{
	const zval *const lists[] = {&channel->retry_only, &channel->retry_never};
	static const char *const names[] = {"retry only", "retry never"};

	for (int i = 0; i < 2; i++) {
		if (Z_TYPE_P(lists[i]) == IS_ARRAY && zend_hash_num_elements(Z_ARRVAL_P(lists[i])) > 0) {
			smart_str_appendc(out, ',');
			append_classes(out, names[i], lists[i]);
		}
	}
}

static zend_string *channel_policy(const ecoq_channel *channel)
{
	static const char *const unknown[] = {[ECOQ_UNKNOWN_RETRY] = "retry", [ECOQ_UNKNOWN_DEAD_LETTER] = "dead-letter", [ECOQ_UNKNOWN_IGNORE] = "ignore"};
	static const char *const places[] = {[ECOQ_DEAD_LETTER_DATABASE] = "database", [ECOQ_DEAD_LETTER_QUEUE] = "queue", [ECOQ_DEAD_LETTER_BOTH] = "both"};
	smart_str out = {0};

	smart_str_append_printf(&out, "retry max " ZEND_LONG_FMT " delay " ZEND_LONG_FMT " ms multiplier %g max delay " ZEND_LONG_FMT " ms jitter %g, unknown %s",
		(zend_long) channel->retry.max_retries, (zend_long) channel->retry.delay_ms, channel->retry.multiplier, (zend_long) channel->retry.max_delay_ms,
		channel->retry.jitter, unknown[channel->unknown]);
	if (channel->timeout_ms > 0) {
		smart_str_append_printf(&out, ", timeout " ZEND_LONG_FMT " ms", (zend_long) channel->timeout_ms);
	}
	append_filters(&out, channel);
	if (channel->dead_letter_place != ECOQ_DEAD_LETTER_DEFAULT) {
		smart_str_append_printf(&out, ", dead letters %s", places[channel->dead_letter_place]);
	}
	if (channel->error_channel) {
		smart_str_append_printf(&out, ", error channel %s", ZSTR_VAL(channel->error_channel));
	}
	if (channel->in_transaction == ECOQ_IN_TRANSACTION_IMMEDIATE) {
		smart_str_appends(&out, ", in transaction immediate");
	}
	if (channel->acknowledge_each) {
		smart_str_appends(&out, ", ack each");
	}
	if (channel->is_outbox) {
		smart_str_appends(&out, ", sent through the outbox");
	}
	return smart_str_extract(&out);
}

/* One list of strings; each names the endpoint and what is wrong. */
static void find_problems(ecoq_call *call, const ecoq_endpoint_list *endpoints, zval *problems)
{
	array_init(problems);
	for (uint32_t i = 0; i < endpoints->count; i++) {
		const ecoq_endpoint *endpoint = endpoints->items[i];
		for (uint32_t j = 0; j < endpoint->channel_count; j++) {
			if (!zend_hash_exists(&call->messaging->channels, endpoint->channels[j])) {
				zend_string *handler = handler_name(endpoint);
				zend_string *problem = strpprintf(0, "endpoint %s (%s): channel \"%s\" is not configured", ZSTR_VAL(endpoint->id), ZSTR_VAL(handler),
					ZSTR_VAL(endpoint->channels[j]));
				add_next_index_str(problems, problem);
				zend_string_release(handler);
			}
		}
	}
}

static void write_endpoints(ecoq_call *call, const ecoq_endpoint_list *endpoints)
{
	static const char *const titles[] = {"Kind", "Type", "Endpoint", "Handler", "Channel", "Options", NULL};
	ecoq_table table;

	ecoq_table_init(&table, titles, 0);
	for (uint32_t i = 0; i < endpoints->count; i++) {
		const ecoq_endpoint *endpoint = endpoints->items[i];
		if (!is_asked_for(call, endpoint)) {
			continue;
		}
		zend_string *cells[] = {joined(endpoint->types, endpoint->type_count), zend_string_copy(endpoint->id), handler_name(endpoint),
			joined(endpoint->channels, endpoint->channel_count), endpoint_options(endpoint)};
		ecoq_table_addf(&table, "%s", kind_name(endpoint->kind));
		for (size_t j = 0; j < sizeof(cells) / sizeof(*cells); j++) {
			ecoq_table_add_string(&table, j == 3 && ZSTR_LEN(cells[j]) == 0 ? NULL : cells[j]);
			zend_string_release(cells[j]);
		}
	}
	if (table.cell_count) {
		ecoq_table_print(&table, &call->output);
	} else {
		ecoq_output_line(&call->output, ECOQ_STDOUT, ECOQ_PLAIN, " No handler %s.", call->arguments.word_count ? "matches" : "is registered");
	}
	ecoq_table_free(&table);
}

static void scrubbed_dsn(const ecoq_channel *channel, char *out, size_t capacity)
{
	if (channel->dsn_text) {
		ecoq_dsn_scrub((ecoq_bytes){ZSTR_VAL(channel->dsn_text), ZSTR_LEN(channel->dsn_text)}, out, capacity);
	} else if (!Z_ISUNDEF(channel->native) && Z_TYPE(channel->native) == IS_OBJECT) {
		snprintf(out, capacity, "%s object", ZSTR_VAL(Z_OBJCE(channel->native)->name));
	} else {
		snprintf(out, capacity, "-");
	}
}

static void write_channels(ecoq_call *call)
{
	static const char *const titles[] = {"Channel", "Transport", "Queue", "Where", "Policy", NULL};
	char dsn[512];
	ecoq_channel *channel;
	ecoq_table table;

	ecoq_table_init(&table, titles, 0);
	ZEND_HASH_FOREACH_PTR(&call->messaging->channels, channel) {
		zend_string *policy = channel_policy(channel);
		scrubbed_dsn(channel, dsn, sizeof(dsn));
		ecoq_table_add_string(&table, channel->name);
		ecoq_table_addf(&table, "%s", channel->ops->name);
		ecoq_table_add_string(&table, channel->queue);
		ecoq_table_addf(&table, "%s", dsn);
		ecoq_table_add_string(&table, policy);
		zend_string_release(policy);
	}
	ZEND_HASH_FOREACH_END();
	ecoq_table_print(&table, &call->output);
	ecoq_table_free(&table);
}

static void write_text(ecoq_call *call, const ecoq_endpoint_list *endpoints, const zval *problems)
{
	zval *problem;

	ecoq_output_line(&call->output, ECOQ_STDOUT, ECOQ_GREEN, "Handlers");
	write_endpoints(call, endpoints);
	if (!call->arguments.word_count) {
		ecoq_output_raw(&call->output, ECOQ_STDOUT, "\n", 1);
		ecoq_output_line(&call->output, ECOQ_STDOUT, ECOQ_GREEN, "Channels");
		write_channels(call);
	}
	ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(problems), problem) {
		ecoq_output_line(&call->output, ECOQ_STDOUT, ECOQ_YELLOW, "Problem: %s", Z_STRVAL_P(problem));
	}
	ZEND_HASH_FOREACH_END();
}

static void add_strings(zval *entry, const char *name, zend_string *const *texts, uint32_t count)
{
	zval list;

	array_init(&list);
	for (uint32_t i = 0; i < count; i++) {
		add_next_index_str(&list, zend_string_copy(texts[i]));
	}
	add_assoc_zval(entry, name, &list);
}

static void add_time(zval *entry, const char *name, const ecoq_endpoint_time *time)
{
	if (!time->is_set) {
		add_assoc_null(entry, name);
	} else if (time->expression.path) {
		add_assoc_str(entry, name, zend_string_copy(time->expression.path));
	} else if (!Z_ISUNDEF(time->expression.callable)) {
		add_assoc_string(entry, name, "callable");
	} else {
		add_assoc_long(entry, name, (zend_long) time->ms);
	}
}

static void add_classes(zval *fields, const char *name, const zval *classes)
{
	zval copy;

	if (Z_TYPE_P(classes) == IS_ARRAY) {
		ZVAL_COPY(&copy, classes);
		add_assoc_zval(fields, name, &copy);
	}
}

static void add_retry(zval *entry, const ecoq_endpoint_retry *retry)
{
	zval fields;

	array_init(&fields);
	if (retry->has_max) {
		add_assoc_long(&fields, "max", (zend_long) retry->values.max_retries);
	}
	if (retry->has_delay) {
		add_assoc_long(&fields, "delay", (zend_long) retry->values.delay_ms);
	}
	if (retry->has_multiplier) {
		add_assoc_double(&fields, "multiplier", retry->values.multiplier);
	}
	if (retry->has_max_delay) {
		add_assoc_long(&fields, "maxDelay", (zend_long) retry->values.max_delay_ms);
	}
	if (retry->has_jitter) {
		add_assoc_double(&fields, "jitter", retry->values.jitter);
	}
	add_classes(&fields, "only", &retry->only);
	add_classes(&fields, "never", &retry->never);
	if (zend_hash_num_elements(Z_ARRVAL(fields)) == 0) {
		zval_ptr_dtor(&fields);
		ZVAL_NULL(&fields);
	}
	add_assoc_zval(entry, "retry", &fields);
}

static void add_instant_retry(zval *entry, const ecoq_endpoint_instant_retry *retry)
{
	zval fields;

	if (retry->max == 0) {
		add_assoc_null(entry, "instantRetry");
		return;
	}
	array_init(&fields);
	add_assoc_long(&fields, "max", retry->max);
	add_assoc_long(&fields, "delay", (zend_long) retry->delay_ms);
	add_classes(&fields, "only", &retry->only);
	add_assoc_zval(entry, "instantRetry", &fields);
}

static void add_reliability(zval *entry, const ecoq_endpoint *endpoint)
{
	zend_string *key = deduplication_key(&endpoint->deduplicated);

	add_instant_retry(entry, &endpoint->instant_retry);
	if (key) {
		add_assoc_str(entry, "deduplicated", key);
	} else {
		add_assoc_null(entry, "deduplicated");
	}
	if (endpoint->timeout_ms > 0) {
		add_assoc_long(entry, "timeout", (zend_long) endpoint->timeout_ms);
	} else {
		add_assoc_null(entry, "timeout");
	}
	add_assoc_bool(entry, "withoutTransaction", endpoint->without_transaction);
	add_strings(entry, "formerly", endpoint->former_ids, endpoint->former_id_count);
}

static void endpoint_json(zval *list, const ecoq_endpoint *endpoint)
{
	zval entry;

	array_init(&entry);
	add_assoc_string(&entry, "kind", kind_name(endpoint->kind));
	add_strings(&entry, "types", endpoint->types, endpoint->type_count);
	add_assoc_str(&entry, "endpoint", zend_string_copy(endpoint->id));
	add_assoc_str(&entry, "handler", handler_name(endpoint));
	add_strings(&entry, "channels", endpoint->channels, endpoint->channel_count);
	add_time(&entry, "delay", &endpoint->delay);
	add_time(&entry, "timeToLive", &endpoint->time_to_live);
	if (endpoint->priority >= 0) {
		add_assoc_long(&entry, "priority", endpoint->priority);
	} else {
		add_assoc_null(&entry, "priority");
	}
	add_retry(&entry, &endpoint->retry);
	add_reliability(&entry, endpoint);
	add_next_index_zval(list, &entry);
}

static void channel_json(zval *channels, const ecoq_channel *channel)
{
	char dsn[512];
	zval entry;

	array_init(&entry);
	scrubbed_dsn(channel, dsn, sizeof(dsn));
	add_assoc_string(&entry, "transport", channel->ops->name);
	add_assoc_str(&entry, "queue", zend_string_copy(channel->queue));
	add_assoc_string(&entry, "where", dsn);
	add_assoc_str(&entry, "policy", channel_policy(channel));
	zend_symtable_update(Z_ARRVAL_P(channels), channel->name, &entry);
}

static void write_json(ecoq_call *call, const ecoq_endpoint_list *endpoints, zval *problems)
{
	zval result, list, channels;
	ecoq_channel *channel;

	array_init(&result);
	array_init(&list);
	for (uint32_t i = 0; i < endpoints->count; i++) {
		if (is_asked_for(call, endpoints->items[i])) {
			endpoint_json(&list, endpoints->items[i]);
		}
	}
	add_assoc_zval(&result, "endpoints", &list);
	if (!call->arguments.word_count) {
		array_init(&channels);
		ZEND_HASH_FOREACH_PTR(&call->messaging->channels, channel) {
			channel_json(&channels, channel);
		}
		ZEND_HASH_FOREACH_END();
		add_assoc_zval(&result, "channels", &channels);
	}
	Z_TRY_ADDREF_P(problems);
	add_assoc_zval(&result, "problems", problems);
	ecoq_output_json(&call->output, ECOQ_STDOUT, &result);
	zval_ptr_dtor(&result);
}

int ecoq_command_debug(ecoq_call *call)
{
	const ecoq_endpoint_list *endpoints = ecoq_registry_all(call->messaging->registry);
	zval problems;

	find_problems(call, endpoints, &problems);
	if (call->output.json) {
		write_json(call, endpoints, &problems);
	} else {
		write_text(call, endpoints, &problems);
	}
	zval_ptr_dtor(&problems);
	return ECOQ_EXIT_OK;
}
