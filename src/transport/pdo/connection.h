#ifndef ECOQ_TRANSPORT_PDO_CONNECTION_H
#define ECOQ_TRANSPORT_PDO_CONNECTION_H

/* A database connection behind a \PDO object, driven through the methods of the PDO base classes, so that it does not matter which modes or
 * subclasses the application chose. Lives within one request. */

#include <sys/types.h>

#include "base/buffer.h"
#include "base/result.h"
#include "php/compat.h"
#include "transport/pdo/dialect.h"
#include "transport/pdo/file_watch.h"

/* Pointers to methods of PDO and PDOStatement, looked up at run time: the module loads without PDO. */
typedef struct ecoq_pdo_methods {
	zend_function *prepare, *exec, *dbh_error_info, *in_transaction, *get_attribute, *set_attribute;
	zend_function *execute, *fetch_all, *row_count, *close_cursor, *error_info;
} ecoq_pdo_methods;

typedef struct ecoq_pdo_connection {
	struct ecoq_pdo_connection *next;
	uint32_t references;
	zend_string *key; /* what transports share it by */
	zval pdo;
	bool own;            /* opened here, from a DSN: nobody else uses it, and its settings are ours */
	bool lost;           /* a statement found it disconnected, */
	bool was_told;       /* and the server said so, instead of an answer */
	bool is_renewed;     /* it took the place of a lost one */
	bool pooled;         /* statements may run in another session than the last ones (a pooler): nothing of a session may be relied on */
	bool keep_relaxed;   /* `synchronous=normal`: sends, too, are not forced to disk at once */
	signed char durable; /* the current mode of an own connection; -1: not set yet */
	bool one_at_a_time;  /* refuses several statements in one string */
	bool joined;         /* within the application's transaction, in a savepoint of it */
	bool interruptible;  /* a signal ends waiting for a lock, */
	bool interrupted;    /* and did */
	pid_t pid;           /* of the process that opened it */
	int64_t busy_timeout_ms;
	size_t max_statement; /* what the server takes at once, in bytes; 0: anything. It closes the connection on more */
	zend_string *table;   /* prefix of table names */
	char *file;           /* SQLite: absolute path, for presence; NULL: in memory */
	char *place;          /* for error texts: the path, or the name of the database */
	int socket;           /* of an own connection to a server, where it could be found; else -1 */
	bool is_listening;
	int64_t connected_at_ms; /* monotonic */
	int64_t clock_ahead_ms;  /* of the server, when it last told its clock */
	const ecoq_pdo_dialect *dialect;
	ecoq_pdo_methods methods;
	HashTable statements; /* address of the SQL => prepared statement, a struct of connection.c */

	/* of the last failed statement */
	ecoq_pdo_failure failure;
	char failure_text[256];

	int64_t looked_at_ms;  /* for dead owners; monotonic, -1: not yet */
	ecoq_file_watch watch; /* of the file */
} ecoq_pdo_connection;

/* Around everything that drives PDO: an exception that is pending stays pending, warnings of PDO do not reach the application, and an exception
 * of ours never leaves. */
typedef struct ecoq_pdo_guard {
	zend_object *exception;
	const zend_op *opline_before_exception;
	zend_error_handling error_handling;
	zend_execute_data frame;
} ecoq_pdo_guard;
void ecoq_pdo_enter(ecoq_pdo_guard *guard);
void ecoq_pdo_leave(ecoq_pdo_guard *guard);
bool ecoq_pdo_is_inside(void);   /* between the two: what PDO is told now is ecoq's, not the application's */
void ecoq_pdo_guard_reset(void); /* at the end of a request: a fatal error skips leaving */

/* A new \PDO object for a PDO DSN, silent about errors; ECOQ_INVALID when PDO or its driver is missing, or by the engine's answer; the text is that answer.
 * `user` and `password` may be NULL. `seconds`: time limit of connecting, with SQLite of waiting for a lock. */
ecoq_result ecoq_pdo_object_create(const ecoq_pdo_dialect *dialect, const char *dsn, zend_string *user, zend_string *password, int seconds, zval *pdo,
	ecoq_error *error);

/* Driver name of a \PDO of the application. */
ecoq_result ecoq_pdo_object_driver(zval *pdo, char *driver, size_t capacity, ecoq_error *error);

/* The connection of that key, or a new one around the object, which it then owns one reference of. NULL without PDO. */
ecoq_pdo_connection *ecoq_pdo_connection_find(zend_string *key);
ecoq_pdo_connection *ecoq_pdo_connection_create(zend_string *key, zval *pdo, const ecoq_pdo_dialect *dialect, zend_string *table);
void ecoq_pdo_connection_release(ecoq_pdo_connection *connection);

/* Whether statements can still be executed: not after the engine freed the object in a request's shutdown, not in a forked child, not once it was lost. */
bool ecoq_pdo_connection_is_usable(const ecoq_pdo_connection *connection);

/* Whether a statement found that the server has ended it, or cannot be reached any more. */
bool ecoq_pdo_connection_is_lost(const ecoq_pdo_connection *connection);

/* Now, by the clock that judges what is due: the server's, as far as it told it (ecoq_pdo_note_clock()); milliseconds since the epoch. */
int64_t ecoq_pdo_now(const ecoq_pdo_connection *connection);
void ecoq_pdo_note_clock(ecoq_pdo_connection *connection, int64_t server_ms);

/* A failure that was found without asking the engine, to be reported like one of its own. */
void ecoq_pdo_set_failure(ecoq_pdo_connection *connection, ecoq_pdo_failure failure, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Executes a statement. The parameters are borrowed. `rows`, if given, becomes an array of lists, to be destroyed by the caller; `affected`, if
 * given, the number of rows changed. The statement is read to its end and closed. False: look at connection->failure. */
bool ecoq_pdo_execute(ecoq_pdo_connection *connection, enum ecoq_pdo_statement statement, zval *parameters, uint32_t count, zval *rows,
	zend_long *affected);

/* The same for SQL of other concerns: a constant of the program, whose address names the prepared statement. `{1}` may stand in it more than once. */
bool ecoq_pdo_query(ecoq_pdo_connection *connection, const char *sql, zval *parameters, uint32_t count, zval *rows, zend_long *affected);

/* Without parameters, leaving the failure of an earlier statement to be reported. */
bool ecoq_pdo_execute_quietly(ecoq_pdo_connection *connection, enum ecoq_pdo_statement statement);

/* Calls a method of the driver (PDO::pgsqlGetPid() and the like; `modern` is the name in the driver's own subclass of PDO). `result` is always
 * initialised. False: there is no such method, or it failed. */
bool ecoq_pdo_call_driver(ecoq_pdo_connection *connection, const char *name, const char *modern, uint32_t argc, zval *argv, zval *result);

/* Without parameters and rows: a command, or several in one round trip, separated by semicolons. With a server the first that fails is the last that is
 * executed; MySQL tells of the failure of the first only. */
bool ecoq_pdo_command(ecoq_pdo_connection *connection, const char *sql);

/* The first, and only if that was done the second; in one round trip where the connection can. `second` may be NULL. */
bool ecoq_pdo_commands(ecoq_pdo_connection *connection, const char *first, const char *second);

/* A statement of `head` (longer than 32 bytes, a constant whose address names it), `count` times `row` (at most 32), in which {1} to {width} are the
 * parameters of one row, and `tail`. */
typedef struct ecoq_pdo_list_statement {
	const char *head, *row, *tail;
	uint32_t width;
} ecoq_pdo_list_statement;
bool ecoq_pdo_query_list(ecoq_pdo_connection *connection, const ecoq_pdo_list_statement *statement, uint32_t count, zval *parameters, zval *rows);

/* Like ecoq_pdo_execute(), for SQL that is used once. */
bool ecoq_pdo_execute_text(ecoq_pdo_connection *connection, const char *sql, zval *rows);

/* Turns connection->failure into an error that says what was being done and where. */
ecoq_result ecoq_pdo_fail(const ecoq_pdo_connection *connection, ecoq_error *error, const char *doing);

/* Whether the driver says that a transaction is open; SQLite's knows only those that were begun by PDO::beginTransaction(). Asks nobody. */
bool ecoq_pdo_in_transaction(ecoq_pdo_connection *connection);

/* A unit of statements that is repeated as a whole when another connection is in the way, and when the schema had to be created. It must
 * undo nothing itself, and may be called several times. False: connection->failure tells, or with ECOQ_PDO_NO_FAILURE it wants
 * to be rolled back and called again. */
typedef bool (*ecoq_pdo_work)(ecoq_pdo_connection *connection, void *context);

enum ecoq_pdo_mode {
	ECOQ_PDO_ALONE,  /* one statement that needs no transaction of its own */
	ECOQ_PDO_ATOMIC, /* a transaction, or a savepoint of the application's */
	ECOQ_PDO_BARE,   /* the work begins or ends a transaction itself */
};

/* Within a unit of work that is open on this \PDO (unit.h), the work is simply part of it: nothing is begun, and a failure leaves the undoing to
 * whoever ends the unit. */

/* Sleeps a little, longer from time to time, at random within that, so that waiting processes do not march in step. `*round` begins at 0. False: time is
 * up (monotonic), or a signal came and the work may be left. */
bool ecoq_pdo_wait_for_others(ecoq_pdo_connection *connection, int64_t deadline_ms, int *round);

/* `durable`: what is committed has to survive a power failure. `doing` is for the error text: "Sending to queue \"orders\"". */
ecoq_result ecoq_pdo_run(ecoq_pdo_connection *connection, enum ecoq_pdo_mode mode, bool durable, ecoq_pdo_work work, void *context,
	const char *doing, ecoq_error *error);

/* One statement, in ECOQ_PDO_ALONE; `rows` (the caller's on ECOQ_OK) and `affected` as for ecoq_pdo_query(). */
ecoq_result ecoq_pdo_run_query(ecoq_pdo_connection *connection, bool durable, const char *sql, zval *parameters, uint32_t count, zval *rows,
	zend_long *affected, const char *doing, ecoq_error *error);

/* Creates the schema, or what is missing of it. check_schema() does so when need be, and fails with ECOQ_INVALID for one that is newer than this program. */
ecoq_result ecoq_pdo_create_schema(ecoq_pdo_connection *connection, ecoq_error *error);
ecoq_result ecoq_pdo_check_schema(ecoq_pdo_connection *connection, ecoq_error *error);

/* Cells of a row, whatever modes the application set: an int may come as a string, '' as NULL. */
static inline zval *ecoq_pdo_cell(zval *row, zend_ulong column)
{
	return zend_hash_index_find(Z_ARRVAL_P(row), column);
}

static inline zend_long ecoq_pdo_int(zval *row, zend_ulong column)
{
	zval *cell = ecoq_pdo_cell(row, column);
	return cell ? zval_get_long(cell) : 0;
}

/* The first cell of the first row, 0 without any. */
static inline zend_long ecoq_pdo_first_int(zval *rows)
{
	zval *row = zend_hash_index_find(Z_ARRVAL_P(rows), 0);
	return row ? ecoq_pdo_int(row, 0) : 0;
}

#endif
