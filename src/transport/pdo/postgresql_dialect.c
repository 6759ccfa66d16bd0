#include "transport/pdo/postgresql.h"

#include "transport/pdo/server.h"

/* PostgreSQL 11 or newer.
 *
 * `id` is the place in the queue, from a sequence; a message that has to wait behind others gets a new one. Whoever picks messages passes over those that
 * another has locked, so several workers reserve at once. An owner's life is a session advisory lock (oid of the table of owners, owner id), which the
 * server drops when the session ends; every claim sees to it that this session still holds its own, and keeps the owner's row from being removed until
 * the claim can be seen. What is due is judged by the server's clock. */

#define COLUMNS "id, body, message_id, rank, due_at, attempts, crashes, deliveries, state"
#define NOW "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)"
#define TABLE_OF_OWNERS "CAST(CAST('{t}_owners' AS regclass) AS oid)"
#define LOCK_OF(owner) "CAST(" TABLE_OF_OWNERS " AS INTEGER), CAST(CAST(" owner " AS BIGINT) AS INTEGER)"
#define LOCKS " FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND granted" \
			  " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND classid = " TABLE_OF_OWNERS
#define OWN_LOCK(owner) "SELECT 1" LOCKS " AND objid = CAST(CAST(" owner " AS BIGINT) AS oid) AND pid = pg_backend_pid()"
#define REGISTERED(owner) "SELECT 1 FROM {t}_owners WHERE id = CAST(" owner " AS BIGINT) AND (locked = 0 OR EXISTS (" OWN_LOCK(owner) "))"
/* The sum keeps the planner from the index of what is claimed, which it likes as long as that is empty. */
#define FENCED(ids, fence) "id = ANY (CAST(translate(" ids ", '[]', '{}') AS BIGINT[])) AND fence = CAST(" fence " AS BIGINT) AND state + 0 IN (2, 4)"
#define WAITING_AGAIN "CASE WHEN state = 4 THEN 3 WHEN due_at > " NOW " THEN 1 ELSE 0 END, owner = NULL, claimed_at = NULL"
#define SUSPECTED "crashes = crashes + CASE state WHEN 4 THEN 1 ELSE 0 END, state = 3, owner = NULL, claimed_at = NULL"
#define OVERDUE "queue = {1} AND state > 1 AND state IN (2, 4) AND claimed_at <= " NOW " - CAST({3} AS BIGINT)"
#define ABSENT_FOR "COALESCE(" NOW " - absent_since, -1)"

/* Parameters: queue, owner, limit or message id, fence. The rows are locked and marked in one statement, and then put in order. By a list of ids, because a
 * join may be planned as one over the whole table. */
#define PICKED(which_in_order) "SELECT id FROM {t}_messages WHERE queue = {1} AND EXISTS (" REGISTERED("{2}") " FOR KEY SHARE) AND " which_in_order " FOR UPDATE SKIP LOCKED"
#define MARKED "state = CASE state WHEN 3 THEN 4 ELSE 2 END, owner = CAST({2} AS BIGINT), fence = CAST({4} AS BIGINT), claimed_at = " NOW ", deliveries = deliveries + 1"
#define AS_BEFORE "id, body, message_id, rank, due_at, attempts, crashes, deliveries - 1 AS deliveries, CASE state WHEN 4 THEN 3 ELSE 0 END AS state"
#define TAKEN(which_in_order) "UPDATE {t}_messages SET " MARKED " WHERE id = ANY (ARRAY (" PICKED(which_in_order) ")) RETURNING " AS_BEFORE
#define CLAIM(which_in_order) "WITH taken AS (" TAKEN(which_in_order) ") SELECT " COLUMNS " FROM taken ORDER BY rank, id"

#define ADD_ONE(row) "WITH added AS (INSERT INTO {t}_messages (queue, state, rank, due_at, message_id, group_key, attempts, crashes, body) " row " RETURNING state)" \
					 " SELECT CASE WHEN state = 0 THEN CAST(pg_notify({10}, '') AS TEXT) END FROM added"

static const char *const schema[] = {
	/* Two that create the same table at the same time would both fail. */
	"SELECT pg_advisory_xact_lock(1162040145, hashtext('{t}'))",
	"CREATE TABLE IF NOT EXISTS {t}_schema (version INTEGER NOT NULL)",
	"CREATE SEQUENCE IF NOT EXISTS {t}_places",
	/* Every row is written twice more and removed soon: what is left of it must go before the table has grown. */
	"CREATE TABLE IF NOT EXISTS {t}_messages ("
	"id BIGINT NOT NULL DEFAULT nextval('{t}_places') PRIMARY KEY, "
	"queue TEXT NOT NULL, "
	"state SMALLINT NOT NULL, "
	"rank SMALLINT NOT NULL, "
	"attempts INTEGER NOT NULL, "
	"crashes INTEGER NOT NULL, "
	"deliveries INTEGER NOT NULL DEFAULT 0, "
	"due_at BIGINT NOT NULL, "
	"owner BIGINT, "
	"fence BIGINT NOT NULL DEFAULT 0, "
	"claimed_at BIGINT, "
	"message_id TEXT, "
	"group_key TEXT, "
	"body TEXT NOT NULL) "
	"WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000)",
	"CREATE INDEX IF NOT EXISTS {t}_ready ON {t}_messages (queue, rank, id) WHERE state = 0",
	"CREATE INDEX IF NOT EXISTS {t}_delayed ON {t}_messages (queue, due_at, id) WHERE state = 1",
	"CREATE INDEX IF NOT EXISTS {t}_claimed ON {t}_messages (queue, state) WHERE state > 1",
	"CREATE INDEX IF NOT EXISTS {t}_message_ids ON {t}_messages (message_id)",
	"CREATE TABLE IF NOT EXISTS {t}_owners ("
	"id BIGSERIAL PRIMARY KEY, "
	"pid BIGINT NOT NULL, "
	"host TEXT NOT NULL, "
	"started_at BIGINT NOT NULL, "
	"locked SMALLINT NOT NULL, "
	"absent_since BIGINT)",
	NULL,
};

/* ---- errors ----------------------------------------------------------------------------------------------------------------- */

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* Connecting has one SQLSTATE for everything, so the server's words have to do; with words in another language it counts as something that may pass. */
static ecoq_pdo_failure classify_connecting(const char *text)
{
	static const char *const permanent[] = {"authentication failed", "no password supplied", "does not exist", "no pg_hba.conf entry", "not permitted to log in",
		"permission denied for database", "invalid connection option", "invalid sslmode", "invalid port number", "server does not support SSL",
		"missing \"=\"", "root certificate file", "certificate verify failed", "is not currently accepting connections"};
	for (size_t i = 0; i < sizeof(permanent) / sizeof(*permanent); i++) {
		if (strstr(text, permanent[i]) && !strstr(text, "No such file or directory")) {
			return ECOQ_PDO_UNUSABLE;
		}
	}
	return ECOQ_PDO_DISCONNECTED;
}

static ecoq_pdo_failure classify(const char *sqlstate, zend_long code, const char *text)
{
	static const struct {
		const char *sqlstate; /* or the class that it begins with; the first that fits */
		ecoq_pdo_failure failure;
	} meanings[] = {
		{"40001", ECOQ_PDO_CONFLICT}, /* serialization_failure */
		{"40P01", ECOQ_PDO_CONFLICT}, /* deadlock_detected */
		{"25P02", ECOQ_PDO_ABORTED},
		{"3B001", ECOQ_PDO_NO_SAVEPOINT},
		{"25P01", ECOQ_PDO_NO_SAVEPOINT}, /* no_active_sql_transaction */
		{"25P03", ECOQ_PDO_DISCONNECTED}, /* idle_in_transaction_session_timeout */
		{"25006", ECOQ_PDO_UNUSABLE},     /* read_only_sql_transaction */
		{"42P01", ECOQ_PDO_NO_TABLE},
		{"55P03", ECOQ_PDO_BUSY}, /* lock_not_available */
		{"57014", ECOQ_PDO_BUSY}, /* query_canceled: statement_timeout */
		{"57P0", ECOQ_PDO_DISCONNECTED},
		{"08", ECOQ_PDO_DISCONNECTED},
		{"53", ECOQ_PDO_TROUBLE}, /* insufficient resources */
		{"58", ECOQ_PDO_TROUBLE}, /* system error */
		{"54", ECOQ_PDO_TOO_LARGE},
		{"22001", ECOQ_PDO_TOO_LARGE},
		{"22021", ECOQ_PDO_UNSTORABLE}, /* character_not_in_repertoire */
		{"22P05", ECOQ_PDO_UNSTORABLE}, /* untranslatable_character */
		{"42501", ECOQ_PDO_UNUSABLE},   /* insufficient_privilege */
		{"28", ECOQ_PDO_UNUSABLE},      /* invalid authorization */
		{"3D", ECOQ_PDO_UNUSABLE},      /* no such database */
		{"3F", ECOQ_PDO_UNUSABLE},      /* no such schema */
		{"XX001", ECOQ_PDO_UNUSABLE},   /* data_corrupted */
		{"XX002", ECOQ_PDO_UNUSABLE},   /* index_corrupted */
	};
	if (begins(sqlstate, "08006")) {
		return classify_connecting(text);
	}
	for (size_t i = 0; i < sizeof(meanings) / sizeof(*meanings); i++) {
		if (begins(sqlstate, meanings[i].sqlstate)) {
			return meanings[i].failure;
		}
	}
	/* A failure of the client library, not of the server: nearly always that the connection is gone. */
	return begins(sqlstate, "HY000") && code == 7 ? classify_connecting(text) : ECOQ_PDO_UNEXPECTED;
}

const ecoq_pdo_dialect ecoq_pdo_postgresql = {
	.engine = ECOQ_PDO_POSTGRESQL,
	.name = "PostgreSQL",
	.driver = "pgsql",
	.package = "Debian: php-pgsql",
	.schemes = (const char *const[]){"pgsql", "postgres", "postgresql", NULL},
	.schema = schema,
	.claiming = ECOQ_PDO_CLAIM_AT_ONCE,
	.failure_aborts = true,
	.remove_returns_ids = true,
	.text_only = true,
	.classify = classify,
	.read_dsn = ecoq_pdo_postgresql_read_dsn,
	.open = ecoq_pdo_server_open,
	.prepare = ecoq_pdo_postgresql_prepare,
	.was_notified = ecoq_pdo_postgresql_was_notified,
	.advice = {
		[ECOQ_PDO_BUSY] = "; another session holds a lock, or a time limit of the server ended the statement",
		[ECOQ_PDO_UNUSABLE] = "; check the role's rights: the tables need SELECT, INSERT, UPDATE and DELETE, their sequences USAGE, and creating them CREATE on the schema",
		[ECOQ_PDO_TROUBLE] = "; check the server's disk, memory and number of connections",
		[ECOQ_PDO_UNSTORABLE] = "; a PostgreSQL text holds valid UTF-8 without NUL, in the server's own encoding",
	},
	.statements = {
		[ECOQ_PDO_BEGIN] = "BEGIN",
		[ECOQ_PDO_PROBE] = "BEGIN",
		[ECOQ_PDO_COMMIT] = "COMMIT",
		[ECOQ_PDO_ROLLBACK] = "ROLLBACK",
		[ECOQ_PDO_SAVEPOINT] = "SAVEPOINT ecoq",
		[ECOQ_PDO_RELEASE] = "RELEASE SAVEPOINT ecoq",
		[ECOQ_PDO_ROLLBACK_TO] = "ROLLBACK TO SAVEPOINT ecoq",
		[ECOQ_PDO_DURABLE] = "SET synchronous_commit = on",
		[ECOQ_PDO_RELAXED] = "SET synchronous_commit = off",
		[ECOQ_PDO_VERSION] = "SELECT max(version) FROM {t}_schema",
		[ECOQ_PDO_SET_VERSION] = "INSERT INTO {t}_schema SELECT CAST({1} AS INTEGER) WHERE NOT EXISTS (SELECT 1 FROM {t}_schema WHERE version >= CAST({1} AS INTEGER))",
		[ECOQ_PDO_INSERT] = ADD_ONE("VALUES ({1}, CASE WHEN CAST({3} AS BIGINT) > " NOW " THEN 1 ELSE 0 END, {2}, {3}, {5}, {6}, {7}, {8}, {9})"),
		[ECOQ_PDO_INSERT_NEW] = ADD_ONE("SELECT CAST({1} AS TEXT), CASE WHEN CAST({3} AS BIGINT) > " NOW " THEN 1 ELSE 0 END, CAST({2} AS SMALLINT), CAST({3} AS BIGINT),"
										" CAST({5} AS TEXT), CAST({6} AS TEXT), CAST({7} AS INTEGER), CAST({8} AS INTEGER), CAST({9} AS TEXT)"
										" WHERE NOT EXISTS (SELECT 1 FROM {t}_messages AS m WHERE m.queue = CAST({1} AS TEXT) AND m.message_id = CAST({5} AS TEXT))"),
		[ECOQ_PDO_INSERT_MANY] = "WITH added AS (INSERT INTO {t}_messages (queue, state, rank, due_at, message_id, group_key, attempts, crashes, body)"
								 " SELECT CAST({1} AS TEXT), CASE WHEN r.d > " NOW " THEN 1 ELSE 0 END, r.p, r.d, r.i, r.g, r.a, r.c, r.b"
								 " FROM ROWS FROM (json_to_recordset(CAST({2} AS JSON)) AS (p INTEGER, d BIGINT, i TEXT, g TEXT, a INTEGER, c INTEGER, n INTEGER, b TEXT))"
								 " WITH ORDINALITY AS r (p, d, i, g, a, c, n, b, at)"
								 " WHERE r.n = 0 OR NOT EXISTS (SELECT 1 FROM {t}_messages AS m WHERE m.queue = CAST({1} AS TEXT) AND m.message_id = r.i)"
								 " ORDER BY r.at RETURNING state)"
								 " SELECT count(*), CASE WHEN bool_or(state = 0) THEN CAST(pg_notify({3}, '') AS TEXT) END FROM added",
		[ECOQ_PDO_LISTEN] = "LISTEN",
		[ECOQ_PDO_LOOK] = "SELECT CASE WHEN EXISTS (SELECT 1 FROM {t}_messages WHERE queue = {1} AND state = 0) THEN 1 ELSE 0 END,"
						  " CASE WHEN EXISTS (SELECT 1 FROM {t}_messages WHERE queue = {1} AND state > 1 AND state = 3) THEN 1 ELSE 0 END,"
						  " (SELECT min(due_at) FROM {t}_messages WHERE queue = {1} AND state = 1), " NOW,
		[ECOQ_PDO_PROMOTE] = "UPDATE {t}_messages AS m SET id = moved.place, state = 0 FROM (SELECT id AS old, nextval('{t}_places') AS place FROM"
							 " (SELECT id FROM {t}_messages WHERE queue = {1} AND state = 1 AND due_at <= " NOW " ORDER BY due_at, id LIMIT 1000 FOR UPDATE SKIP LOCKED) AS due) AS moved WHERE m.id = moved.old",
		[ECOQ_PDO_PICK] = CLAIM("state = 0 ORDER BY rank, id LIMIT CAST({3} AS BIGINT)"),
		[ECOQ_PDO_PICK_SUSPECT] = CLAIM("state > 1 AND state = 3 ORDER BY id LIMIT 1"),
		[ECOQ_PDO_PICK_ID] = CLAIM("state IN (0, 1, 3) AND message_id = {3} ORDER BY id LIMIT 1"),
		[ECOQ_PDO_FENCED] = "SELECT id FROM {t}_messages WHERE " FENCED("{1}", "{2}"),
		[ECOQ_PDO_REMOVE] = "DELETE FROM {t}_messages WHERE " FENCED("{1}", "{2}") " RETURNING id",
		[ECOQ_PDO_HAND_BACK] = "UPDATE {t}_messages SET state = " WAITING_AGAIN " WHERE " FENCED("{1}", "{2}"),
		[ECOQ_PDO_STATS] = "SELECT (SELECT count(*) FROM {t}_messages WHERE queue = {1} AND state = 0),"
						   " (SELECT count(*) FROM {t}_messages WHERE queue = {1} AND state > 1 AND state = 3),"
						   " (SELECT count(*) FROM {t}_messages WHERE queue = {1} AND state = 1 AND due_at <= " NOW "),"
						   " (SELECT count(*) FROM {t}_messages WHERE queue = {1} AND state = 1 AND due_at > " NOW "),"
						   " (SELECT count(*) FROM {t}_messages WHERE queue = {1} AND state > 1 AND state IN (2, 4))",
		[ECOQ_PDO_PURGE] = "DELETE FROM {t}_messages WHERE queue = {1} AND state IN (0, 1, 3)",
		[ECOQ_PDO_BROWSE] = "SELECT " COLUMNS " FROM {t}_messages WHERE queue = {1} AND state IN (0, 1, 3)"
							" ORDER BY id LIMIT CAST({2} AS BIGINT) OFFSET CAST({3} AS BIGINT)",
		[ECOQ_PDO_REGISTER] = "INSERT INTO {t}_owners (pid, host, started_at, locked) VALUES ({1}, {2}, " NOW ", {4}) RETURNING id",
		[ECOQ_PDO_UNREGISTER] = "DELETE FROM {t}_owners WHERE id = {1}",
		[ECOQ_PDO_IS_OWNER] = REGISTERED("{1}"),
		[ECOQ_PDO_OWNERS] = "SELECT o.id, " ABSENT_FOR " FROM {t}_owners AS o WHERE locked = 1 AND NOT EXISTS (SELECT 1" LOCKS " AND objid = CAST(o.id AS oid))",
		[ECOQ_PDO_OWNER] = "SELECT id, " ABSENT_FOR ", locked FROM {t}_owners WHERE id = {1}",
		[ECOQ_PDO_ABSENT] = "UPDATE {t}_owners SET absent_since = " NOW " WHERE id = {1}",
		[ECOQ_PDO_HOLD] = "SELECT CASE WHEN pg_try_advisory_lock(" LOCK_OF("{1}") ") THEN 1 ELSE 0 END",
		[ECOQ_PDO_DROP] = "SELECT pg_advisory_unlock(" LOCK_OF("{1}") ")",
		[ECOQ_PDO_IS_HELD] = "SELECT count(*)" LOCKS " AND objid = CAST(CAST({1} AS BIGINT) AS oid)",
		[ECOQ_PDO_FREE] = "UPDATE {t}_messages SET state = " WAITING_AGAIN " WHERE state > 1 AND owner = {1}",
		[ECOQ_PDO_ORPHAN] = "UPDATE {t}_messages SET " SUSPECTED " WHERE state > 1 AND owner = {1}",
		[ECOQ_PDO_ANY_EXPIRED] = "SELECT 1 FROM {t}_messages WHERE " OVERDUE " LIMIT 1",
		[ECOQ_PDO_EXPIRE] = "UPDATE {t}_messages SET " SUSPECTED " WHERE " OVERDUE,
	},
};
