#include "transport/pdo/mysql.h"

#include "transport/pdo/server.h"

/* MariaDB 10.6 or newer, MySQL 8.0 or newer (SKIP LOCKED, JSON_TABLE). No RETURNING: MySQL has none.
 *
 * `id` is the place in the queue: UUID_SHORT() ascends on a server, over restarts too, and every row that a statement makes or moves gets the next one. `place`
 * is what orders the messages of one state, so that one index serves those that are ready, by rank, and those that wait, by the instant
 * they are due at. Names and ids are VARBINARY and BLOB, so that they are compared and kept byte for byte, whatever character set a connection has.
 *
 * PDO sends every parameter as text: numbers are CAST, or they would be compared as floating-point numbers (ids have more digits than those), or as text.
 * Rows are changed through a join that begins with the list of ids: MariaDB would read the whole table for `id IN (SELECT …)`. The index of each locking statement
 * is given: for a table of a few rows the optimizer would rather read, and so lock, all of them, and wait for those of others. */

#define COLUMNS "id, body, message_id, message_rank, due_at, attempts, crashes, deliveries, state"
#define NUMBER(parameter) "CAST(" parameter " AS SIGNED)"
/* Whatever time zone the session has. */
#define NOW "(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000)"
#define NEXT_ID "UUID_SHORT() & 9223372036854775807"
/* Locks are the server's, not the database's: the name holds 16 digits of both, and of the owner. */
#define LOCK(owner) "CONCAT('ecoq:', LEFT(SHA2(CONCAT(DATABASE(), '.{t}.', " owner "), 256), 16))"
#define OWNER_OF_THIS(owner) "FROM {t}_owners WHERE id = " NUMBER(owner) " AND (locked = 0 OR IS_USED_LOCK(" LOCK(NUMBER(owner)) ") = CONNECTION_ID())"
#define REGISTERED "EXISTS (SELECT 1 " OWNER_OF_THIS("{2}") ")"
#define INSERT_HEAD "INSERT INTO {t}_messages (id, queue, state, message_rank, due_at, message_id, group_key, attempts, crashes, body) "
#define NEW_ROW NEXT_ID ", {1}, IF(" NUMBER("{3}") " > " NOW ", 1, 0), {2}, {3}, {5}, {6}, {7}, {8}, {9}"
#define INSERT INSERT_HEAD "SELECT " NEW_ROW
#define LISTED(list) "JSON_TABLE(CONVERT(" list " USING utf8mb4), '$[*]' COLUMNS (id BIGINT PATH '$')) AS listed STRAIGHT_JOIN {t}_messages AS m FORCE INDEX (PRIMARY) ON m.id = listed.id"
#define ABSENT_FOR "COALESCE(" NOW " - absent_since, -1)"
#define UNDER_FENCE(fence) " WHERE m.fence = " NUMBER(fence) " AND m.state IN (2, 4)"
#define WAITING_AGAIN "m.state = CASE WHEN m.state = 4 THEN 3 WHEN m.due_at > " NOW " THEN 1 ELSE 0 END, m.owner = NULL, m.claimed_at = NULL"
#define SUSPECTED "m.crashes = m.crashes + (m.state = 4), m.state = 3, m.owner = NULL, m.claimed_at = NULL"
/* An owner's reservations, without an index over owners: there are few queues, and in each few are reserved. */
#define RESERVED_BY(owner) "(SELECT DISTINCT queue FROM {t}_messages) AS queues CROSS JOIN (SELECT 2 AS state UNION ALL SELECT 4) AS states" \
						   " STRAIGHT_JOIN {t}_messages AS m FORCE INDEX (in_order) ON m.queue = queues.queue AND m.state = states.state AND m.owner = " NUMBER(owner)

static const char *const schema[] = {
	"CREATE TABLE IF NOT EXISTS {t}_schema (version INT NOT NULL PRIMARY KEY) ENGINE = InnoDB",
	"CREATE TABLE IF NOT EXISTS {t}_messages ("
	"id BIGINT NOT NULL PRIMARY KEY, "
	"queue VARBINARY(255) NOT NULL, "
	"state TINYINT NOT NULL, "
	"message_rank TINYINT NOT NULL, "
	"due_at BIGINT NOT NULL, "
	"place BIGINT AS (IF(state = 1, due_at, message_rank)) STORED, "
	"message_id BLOB, "
	"group_key BLOB, "
	"owner BIGINT, "
	"fence BIGINT NOT NULL DEFAULT 0, "
	"claimed_at BIGINT, "
	"attempts INT UNSIGNED NOT NULL, "
	"crashes INT UNSIGNED NOT NULL, "
	"deliveries INT UNSIGNED NOT NULL DEFAULT 0, "
	"body LONGBLOB NOT NULL, "
	"KEY in_order (queue, state, place), "
	"KEY message_id (message_id(40))) ENGINE = InnoDB",
	"CREATE TABLE IF NOT EXISTS {t}_owners ("
	"id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, "
	"pid BIGINT NOT NULL, "
	"host VARBINARY(255) NOT NULL, "
	"started_at BIGINT NOT NULL, "
	"locked TINYINT NOT NULL, "
	"absent_since BIGINT) ENGINE = InnoDB",
	NULL,
};

static ecoq_pdo_failure classify(const char *sqlstate, zend_long code, const char *text)
{
	switch (code) {
		case 1020: /* record has changed since last read: MariaDB's snapshot isolation */
		case 1205: /* lock wait timeout */
		case 1213: /* deadlock */
		case 1412: /* table definition has changed */
			return ECOQ_PDO_CONFLICT;
		case 1615: /* prepared statement needs to be prepared again */
		case 3572: /* lock not available at once */
			return ECOQ_PDO_BUSY;
		case 1146: /* no such table */
			return ECOQ_PDO_NO_TABLE;
		case 1305: /* SAVEPOINT does not exist */
			return ECOQ_PDO_NO_SAVEPOINT;
		case 1568: /* transaction characteristics cannot be changed while one is in progress */
			return ECOQ_PDO_IN_TRANSACTION;
		case 1053: /* server shutdown in progress */
		case 1243: /* unknown prepared statement: the session was reset */
		case 1927: /* connection was killed */
		case 2002: /* cannot connect */
		case 2003:
		case 2006: /* server has gone away */
		case 2013: /* lost connection during query */
		case 4031: /* disconnected because of inactivity */
			return ECOQ_PDO_DISCONNECTED;
		case 1044: /* access denied, to a database */
		case 1045: /* … to a user */
		case 1049: /* unknown database */
		case 1130: /* host is not allowed */
		case 1142: /* command denied on a table */
		case 1143: /* … on a column */
		case 1227: /* a privilege is needed */
		case 1370: /* routine command denied */
			return ECOQ_PDO_UNUSABLE;
		case 3:    /* error writing file */
		case 1021: /* disk full */
		case 1030: /* error from the storage engine */
		case 1037: /* out of memory */
		case 1040: /* too many connections */
		case 1041: /* out of memory */
		case 1114: /* table is full */
		case 1203: /* too many connections of this user */
		case 1226: /* user has exceeded a resource */
		case 1290: /* read-only: a replica, or a primary that is being replaced */
		case 1317: /* query was interrupted */
		case 1461: /* too many prepared statements */
		case 1836: /* read-only mode */
		case 1969: /* statement took too long */
		case 3024:
			return ECOQ_PDO_TROUBLE;
		case 1118: /* row size too large */
		case 1153: /* larger than max_allowed_packet */
		case 1301: /* result larger than max_allowed_packet */
		case 1406: /* data too long for a column */
			return ECOQ_PDO_TOO_LARGE;
		default:
			return ECOQ_PDO_UNEXPECTED;
	}
}

const ecoq_pdo_dialect ecoq_pdo_mysql = {
	.engine = ECOQ_PDO_MYSQL,
	.name = "MariaDB or MySQL",
	.driver = "mysql",
	.package = "Debian: php-mysql",
	.schemes = (const char *const[]){"mysql", "mariadb", NULL},
	.schema = schema,
	.claiming = ECOQ_PDO_CLAIM_PICKED,
	.ddl_commits = true,
	.max_queue_name = 255,
	.classify = classify,
	.read_dsn = ecoq_pdo_mysql_read_dsn,
	.open = ecoq_pdo_server_open,
	.prepare = ecoq_pdo_mysql_prepare,
	.advice = {
		[ECOQ_PDO_BUSY] = "; another connection holds its lock: keep write transactions short, or raise the option busy-timeout",
		[ECOQ_PDO_CONFLICT] = "; another transaction was in the way",
		[ECOQ_PDO_UNUSABLE] = "; check the name of the database, and what the user may do there",
		[ECOQ_PDO_TROUBLE] = "; check the server: disk space, limits, whether it is read-only",
	},
	.statements = {
		[ECOQ_PDO_ISOLATE] = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
		[ECOQ_PDO_BEGIN] = "START TRANSACTION",
		[ECOQ_PDO_PROBE] = "START TRANSACTION",
		[ECOQ_PDO_COMMIT] = "COMMIT",
		[ECOQ_PDO_ROLLBACK] = "ROLLBACK",
		[ECOQ_PDO_SAVEPOINT] = "SAVEPOINT ecoq",
		[ECOQ_PDO_RELEASE] = "RELEASE SAVEPOINT ecoq",
		[ECOQ_PDO_ROLLBACK_TO] = "ROLLBACK TO SAVEPOINT ecoq",
		[ECOQ_PDO_VERSION] = "SELECT MAX(version) FROM {t}_schema",
		[ECOQ_PDO_SET_VERSION] = "INSERT IGNORE INTO {t}_schema VALUES (" NUMBER("{1}") ")",
		[ECOQ_PDO_INSERT] = INSERT,
		[ECOQ_PDO_INSERT_NEW] = INSERT " FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM {t}_messages WHERE message_id = {5} AND queue = {1})",
		[ECOQ_PDO_INSERT_LIST] = INSERT_HEAD "VALUES ",
		[ECOQ_PDO_INSERT_ROW] = "(" NEW_ROW ")",
		[ECOQ_PDO_KNOWN_LIST] = "SELECT message_id, queue FROM {t}_messages WHERE message_id IN (",
		[ECOQ_PDO_LOOK] = "SELECT EXISTS (SELECT 1 FROM {t}_messages WHERE queue = {1} AND state = 0),"
						  " EXISTS (SELECT 1 FROM {t}_messages WHERE queue = {1} AND state = 3),"
						  " (SELECT MIN(place) FROM {t}_messages WHERE queue = {1} AND state = 1), " NOW,
		[ECOQ_PDO_PROMOTE] = "UPDATE {t}_messages FORCE INDEX (in_order) SET id = " NEXT_ID ", state = 0 WHERE queue = {1} AND state = 1 AND place <= " NOW " ORDER BY place, id LIMIT 1000",
		[ECOQ_PDO_PICK] = "SELECT " COLUMNS " FROM {t}_messages FORCE INDEX (in_order) WHERE queue = {1} AND state = 0 AND " REGISTERED " ORDER BY place, id LIMIT {3} FOR UPDATE SKIP LOCKED",
		[ECOQ_PDO_PICK_SUSPECT] = "SELECT " COLUMNS " FROM {t}_messages FORCE INDEX (in_order) WHERE queue = {1} AND state = 3 AND " REGISTERED " ORDER BY place, id LIMIT {3} FOR UPDATE SKIP LOCKED",
		[ECOQ_PDO_PICK_ID] = "SELECT " COLUMNS " FROM {t}_messages FORCE INDEX (message_id) WHERE message_id = {3} AND queue = {1} AND state IN (0, 1, 3) AND " REGISTERED " ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED",
		[ECOQ_PDO_CLAIM] = "UPDATE " LISTED("{6}") " SET m.state = 2, m.owner = " NUMBER("{1}") ", m.fence = " NUMBER("{2}") ", m.claimed_at = " NOW ", m.deliveries = m.deliveries + 1",
		[ECOQ_PDO_CLAIM_ONE] = "UPDATE {t}_messages SET state = CASE state WHEN 3 THEN 4 ELSE 2 END, owner = " NUMBER("{1}") ", fence = " NUMBER("{2}") ", claimed_at = " NOW ", deliveries = deliveries + 1 WHERE id = " NUMBER("{4}"),
		[ECOQ_PDO_FENCED] = "SELECT m.id FROM " LISTED("{1}") UNDER_FENCE("{2}"),
		[ECOQ_PDO_REMOVE] = "DELETE m FROM " LISTED("{1}") UNDER_FENCE("{2}"),
		[ECOQ_PDO_HAND_BACK] = "UPDATE " LISTED("{1}") " SET " WAITING_AGAIN UNDER_FENCE("{2}"),
		[ECOQ_PDO_STATS] = "SELECT COALESCE(SUM(state = 0), 0), COALESCE(SUM(state = 3), 0), COALESCE(SUM(state = 1 AND place <= " NOW "), 0),"
						   " COALESCE(SUM(state = 1 AND place > " NOW "), 0), COALESCE(SUM(state IN (2, 4)), 0) FROM {t}_messages WHERE queue = {1}",
		[ECOQ_PDO_PURGE] = "DELETE m FROM {t}_messages AS m FORCE INDEX (in_order) WHERE m.queue = {1} AND m.state IN (0, 1, 3)",
		[ECOQ_PDO_BROWSE] = "SELECT " COLUMNS " FROM {t}_messages WHERE queue = {1} AND state IN (0, 1, 3) ORDER BY id LIMIT {2} OFFSET {3}",
		[ECOQ_PDO_REGISTER] = "INSERT INTO {t}_owners (pid, host, started_at, locked) VALUES ({1}, {2}, " NOW ", {4})",
		[ECOQ_PDO_LAST_ID] = "SELECT LAST_INSERT_ID()",
		[ECOQ_PDO_UNREGISTER] = "DELETE FROM {t}_owners WHERE id = " NUMBER("{1}"),
		[ECOQ_PDO_IS_OWNER] = "SELECT 1 " OWNER_OF_THIS("{1}"),
		[ECOQ_PDO_OWNERS] = "SELECT id, " ABSENT_FOR " FROM {t}_owners WHERE locked = 1 AND IS_USED_LOCK(" LOCK("id") ") IS NULL",
		[ECOQ_PDO_OWNER] = "SELECT id, " ABSENT_FOR ", locked FROM {t}_owners WHERE id = " NUMBER("{1}"),
		[ECOQ_PDO_ABSENT] = "UPDATE {t}_owners SET absent_since = " NOW " WHERE id = " NUMBER("{1}"),
		[ECOQ_PDO_HOLD] = "SELECT GET_LOCK(" LOCK(NUMBER("{1}")) ", 0)",
		[ECOQ_PDO_DROP] = "SELECT RELEASE_LOCK(" LOCK(NUMBER("{1}")) ")",
		[ECOQ_PDO_IS_HELD] = "SELECT IS_USED_LOCK(" LOCK(NUMBER("{1}")) ") IS NOT NULL",
		[ECOQ_PDO_FREE] = "UPDATE " RESERVED_BY("{1}") " SET " WAITING_AGAIN,
		[ECOQ_PDO_ORPHAN] = "UPDATE " RESERVED_BY("{1}") " SET " SUSPECTED,
		[ECOQ_PDO_ANY_EXPIRED] = "SELECT 1 FROM {t}_messages WHERE queue = {1} AND state IN (2, 4) AND claimed_at <= " NOW " - " NUMBER("{3}") " LIMIT 1",
		[ECOQ_PDO_EXPIRE] = "UPDATE {t}_messages AS m FORCE INDEX (in_order) SET " SUSPECTED " WHERE m.queue = {1} AND m.state IN (2, 4) AND m.claimed_at <= " NOW " - " NUMBER("{3}"),
	},
};
