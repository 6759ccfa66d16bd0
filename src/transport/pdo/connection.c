#include "transport/pdo/connection.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "transport/pdo/calling.h"
#include "transport/pdo/sockets.h"

/* Values of PDO's constants; its headers say that they never change. */
enum {
	ATTR_TIMEOUT = 2,
	ATTR_ERRMODE = 3,
	ATTR_DRIVER_NAME = 16,
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

bool ecoq_pdo_call(ecoq_pdo_connection *c, zend_function *method, zval *object, zval *return_value, uint32_t argc, zval *argv)
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

void ecoq_pdo_ask_for_failure(ecoq_pdo_connection *c, zend_function *error_info, zval *object)
{
	if (c->failure != ECOQ_PDO_NO_FAILURE) {
		return;
	}
	char text[sizeof(c->failure_text)];
	snprintf(text, sizeof(text), "%s", c->failure_text[0] ? c->failure_text : "PDO failed without saying why");
	zval info;
	ecoq_pdo_call(c, error_info, object, &info, 0, NULL);
	if (!failure_from_info(c, &info)) {
		set_failure(c, "", -1, text);
	}
	zval_ptr_dtor(&info);
}

void ecoq_pdo_reset_failure(ecoq_pdo_connection *c)
{
	c->failure = ECOQ_PDO_NO_FAILURE;
	c->failure_text[0] = '\0';
}

bool ecoq_pdo_in_transaction(ecoq_pdo_connection *connection)
{
	zval answer;
	bool open = ecoq_pdo_call(connection, connection->methods.in_transaction, &connection->pdo, &answer, 0, NULL) && zend_is_true(&answer);
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
		done = ecoq_pdo_call(connection, method, &connection->pdo, result, argc, argv);
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
		{&methods->exec, pdo, "exec"},
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
	zend_hash_init(&c->statements, 32, NULL, ecoq_pdo_free_prepared, 0);
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
