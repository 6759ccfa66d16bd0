#include "transport/pdo/connection.h"

#include <stdlib.h>
#include <unistd.h>

#include "zend_smart_str.h"

#include "base/clock.h"
#include "transport/pdo/sockets.h"

/* Values of PDO's constants; its headers say that they never change. */
enum {
	FETCH_NUM = 3,
	ATTR_TIMEOUT = 2,
	ATTR_ERRMODE = 3,
	ATTR_STATEMENT_CLASS = 13,
	ATTR_DRIVER_NAME = 16,
	ATTR_EMULATE_PREPARES = 20,
	PGSQL_ATTR_DISABLE_PREPARES = 1000,
	ERRMODE_SILENT = 0,
};

ZEND_TLS ecoq_pdo_connection *connections;

/* ---- calling into PDO ------------------------------------------------------------------------------------------------------- */

/* On one line, without the statement or the guesses that PostgreSQL's library shows behind it. */
static void copy_text(char *out, size_t capacity, const char *text)
{
	size_t size = 0;
	const char *statement = strstr(text, "\nLINE "), *guess = strstr(text, "\n\t");
	for (; *text && text != statement && text != guess && size + 1 < capacity; text++) {
		bool is_space = (unsigned char) *text <= ' ';
		if (!is_space || (size && out[size - 1] != ' ')) {
			out[size++] = is_space ? ' ' : *text;
		}
	}
	while (size && out[size - 1] == ' ') {
		size--;
	}
	out[size] = '\0';
}

static void note_loss(ecoq_pdo_connection *c)
{
	c->lost = c->lost || c->failure == ECOQ_PDO_DISCONNECTED;
}

static void set_failure(ecoq_pdo_connection *c, const char *sqlstate, zend_long code, const char *text)
{
	copy_text(c->failure_text, sizeof(c->failure_text), text);
	c->failure = c->dialect->classify(sqlstate, code, text);
	c->was_told = strncmp(text, "FATAL:", 6) == 0; /* PostgreSQL: of a server that ends the session */
	note_loss(c);
}

void ecoq_pdo_set_failure(ecoq_pdo_connection *connection, ecoq_pdo_failure failure, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(connection->failure_text, sizeof(connection->failure_text), format, arguments);
	va_end(arguments);
	connection->failure = failure;
	note_loss(connection);
}

/* From [SQLSTATE, native code, text]. */
static bool failure_from_info(ecoq_pdo_connection *c, zval *info)
{
	bool is_list = info && Z_TYPE_P(info) == IS_ARRAY;
	zval *state = is_list ? zend_hash_index_find(Z_ARRVAL_P(info), 0) : NULL;
	zval *code = is_list ? zend_hash_index_find(Z_ARRVAL_P(info), 1) : NULL;
	zval *text = code ? zend_hash_index_find(Z_ARRVAL_P(info), 2) : NULL;
	if (!text || Z_TYPE_P(text) != IS_STRING) {
		return false;
	}
	set_failure(c, state && Z_TYPE_P(state) == IS_STRING ? Z_STRVAL_P(state) : "", zval_get_long(code), Z_STRVAL_P(text));
	return true;
}

static void exception_text(zend_object *exception, char *text, size_t capacity)
{
	zval storage;
	zval *message = zend_read_property(zend_get_exception_base(exception), exception, ZEND_STRL("message"), true, &storage);
	snprintf(text, capacity, "%s", Z_TYPE_P(message) == IS_STRING ? Z_STRVAL_P(message) : ZSTR_VAL(exception->ce->name));
}

/* A PDOException holds the error; another one (a warning that was turned into it) only a text: then the failure stays open. */
static void failure_from_exception(ecoq_pdo_connection *c, zend_object *exception)
{
	zval storage;
	if (!failure_from_info(c, zend_read_property(exception->ce, exception, ZEND_STRL("errorInfo"), true, &storage))) {
		exception_text(exception, c->failure_text, sizeof(c->failure_text));
	}
}

/* Calls a method; false when it threw or returned false. `return_value` is always initialised. */
static bool call(ecoq_pdo_connection *c, zend_function *method, zval *object, zval *return_value, uint32_t argc, zval *argv)
{
	ZVAL_UNDEF(return_value);
	zend_call_known_function(method, Z_OBJ_P(object), Z_OBJCE_P(object), return_value, argc, argv, NULL);
	if (EG(exception)) {
		failure_from_exception(c, EG(exception));
		zend_clear_exception();
		zval_ptr_dtor(return_value);
		ZVAL_UNDEF(return_value);
		return false;
	}
	return Z_TYPE_P(return_value) != IS_FALSE;
}

/* After a method failed: finds out why, unless its exception told. */
static void ask_for_failure(ecoq_pdo_connection *c, zend_function *error_info, zval *object)
{
	if (c->failure != ECOQ_PDO_NO_FAILURE) {
		return;
	}
	char text[sizeof(c->failure_text)];
	snprintf(text, sizeof(text), "%s", c->failure_text[0] ? c->failure_text : "PDO failed without saying why");
	zval info;
	call(c, error_info, object, &info, 0, NULL);
	if (!failure_from_info(c, &info)) {
		set_failure(c, "", -1, text);
	}
	zval_ptr_dtor(&info);
}

static void reset_failure(ecoq_pdo_connection *c)
{
	c->failure = ECOQ_PDO_NO_FAILURE;
	c->failure_text[0] = '\0';
}

/* ---- statements ------------------------------------------------------------------------------------------------------------- */

#define MAX_PLACEHOLDERS 32

/* A prepared statement, and which parameter goes where: drivers other than SQLite's know placeholders by position only. */
typedef struct prepared {
	zval statement;
	uint8_t count;   /* of placeholders, */
	uint8_t highest; /* and the number of the last parameter that it uses */
	uint8_t order[MAX_PLACEHOLDERS];
} prepared;

static void free_prepared(zval *slot)
{
	prepared *p = Z_PTR_P(slot);
	zval_ptr_dtor(&p->statement);
	efree(p);
}

/* Replaces {t} and {1} by what the driver expects; notes the order of the parameters. */
static zend_string *translate(const ecoq_pdo_connection *c, const char *sql, prepared *p)
{
	bool numbered = c->dialect->engine == ECOQ_PDO_SQLITE;
	smart_str out = {0};
	for (const char *brace; (brace = strchr(sql, '{'));) {
		smart_str_appendl(&out, sql, brace - sql);
		if (brace[1] == 't') {
			smart_str_append(&out, c->table);
			sql = brace + 3;
			continue;
		}
		if (brace[1] < '1' || brace[1] > '9') { /* of the SQL's own */
			smart_str_appendc(&out, '{');
			sql = brace + 1;
			continue;
		}
		char *end;
		unsigned long number = strtoul(brace + 1, &end, 10);
		ZEND_ASSERT(*end == '}' && number > 0 && p->count < MAX_PLACEHOLDERS);
		smart_str_appendc(&out, '?');
		p->highest = number > p->highest ? (uint8_t) number : p->highest;
		if (numbered) {
			smart_str_append_unsigned(&out, number);
		} else {
			p->order[p->count++] = (uint8_t) (number - 1);
		}
		sql = end + 1;
	}
	smart_str_appends(&out, sql);
	smart_str_0(&out);
	return out.s;
}

/* This driver hears of it by setAttribute() only; the application gets its own setting back. */
static bool set_emulation(ecoq_pdo_connection *c, bool emulate)
{
	zval arguments[2], result;
	ZVAL_LONG(&arguments[0], ATTR_EMULATE_PREPARES);
	bool before = call(c, c->methods.get_attribute, &c->pdo, &result, 1, arguments) && zend_is_true(&result);
	zval_ptr_dtor(&result);
	if (before != emulate) {
		ZVAL_BOOL(&arguments[1], emulate);
		call(c, c->methods.set_attribute, &c->pdo, &result, 2, arguments);
		zval_ptr_dtor(&result);
	}
	return before;
}

/* `once`: in one round trip to the server, where there is one. On PostgreSQL, too, where nothing prepared may be relied on: behind a pooler, and on a connection
 * of the application, which may say DISCARD, and whose plans, made while a queue was empty, would stay when it is full. */
static bool prepare(ecoq_pdo_connection *c, const char *sql, bool once, prepared *p)
{
	zval arguments[2], class_name, options;

	array_init_size(&class_name, 1);
	add_next_index_stringl(&class_name, ZEND_STRL("PDOStatement"));
	array_init_size(&options, 1);
	add_index_zval(&options, ATTR_STATEMENT_CLASS, &class_name);
	if (c->dialect->engine == ECOQ_PDO_POSTGRESQL && (once || c->pooled || !c->own)) {
		add_index_bool(&options, PGSQL_ATTR_DISABLE_PREPARES, true);
	}
	ZVAL_STR(&arguments[0], translate(c, sql, p));
	ZVAL_COPY_VALUE(&arguments[1], &options);
	bool is_mysql = c->dialect->engine == ECOQ_PDO_MYSQL, before = is_mysql && set_emulation(c, once);
	bool done = call(c, c->methods.prepare, &c->pdo, &p->statement, 2, arguments);
	if (!done) {
		ask_for_failure(c, c->methods.dbh_error_info, &c->pdo);
		ZVAL_UNDEF(&p->statement);
	}
	if (is_mysql) {
		set_emulation(c, before); /* (this makes the driver forget the failure) */
	}
	zval_ptr_dtor(&arguments[0]);
	zval_ptr_dtor(&arguments[1]);
	return done;
}

/* What failed before it matters, not whether this did. */
static void close_cursor(ecoq_pdo_connection *c, zval *statement)
{
	ecoq_pdo_failure failure = c->failure;
	char text[sizeof(c->failure_text)];
	zval ignored;

	memcpy(text, c->failure_text, sizeof(text));
	call(c, c->methods.close_cursor, statement, &ignored, 0, NULL);
	zval_ptr_dtor(&ignored);
	c->failure = failure;
	memcpy(c->failure_text, text, sizeof(text));
}

static bool execute(ecoq_pdo_connection *c, prepared *p, zval *parameters, uint32_t count, zval *rows, zend_long *affected)
{
	zval list, result, mode, *statement = &p->statement;

	count = p->count ? p->count : count < p->highest ? count
													 : p->highest;
	array_init_size(&list, count);
	for (uint32_t i = 0; i < count; i++) {
		zval *parameter = &parameters[p->count ? p->order[i] : i];
		Z_TRY_ADDREF_P(parameter);
		zend_hash_next_index_insert_new(Z_ARRVAL(list), parameter);
	}
	bool done = call(c, c->methods.execute, statement, &result, count ? 1 : 0, &list);
	zval_ptr_dtor(&list);
	zval_ptr_dtor(&result);
	if (done && rows) {
		ZVAL_LONG(&mode, FETCH_NUM);
		done = call(c, c->methods.fetch_all, statement, rows, 1, &mode) && Z_TYPE_P(rows) == IS_ARRAY;
		if (!done) {
			zval_ptr_dtor(rows);
			ZVAL_UNDEF(rows);
		}
	}
	if (done && affected) {
		done = call(c, c->methods.row_count, statement, &result, 0, NULL);
		*affected = done ? zval_get_long(&result) : 0;
		zval_ptr_dtor(&result);
	}
	if (!done) {
		ask_for_failure(c, c->methods.error_info, statement);
		close_cursor(c, statement);
	}
	return done;
}

bool ecoq_pdo_query(ecoq_pdo_connection *connection, const char *sql, zval *parameters, uint32_t count, zval *rows, zend_long *affected)
{
	zend_ulong key = (zend_ulong) (uintptr_t) sql;
	prepared *p = zend_hash_index_find_ptr(&connection->statements, key);

	reset_failure(connection);
	if (!p) {
		p = ecalloc(1, sizeof(*p));
		if (!prepare(connection, sql, false, p)) {
			efree(p);
			return false;
		}
		zend_hash_index_add_new_ptr(&connection->statements, key, p);
	}
	return execute(connection, p, parameters, count, rows, affected);
}

bool ecoq_pdo_execute(ecoq_pdo_connection *connection, enum ecoq_pdo_statement statement, zval *parameters, uint32_t count, zval *rows,
	zend_long *affected)
{
	return ecoq_pdo_query(connection, connection->dialect->statements[statement], parameters, count, rows, affected);
}

bool ecoq_pdo_execute_quietly(ecoq_pdo_connection *connection, enum ecoq_pdo_statement statement)
{
	ecoq_pdo_failure failure = connection->failure;
	char text[sizeof(connection->failure_text)];

	memcpy(text, connection->failure_text, sizeof(text));
	bool done = ecoq_pdo_execute(connection, statement, NULL, 0, NULL, NULL);
	connection->failure = failure;
	memcpy(connection->failure_text, text, sizeof(text));
	return done;
}

bool ecoq_pdo_execute_text(ecoq_pdo_connection *connection, const char *sql, zval *rows)
{
	prepared p = {.count = 0};

	reset_failure(connection);
	if (!prepare(connection, sql, true, &p)) {
		return false;
	}
	bool done = execute(connection, &p, NULL, 0, rows, NULL);
	zval_ptr_dtor(&p.statement);
	return done;
}

bool ecoq_pdo_in_transaction(ecoq_pdo_connection *connection)
{
	zval answer;
	bool open = call(connection, connection->methods.in_transaction, &connection->pdo, &answer, 0, NULL) && zend_is_true(&answer);
	zval_ptr_dtor(&answer);
	return open;
}

static zend_class_entry *class_named(const char *name)
{
	return zend_hash_str_find_ptr(EG(class_table), name, strlen(name));
}

static bool class_is(const zend_class_entry *ce, const char *name)
{
	return ce == class_named(name);
}

bool ecoq_pdo_call_driver(ecoq_pdo_connection *connection, const char *name, const char *modern, uint32_t argc, zval *argv, zval *result)
{
	zend_object *object = Z_OBJ(connection->pdo);
	bool is_modern = modern && !class_is(object->ce, "pdo");
	zend_string *method_name = zend_string_init(is_modern ? modern : name, strlen(is_modern ? modern : name), false);
	zend_function *method = object->handlers->get_method(&object, method_name, NULL);
	if (!method && is_modern) { /* a subclass of the application's, of PDO itself */
		zend_string_release(method_name);
		method_name = zend_string_init(name, strlen(name), false);
		method = object->handlers->get_method(&object, method_name, NULL);
	}
	ZVAL_UNDEF(result);
	bool done = false;
	if (method && method->type == ZEND_INTERNAL_FUNCTION) {
		zend_long reporting = EG(error_reporting);
		EG(error_reporting) = 0; /* newer versions call the older name deprecated */
		done = call(connection, method, &connection->pdo, result, argc, argv);
		EG(error_reporting) = (int) reporting;
	}
	zend_clear_exception();
	zend_string_release(method_name);
	return done;
}

ecoq_result ecoq_pdo_fail(const ecoq_pdo_connection *connection, ecoq_error *error, const char *doing)
{
	static const ecoq_result meanings[ECOQ_PDO_FAILURE_COUNT] = {
		[ECOQ_PDO_NO_FAILURE] = ECOQ_PROTOCOL,
		[ECOQ_PDO_BUSY] = ECOQ_UNAVAILABLE,
		[ECOQ_PDO_NO_TABLE] = ECOQ_UNAVAILABLE,
		[ECOQ_PDO_IN_TRANSACTION] = ECOQ_UNAVAILABLE,
		[ECOQ_PDO_CONFLICT] = ECOQ_CONFLICT,
		[ECOQ_PDO_ABORTED] = ECOQ_PROTOCOL,
		[ECOQ_PDO_NO_SAVEPOINT] = ECOQ_PROTOCOL,
		[ECOQ_PDO_DISCONNECTED] = ECOQ_UNAVAILABLE,
		[ECOQ_PDO_UNUSABLE] = ECOQ_INVALID,
		[ECOQ_PDO_TROUBLE] = ECOQ_UNAVAILABLE,
		[ECOQ_PDO_TOO_LARGE] = ECOQ_REFUSED,
		[ECOQ_PDO_UNSTORABLE] = ECOQ_REFUSED,
		[ECOQ_PDO_UNEXPECTED] = ECOQ_PROTOCOL,
	};
	const char *advice = connection->dialect->advice[connection->failure];
	switch (connection->failure) {
		case ECOQ_PDO_ABORTED:
			advice = "; a statement before it failed in this transaction";
			break;
		case ECOQ_PDO_NO_SAVEPOINT:
			advice = "; the transaction was ended by somebody else";
			break;
		case ECOQ_PDO_DISCONNECTED:
			advice = connection->own ? "; the connection is opened again at the next try" : "; this \\PDO cannot be used any more";
			break;
		default:
			break;
	}
	return ecoq_fail(error, meanings[connection->failure], "%s: %s (%s %s)%s", doing, connection->failure_text, connection->dialect->driver,
		connection->place ? connection->place : "in memory", advice ? advice : "");
}

/* ---- life of a connection --------------------------------------------------------------------------------------------------- */

static bool find_methods(ecoq_pdo_methods *methods)
{
	zend_class_entry *pdo = class_named("pdo"), *statement = class_named("pdostatement");
	const struct {
		zend_function **slot;
		zend_class_entry *owner;
		const char *name;
	} wanted[] = {
		{&methods->prepare, pdo, "prepare"},
		{&methods->dbh_error_info, pdo, "errorinfo"},
		{&methods->get_attribute, pdo, "getattribute"},
		{&methods->set_attribute, pdo, "setattribute"},
		{&methods->in_transaction, pdo, "intransaction"},
		{&methods->execute, statement, "execute"},
		{&methods->fetch_all, statement, "fetchall"},
		{&methods->row_count, statement, "rowcount"},
		{&methods->close_cursor, statement, "closecursor"},
		{&methods->error_info, statement, "errorinfo"},
	};
	for (size_t i = 0; pdo && statement && i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		*wanted[i].slot = zend_hash_str_find_ptr(&wanted[i].owner->function_table, wanted[i].name, strlen(wanted[i].name));
		if (!*wanted[i].slot) {
			return false;
		}
	}
	return pdo && statement;
}

/* The exception's error, judged as one of a statement would be. */
static ecoq_result connecting_failed(const ecoq_pdo_dialect *dialect, zend_object *exception, ecoq_error *error)
{
	ecoq_pdo_connection c = {.dialect = dialect};
	char text[sizeof(c.failure_text)], message[1024];

	exception_text(exception, message, sizeof(message));
	copy_text(text, sizeof(text), message);
	failure_from_exception(&c, exception);
	if (strstr(message, "could not find driver")) {
		return ecoq_fail(error, ECOQ_INVALID, "PHP's PDO driver for %s is not loaded: install it (%s) or enable it with extension=pdo_%s", dialect->name,
			dialect->package, dialect->driver);
	}
	return ecoq_fail(error, c.failure == ECOQ_PDO_DISCONNECTED || c.failure == ECOQ_PDO_TROUBLE || c.failure == ECOQ_PDO_BUSY ? ECOQ_UNAVAILABLE : ECOQ_INVALID, "%s", text);
}

static void text_or_null(zval *value, zend_string *text)
{
	if (text) {
		ZVAL_STR_COPY(value, text);
	} else {
		ZVAL_NULL(value);
	}
}

ecoq_result ecoq_pdo_object_create(const ecoq_pdo_dialect *dialect, const char *dsn, zend_string *user, zend_string *password, int seconds, zval *pdo,
	ecoq_error *error)
{
	zend_class_entry *ce = class_named("pdo");
	zval arguments[4], ignored;

	if (!ce) {
		return ecoq_fail(error, ECOQ_INVALID, "PHP's PDO extension is not loaded: install it (%s) or enable it with extension=pdo", dialect->package);
	}
	if (object_init_ex(pdo, ce) != SUCCESS) {
		return ecoq_fail(error, ECOQ_NO_MEMORY, "No PDO object could be made");
	}
	ZVAL_STRING(&arguments[0], dsn);
	text_or_null(&arguments[1], user);
	text_or_null(&arguments[2], password);
	array_init(&arguments[3]);
	add_index_long(&arguments[3], ATTR_ERRMODE, ERRMODE_SILENT);
	add_index_long(&arguments[3], ATTR_TIMEOUT, seconds);
	zend_call_known_function(ce->constructor, Z_OBJ_P(pdo), ce, &ignored, 4, arguments, NULL);
	for (int i = 0; i < 4; i++) {
		zval_ptr_dtor(&arguments[i]);
	}
	if (!EG(exception)) {
		return ECOQ_OK;
	}
	ecoq_result result = connecting_failed(dialect, EG(exception), error);
	zend_clear_exception();
	zval_ptr_dtor(pdo);
	ZVAL_UNDEF(pdo);
	return result;
}

ecoq_result ecoq_pdo_object_driver(zval *pdo, char *driver, size_t capacity, ecoq_error *error)
{
	zend_class_entry *ce = class_named("pdo");
	zval attribute, result;

	if (!ce || !instanceof_function(Z_OBJCE_P(pdo), ce)) {
		return ecoq_fail(error, ECOQ_INVALID, "Expected a PDO object, got %s", ZSTR_VAL(Z_OBJCE_P(pdo)->name));
	}
	ZVAL_LONG(&attribute, ATTR_DRIVER_NAME);
	ZVAL_UNDEF(&result);
	zend_call_known_function(zend_hash_str_find_ptr(&ce->function_table, ZEND_STRL("getattribute")), Z_OBJ_P(pdo), Z_OBJCE_P(pdo),
		&result, 1, &attribute, NULL);
	if (EG(exception)) {
		char text[256];
		exception_text(EG(exception), text, sizeof(text));
		zend_clear_exception();
		return ecoq_fail(error, ECOQ_INVALID, "The PDO object cannot be used: %s", text);
	}
	snprintf(driver, capacity, "%s", Z_TYPE(result) == IS_STRING ? Z_STRVAL(result) : "");
	zval_ptr_dtor(&result);
	return ECOQ_OK;
}

ecoq_pdo_connection *ecoq_pdo_connection_find(zend_string *key)
{
	for (ecoq_pdo_connection *c = connections; c; c = c->next) {
		if (zend_string_equals(c->key, key) && ecoq_pdo_connection_is_usable(c)) {
			c->references++;
			return c;
		}
	}
	return NULL;
}

ecoq_pdo_connection *ecoq_pdo_connection_create(zend_string *key, zval *pdo, const ecoq_pdo_dialect *dialect, zend_string *table)
{
	ecoq_pdo_methods methods;
	if (!find_methods(&methods)) {
		return NULL;
	}
	ecoq_pdo_connection *c = ecalloc(1, sizeof(*c));
	c->references = 1;
	c->key = zend_string_copy(key);
	c->table = zend_string_copy(table);
	c->dialect = dialect;
	c->methods = methods;
	c->durable = -1;
	c->pid = getpid();
	c->looked_at_ms = -1;
	c->watch = ECOQ_NO_FILE_WATCH;
	c->socket = -1;
	c->connected_at_ms = ecoq_clock_monotonic_ms();
	zend_hash_init(&c->statements, 32, NULL, free_prepared, 0);
	ZVAL_COPY(&c->pdo, pdo);
	c->next = connections;
	connections = c;
	return c;
}

void ecoq_pdo_connection_release(ecoq_pdo_connection *connection)
{
	if (--connection->references) {
		return;
	}
	for (ecoq_pdo_connection **link = &connections; *link; link = &(*link)->next) {
		if (*link == connection) {
			*link = connection->next;
			break;
		}
	}
	zend_hash_destroy(&connection->statements);
	if (connection->socket >= 0) {
		ecoq_socket_forget(connection->socket);
	}
	zval_ptr_dtor(&connection->pdo);
	zend_string_release(connection->key);
	zend_string_release(connection->table);
	ecoq_file_watch_stop(&connection->watch);
	free(connection->file);
	free(connection->place);
	efree(connection);
}

bool ecoq_pdo_connection_is_usable(const ecoq_pdo_connection *connection)
{
	return EG(active) && !connection->lost && connection->pid == getpid() && !(OBJ_FLAGS(Z_OBJ(connection->pdo)) & IS_OBJ_FREE_CALLED);
}

bool ecoq_pdo_connection_is_lost(const ecoq_pdo_connection *connection)
{
	return connection->lost;
}

int64_t ecoq_pdo_now(const ecoq_pdo_connection *connection)
{
	return ecoq_clock_now_ms() + connection->clock_ahead_ms;
}

void ecoq_pdo_note_clock(ecoq_pdo_connection *connection, int64_t server_ms)
{
	connection->clock_ahead_ms = server_ms - ecoq_clock_now_ms();
}
