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
	bool in_txn;      /* PDO's own note of a transaction, as it was before */
	bool is_joined;   /* within the application's transaction */
	bool is_marked;   /* the savepoint that tells whether it still stands is set */
	bool is_watched;  /* it is set before the first SQL of the application's that might end the transaction */
	bool is_unproven; /* nothing of the kind was seen, and the commit is to make sure */
	bool nested;      /* the application's code has begun a transaction of its own, a savepoint */
	unsigned depth;   /* of savepoints of ecoq's */
};

ZEND_TLS ecoq_pdo_unit *open_units;

/* ---- The application's beginTransaction(), commit(), rollBack() ------------------------------------------------------------- */

#define NESTED "ecoq_nested"

/* Marks a place before anything that might end the transaction: a savepoint that is gone afterwards tells that somebody did. */
#define MARK "ecoq_mark"
#define SET_MARK "SAVEPOINT " MARK
#define JOINED "ecoq_joined"

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

/* Also before any savepoint: within one it would go with it. */
static void set_mark(ecoq_pdo_unit *unit)
{
	if (unit->is_watched && !unit->is_marked) {
		unit->is_marked = true;
		if (!run_sql(unit, SET_MARK)) {
			strcpy(unit->handle->error_code, PDO_ERR_NONE); /* the application did not ask for it */
		}
	}
}

static bool begin_nested(pdo_dbh_t *handle)
{
	ecoq_pdo_unit *unit = unit_of(handle);
	set_mark(unit);
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

/* One statement of those that cannot end a transaction, whatever they call. */
static bool is_harmless(const zend_string *sql)
{
	static const char *const words[] = {"select", "insert", "update", "delete", "with", "merge", "values"};
	const char *text = ZSTR_VAL(sql) + strspn(ZSTR_VAL(sql), " \t\r\n(");
	size_t size = strcspn(text, " \t\r\n("), end = strcspn(text, ";");
	if (text[end + strspn(text + end, "; \t\r\n")] != '\0' || strlen(ZSTR_VAL(sql)) != ZSTR_LEN(sql)) {
		return false;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (size == strlen(words[i]) && strncasecmp(text, words[i], size) == 0) {
			return true;
		}
	}
	return false;
}

/* What was prepared before the unit is not seen here: a COMMIT of that kind is noticed since the driver knows of no transaction then, unless a BEGIN of
 * that kind came after it. That transaction is then ended in place of ecoq's. */
static void look_at_sql(ecoq_pdo_unit *unit, const zend_string *sql)
{
	if (!ecoq_pdo_is_inside() && !is_harmless(sql)) {
		set_mark(unit);
	}
}

static zend_long do_sql(pdo_dbh_t *handle, const zend_string *sql)
{
	ecoq_pdo_unit *unit = unit_of(handle);
	look_at_sql(unit, sql);
	return unit->former->doer(handle, sql);
}

static bool prepare_sql(pdo_dbh_t *handle, zend_string *sql, pdo_stmt_t *statement, zval *options)
{
	ecoq_pdo_unit *unit = unit_of(handle);
	look_at_sql(unit, sql);
	return unit->former->preparer(handle, sql, statement, options);
}

static pdo_dbh_t *handle_of(const ecoq_pdo_connection *connection)
{
	return php_pdo_dbh_fetch_inner(Z_OBJ(connection->pdo));
}

static bool has_known_methods(const pdo_dbh_t *handle)
{
	return handle->methods && handle->driver && handle->driver->api_version == PDO_DRIVER_API;
}

/* A PDO of another API version keeps its table: there the application's beginTransaction() says that a transaction is active already. */
static void put_methods_in_front(ecoq_pdo_unit *unit, bool watch)
{
	pdo_dbh_t *handle = handle_of(unit->connection);
	unit->handle = handle;
	unit->in_txn = handle->in_txn;
	if (!has_known_methods(handle)) {
		return;
	}
	unit->former = handle->methods;
	unit->is_watched = watch;
	unit->methods = *handle->methods;
	unit->methods.begin = begin_nested;
	unit->methods.commit = commit_nested;
	unit->methods.rollback = roll_back_nested;
	unit->methods.in_transaction = is_nested;
	if (watch) {
		unit->methods.doer = do_sql;
		unit->methods.preparer = prepare_sql;
	}
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

/* Constants. In this process a prepared statement is cheapest; to a server the way there and back is what costs. */
static bool commands(ecoq_pdo_connection *c, const char *first, const char *second)
{
	if (c->dialect->engine != ECOQ_PDO_SQLITE) {
		return ecoq_pdo_commands(c, first, second);
	}
	return ecoq_pdo_query(c, first, NULL, 0, NULL, NULL) && (!second || ecoq_pdo_query(c, second, NULL, 0, NULL, NULL));
}

static bool command(ecoq_pdo_connection *c, const char *sql)
{
	return commands(c, sql, NULL);
}

ecoq_pdo_unit *ecoq_pdo_unit_open(const ecoq_pdo_connection *connection)
{
	/* several \PDO objects may share one persistent connection */
	return open_units ? unit_of(handle_of(connection)) : NULL;
}

bool ecoq_pdo_unit_is_joined(const ecoq_pdo_unit *unit)
{
	return unit->is_joined;
}

struct opening {
	bool immediate;
	bool for_application;
	bool watched;
	bool marked;
	bool joined;
};

/* Where the driver always knows whether a transaction is open, asking nobody, the mark can wait until it is needed. (MySQL's learns of a deadlock, which
 * ends the transaction, with the statement after it.) */
static bool can_watch(const ecoq_pdo_connection *c)
{
	return c->dialect->engine == ECOQ_PDO_POSTGRESQL && has_known_methods(handle_of(c));
}

static bool begin(ecoq_pdo_connection *c, void *context)
{
	struct opening *opening = context;
	opening->joined = ecoq_pdo_in_transaction(c);
	opening->watched = opening->for_application && !opening->joined && can_watch(c);
	opening->marked = opening->for_application && !opening->watched;
	const char *mark = opening->marked ? SET_MARK : NULL;
	if (!opening->joined && commands(c, c->dialect->statements[opening->immediate ? ECOQ_PDO_BEGIN : ECOQ_PDO_PROBE], mark)) {
		return true;
	}
	opening->joined = opening->joined || c->failure == ECOQ_PDO_IN_TRANSACTION;
	return opening->joined && commands(c, "SAVEPOINT " JOINED, mark);
}

ecoq_result ecoq_pdo_unit_begin(ecoq_pdo_connection *connection, bool immediate, bool for_application, ecoq_pdo_unit **out, ecoq_error *error)
{
	struct opening opening = {.immediate = immediate, .for_application = for_application};
	ZEND_ASSERT(!ecoq_pdo_unit_open(connection));
	ecoq_result result = ecoq_pdo_run(connection, ECOQ_PDO_BARE, true, begin, &opening, "Beginning a unit of work", error);
	if (result != ECOQ_OK) {
		return result;
	}
	ecoq_pdo_unit *unit = ecalloc(1, sizeof(*unit));
	unit->connection = connection;
	connection->references++;
	unit->is_joined = opening.joined;
	unit->is_marked = opening.marked;
	put_methods_in_front(unit, opening.watched);
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
	bool watched = unit->is_watched;
	*left_open = unit->nested;
	unit->is_watched = false;
	if (!unit->is_marked) {
		unit->is_unproven = watched;
		return !watched || unit->former->in_transaction(unit->handle) ? ECOQ_UNIT_STANDS : ECOQ_UNIT_ENDED;
	}
	unit->is_marked = false;
	bool stands = !unit->nested || commands(c, "ROLLBACK TO SAVEPOINT " NESTED, "RELEASE SAVEPOINT " NESTED);
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

ecoq_result ecoq_pdo_unit_fail_aborted(ecoq_error *error)
{
	return ecoq_fail(error, ECOQ_PROTOCOL, "the database's transaction is aborted: an error of it was caught and ignored, so nothing that was written can be committed; let the exception through, or use a savepoint (beginTransaction() within the handler makes one)");
}

void ecoq_pdo_unit_roll_back(ecoq_pdo_unit *unit)
{
	ecoq_pdo_connection *c = unit->connection;
	if (ecoq_pdo_connection_is_usable(c)) {
		if (unit->is_joined) {
			commands(c, "ROLLBACK TO SAVEPOINT " JOINED, "RELEASE SAVEPOINT " JOINED);
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
	const char *commit = c->dialect->statements[ECOQ_PDO_COMMIT];
	/* COMMIT alone would say of an aborted transaction that it was done. Without WAL, SQLite's commit waits for readers while the transaction stays open */
	while (!(unit->is_unproven ? commands(c, SET_MARK, commit) : command(c, commit))) {
		if (c->failure == ECOQ_PDO_BUSY && ecoq_pdo_wait_for_others(c, deadline_ms, &round)) {
			continue;
		}
		ecoq_result result = c->failure == ECOQ_PDO_ABORTED ? ecoq_pdo_unit_fail_aborted(error) : ecoq_pdo_fail(c, error, "Committing a unit of work");
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
	return ecoq_pdo_command(unit->connection, sql);
}

ecoq_result ecoq_pdo_unit_savepoint(ecoq_pdo_unit *unit, ecoq_error *error)
{
	unit->depth++;
	set_mark(unit);
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
	ecoq_pdo_guard_reset();
	for (ecoq_pdo_unit *unit = open_units; unit; unit = unit->next) {
		abandon_safely(unit);
	}
	open_units = NULL;
}
