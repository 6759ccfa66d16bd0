#ifndef ECOQ_CHANNEL_DATABASE_H
#define ECOQ_CHANNEL_DATABASE_H

/* The application's database (`database:`): a \PDO, or a callable that gives one. Units of work are transactions of it; the outbox, deduplication
 * records and dead letters live in it, and so do channels that are on the same \PDO or the same SQLite file. */

#include "transport/pdo/connection.h"
#include "transport/pdo/owner.h"

typedef struct ecoq_database {
	uint32_t refcount;               /* the Messaging's, and one for each of its channels */
	zval source;                     /* \PDO or callable */
	zval pdo;                        /* in use; UNDEF: not connected */
	ecoq_pdo_connection *connection; /* NULL: not connected */
	ecoq_pdo_owner owner;            /* of claims (deduplication.h); registered on first need */
	uint32_t generation;             /* counts connects: what was opened over a former one has to be opened again */
	int64_t clean_at_ms;             /* when old deduplication records are looked for next; monotonic */
} ecoq_database;

/* NULL with a ConfigurationException. Does not connect. */
ecoq_database *ecoq_database_create(zval *source);
void ecoq_database_addref(ecoq_database *database);
void ecoq_database_release(ecoq_database *database);

/* Connects on first use and after a loss, and creates the tables that are missing. ECOQ_EXCEPTION: the callable threw. ECOQ_INVALID: it can never
 * work. May block. */
ecoq_result ecoq_database_connect(ecoq_database *database, ecoq_error *error);

/* The connection is gone: it is dropped, and the next connect() asks the callable for a new one. A \PDO cannot be opened again: connect() then
 * fails with ECOQ_INVALID and says so. */
void ecoq_database_lost(ecoq_database *database);
bool ecoq_database_can_reconnect(const ecoq_database *database);

/* Whether the connection outlives the request: then its presence would outlive a worker. */
bool ecoq_database_is_persistent(const ecoq_database *database);

/* Whether that \PDO is the one in use. */
bool ecoq_database_is(const ecoq_database *database, const zend_object *pdo);

/* Whether a SQLite DSN's absolute path names the same file (device and inode). Connects. */
bool ecoq_database_is_file(ecoq_database *database, const char *path);

#endif
