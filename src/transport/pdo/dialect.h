#ifndef ECOQ_TRANSPORT_PDO_DIALECT_H
#define ECOQ_TRANSPORT_PDO_DIALECT_H

/* What differs between the database engines: how a connection is opened, their statements, their schema, and what their errors mean. */

#include "base/dsn.h"
#include "php/compat.h"

struct ecoq_pdo_connection;
struct ecoq_pdo_settings;

typedef enum ecoq_pdo_engine {
	ECOQ_PDO_SQLITE,
	ECOQ_PDO_POSTGRESQL,
	ECOQ_PDO_MYSQL, /* and MariaDB */
	ECOQ_PDO_ENGINE_COUNT
} ecoq_pdo_engine;

/* States of a message, stored. Changing one needs a new schema version. */
enum ecoq_pdo_state {
	ECOQ_PDO_READY = 0,
	ECOQ_PDO_DELAYED = 1,
	ECOQ_PDO_RESERVED = 2,
	ECOQ_PDO_SUSPECT = 3, /* its owner died: it is reserved alone */
	ECOQ_PDO_STARTED = 4, /* a reserved suspect: the next death is charged to it */
};

#define ECOQ_PDO_SCHEMA_VERSION 2

/* `{t}` stands for the table prefix, `{1}` for the first parameter, in all SQL of this folder. Parameters in the order given (a statement may leave some
 * unused, such as an instant where the server has a clock); columns likewise. "Message columns" are
 * id, body, message_id, rank, due_at, attempts, crashes, deliveries, state, all as before the claim. An id list is a JSON array of numbers. Times are
 * milliseconds since the epoch. Statements marked "or NULL" are left out by engines that do not need them. */
enum ecoq_pdo_statement {
	ECOQ_PDO_ISOLATE, /* before BEGIN, on a connection of the application: this transaction locks no more than it touches; or NULL */
	ECOQ_PDO_BEGIN,   /* a transaction that will write */
	ECOQ_PDO_PROBE,   /* the same, but it never waits and may fail within a transaction of the application */
	ECOQ_PDO_COMMIT,
	ECOQ_PDO_ROLLBACK,
	ECOQ_PDO_SAVEPOINT,
	ECOQ_PDO_RELEASE,
	ECOQ_PDO_ROLLBACK_TO,  /* and RELEASE after it */
	ECOQ_PDO_DURABLE,      /* commits from now on survive a power failure; or NULL: they always do */
	ECOQ_PDO_RELAXED,      /* they survive the death of a process; or NULL: there is no such mode */
	ECOQ_PDO_VERSION,      /* → version */
	ECOQ_PDO_SET_VERSION,  /* version */
	ECOQ_PDO_INSERT,       /* queue, rank, due_at, now, message_id, group_key, attempts, crashes, body + wake name, where there is LISTEN: wakes who waits for it */
	ECOQ_PDO_INSERT_NEW,   /* the same + slot, where there is REMEMBER; inserts nothing when that slot remembers (or the queue holds) a waiting message of this id and queue */
	ECOQ_PDO_REMEMBER,     /* slot: of the row just inserted; or NULL */
	ECOQ_PDO_INSERT_MANY,  /* queue, rows, wake name; or NULL. Rows: JSON array of {"p": rank, "d": due_at, "i": message_id or null, "g": group_key or
	                        * null, "a": attempts, "c": crashes, "n": 1 when only to be inserted if the queue holds no message of this id, else 0, "b": body}.
	                        * Wakes who waits for that name, unless all are delayed */
	ECOQ_PDO_INSERT_LIST,  /* or NULL: the head of a statement that inserts several rows, each of them like … */
	ECOQ_PDO_INSERT_ROW,   /* … this, with the parameters of INSERT */
	ECOQ_PDO_KNOWN_LIST,   /* with it: the head of one that takes message ids (and ends with a parenthesis) → message_id, queue of those that wait */
	ECOQ_PDO_LISTEN,       /* the command behind which a wake name stands; or NULL */
	ECOQ_PDO_LOOK,         /* queue, now → any ready, any suspect, next due_at or NULL, the server's clock */
	ECOQ_PDO_PROMOTE,      /* queue, now: the due ones become ready, behind all others, in the order they were due; at most 1 000 */
	ECOQ_PDO_PICK,         /* queue, owner, limit, fence, now → message columns, in order; none when the owner is not registered (IS_OWNER) */
	ECOQ_PDO_PICK_SUSPECT, /* the same, suspects only; limit is 1 */
	ECOQ_PDO_PICK_ID,      /* queue, owner, message_id, fence, now → message columns; any state but reserved */
	ECOQ_PDO_CLAIM,        /* owner, fence, now, queue, limit, id list: what PICK gave in this transaction; or NULL */
	ECOQ_PDO_CLAIM_ONE,    /* owner, fence, now, id; or NULL */
	ECOQ_PDO_FENCED,       /* id list, fence → ids of those still reserved under this fence */
	ECOQ_PDO_REMOVE,       /* id list, fence (→ ids, where the dialect says so) */
	ECOQ_PDO_HAND_BACK,    /* id list, fence, now */
	ECOQ_PDO_STATS,        /* queue, now → ready, suspect, due, delayed, reserved */
	ECOQ_PDO_PURGE,        /* queue */
	ECOQ_PDO_BROWSE,       /* queue, limit, offset → message columns */
	ECOQ_PDO_REGISTER,     /* pid, host, now, 1 if it holds a lock → id, never used before */
	ECOQ_PDO_LAST_ID,      /* → the id that REGISTER gave; or NULL: it tells itself */
	ECOQ_PDO_UNREGISTER,   /* owner */
	ECOQ_PDO_IS_OWNER,     /* owner of this connection → 1, or no row: it is not registered, or (server) does not hold its lock */
	ECOQ_PDO_OWNERS,       /* now → ids of owners with a lock (server: that nobody holds), and for how many ms they have been known absent, -1: not so far */
	ECOQ_PDO_OWNER,        /* owner, now → id and ms absent, likewise, of one; 0 more column: 1 when it has a lock */
	ECOQ_PDO_ABSENT,       /* owner, now */
	ECOQ_PDO_HOLD,         /* owner → 1: this session holds its lock now; or NULL: locks are not the server's */
	ECOQ_PDO_DROP,         /* owner; or NULL */
	ECOQ_PDO_IS_HELD,      /* owner → 1 when any session holds its lock, else 0; or NULL */
	ECOQ_PDO_FREE,         /* owner, now: its reservations back to where they stood, uncharged */
	ECOQ_PDO_ORPHAN,       /* owner: its reservations become suspects */
	ECOQ_PDO_ANY_EXPIRED,  /* queue, now, timeout → 1 when a reservation is older */
	ECOQ_PDO_EXPIRE,       /* queue, now, timeout: those become suspects */
	ECOQ_PDO_STATEMENT_COUNT
};

/* What a failed statement means for its caller. */
typedef enum ecoq_pdo_failure {
	ECOQ_PDO_NO_FAILURE,
	ECOQ_PDO_BUSY,           /* another connection is in the way: repeat */
	ECOQ_PDO_NO_TABLE,       /* the schema is missing: create it and repeat */
	ECOQ_PDO_IN_TRANSACTION, /* BEGIN within a transaction of the application */
	ECOQ_PDO_CONFLICT,       /* the engine ended the transaction in favour of another (stale snapshot, deadlock, serialization): run it again as a whole */
	ECOQ_PDO_ABORTED,        /* an earlier statement failed and the engine takes no more in this transaction (PostgreSQL) */
	ECOQ_PDO_NO_SAVEPOINT,   /* that savepoint does not exist: somebody ended the transaction that it was in */
	ECOQ_PDO_DISCONNECTED,   /* the connection is gone */
	ECOQ_PDO_UNUSABLE,       /* not a database, not writable, not permitted: somebody has to act */
	ECOQ_PDO_TROUBLE,        /* disk full, I/O error, too many connections: may pass */
	ECOQ_PDO_TOO_LARGE,      /* this message is too large */
	ECOQ_PDO_UNSTORABLE,     /* this message holds bytes that the database cannot keep */
	ECOQ_PDO_UNEXPECTED,
	ECOQ_PDO_FAILURE_COUNT
} ecoq_pdo_failure;

/* How picking messages and marking them go together. */
typedef enum ecoq_pdo_claiming {
	ECOQ_PDO_CLAIM_AGAIN,   /* PICK, then CLAIM by queue and limit finds the same rows: nobody else can write meanwhile */
	ECOQ_PDO_CLAIM_PICKED,  /* PICK locks rows that nobody has locked, then CLAIM by id list */
	ECOQ_PDO_CLAIM_AT_ONCE, /* PICK, PICK_SUSPECT and PICK_ID mark what they give: one statement, no transaction around it */
} ecoq_pdo_claiming;

typedef struct ecoq_pdo_dialect {
	ecoq_pdo_engine engine;
	const char *name;           /* "PostgreSQL", for texts */
	const char *driver;         /* PDO::ATTR_DRIVER_NAME */
	const char *package;        /* where its PDO driver is to be had: "Debian: php-pgsql" */
	const char *const *schemes; /* of DSNs, NULL-terminated */
	const char *const *schema;  /* of the queues; each may be executed again; NULL-terminated */
	ecoq_pdo_claiming claiming;
	bool ddl_commits;        /* creating a table ends the transaction that is open */
	bool failure_aborts;     /* a failed statement ends the transaction it is in */
	bool remove_returns_ids; /* REMOVE → ids of what it removed */
	bool text_only;          /* keeps UTF-8 without NUL, nothing else */
	size_t max_queue_name;   /* in bytes; 0: any */
	const char *statements[ECOQ_PDO_STATEMENT_COUNT];
	const char *advice[ECOQ_PDO_FAILURE_COUNT]; /* what to do, "; check …"; NULL: nothing to say */

	/* From errorInfo(): SQLSTATE, the engine's own code, text. Also for connecting. */
	ecoq_pdo_failure (*classify)(const char *sqlstate, zend_long code, const char *text);

	/* From a DSN to settings: `path`, or `dsn`, `user` and `password`. */
	ecoq_result (*read_dsn)(const ecoq_dsn *dsn, struct ecoq_pdo_settings *settings, ecoq_error *error);

	/* Opens, or finds one that is open already (server.h has what engines with a server need). */
	ecoq_result (*open)(const struct ecoq_pdo_settings *settings, struct ecoq_pdo_connection **out, ecoq_error *error);

	/* Checks that a new connection can be worked with, and sets up a session that is ours. */
	ecoq_result (*prepare)(struct ecoq_pdo_connection *connection, ecoq_error *error);

	/* In place of the statement PROMOTE, where that is not one statement; or NULL. False: connection->failure tells. */
	bool (*promote)(struct ecoq_pdo_connection *connection, zval *parameters);

	/* Whether this session has been told of anything since the last call; never waits. Or NULL. */
	bool (*was_notified)(struct ecoq_pdo_connection *connection);
} ecoq_pdo_dialect;

/* Tables of other concerns, per engine, likewise. */
typedef const char *const *ecoq_pdo_schemas[ECOQ_PDO_ENGINE_COUNT];
extern const ecoq_pdo_schemas ecoq_pdo_records_schemas;      /* records.c */
extern const ecoq_pdo_schemas ecoq_pdo_dead_letters_schemas; /* dead_letter_table.c */
extern const ecoq_pdo_schemas ecoq_pdo_relays_schemas;       /* relay_lease.c */

extern const ecoq_pdo_dialect ecoq_pdo_sqlite;
extern const ecoq_pdo_dialect ecoq_pdo_postgresql;
extern const ecoq_pdo_dialect ecoq_pdo_mysql;

/* NULL: none of this build. */
const ecoq_pdo_dialect *ecoq_pdo_dialect_of_driver(const char *driver);
const ecoq_pdo_dialect *ecoq_pdo_dialect_of_scheme(ecoq_bytes scheme);

#endif
