#include "transport/pdo/connection.h"

#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "base/uuid.h"

/* Running units of statements against a database that others write to at the same time. */

/* Sleeps a little, longer from time to time, at random within that, so that waiting processes do not march in step. False: time is up,
 * or a signal came and the work may be left. */
static bool wait_for_others(ecoq_pdo_connection *c, int64_t deadline_ms, int *round)
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
	if (!c->own || c->durable == durable || !c->dialect->statements[ECOQ_PDO_DURABLE]) {
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
	if (plain(c, ECOQ_PDO_BEGIN)) {
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
		if (c->failure != ECOQ_PDO_BUSY || c->joined || !wait_for_others(c, deadline_ms, round)) {
			return false;
		}
	}
	return true;
}

static bool attempt(ecoq_pdo_connection *c, enum ecoq_pdo_mode mode, ecoq_pdo_work work, void *context, int64_t deadline_ms, int *round)
{
	c->joined = false;
	if (mode == ECOQ_PDO_ALONE) {
		c->failure = ECOQ_PDO_NO_FAILURE;
		return work(c, context);
	}
	if (!begin(c)) {
		return false;
	}
	c->failure = ECOQ_PDO_NO_FAILURE;
	if (work(c, context) && commit(c, deadline_ms, round)) {
		return true;
	}
	roll_back(c);
	return false;
}

ecoq_result ecoq_pdo_run(ecoq_pdo_connection *connection, enum ecoq_pdo_mode mode, bool durable, ecoq_pdo_work work, void *context,
	const char *doing, ecoq_error *error)
{
	int64_t deadline_ms = ecoq_clock_monotonic_ms() + connection->busy_timeout_ms;
	bool created = false;
	int round = 0;

	for (;;) {
		if (set_durability(connection, durable) && attempt(connection, mode, work, context, deadline_ms, &round)) {
			return ECOQ_OK;
		}
		switch (connection->failure) {
			case ECOQ_PDO_NO_FAILURE:
				continue;
			case ECOQ_PDO_BUSY:
				/* Within a transaction the snapshot is what is in the way, and waiting does not renew it. */
				if (!connection->joined && wait_for_others(connection, deadline_ms, &round)) {
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
		return ecoq_pdo_fail(connection, error, doing);
	}
}

/* ---- schema ----------------------------------------------------------------------------------------------------------------- */

static bool create_schema(ecoq_pdo_connection *c, void *context)
{
	for (const char *const *sql = c->dialect->schema; *sql; sql++) {
		if (!ecoq_pdo_execute_text(c, *sql, NULL)) {
			return false;
		}
	}
	zval version;
	ZVAL_LONG(&version, ECOQ_PDO_SCHEMA_VERSION);
	return ecoq_pdo_execute(c, ECOQ_PDO_SET_VERSION, &version, 1, NULL, NULL);
}

ecoq_result ecoq_pdo_create_schema(ecoq_pdo_connection *connection, ecoq_error *error)
{
	return ecoq_pdo_run(connection, ECOQ_PDO_ATOMIC, true, create_schema, NULL, "Creating the tables for messages", error);
}

static bool read_version(ecoq_pdo_connection *c, void *context)
{
	zval rows;
	if (!ecoq_pdo_execute(c, ECOQ_PDO_VERSION, NULL, 0, &rows, NULL)) {
		return false;
	}
	*(zend_long *) context = ecoq_pdo_first_int(&rows);
	zval_ptr_dtor(&rows);
	return true;
}

ecoq_result ecoq_pdo_check_schema(ecoq_pdo_connection *connection, ecoq_error *error)
{
	zend_long version = 0;
	ecoq_result result = ecoq_pdo_run(connection, ECOQ_PDO_ALONE, false, read_version, &version, "Reading the version of the message tables", error);
	if (result == ECOQ_OK && version > ECOQ_PDO_SCHEMA_VERSION) {
		return ecoq_fail(error, ECOQ_INVALID, "The tables %s_… in %s have schema version %lld, made by a newer ecoq; this one knows up to %d: update it, or use other tables with the option table",
			ZSTR_VAL(connection->table), connection->file ? connection->file : "memory", (long long) version, ECOQ_PDO_SCHEMA_VERSION);
	}
	return result;
}
