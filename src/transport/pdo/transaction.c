#include "transport/pdo/connection.h"

#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "transport/pdo/unit.h"

/* Running units of statements against a database that others write to at the same time. */

bool ecoq_pdo_wait_for_others(ecoq_pdo_connection *c, int64_t deadline_ms, int *round)
{
	uint16_t random = 0;
	ecoq_random_bytes(&random, sizeof(random));
	long longest_us = *round < 6 ? 500L << *round : 20000;
	long us = 100 + (long) random * longest_us / UINT16_MAX;

	if (ecoq_clock_monotonic_ms() >= deadline_ms) {
		return false;
	}
	(*round)++;
	struct timespec pause = {0, us * 1000};
	c->interrupted = nanosleep(&pause, NULL) != 0 && errno == EINTR && c->interruptible;
	return !c->interrupted;
}

static bool plain(ecoq_pdo_connection *c, enum ecoq_pdo_statement statement)
{
	return ecoq_pdo_execute(c, statement, NULL, 0, NULL, NULL);
}

/* Only between transactions, and never on a connection of the application. */
static bool set_durability(ecoq_pdo_connection *c, bool durable)
{
	durable = durable && !c->keep_relaxed;
	if (!c->own || c->pooled || c->durable == durable || !c->dialect->statements[ECOQ_PDO_DURABLE]) {
		return true;
	}
	bool done = plain(c, durable ? ECOQ_PDO_DURABLE : ECOQ_PDO_RELAXED);
	c->durable = done ? durable : -1;
	return done;
}

/* After BEGIN found the database locked: SQLite says that first, even within a transaction. */
static bool is_in_transaction(ecoq_pdo_connection *c)
{
	bool began = ecoq_pdo_execute_quietly(c, ECOQ_PDO_PROBE);
	if (began) {
		ecoq_pdo_execute_quietly(c, ECOQ_PDO_ROLLBACK);
	}
	return !began;
}

/* The application's transaction, if one is open, is joined: only the engine knows for sure, since PDO does not see a BEGIN that came as SQL. */
static bool begin(ecoq_pdo_connection *c)
{
	if (!c->own && ecoq_pdo_in_transaction(c)) {
		c->joined = plain(c, ECOQ_PDO_SAVEPOINT);
		return c->joined;
	}
	bool isolates = !c->own && c->dialect->statements[ECOQ_PDO_ISOLATE];
	if (isolates ? ecoq_pdo_commands(c, c->dialect->statements[ECOQ_PDO_ISOLATE], c->dialect->statements[ECOQ_PDO_BEGIN]) : plain(c, ECOQ_PDO_BEGIN)) {
		return true;
	}
	bool locked = c->failure == ECOQ_PDO_BUSY;
	if (c->own || !(c->failure == ECOQ_PDO_IN_TRANSACTION || (locked && is_in_transaction(c)))) {
		return false;
	}
	c->joined = plain(c, ECOQ_PDO_SAVEPOINT);
	return c->joined;
}

/* The failure that led to it stays the one to report. */
static void roll_back(ecoq_pdo_connection *c)
{
	if (c->joined) {
		ecoq_pdo_execute_quietly(c, ECOQ_PDO_ROLLBACK_TO);
		ecoq_pdo_execute_quietly(c, ECOQ_PDO_RELEASE);
	} else {
		ecoq_pdo_execute_quietly(c, ECOQ_PDO_ROLLBACK);
	}
}

/* Without WAL a commit waits for readers; the transaction stays open meanwhile. */
static bool commit(ecoq_pdo_connection *c, int64_t deadline_ms, int *round)
{
	while (!plain(c, c->joined ? ECOQ_PDO_RELEASE : ECOQ_PDO_COMMIT)) {
		if (c->failure != ECOQ_PDO_BUSY || c->joined || !ecoq_pdo_wait_for_others(c, deadline_ms, round)) {
			return false;
		}
	}
	return true;
}

/* SQLite's lock may be held by another writer for a moment; that can be waited for only as long as nothing was read in this transaction, which
 * nobody can tell: so not for long. */
#define WAIT_IN_UNIT_MS 150

/* As a part of an open unit of work: whatever goes wrong is for its owner to roll back. */
static ecoq_result run_in_unit(ecoq_pdo_connection *c, ecoq_pdo_work work, void *context, const char *doing, ecoq_error *error)
{
	int64_t deadline_ms = ecoq_clock_monotonic_ms() + WAIT_IN_UNIT_MS;
	int round = 0;
	for (;;) {
		c->failure = ECOQ_PDO_NO_FAILURE;
		if (work(c, context)) {
			return ECOQ_OK;
		}
		if (c->failure == ECOQ_PDO_BUSY && !c->dialect->failure_aborts && ecoq_pdo_wait_for_others(c, deadline_ms, &round)) {
			continue;
		}
		if (c->failure != ECOQ_PDO_NO_FAILURE) {
			break;
		}
	}
	if (c->failure == ECOQ_PDO_BUSY) {
		c->failure = ECOQ_PDO_CONFLICT;
	}
	return c->failure == ECOQ_PDO_ABORTED ? ecoq_pdo_unit_fail_aborted(error) : ecoq_pdo_fail(c, error, doing);
}

/* A single statement needs a savepoint where its failure would be the end of the application's transaction. */
static bool is_alone(ecoq_pdo_connection *c, enum ecoq_pdo_mode mode)
{
	return mode == ECOQ_PDO_BARE || (mode == ECOQ_PDO_ALONE && !(c->dialect->failure_aborts && !c->own && ecoq_pdo_in_transaction(c)));
}

/* Without autocommit, a statement begins a transaction of its own, which nobody would end. */
static bool work_alone(ecoq_pdo_connection *c, enum ecoq_pdo_mode mode, ecoq_pdo_work work, void *context)
{
	bool may_begin = mode == ECOQ_PDO_ALONE && !c->own && c->dialect->engine == ECOQ_PDO_MYSQL && !ecoq_pdo_in_transaction(c);
	bool done = work(c, context);
	if (may_begin && ecoq_pdo_in_transaction(c)) {
		if (done) {
			return plain(c, ECOQ_PDO_COMMIT);
		}
		ecoq_pdo_execute_quietly(c, ECOQ_PDO_ROLLBACK);
	}
	return done;
}

/* How far an attempt came. */
enum reached {
	NOT_COMMITTED, /* for certain */
	UNANSWERED,    /* the engine was asked to commit, or to execute a statement that commits itself */
	COMMITTED,
};

static enum reached attempt(ecoq_pdo_connection *c, enum ecoq_pdo_mode mode, ecoq_pdo_work work, void *context, int64_t deadline_ms, int *round)
{
	c->joined = false;
	if (is_alone(c, mode)) {
		c->failure = ECOQ_PDO_NO_FAILURE;
		return work_alone(c, mode, work, context) ? COMMITTED : UNANSWERED;
	}
	if (!begin(c)) {
		return NOT_COMMITTED;
	}
	c->failure = ECOQ_PDO_NO_FAILURE;
	bool done = work(c, context);
	if (done && commit(c, deadline_ms, round)) {
		return COMMITTED;
	}
	roll_back(c);
	return done ? UNANSWERED : NOT_COMMITTED;
}

/* What was to be durable may be so although the connection was lost before the answer. */
static ecoq_result fail_after(ecoq_pdo_connection *c, enum reached reached, bool durable, const char *doing, ecoq_error *error)
{
	ecoq_result result = ecoq_pdo_fail(c, error, doing);
	if (c->failure == ECOQ_PDO_DISCONNECTED && !c->was_told && durable && reached == UNANSWERED) {
		result = error->code = ECOQ_UNKNOWN;
	}
	return result;
}

ecoq_result ecoq_pdo_run(ecoq_pdo_connection *connection, enum ecoq_pdo_mode mode, bool durable, ecoq_pdo_work work, void *context,
	const char *doing, ecoq_error *error)
{
	int64_t deadline_ms = ecoq_clock_monotonic_ms() + connection->busy_timeout_ms;
	bool created = false;
	int round = 0;

	if (ecoq_pdo_unit_open(connection)) {
		return run_in_unit(connection, work, context, doing, error);
	}
	bool in_transaction = !connection->own && ecoq_pdo_in_transaction(connection);
	for (;;) {
		enum reached reached = set_durability(connection, durable) ? attempt(connection, mode, work, context, deadline_ms, &round) : NOT_COMMITTED;
		if (reached == COMMITTED) {
			return ECOQ_OK;
		}
		switch (connection->failure) {
			case ECOQ_PDO_NO_FAILURE:
				continue;
			case ECOQ_PDO_BUSY:
				/* Within a transaction the snapshot is what is in the way, and waiting does not renew it. */
				if (!connection->joined && ecoq_pdo_wait_for_others(connection, deadline_ms, &round)) {
					continue;
				}
				break;
			case ECOQ_PDO_CONFLICT:
				/* A transaction of the application is for the application to run again. */
				if (!connection->joined && !in_transaction && ecoq_pdo_wait_for_others(connection, deadline_ms, &round)) {
					continue;
				}
				break;
			case ECOQ_PDO_NO_TABLE:
				if (!created) {
					created = true;
					ecoq_result result = ecoq_pdo_create_schema(connection, error);
					if (result != ECOQ_OK) {
						return result;
					}
					continue;
				}
				break;
			default:
				break;
		}
		return fail_after(connection, reached, durable, doing, error);
	}
}

struct single {
	const char *sql;
	zval *parameters;
	uint32_t count;
	zval *rows;
	zend_long *affected;
};

static bool execute_single(ecoq_pdo_connection *c, void *context)
{
	const struct single *single = context;
	return ecoq_pdo_query(c, single->sql, single->parameters, single->count, single->rows, single->affected);
}

ecoq_result ecoq_pdo_run_query(ecoq_pdo_connection *connection, bool durable, const char *sql, zval *parameters, uint32_t count, zval *rows,
	zend_long *affected, const char *doing, ecoq_error *error)
{
	struct single single = {sql, parameters, count, rows, affected};
	return ecoq_pdo_run(connection, ECOQ_PDO_ALONE, durable, execute_single, &single, doing, error);
}

/* ---- schema ----------------------------------------------------------------------------------------------------------------- */

static bool create_tables(ecoq_pdo_connection *c, const char *const *sql)
{
	for (; *sql; sql++) {
		if (!ecoq_pdo_execute_text(c, *sql, NULL)) {
			return false;
		}
	}
	return true;
}

static bool create_schema(ecoq_pdo_connection *c, void *context)
{
	ecoq_pdo_engine engine = c->dialect->engine;
	if (!create_tables(c, c->dialect->schema) || !create_tables(c, ecoq_pdo_records_schemas[engine])
		|| !create_tables(c, ecoq_pdo_dead_letters_schemas[engine]) || !create_tables(c, ecoq_pdo_relays_schemas[engine])) {
		return false;
	}
	zval version;
	ZVAL_LONG(&version, ECOQ_PDO_SCHEMA_VERSION);
	return ecoq_pdo_execute(c, ECOQ_PDO_SET_VERSION, &version, 1, NULL, NULL);
}

ecoq_result ecoq_pdo_create_schema(ecoq_pdo_connection *connection, ecoq_error *error)
{
	if (connection->dialect->ddl_commits && !connection->own && (ecoq_pdo_unit_open(connection) || ecoq_pdo_in_transaction(connection))) {
		return ecoq_fail(error, ECOQ_INVALID, "The tables %s_… are missing in %s, and creating them would commit the transaction that is open: create them before, with the command setup or by calling setup() on the channel",
			ZSTR_VAL(connection->table), connection->place ? connection->place : "the database");
	}
	return ecoq_pdo_run(connection, ECOQ_PDO_ATOMIC, true, create_schema, NULL, "Creating the tables for messages", error);
}

ecoq_result ecoq_pdo_check_schema(ecoq_pdo_connection *connection, ecoq_error *error)
{
	zend_long version = 0;
	zval rows;
	ecoq_result result = ecoq_pdo_run_query(connection, false, connection->dialect->statements[ECOQ_PDO_VERSION], NULL, 0, &rows, NULL,
		"Reading the version of the message tables", error);
	if (result == ECOQ_OK) {
		version = ecoq_pdo_first_int(&rows);
		zval_ptr_dtor(&rows);
	}
	if (result == ECOQ_OK && version > ECOQ_PDO_SCHEMA_VERSION) {
		return ecoq_fail(error, ECOQ_INVALID, "The tables %s_… in %s have schema version %lld, made by a newer ecoq; this one knows up to %d: update it, or use other tables with the option table",
			ZSTR_VAL(connection->table), connection->place ? connection->place : "memory", (long long) version, ECOQ_PDO_SCHEMA_VERSION);
	}
	if (result == ECOQ_OK && version < ECOQ_PDO_SCHEMA_VERSION) {
		result = ecoq_pdo_create_schema(connection, error);
	}
	return result;
}
