#ifndef ECOQ_TRANSPORT_PDO_DIALECT_H
#define ECOQ_TRANSPORT_PDO_DIALECT_H

/* What differs between the database engines: their statements, their schema, and what their errors mean. */

#include "php/compat.h"

/* States of a message, stored. Changing one needs a new schema version. */
enum ecoq_pdo_state {
	ECOQ_PDO_READY = 0,
	ECOQ_PDO_DELAYED = 1,
	ECOQ_PDO_RESERVED = 2,
	ECOQ_PDO_SUSPECT = 3, /* its owner died: it is reserved alone */
	ECOQ_PDO_STARTED = 4, /* a reserved suspect: the next death is charged to it */
};

#define ECOQ_PDO_SCHEMA_VERSION 1

/* `{t}` stands for the table prefix. Parameters in the order given; columns likewise. "Message columns" are
 * id, body, message_id, rank, due_at, attempts, crashes, deliveries, state. An id list is a JSON array. Times are milliseconds since the epoch. */
enum ecoq_pdo_statement {
	ECOQ_PDO_BEGIN, /* a transaction that will write */
	ECOQ_PDO_PROBE, /* fails within a transaction of the application and never waits; else to be rolled back */
	ECOQ_PDO_COMMIT,
	ECOQ_PDO_ROLLBACK,
	ECOQ_PDO_SAVEPOINT,
	ECOQ_PDO_RELEASE,
	ECOQ_PDO_ROLLBACK_TO,  /* and RELEASE after it */
	ECOQ_PDO_DURABLE,      /* commits from now on survive a power failure; NULL: they always do */
	ECOQ_PDO_RELAXED,      /* they survive the death of a process; NULL: there is no such mode */
	ECOQ_PDO_VERSION,      /* → version */
	ECOQ_PDO_SET_VERSION,  /* version */
	ECOQ_PDO_INSERT,       /* queue, rank, due_at, now, message_id, group_key, attempts, crashes, body */
	ECOQ_PDO_INSERT_NEW,   /* the same + slot; inserts nothing when that slot remembers a waiting message of this id and queue */
	ECOQ_PDO_REMEMBER,     /* slot: of the row just inserted */
	ECOQ_PDO_LOOK,         /* queue → any ready, any suspect, next due_at or NULL */
	ECOQ_PDO_PROMOTE,      /* queue, now: the due ones become ready, behind all others, in the order they were due; at most 1 000 */
	ECOQ_PDO_PICK,         /* queue, owner, limit → message columns, in order; none when the owner is not registered */
	ECOQ_PDO_PICK_SUSPECT, /* the same, suspects only */
	ECOQ_PDO_PICK_ID,      /* queue, owner, message_id → message columns; any state but reserved */
	ECOQ_PDO_CLAIM,        /* owner, fence, now, queue, limit: what PICK gave in this transaction */
	ECOQ_PDO_CLAIM_ONE,    /* owner, fence, now, id */
	ECOQ_PDO_FENCED,       /* id list, fence → ids of those still reserved under this fence */
	ECOQ_PDO_REMOVE,       /* id list, fence */
	ECOQ_PDO_HAND_BACK,    /* id list, fence, now */
	ECOQ_PDO_STATS,        /* queue, now → ready, suspect, due, delayed, reserved */
	ECOQ_PDO_PURGE,        /* queue */
	ECOQ_PDO_BROWSE,       /* queue, limit, offset → message columns */
	ECOQ_PDO_REGISTER,     /* pid, host, now, 1 if it holds a lock → id, never used before */
	ECOQ_PDO_UNREGISTER,   /* owner */
	ECOQ_PDO_IS_OWNER,     /* owner → 1, or no row */
	ECOQ_PDO_OWNERS,       /* → ids of owners that hold a lock, and when they were found absent first, 0: not so far */
	ECOQ_PDO_ABSENT,       /* owner, now */
	ECOQ_PDO_FREE,         /* owner, now: its reservations back to where they stood, uncharged */
	ECOQ_PDO_ORPHAN,       /* owner: its reservations become suspects */
	ECOQ_PDO_ANY_EXPIRED,  /* queue, instant → 1 when a reservation is older */
	ECOQ_PDO_EXPIRE,       /* queue, instant: those become suspects */
	ECOQ_PDO_STATEMENT_COUNT
};

/* What a failed statement means for its caller. */
typedef enum ecoq_pdo_failure {
	ECOQ_PDO_NO_FAILURE,
	ECOQ_PDO_BUSY,           /* another connection is in the way: repeat */
	ECOQ_PDO_NO_TABLE,       /* the schema is missing: create it and repeat */
	ECOQ_PDO_IN_TRANSACTION, /* BEGIN within a transaction of the application */
	ECOQ_PDO_UNUSABLE,       /* not a database, not writable, corrupt: somebody has to act */
	ECOQ_PDO_TROUBLE,        /* disk full, I/O error: may pass */
	ECOQ_PDO_TOO_LARGE,      /* this message is too large */
	ECOQ_PDO_UNEXPECTED,
} ecoq_pdo_failure;

typedef struct ecoq_pdo_dialect {
	const char *driver;        /* PDO::ATTR_DRIVER_NAME */
	const char *const *schema; /* each may be executed again; NULL-terminated */
	const char *statements[ECOQ_PDO_STATEMENT_COUNT];
	ecoq_pdo_failure (*classify)(zend_long code, const char *text);
} ecoq_pdo_dialect;

extern const ecoq_pdo_dialect ecoq_pdo_sqlite;

#endif
