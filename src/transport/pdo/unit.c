#include "transport/pdo/unit.h"

#include "ext/pdo/php_pdo_driver.h"
#include "zend_exceptions.h"

#include "base/clock.h"

/* The driver's methods table is copied, and four members of the copy are ours. The copy lives in the unit, which is taken off the connection before it
 * is freed: when it ends, or at the end of the request after a fatal error. */
struct ecoq_pdo_unit {
	ecoq_pdo_unit *next; /* among the open ones of this thread */
	ecoq_pdo_connection *connection;
	pdo_dbh_t *handle;
	const struct pdo_dbh_methods *former; /* NULL: the driver's table was left alone */
	struct pdo_dbh_methods methods;
	bool in_txn;    /* PDO's own note of a transaction, as it was before */
	bool is_joined; /* within the application's transaction */
	bool is_marked; /* the savepoint that tells whether it still stands is set */
	bool nested;    /* the application's code has begun a transaction of its own, a savepoint */
	unsigned depth; /* of savepoints of ecoq's */
};

ZEND_TLS ecoq_pdo_unit *open_units;

/* ---- The application's beginTransaction(), commit(), rollBack() ------------------------------------------------------------- */

#define NESTED "ecoq_nested"

static ecoq_pdo_unit *unit_of(const pdo_dbh_t *handle)
{
	ecoq_pdo_unit *unit = open_units;
	while (unit && unit->handle != handle) {
		unit = unit->next;
	}
	return unit;
}

static bool run_sql(ecoq_pdo_unit *unit, const char *sql)
{
	zend_string *text = zend_string_init(sql, strlen(sql), false);
	bool done = unit->former->doer(unit->handle, text) != -1;
	zend_string_release(text);
	return done;
}

static bool begin_nested(pdo_dbh_t *handle)
{
	ecoq_pdo_unit *unit = unit_of(handle);
	unit->nested = run_sql(unit, "SAVEPOINT " NESTED);
	return unit->nested;
}

static bool commit_nested(pdo_dbh_t *handle)
{
	ecoq_pdo_unit *unit = unit_of(handle);
	unit->nested = !run_sql(unit, "RELEASE SAVEPOINT " NESTED);
	return !unit->nested;
}

static bool roll_back_nested(pdo_dbh_t *handle)
{
	ecoq_pdo_unit *unit = unit_of(handle);
	unit->nested = !(run_sql(unit, "ROLLBACK TO SAVEPOINT " NESTED) && run_sql(unit, "RELEASE SAVEPOINT " NESTED));
	return !unit->nested;
}

static bool is_nested(pdo_dbh_t *handle)
{
	return unit_of(handle)->nested;
}

/* A PDO of another API version keeps its table: there the application's beginTransaction() says that a transaction is active already. */
static void put_methods_in_front(ecoq_pdo_unit *unit)
{
	pdo_dbh_t *handle = php_pdo_dbh_fetch_inner(Z_OBJ(unit->connection->pdo));
	unit->handle = handle;
	unit->in_txn = handle->in_txn;
	if (!handle->methods || !handle->driver || handle->driver->api_version != PDO_DRIVER_API) {
		return;
	}
	unit->former = handle->methods;
	unit->methods = *handle->methods;
	unit->methods.begin = begin_nested;
	unit->methods.commit = commit_nested;
	unit->methods.rollback = roll_back_nested;
	unit->methods.in_transaction = is_nested;
	handle->methods = &unit->methods;
}

static void take_methods_away(ecoq_pdo_unit *unit)
{
	if (unit->former && unit->handle->methods == &unit->methods) {
		unit->handle->methods = unit->former;
		unit->handle->in_txn = unit->in_txn;
	}
	unit->former = NULL;
}

/* ---- The unit --------------------------------------------------------------------------------------------------------------- */

/* Marks the beginning: a savepoint that is gone afterwards tells that somebody ended the transaction. */
#define MARK "ecoq_mark"
#define JOINED "ecoq_joined"

static bool command(ecoq_pdo_connection *c, const char *sql)
{
	return ecoq_pdo_query(c, sql, NULL, 0, NULL, NULL);
}

ecoq_pdo_unit *ecoq_pdo_unit_open(const ecoq_pdo_connection *connection)
{
	ecoq_pdo_unit *unit = open_units;
	while (unit && Z_OBJ(unit->connection->pdo) != Z_OBJ(connection->pdo)) {
		unit = unit->next;
	}
	return unit;
}

bool ecoq_pdo_unit_is_joined(const ecoq_pdo_unit *unit)
{
	return unit->is_joined;
}

struct opening {
	bool immediate;
	bool marked;
	bool joined;
};

static bool begin(ecoq_pdo_connection *c, void *context)
{
	struct opening *opening = context;
	opening->joined = ecoq_pdo_in_transaction(c);
	if (!opening->joined && !command(c, opening->immediate ? c->dialect->statements[ECOQ_PDO_BEGIN] : c->dialect->statements[ECOQ_PDO_PROBE])) {
		opening->joined = c->failure == ECOQ_PDO_IN_TRANSACTION;
		if (!opening->joined) {
			return false;
		}
	}
	return (!opening->joined || command(c, "SAVEPOINT " JOINED)) && (!opening->marked || command(c, "SAVEPOINT " MARK));
}

ecoq_result ecoq_pdo_unit_begin(ecoq_pdo_connection *connection, bool immediate, bool for_application, ecoq_pdo_unit **out, ecoq_error *error)
{
	struct opening opening = {.immediate = immediate, .marked = for_application};
	ZEND_ASSERT(!ecoq_pdo_unit_open(connection));
	ecoq_result result = ecoq_pdo_run(connection, ECOQ_PDO_BARE, true, begin, &opening, "Beginning a unit of work", error);
	if (result != ECOQ_OK) {
		return result;
	}
	ecoq_pdo_unit *unit = ecalloc(1, sizeof(*unit));
	unit->connection = connection;
	connection->references++;
	unit->is_joined = opening.joined;
	unit->is_marked = for_application;
	put_methods_in_front(unit);
	unit->next = open_units;
	open_units = unit;
	*out = unit;
	return ECOQ_OK;
}

bool ecoq_pdo_application_transaction(ecoq_pdo_connection *connection)
{
	if (ecoq_pdo_in_transaction(connection)) {
		return true;
	}
	if (connection->dialect->engine != ECOQ_PDO_SQLITE) {
		return false;
	}
	bool began = command(connection, connection->dialect->statements[ECOQ_PDO_PROBE]);
	if (began) {
		ecoq_pdo_execute_quietly(connection, ECOQ_PDO_ROLLBACK);
	}
	return !began && connection->failure == ECOQ_PDO_IN_TRANSACTION;
}

static void free_unit(ecoq_pdo_unit *unit)
{
	ecoq_pdo_unit **link = &open_units;
	while (*link && *link != unit) {
		link = &(*link)->next;
	}
	if (*link) {
		*link = unit->next;
	}
	take_methods_away(unit);
	ecoq_pdo_connection_release(unit->connection);
	efree(unit);
}

ecoq_pdo_unit_state ecoq_pdo_unit_check(ecoq_pdo_unit *unit, bool *left_open, ecoq_error *error)
{
	ecoq_pdo_connection *c = unit->connection;
	*left_open = unit->nested;
	if (!unit->is_marked) {
		return ECOQ_UNIT_STANDS;
	}
	unit->is_marked = false;
	bool stands = !unit->nested || (command(c, "ROLLBACK TO SAVEPOINT " NESTED) && command(c, "RELEASE SAVEPOINT " NESTED));
	unit->nested = false;
	if (stands && command(c, "RELEASE SAVEPOINT " MARK)) {
		return ECOQ_UNIT_STANDS;
	}
	switch (c->failure) {
		case ECOQ_PDO_ABORTED:
			return ECOQ_UNIT_ABORTED;
		case ECOQ_PDO_NO_SAVEPOINT:
			return ECOQ_UNIT_ENDED;
		default:
			ecoq_pdo_fail(c, error, "Ending a unit of work");
			return ECOQ_UNIT_BROKEN;
	}
}

void ecoq_pdo_unit_roll_back(ecoq_pdo_unit *unit)
{
	ecoq_pdo_connection *c = unit->connection;
	if (ecoq_pdo_connection_is_usable(c)) {
		if (unit->is_joined) {
			(void) (command(c, "ROLLBACK TO SAVEPOINT " JOINED) && command(c, "RELEASE SAVEPOINT " JOINED));
		} else {
			ecoq_pdo_execute_quietly(c, ECOQ_PDO_ROLLBACK);
		}
	}
	free_unit(unit);
}

ecoq_result ecoq_pdo_unit_commit(ecoq_pdo_unit *unit, ecoq_error *error)
{
	ecoq_pdo_connection *c = unit->connection;
	if (unit->is_joined) {
		bool released = command(c, "RELEASE SAVEPOINT " JOINED);
		ecoq_result result = released ? ECOQ_OK : ecoq_pdo_fail(c, error, "Ending a unit of work within the application's transaction");
		free_unit(unit);
		return result;
	}
	int64_t deadline_ms = ecoq_clock_monotonic_ms() + c->busy_timeout_ms;
	int round = 0;
	/* without WAL, SQLite's commit waits for readers while the transaction stays open */
	while (!command(c, c->dialect->statements[ECOQ_PDO_COMMIT])) {
		if (c->failure == ECOQ_PDO_BUSY && ecoq_pdo_wait_for_others(c, deadline_ms, &round)) {
			continue;
		}
		ecoq_result result = ecoq_pdo_fail(c, error, "Committing a unit of work");
		if (c->failure == ECOQ_PDO_DISCONNECTED) {
			result = error->code = ECOQ_UNKNOWN;
		} else if (c->failure == ECOQ_PDO_BUSY) {
			result = error->code = ECOQ_CONFLICT;
		}
		ecoq_pdo_unit_roll_back(unit);
		return result;
	}
	free_unit(unit);
	return ECOQ_OK;
}

/* ---- Parts ------------------------------------------------------------------------------------------------------------------ */

/* Numbered: MySQL forgets an older savepoint of the same name. */
static bool part(ecoq_pdo_unit *unit, const char *verb)
{
	char sql[64];
	snprintf(sql, sizeof(sql), "%s ecoq_part_%u", verb, unit->depth);
	return ecoq_pdo_execute_text(unit->connection, sql, NULL);
}

ecoq_result ecoq_pdo_unit_savepoint(ecoq_pdo_unit *unit, ecoq_error *error)
{
	unit->depth++;
	if (part(unit, "SAVEPOINT")) {
		return ECOQ_OK;
	}
	unit->depth--;
	return ecoq_pdo_fail(unit->connection, error, "Setting a savepoint");
}

ecoq_result ecoq_pdo_unit_release(ecoq_pdo_unit *unit, ecoq_error *error)
{
	if (!part(unit, "RELEASE SAVEPOINT")) {
		return ecoq_pdo_fail(unit->connection, error, "Releasing a savepoint");
	}
	unit->depth--;
	return ECOQ_OK;
}

ecoq_result ecoq_pdo_unit_roll_back_to(ecoq_pdo_unit *unit, ecoq_error *error)
{
	unit->nested = false; /* it was within the part */
	bool done = part(unit, "ROLLBACK TO SAVEPOINT") && part(unit, "RELEASE SAVEPOINT");
	unit->depth--;
	return done ? ECOQ_OK : ecoq_pdo_fail(unit->connection, error, "Rolling back to a savepoint");
}

/* ---- The application's exceptions ------------------------------------------------------------------------------------------- */

static ecoq_pdo_failure classify(const ecoq_pdo_connection *c, zend_object *exception)
{
	zval storage, *info = zend_read_property(exception->ce, exception, ZEND_STRL("errorInfo"), true, &storage);
	if (Z_TYPE_P(info) != IS_ARRAY) {
		return ECOQ_PDO_NO_FAILURE;
	}
	zval *state = zend_hash_index_find(Z_ARRVAL_P(info), 0), *code = zend_hash_index_find(Z_ARRVAL_P(info), 1), *text = zend_hash_index_find(Z_ARRVAL_P(info), 2);
	return c->dialect->classify(state && Z_TYPE_P(state) == IS_STRING ? Z_STRVAL_P(state) : "", code ? zval_get_long(code) : 0,
		text && Z_TYPE_P(text) == IS_STRING ? Z_STRVAL_P(text) : "");
}

ecoq_pdo_failure ecoq_pdo_failure_of_exception(const ecoq_pdo_connection *connection, zend_object *exception)
{
	zend_class_entry *pdo_exception = zend_hash_str_find_ptr(EG(class_table), ZEND_STRL("pdoexception"));
	zval storage;
	for (int depth = 0; pdo_exception && exception && depth < 16; depth++) {
		if (instanceof_function(exception->ce, pdo_exception)) {
			return classify(connection, exception);
		}
		zval *previous = zend_read_property(zend_get_exception_base(exception), exception, ZEND_STRL("previous"), true, &storage);
		exception = Z_TYPE_P(previous) == IS_OBJECT ? Z_OBJ_P(previous) : NULL;
	}
	return ECOQ_PDO_NO_FAILURE;
}

/* ---- The end of a request --------------------------------------------------------------------------------------------------- */

/* A persistent connection would keep the transaction. */
static void abandon(ecoq_pdo_unit *unit)
{
	ecoq_pdo_guard guard;
	take_methods_away(unit);
	ecoq_pdo_enter(&guard);
	if (!unit->is_joined && ecoq_pdo_connection_is_usable(unit->connection)) {
		ecoq_pdo_execute_quietly(unit->connection, ECOQ_PDO_ROLLBACK);
	}
	ecoq_pdo_leave(&guard);
}

static void abandon_safely(ecoq_pdo_unit *unit)
{
	zend_try
	{
		abandon(unit);
	}
	zend_end_try();
}

void ecoq_pdo_units_rshutdown(void)
{
	for (ecoq_pdo_unit *unit = open_units; unit; unit = unit->next) {
		abandon_safely(unit);
	}
	open_units = NULL;
}
