#include "transport/pdo/queue.h"

#include "base/clock.h"
#include "base/hash.h"

/* Storing messages: row by row, some rows in one statement, or all, as the dialect can. */

/* How many of the latest sends are remembered, to take a repeated one only once, by engines without an index over message ids. The table stays in a few
 * pages, so that it costs the same at any depth. Part of the schema. */
#define REMEMBERED_SENDS 4096

static zend_long slot_of(const zval *queue_name, ecoq_bytes id)
{
	return ecoq_hash32(ecoq_hash32(ECOQ_HASH32, Z_STRVAL_P(queue_name), Z_STRLEN_P(queue_name)), id.data, id.size) % REMEMBERED_SENDS;
}

void ecoq_pdo_wake_name(const ecoq_pdo_connection *connection, const zval *queue_name, char *name, size_t capacity)
{
	uint64_t hash = ecoq_hash64(ECOQ_HASH64, ZSTR_VAL(connection->table), ZSTR_LEN(connection->table) + 1);
	hash = ecoq_hash64(hash, Z_STRVAL_P(queue_name), Z_STRLEN_P(queue_name));
	snprintf(name, capacity, "ecoq_%016llx", (unsigned long long) hash);
}

static zend_long rank_of(const ecoq_outgoing *message)
{
	return ECOQ_PRIORITY_MAX - (message->priority > ECOQ_PRIORITY_MAX ? ECOQ_PRIORITY_MAX : message->priority);
}

static bool must_be_new(const ecoq_outgoing *message, bool only_new)
{
	return only_new && message->id.size && !message->id_is_new;
}

/* ---- row by row ------------------------------------------------------------------------------------------------------------- */

static void bytes_or_null(zval *value, ecoq_bytes bytes)
{
	if (bytes.size) {
		ZVAL_STRINGL(value, bytes.data, bytes.size);
	} else {
		ZVAL_NULL(value);
	}
}

#define ROW_PARAMETERS 9

/* To be destroyed by destroy_row_parameters(). */
static void row_parameters(ecoq_pdo_connection *c, zval *queue_name, const ecoq_outgoing *message, zval *parameters)
{
	ZVAL_COPY_VALUE(&parameters[0], queue_name);
	ZVAL_LONG(&parameters[1], rank_of(message));
	ZVAL_LONG(&parameters[2], message->deliver_at);
	ZVAL_LONG(&parameters[3], message->deliver_at ? ecoq_pdo_now(c) : 0);
	bytes_or_null(&parameters[4], message->id);
	bytes_or_null(&parameters[5], message->group);
	ZVAL_LONG(&parameters[6], message->attempts);
	ZVAL_LONG(&parameters[7], message->crashes);
	ZVAL_STRINGL(&parameters[8], message->body.data, message->body.size);
}

static void destroy_row_parameters(zval *parameters)
{
	zval_ptr_dtor(&parameters[4]);
	zval_ptr_dtor(&parameters[5]);
	zval_ptr_dtor(&parameters[8]);
}

static bool insert_row(ecoq_pdo_connection *c, zval *queue_name, const ecoq_outgoing *message, bool only_new)
{
	zval parameters[ROW_PARAMETERS + 1], *last = &parameters[ROW_PARAMETERS];
	zend_long affected = 0;
	bool remembers = c->dialect->statements[ECOQ_PDO_REMEMBER] != NULL;
	char name[32];

	only_new = must_be_new(message, only_new);
	row_parameters(c, queue_name, message, parameters);
	if (c->dialect->statements[ECOQ_PDO_LISTEN]) {
		ecoq_pdo_wake_name(c, queue_name, name, sizeof(name));
		ZVAL_STRING(last, name);
	} else {
		ZVAL_LONG(last, only_new && remembers ? slot_of(queue_name, message->id) : 0);
	}
	bool done = ecoq_pdo_execute(c, only_new ? ECOQ_PDO_INSERT_NEW : ECOQ_PDO_INSERT, parameters, ROW_PARAMETERS + 1, NULL, only_new && remembers ? &affected : NULL);
	if (done && affected) {
		done = ecoq_pdo_execute(c, ECOQ_PDO_REMEMBER, last, 1, NULL, NULL);
	}
	destroy_row_parameters(parameters);
	zval_ptr_dtor(last);
	return done;
}

/* A statement sees no row of its own: the same id twice in it is passed over here. */
static bool stands_before(const ecoq_outgoing *messages, size_t at, bool only_new)
{
	for (size_t i = 0; must_be_new(&messages[at], only_new) && i < at; i++) {
		if (ecoq_bytes_equal(messages[i].id, messages[at].id)) {
			return true;
		}
	}
	return false;
}

/* ---- some rows in one statement --------------------------------------------------------------------------------------------- */

#define MOST_ROWS 32
#define REST_OF_ROW 128 /* in bytes: numbers, and what the protocol adds */

/* 32, 8 or 1, so that few statements are prepared. */
static uint32_t round_down(size_t count)
{
	return count >= MOST_ROWS ? MOST_ROWS : count >= 8 ? 8
													   : 1;
}

/* How many rows, from the first of `messages` on, one statement takes. */
static uint32_t rows_at_once(ecoq_pdo_connection *c, const ecoq_outgoing *messages, size_t count)
{
	size_t fitting = 0, size = 0;
	if (!c->dialect->statements[ECOQ_PDO_INSERT_LIST]) {
		return 1;
	}
	while (fitting < count && fitting < MOST_ROWS) {
		size += messages[fitting].body.size + messages[fitting].id.size + messages[fitting].group.size + REST_OF_ROW;
		if (c->max_statement && size > c->max_statement / 2) {
			break;
		}
		fitting++;
	}
	return round_down(fitting);
}

static bool insert_list(ecoq_pdo_connection *c, zval *queue_name, const ecoq_outgoing *const *messages, uint32_t count)
{
	const char *const *statements = c->dialect->statements;
	ecoq_pdo_list_statement statement = {statements[ECOQ_PDO_INSERT_LIST], statements[ECOQ_PDO_INSERT_ROW], "", ROW_PARAMETERS};
	zval parameters[MOST_ROWS * ROW_PARAMETERS];
	for (uint32_t i = 0; i < count; i++) {
		row_parameters(c, queue_name, messages[i], &parameters[i * ROW_PARAMETERS]);
	}
	bool done = ecoq_pdo_query_list(c, &statement, count, parameters, NULL);
	for (uint32_t i = 0; i < count; i++) {
		destroy_row_parameters(&parameters[i * ROW_PARAMETERS]);
	}
	return done;
}

static bool is_in(zval *rows, const zval *queue_name, ecoq_bytes id)
{
	zval *row;
	ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(rows), row) {
		zval *message_id = ecoq_pdo_cell(row, 0), *queue = ecoq_pdo_cell(row, 1);
		if (message_id && queue && Z_TYPE_P(message_id) == IS_STRING && Z_TYPE_P(queue) == IS_STRING && zend_string_equals(Z_STR_P(queue), Z_STR_P(queue_name))
			&& ecoq_bytes_equal(id, (ecoq_bytes){Z_STRVAL_P(message_id), Z_STRLEN_P(message_id)})) {
			return true;
		}
	}
	ZEND_HASH_FOREACH_END();
	return false;
}

/* Leaves the rows undefined when none has to be new. */
static bool find_known(ecoq_pdo_connection *c, const ecoq_outgoing *messages, uint32_t count, bool only_new, zval *rows)
{
	ecoq_pdo_list_statement statement = {c->dialect->statements[ECOQ_PDO_KNOWN_LIST], "{1}", ")", 1};
	zval ids[MOST_ROWS];
	bool any = false, done = true;
	ZVAL_UNDEF(rows);
	for (uint32_t i = 0; i < count; i++) {
		bool asks = must_be_new(&messages[i], only_new);
		bytes_or_null(&ids[i], asks ? messages[i].id : ECOQ_NO_BYTES);
		any = any || asks;
	}
	if (any) {
		done = ecoq_pdo_query_list(c, &statement, count, ids, rows);
	}
	for (uint32_t i = 0; i < count; i++) {
		zval_ptr_dtor(&ids[i]);
	}
	return done;
}

/* Some, of a number that one statement takes. */
static bool insert_some(ecoq_pdo_connection *c, zval *queue_name, const ecoq_outgoing *messages, uint32_t count, bool only_new)
{
	const ecoq_outgoing *fresh[MOST_ROWS];
	uint32_t fresh_count = 0;
	bool done = true;
	zval known;
	if (!find_known(c, messages, count, only_new, &known)) {
		return false;
	}
	for (uint32_t i = 0; i < count; i++) {
		bool stands = must_be_new(&messages[i], only_new) && (stands_before(messages, i, only_new) || is_in(&known, queue_name, messages[i].id));
		if (!stands) {
			fresh[fresh_count++] = &messages[i];
		}
	}
	zval_ptr_dtor(&known);
	for (uint32_t i = 0, rows; done && i < fresh_count; i += rows) {
		rows = round_down(fresh_count - i);
		done = rows > 1 ? insert_list(c, queue_name, &fresh[i], rows) : insert_row(c, queue_name, fresh[i], false);
	}
	return done;
}

/* ---- many in one statement -------------------------------------------------------------------------------------------------- */

static void append_string(smart_str *json, ecoq_bytes text)
{
	static const char digits[] = "0123456789abcdef";
	size_t from = 0;

	smart_str_appendc(json, '"');
	for (size_t i = 0; i < text.size; i++) {
		unsigned char c = (unsigned char) text.data[i];
		if (c >= 0x20 && c != '"' && c != '\\') {
			continue;
		}
		smart_str_appendl(json, text.data + from, i - from);
		from = i + 1;
		if (c >= 0x20) {
			smart_str_appendc(json, '\\');
			smart_str_appendc(json, (char) c);
		} else {
			smart_str_appendl(json, "\\u00", 4);
			smart_str_appendc(json, digits[c >> 4]);
			smart_str_appendc(json, digits[c & 15]);
		}
	}
	smart_str_appendl(json, text.data + from, text.size - from);
	smart_str_appendc(json, '"');
}

static void append_text(smart_str *json, const char *name, ecoq_bytes text)
{
	smart_str_appends(json, name);
	if (text.size) {
		append_string(json, text);
	} else {
		smart_str_appendl(json, "null", 4);
	}
}

static void append_number(smart_str *json, const char *name, zend_long number)
{
	smart_str_appends(json, name);
	smart_str_append_long(json, number);
}

static void append_row(smart_str *json, const ecoq_outgoing *message, bool only_new)
{
	append_number(json, json->s ? ",{\"p\":" : "[{\"p\":", rank_of(message));
	append_number(json, ",\"d\":", message->deliver_at);
	append_text(json, ",\"i\":", message->id);
	append_text(json, ",\"g\":", message->group);
	append_number(json, ",\"a\":", message->attempts);
	append_number(json, ",\"c\":", message->crashes);
	append_number(json, ",\"n\":", must_be_new(message, only_new));
	smart_str_appends(json, ",\"b\":");
	append_string(json, message->body);
	smart_str_appendc(json, '}');
}

static bool insert_statement(ecoq_pdo_connection *c, zval *queue_name, const ecoq_outgoing *messages, size_t count, bool only_new)
{
	smart_str json = {0};
	zval parameters[3], rows;
	char name[32];

	for (size_t i = 0; i < count; i++) {
		if (!stands_before(messages, i, only_new)) {
			append_row(&json, &messages[i], only_new);
		}
	}
	smart_str_appendc(&json, ']');
	ecoq_pdo_wake_name(c, queue_name, name, sizeof(name));
	ZVAL_COPY_VALUE(&parameters[0], queue_name);
	ZVAL_STR(&parameters[1], smart_str_extract(&json));
	ZVAL_STRING(&parameters[2], name);
	bool done = ecoq_pdo_execute(c, ECOQ_PDO_INSERT_MANY, parameters, 3, &rows, NULL);
	if (done) {
		zval_ptr_dtor(&rows);
	}
	zval_ptr_dtor(&parameters[1]);
	zval_ptr_dtor(&parameters[2]);
	return done;
}

/* ---- what can be kept ------------------------------------------------------------------------------------------------------- */

/* Length of the UTF-8 sequence at `at`, 0 when it is none (overlong, surrogate, above U+10FFFF, NUL). */
static size_t sequence(ecoq_bytes text, size_t at)
{
	const unsigned char *p = (const unsigned char *) text.data + at;
	size_t left = text.size - at, size = *p < 0xc2 ? 0 : *p < 0xe0 ? 2
		: *p < 0xf0                                                ? 3
		: *p < 0xf5                                                ? 4
																   : 0;
	if (size == 0 || size > left || (p[1] & 0xc0) != 0x80 || (size > 2 && (p[2] & 0xc0) != 0x80) || (size > 3 && (p[3] & 0xc0) != 0x80)) {
		return 0;
	}
	bool wrong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f);
	return wrong ? 0 : size;
}

static bool is_text(ecoq_bytes text)
{
	for (size_t i = 0, size; i < text.size; i += size) {
		unsigned char c = (unsigned char) text.data[i];
		size = c - 1u < 0x7fu ? 1 : sequence(text, i);
		if (!size) {
			return false;
		}
	}
	return true;
}

#define REST_OF_STATEMENT 1024

static bool is_small_enough(ecoq_pdo_connection *c, const zval *queue_name, const ecoq_outgoing *messages, size_t count)
{
	size_t longest = c->dialect->max_queue_name;
	if (longest && Z_STRLEN_P(queue_name) > longest) {
		ecoq_pdo_set_failure(c, ECOQ_PDO_TOO_LARGE, "the name of the queue has %zu bytes, and at most %zu can be kept", Z_STRLEN_P(queue_name), longest);
		return false;
	}
	for (size_t i = 0; c->max_statement && i < count; i++) {
		size_t size = messages[i].body.size + messages[i].id.size + messages[i].group.size;
		if (size + Z_STRLEN_P(queue_name) + REST_OF_STATEMENT > c->max_statement) {
			ecoq_pdo_set_failure(c, ECOQ_PDO_TOO_LARGE, "message %zu of %zu has %zu bytes, and the server's max_allowed_packet is %zu", i + 1, count, size, c->max_statement);
			return false;
		}
	}
	return true;
}

/* Before the engine says so, since its failure would be the end of a transaction that is open. */
static bool can_be_kept(ecoq_pdo_connection *c, const ecoq_outgoing *messages, size_t count)
{
	for (size_t i = 0; c->dialect->text_only && i < count; i++) {
		const char *what = !is_text(messages[i].body) ? "body" : !is_text(messages[i].id) ? "id"
			: !is_text(messages[i].group)                                                 ? "group"
																						  : NULL;
		if (what) {
			ecoq_pdo_set_failure(c, ECOQ_PDO_UNSTORABLE, "the %s of message %zu of %zu is not valid UTF-8, or holds a NUL", what, i + 1, count);
			return false;
		}
	}
	return true;
}

/* ---- both ------------------------------------------------------------------------------------------------------------------- */

bool ecoq_pdo_insert_many(ecoq_pdo_connection *connection, zval *queue_name, const ecoq_outgoing *messages, size_t count, bool only_new)
{
	if (!can_be_kept(connection, messages, count) || !is_small_enough(connection, queue_name, messages, count)) {
		return false;
	}
	if (count > 1 && connection->dialect->statements[ECOQ_PDO_INSERT_MANY]) {
		return insert_statement(connection, queue_name, messages, count, only_new);
	}
	bool done = true;
	for (size_t i = 0, rows; done && i < count; i += rows) {
		rows = rows_at_once(connection, &messages[i], count - i);
		done = rows > 1 ? insert_some(connection, queue_name, &messages[i], (uint32_t) rows, only_new) : insert_row(connection, queue_name, &messages[i], only_new);
	}
	return done;
}

bool ecoq_pdo_insert(ecoq_pdo_connection *connection, zval *queue_name, const ecoq_outgoing *message, bool only_new)
{
	return ecoq_pdo_insert_many(connection, queue_name, message, 1, only_new);
}
