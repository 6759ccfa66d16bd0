#include "transport/pdo/connection.h"

#include <stdlib.h>
#include <unistd.h>

#include "ext/standard/php_string.h"

/* Values of PDO's constants; its headers say that they never change. */
enum {
	FETCH_NUM = 3,
	ATTR_TIMEOUT = 2,
	ATTR_ERRMODE = 3,
	ATTR_STATEMENT_CLASS = 13,
	ATTR_DRIVER_NAME = 16,
	ERRMODE_SILENT = 0,
};

ZEND_TLS ecoq_pdo_connection *connections;

/* ---- calling into PDO ------------------------------------------------------------------------------------------------------- */

void ecoq_pdo_enter(ecoq_pdo_guard *guard)
{
	guard->exception = EG(exception);
	guard->opline_before_exception = EG(opline_before_exception);
	EG(exception) = NULL;
	zend_replace_error_handling(EH_THROW, NULL, &guard->error_handling);

	/* A frame of our own: without any (in a shutdown) the engine would end the process for an exception, and with a user
	 * function's it would send that function to its exception handler although we catch it. */
	memset(&guard->frame, 0, sizeof(guard->frame));
	guard->frame.func = (zend_function *) &zend_pass_function;
	guard->frame.prev_execute_data = EG(current_execute_data);
	EG(current_execute_data) = &guard->frame;
}

void ecoq_pdo_leave(ecoq_pdo_guard *guard)
{
	EG(current_execute_data) = guard->frame.prev_execute_data;
	zend_restore_error_handling(&guard->error_handling);
	EG(opline_before_exception) = guard->opline_before_exception;
	EG(exception) = guard->exception;
}

static void set_failure(ecoq_pdo_connection *c, zend_long code, const char *text)
{
	snprintf(c->failure_text, sizeof(c->failure_text), "%s", text);
	c->failure = c->dialect->classify(code, text);
}

/* From [SQLSTATE, native code, text]. */
static bool failure_from_info(ecoq_pdo_connection *c, zval *info)
{
	zval *code = info && Z_TYPE_P(info) == IS_ARRAY ? zend_hash_index_find(Z_ARRVAL_P(info), 1) : NULL;
	zval *text = code ? zend_hash_index_find(Z_ARRVAL_P(info), 2) : NULL;
	if (!text || Z_TYPE_P(text) != IS_STRING) {
		return false;
	}
	set_failure(c, zval_get_long(code), Z_STRVAL_P(text));
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
		set_failure(c, -1, text);
	}
	zval_ptr_dtor(&info);
}

static void reset_failure(ecoq_pdo_connection *c)
{
	c->failure = ECOQ_PDO_NO_FAILURE;
	c->failure_text[0] = '\0';
}

/* ---- statements ------------------------------------------------------------------------------------------------------------- */

static zend_string *with_table_prefix(const ecoq_pdo_connection *c, const char *sql)
{
	return php_str_to_str(sql, strlen(sql), "{t}", 3, ZSTR_VAL(c->table), ZSTR_LEN(c->table));
}

static bool prepare(ecoq_pdo_connection *c, const char *sql, zval *statement)
{
	zval arguments[2], class_name, options;

	array_init_size(&class_name, 1);
	add_next_index_stringl(&class_name, ZEND_STRL("PDOStatement"));
	array_init_size(&options, 1);
	add_index_zval(&options, ATTR_STATEMENT_CLASS, &class_name);
	ZVAL_STR(&arguments[0], with_table_prefix(c, sql));
	ZVAL_COPY_VALUE(&arguments[1], &options);
	bool done = call(c, c->methods.prepare, &c->pdo, statement, 2, arguments);
	if (!done) {
		ask_for_failure(c, c->methods.dbh_error_info, &c->pdo);
		ZVAL_UNDEF(statement);
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

static bool execute(ecoq_pdo_connection *c, zval *statement, zval *parameters, uint32_t count, zval *rows, zend_long *affected)
{
	zval list, result, mode;

	array_init_size(&list, count);
	for (uint32_t i = 0; i < count; i++) {
		Z_TRY_ADDREF(parameters[i]);
		zend_hash_next_index_insert_new(Z_ARRVAL(list), &parameters[i]);
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

bool ecoq_pdo_execute(ecoq_pdo_connection *connection, enum ecoq_pdo_statement statement, zval *parameters, uint32_t count, zval *rows,
	zend_long *affected)
{
	zval *prepared = &connection->statements[statement];

	reset_failure(connection);
	if (Z_ISUNDEF_P(prepared) && !prepare(connection, connection->dialect->statements[statement], prepared)) {
		return false;
	}
	return execute(connection, prepared, parameters, count, rows, affected);
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
	zval statement;

	reset_failure(connection);
	if (!prepare(connection, sql, &statement)) {
		return false;
	}
	bool done = execute(connection, &statement, NULL, 0, rows, NULL);
	zval_ptr_dtor(&statement);
	return done;
}

ecoq_result ecoq_pdo_fail(const ecoq_pdo_connection *connection, ecoq_error *error, const char *doing)
{
	static const struct {
		ecoq_result result;
		const char *advice;
	} meanings[] = {
		[ECOQ_PDO_NO_FAILURE] = {ECOQ_PROTOCOL, ""},
		[ECOQ_PDO_BUSY] = {ECOQ_UNAVAILABLE, "; another connection holds its lock: keep write transactions short, or raise the option busy-timeout"},
		[ECOQ_PDO_NO_TABLE] = {ECOQ_UNAVAILABLE, ""},
		[ECOQ_PDO_IN_TRANSACTION] = {ECOQ_UNAVAILABLE, ""},
		[ECOQ_PDO_UNUSABLE] = {ECOQ_INVALID, "; check the file, its directory and their permissions"},
		[ECOQ_PDO_TROUBLE] = {ECOQ_UNAVAILABLE, "; check disk space and the disk"},
		[ECOQ_PDO_TOO_LARGE] = {ECOQ_REFUSED, ""},
		[ECOQ_PDO_UNEXPECTED] = {ECOQ_PROTOCOL, ""},
	};
	return ecoq_fail(error, meanings[connection->failure].result, "%s: %s (%s %s)%s", doing, connection->failure_text,
		connection->dialect->driver, connection->file ? connection->file : "in memory", meanings[connection->failure].advice);
}

/* ---- life of a connection --------------------------------------------------------------------------------------------------- */

static zend_class_entry *class_named(const char *name)
{
	return zend_hash_str_find_ptr(EG(class_table), name, strlen(name));
}

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

ecoq_result ecoq_pdo_object_create(const char *dsn, int busy_seconds, zval *pdo, ecoq_error *error)
{
	zend_class_entry *ce = class_named("pdo");
	zval arguments[4], ignored;

	if (!ce) {
		return ecoq_fail(error, ECOQ_INVALID, "PHP's PDO extension is not loaded: install it (Debian: php-sqlite3) or enable it with extension=pdo");
	}
	if (object_init_ex(pdo, ce) != SUCCESS) {
		return ecoq_fail(error, ECOQ_NO_MEMORY, "No PDO object could be made");
	}
	ZVAL_STRING(&arguments[0], dsn);
	ZVAL_NULL(&arguments[1]);
	ZVAL_NULL(&arguments[2]);
	array_init(&arguments[3]);
	add_index_long(&arguments[3], ATTR_ERRMODE, ERRMODE_SILENT);
	add_index_long(&arguments[3], ATTR_TIMEOUT, busy_seconds);
	zend_call_known_function(ce->constructor, Z_OBJ_P(pdo), ce, &ignored, 4, arguments, NULL);
	zval_ptr_dtor(&arguments[0]);
	zval_ptr_dtor(&arguments[3]);
	if (!EG(exception)) {
		return ECOQ_OK;
	}
	char text[256];
	exception_text(EG(exception), text, sizeof(text));
	zend_clear_exception();
	zval_ptr_dtor(pdo);
	ZVAL_UNDEF(pdo);
	return ecoq_fail(error, ECOQ_INVALID, "%s", text);
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
	for (int i = 0; i < ECOQ_PDO_STATEMENT_COUNT; i++) {
		zval_ptr_dtor(&connection->statements[i]);
	}
	zval_ptr_dtor(&connection->pdo);
	zend_string_release(connection->key);
	zend_string_release(connection->table);
	ecoq_file_watch_stop(&connection->watch);
	free(connection->file);
	efree(connection);
}

bool ecoq_pdo_connection_is_usable(const ecoq_pdo_connection *connection)
{
	return EG(active) && connection->pid == getpid() && !(OBJ_FLAGS(Z_OBJ(connection->pdo)) & IS_OBJ_FREE_CALLED);
}
