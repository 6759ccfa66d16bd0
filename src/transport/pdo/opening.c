#include "transport/pdo/queue.h"
#include "transport/pdo/sockets.h"

/* From a DSN or a \PDO to a connection. */

struct question {
	const char *sql;
	zend_long column;
	char *answer;
	size_t capacity;
};

static bool ask(ecoq_pdo_connection *c, void *context)
{
	struct question *q = context;
	zval rows;
	if (!ecoq_pdo_execute_text(c, q->sql, &rows)) {
		return false;
	}
	zval *row = zend_hash_index_find(Z_ARRVAL(rows), 0);
	zval *cell = row ? ecoq_pdo_cell(row, q->column) : NULL;
	zend_string *text = cell ? zval_get_string(cell) : ZSTR_EMPTY_ALLOC();
	snprintf(q->answer, q->capacity, "%s", ZSTR_VAL(text));
	zend_string_release(text);
	zval_ptr_dtor(&rows);
	return true;
}

ecoq_result ecoq_pdo_ask(ecoq_pdo_connection *connection, const char *sql, zend_long column, char *answer, size_t capacity, ecoq_error *error)
{
	struct question question = {sql, column, answer, capacity};
	return ecoq_pdo_run(connection, ECOQ_PDO_ALONE, false, ask, &question, "Opening the database", error);
}

ecoq_result ecoq_pdo_open_on(const ecoq_pdo_settings *settings, const ecoq_pdo_dialect *dialect, zend_string *key, zval *pdo, bool own, int socket,
	ecoq_pdo_connection **out, ecoq_error *error)
{
	ecoq_pdo_connection *c = ecoq_pdo_connection_create(key, pdo, dialect, settings->table);
	if (!c) {
		return ecoq_fail(error, ECOQ_INVALID, "PHP's PDO extension is not loaded or not the one expected");
	}
	c->own = own;
	c->socket = socket;
	if (socket >= 0) {
		ecoq_socket_keep(socket);
	}
	c->busy_timeout_ms = settings->busy_timeout_ms;
	c->keep_relaxed = settings->keep_relaxed;
	if (own && settings->path && !zend_string_equals_literal(settings->path, ":memory:")) {
		c->file = strdup(ZSTR_VAL(settings->path));
		c->place = strdup(ZSTR_VAL(settings->path));
	}
	ecoq_result result = dialect->prepare(c, error);
	if (result == ECOQ_OK) {
		result = ecoq_pdo_check_schema(c, error);
	}
	if (result == ECOQ_OK) {
		*out = c;
	} else {
		ecoq_pdo_connection_release(c);
	}
	return result;
}

ecoq_result ecoq_pdo_connect(const ecoq_pdo_settings *settings, ecoq_pdo_connection **out, ecoq_error *error)
{
	return settings->dialect->open(settings, out, error);
}

ecoq_result ecoq_pdo_adopt(const ecoq_pdo_settings *settings, zval *pdo, ecoq_pdo_connection **out, ecoq_error *error)
{
	char driver[32];
	ecoq_result result = ecoq_pdo_object_driver(pdo, driver, sizeof(driver), error);
	const ecoq_pdo_dialect *dialect = result == ECOQ_OK ? ecoq_pdo_dialect_of_driver(driver) : NULL;
	if (result == ECOQ_OK && !dialect) {
		result = ecoq_fail(error, ECOQ_INVALID, "The PDO object is connected by the driver \"%s\"; this build of ecoq does not keep messages there", driver);
	}
	if (result != ECOQ_OK) {
		return result;
	}
	zend_string *key = zend_strpprintf(0, "%p\n%s", (void *) Z_OBJ_P(pdo), ZSTR_VAL(settings->table));
	*out = ecoq_pdo_connection_find(key);
	result = *out ? ECOQ_OK : ecoq_pdo_open_on(settings, dialect, key, pdo, false, -1, out, error);
	zend_string_release(key);
	return result;
}

static void free_text(zend_string *text)
{
	if (text) {
		zend_string_release(text);
	}
}

void ecoq_pdo_settings_free(ecoq_pdo_settings *settings)
{
	free_text(settings->path);
	free_text(settings->dsn);
	free_text(settings->user);
	free_text(settings->password);
	free_text(settings->table);
	smart_str_free(&settings->extra);
}
