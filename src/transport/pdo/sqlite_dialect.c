#include "transport/pdo/sqlite.h"

/* SQLite 3.35 or newer (RETURNING, UPDATE FROM, window functions).
 *
 * `id` is the place in the queue; a message that has to wait behind others gets a new one, so no clock takes part in the order.
 * The partial indexes are the reason for terms such as `state > 1 AND state = 3`: SQLite takes one only when its WHERE stands
 * there word for word. There is no unique index over message ids: ids of copies are random, and at depth an index over them costs more
 * than everything else together. A table of fixed size remembers the latest sends instead. */

#define COLUMNS "id, body, message_id, rank, due_at, attempts, crashes, deliveries, state"
#define REGISTERED "EXISTS (SELECT 1 FROM {t}_owners WHERE id = {2})"
#define VALUES_OF_INSERT "{1}, CASE WHEN {3} > CAST({4} AS INTEGER) THEN 1 ELSE 0 END, {2}, {3}, {5}, {6}, {7}, {8}, {9}"
#define INSERT "INSERT INTO {t}_messages (queue, state, rank, due_at, message_id, group_key, attempts, crashes, body) "
#define WAITING_AGAIN(now) "CASE WHEN state = 4 THEN 3 WHEN due_at > CAST(" now " AS INTEGER) THEN 1 ELSE 0 END, owner = NULL, claimed_at = NULL"
#define SUSPECTED "crashes = crashes + (state = 4), state = 3, owner = NULL, claimed_at = NULL"
#define UNRESERVED_IDS "SELECT id FROM {t}_messages WHERE queue = {1} AND state = 0" \
					   " UNION ALL SELECT id FROM {t}_messages WHERE queue = {1} AND state = 1" \
					   " UNION ALL SELECT id FROM {t}_messages WHERE queue = {1} AND state > 1 AND state = 3"

static const char *const schema[] = {
	"CREATE TABLE IF NOT EXISTS {t}_schema (version INTEGER NOT NULL)",
	"CREATE TABLE IF NOT EXISTS {t}_messages ("
	"id INTEGER PRIMARY KEY, "
	"queue TEXT NOT NULL, "
	"state INTEGER NOT NULL, "
	"rank INTEGER NOT NULL, "
	"due_at INTEGER NOT NULL, "
	"message_id TEXT, "
	"group_key TEXT, "
	"owner INTEGER, "
	"fence INTEGER NOT NULL DEFAULT 0, "
	"claimed_at INTEGER, "
	"attempts INTEGER NOT NULL, "
	"crashes INTEGER NOT NULL, "
	"deliveries INTEGER NOT NULL DEFAULT 0, "
	"body TEXT NOT NULL)",
	"CREATE INDEX IF NOT EXISTS {t}_ready ON {t}_messages (queue, rank) WHERE state = 0",
	"CREATE INDEX IF NOT EXISTS {t}_delayed ON {t}_messages (queue, due_at) WHERE state = 1",
	"CREATE INDEX IF NOT EXISTS {t}_claimed ON {t}_messages (queue, state) WHERE state > 1",
	"CREATE TABLE IF NOT EXISTS {t}_recent (slot INTEGER PRIMARY KEY, message INTEGER NOT NULL)",
	"CREATE TABLE IF NOT EXISTS {t}_owners ("
	"id INTEGER PRIMARY KEY AUTOINCREMENT, "
	"pid INTEGER NOT NULL, "
	"host TEXT NOT NULL, "
	"started_at INTEGER NOT NULL, "
	"locked INTEGER NOT NULL, "
	"absent_since INTEGER)",
	NULL,
};

static bool contains(const char *text, const char *part)
{
	return strstr(text, part) != NULL;
}

static ecoq_pdo_failure classify(const char *sqlstate, zend_long code, const char *text)
{
	if (code == 517) { /* SQLITE_BUSY_SNAPSHOT */
		return ECOQ_PDO_CONFLICT;
	}
	switch (code & 0xff) {
		case 1: /* SQLITE_ERROR: only the text tells more */
			return contains(text, "no such table")       ? ECOQ_PDO_NO_TABLE
				: contains(text, "within a transaction") ? ECOQ_PDO_IN_TRANSACTION
				: contains(text, "no such savepoint")    ? ECOQ_PDO_NO_SAVEPOINT
														 : ECOQ_PDO_UNEXPECTED;
		case 5:  /* SQLITE_BUSY */
		case 6:  /* SQLITE_LOCKED */
		case 15: /* SQLITE_PROTOCOL: a race while opening the WAL */
		case 17: /* SQLITE_SCHEMA */
			return ECOQ_PDO_BUSY;
		case 3:  /* SQLITE_PERM */
		case 8:  /* SQLITE_READONLY */
		case 11: /* SQLITE_CORRUPT */
		case 14: /* SQLITE_CANTOPEN */
		case 26: /* SQLITE_NOTADB */
			return ECOQ_PDO_UNUSABLE;
		case 7:  /* SQLITE_NOMEM */
		case 10: /* SQLITE_IOERR */
		case 13: /* SQLITE_FULL */
			return ECOQ_PDO_TROUBLE;
		case 18: /* SQLITE_TOOBIG */
			return ECOQ_PDO_TOO_LARGE;
		default:
			return ECOQ_PDO_UNEXPECTED;
	}
}

const ecoq_pdo_dialect ecoq_pdo_sqlite = {
	.engine = ECOQ_PDO_SQLITE,
	.name = "SQLite",
	.driver = "sqlite",
	.package = "Debian: php-sqlite3",
	.schemes = (const char *const[]){"sqlite", NULL},
	.schema = schema,
	.claiming = ECOQ_PDO_CLAIM_AGAIN,
	.classify = classify,
	.read_dsn = ecoq_pdo_sqlite_read_dsn,
	.open = ecoq_pdo_sqlite_open,
	.prepare = ecoq_pdo_sqlite_prepare,
	.advice = {
		[ECOQ_PDO_BUSY] = "; another connection holds its lock: keep write transactions short, or raise the option busy-timeout",
		[ECOQ_PDO_UNUSABLE] = "; check the file, its directory and their permissions",
		[ECOQ_PDO_TROUBLE] = "; check disk space and the disk",
	},
	.statements = {
		[ECOQ_PDO_BEGIN] = "BEGIN IMMEDIATE",
		[ECOQ_PDO_PROBE] = "BEGIN",
		[ECOQ_PDO_COMMIT] = "COMMIT",
		[ECOQ_PDO_ROLLBACK] = "ROLLBACK",
		[ECOQ_PDO_SAVEPOINT] = "SAVEPOINT ecoq",
		[ECOQ_PDO_RELEASE] = "RELEASE ecoq",
		[ECOQ_PDO_ROLLBACK_TO] = "ROLLBACK TO ecoq",
		[ECOQ_PDO_DURABLE] = "PRAGMA synchronous = FULL",
		[ECOQ_PDO_RELAXED] = "PRAGMA synchronous = NORMAL",
		[ECOQ_PDO_VERSION] = "SELECT max(version) FROM {t}_schema",
		[ECOQ_PDO_SET_VERSION] = "INSERT INTO {t}_schema SELECT {1} WHERE NOT EXISTS (SELECT 1 FROM {t}_schema WHERE version >= {1})",
		[ECOQ_PDO_INSERT] = INSERT "SELECT " VALUES_OF_INSERT,
		[ECOQ_PDO_INSERT_NEW] = INSERT "SELECT " VALUES_OF_INSERT " WHERE NOT EXISTS (SELECT 1 FROM {t}_recent AS r JOIN {t}_messages AS m"
									   " ON m.id = r.message WHERE r.slot = {10} AND m.queue = {1} AND m.message_id = {5})",
		[ECOQ_PDO_REMEMBER] = "INSERT OR REPLACE INTO {t}_recent VALUES ({1}, last_insert_rowid())",
		[ECOQ_PDO_LOOK] = "SELECT EXISTS (SELECT 1 FROM {t}_messages WHERE queue = {1} AND state = 0),"
						  " EXISTS (SELECT 1 FROM {t}_messages WHERE queue = {1} AND state > 1 AND state = 3),"
						  " (SELECT min(due_at) FROM {t}_messages WHERE queue = {1} AND state = 1)",
		[ECOQ_PDO_PROMOTE] = "UPDATE {t}_messages SET id = moved.place, state = 0 FROM (SELECT id AS old,"
							 " (SELECT max(id) FROM {t}_messages) + row_number() OVER (ORDER BY due_at, id) AS place FROM {t}_messages"
							 " WHERE queue = {1} AND state = 1 AND due_at <= {2} ORDER BY due_at, id LIMIT 1000) AS moved WHERE {t}_messages.id = moved.old",
		[ECOQ_PDO_PICK] = "SELECT " COLUMNS " FROM {t}_messages WHERE queue = {1} AND state = 0 AND " REGISTERED " ORDER BY rank, id LIMIT {3}",
		[ECOQ_PDO_PICK_SUSPECT] = "SELECT " COLUMNS " FROM {t}_messages WHERE queue = {1} AND state > 1 AND state = 3 AND " REGISTERED " ORDER BY id LIMIT {3}",
		[ECOQ_PDO_PICK_ID] = "SELECT " COLUMNS " FROM {t}_messages WHERE id IN (" UNRESERVED_IDS ") AND message_id = {3} AND " REGISTERED " ORDER BY id LIMIT 1",
		[ECOQ_PDO_CLAIM] = "UPDATE {t}_messages SET state = 2, owner = {1}, fence = {2}, claimed_at = {3}, deliveries = deliveries + 1"
						   " WHERE id IN (SELECT id FROM {t}_messages WHERE queue = {4} AND state = 0 ORDER BY rank, id LIMIT {5})",
		[ECOQ_PDO_CLAIM_ONE] = "UPDATE {t}_messages SET state = CASE state WHEN 3 THEN 4 ELSE 2 END, owner = {1}, fence = {2},"
							   " claimed_at = {3}, deliveries = deliveries + 1 WHERE id = {4}",
		[ECOQ_PDO_FENCED] = "SELECT id FROM {t}_messages WHERE id IN (SELECT value FROM json_each({1})) AND fence = {2} AND state IN (2, 4)",
		[ECOQ_PDO_REMOVE] = "DELETE FROM {t}_messages WHERE id IN (SELECT value FROM json_each({1})) AND fence = {2} AND state IN (2, 4)",
		[ECOQ_PDO_HAND_BACK] = "UPDATE {t}_messages SET state = " WAITING_AGAIN("{3}") " WHERE id IN (SELECT value FROM json_each({1})) AND fence = {2} AND state IN (2, 4)",
		[ECOQ_PDO_STATS] = "SELECT (SELECT count(*) FROM {t}_messages WHERE queue = {1} AND state = 0),"
						   " (SELECT count(*) FROM {t}_messages WHERE queue = {1} AND state > 1 AND state = 3),"
						   " (SELECT count(*) FROM {t}_messages WHERE queue = {1} AND state = 1 AND due_at <= {2}),"
						   " (SELECT count(*) FROM {t}_messages WHERE queue = {1} AND state = 1 AND due_at > {2}),"
						   " (SELECT count(*) FROM {t}_messages WHERE queue = {1} AND state > 1 AND state IN (2, 4))",
		[ECOQ_PDO_PURGE] = "DELETE FROM {t}_messages WHERE id IN (" UNRESERVED_IDS ")",
		[ECOQ_PDO_BROWSE] = "SELECT " COLUMNS " FROM {t}_messages WHERE id IN (SELECT id FROM (" UNRESERVED_IDS ") ORDER BY id LIMIT {2} OFFSET {3}) ORDER BY id",
		[ECOQ_PDO_REGISTER] = "INSERT INTO {t}_owners (pid, host, started_at, locked) VALUES ({1}, {2}, {3}, {4}) RETURNING id",
		[ECOQ_PDO_UNREGISTER] = "DELETE FROM {t}_owners WHERE id = {1}",
		[ECOQ_PDO_IS_OWNER] = "SELECT 1 FROM {t}_owners WHERE id = {1}",
		[ECOQ_PDO_OWNERS] = "SELECT id, COALESCE(CAST({1} AS INTEGER) - absent_since, -1) FROM {t}_owners WHERE locked = 1",
		[ECOQ_PDO_OWNER] = "SELECT id, COALESCE(CAST({2} AS INTEGER) - absent_since, -1), locked FROM {t}_owners WHERE id = {1}",
		[ECOQ_PDO_ABSENT] = "UPDATE {t}_owners SET absent_since = {2} WHERE id = {1}",
		[ECOQ_PDO_FREE] = "UPDATE {t}_messages INDEXED BY {t}_claimed SET state = " WAITING_AGAIN("{2}") " WHERE state > 1 AND owner = {1}",
		[ECOQ_PDO_ORPHAN] = "UPDATE {t}_messages INDEXED BY {t}_claimed SET " SUSPECTED " WHERE state > 1 AND owner = {1}",
		[ECOQ_PDO_ANY_EXPIRED] = "SELECT 1 FROM {t}_messages WHERE queue = {1} AND state > 1 AND state IN (2, 4) AND claimed_at <= CAST({2} AS INTEGER) - CAST({3} AS INTEGER) LIMIT 1",
		[ECOQ_PDO_EXPIRE] = "UPDATE {t}_messages SET " SUSPECTED " WHERE queue = {1} AND state > 1 AND state IN (2, 4) AND claimed_at <= CAST({2} AS INTEGER) - CAST({3} AS INTEGER)",
	},
};
