#include "transport/pdo/records.h"

#include "ext/hash/php_hash.h"
#include "ext/hash/php_hash_sha.h"

#include "base/clock.h"

/* ---- schema ---------------------------------------------------------------------------------------------------------------- */

static const char *const sqlite[] = {
	"CREATE TABLE IF NOT EXISTS {t}_records ("
	"endpoint TEXT NOT NULL, "
	"record_key TEXT NOT NULL, "
	"owner INTEGER, " /* NULL: done */
	"at INTEGER NOT NULL, "
	"PRIMARY KEY (endpoint, record_key)) WITHOUT ROWID",
	"CREATE INDEX IF NOT EXISTS {t}_records_at ON {t}_records (at)",
	NULL,
};

static const char *const postgresql[] = {
	"CREATE TABLE IF NOT EXISTS {t}_records ("
	"endpoint TEXT COLLATE \"C\" NOT NULL, "
	"record_key TEXT COLLATE \"C\" NOT NULL, "
	"owner BIGINT, "
	"at BIGINT NOT NULL, "
	"PRIMARY KEY (endpoint, record_key))",
	"CREATE INDEX IF NOT EXISTS {t}_records_at ON {t}_records (at)",
	NULL,
};

static const char *const mysql[] = {
	"CREATE TABLE IF NOT EXISTS {t}_records ("
	"endpoint VARBINARY(200) NOT NULL, "
	"record_key VARBINARY(200) NOT NULL, "
	"owner BIGINT, "
	"at BIGINT NOT NULL, "
	"PRIMARY KEY (endpoint, record_key), "
	"KEY {t}_records_at (at)) ENGINE = InnoDB",
	NULL,
};

const ecoq_pdo_schemas ecoq_pdo_records_schemas = {[ECOQ_PDO_SQLITE] = sqlite, [ECOQ_PDO_POSTGRESQL] = postgresql, [ECOQ_PDO_MYSQL] = mysql};

/* ---- statements ------------------------------------------------------------------------------------------------------------ */

#define THIS_RECORD "endpoint = {1} AND record_key = {2}"
#define COLUMNS_AND_VALUES "INTO {t}_records (endpoint, record_key, at, owner) VALUES ({1}, {2}, {3}, {4})"

static const char find_sql[] = "SELECT COALESCE(owner, 0) FROM {t}_records WHERE " THIS_RECORD;
static const char finish_sql[] = "UPDATE {t}_records SET owner = NULL, at = {3} WHERE " THIS_RECORD " AND owner = {4}";
static const char take_over_sql[] = "UPDATE {t}_records SET at = {3}, owner = {4} WHERE " THIS_RECORD " AND owner = {5}";
static const char give_up_sql[] = "DELETE FROM {t}_records WHERE " THIS_RECORD " AND owner = {3}";
static const char remove_sql[] = "DELETE FROM {t}_records WHERE " THIS_RECORD " AND owner IS NULL";
static const char any_old_sql[] = "SELECT 1 FROM {t}_records WHERE at < {1} LIMIT 1";

static const char *const insert_sql[] = {
	[ECOQ_PDO_SQLITE] = "INSERT " COLUMNS_AND_VALUES " ON CONFLICT DO NOTHING",
	[ECOQ_PDO_POSTGRESQL] = "INSERT " COLUMNS_AND_VALUES " ON CONFLICT DO NOTHING",
	[ECOQ_PDO_MYSQL] = ("INSERT IGNORE " COLUMNS_AND_VALUES),
};

/* A claim is old only when its owner is gone: a living one may be at it for however long. */
#define OLD "at < {1} AND (owner IS NULL OR NOT EXISTS (SELECT 1 FROM {t}_owners AS o WHERE o.id = {t}_records.owner))" \
			" AND NOT EXISTS (SELECT 1 FROM {t}_dead_letters AS d WHERE d.message_id = "
#define OLD_END " AND d.endpoint = "
#define OLDEST " ORDER BY at LIMIT 1000"

/* PostgreSQL leaves out what another one is removing, and by ctid the plan does not depend on what it believes of the table's size. MySQL cannot name
 * the table that it deletes from in a subquery. Both find an index of text only with text of its own kind. */
static const char *const expire_sql[] = {
	[ECOQ_PDO_SQLITE] = "DELETE FROM {t}_records WHERE (endpoint, record_key) IN (SELECT endpoint, record_key FROM {t}_records WHERE " OLD "{t}_records.record_key" OLD_END "{t}_records.endpoint)" OLDEST ")",
	[ECOQ_PDO_POSTGRESQL] = "DELETE FROM {t}_records WHERE ctid = ANY (ARRAY(SELECT ctid FROM {t}_records WHERE " OLD "{t}_records.record_key COLLATE \"default\"" OLD_END "{t}_records.endpoint COLLATE \"default\")" OLDEST " FOR UPDATE SKIP LOCKED))",
	[ECOQ_PDO_MYSQL] =
		"DELETE FROM {t}_records WHERE " OLD "CONVERT({t}_records.record_key USING utf8mb4)" OLD_END "CONVERT({t}_records.endpoint USING utf8mb4))" OLDEST,
};

/* ---- parameters ------------------------------------------------------------------------------------------------------------ */

#define LONGEST_KEY 200
#define HASHED "sha256:"

/* Columns of text take no NUL, nor what is not valid in their encoding; and what looks like a hash must not be mistaken for one. */
static bool is_stored_as_it_is(ecoq_bytes key)
{
	if (key.size > LONGEST_KEY || (key.size >= strlen(HASHED) && memcmp(key.data, HASHED, strlen(HASHED)) == 0)) {
		return false;
	}
	for (size_t i = 0; i < key.size; i++) {
		if (key.data[i] < ' ' || key.data[i] > '~') {
			return false;
		}
	}
	return true;
}

static void set_key(zval *parameter, ecoq_bytes key)
{
	if (is_stored_as_it_is(key)) {
		ZVAL_STRINGL(parameter, key.data, key.size);
		return;
	}
	static const char digits[] = "0123456789abcdef";
	unsigned char digest[32];
	PHP_SHA256_CTX context;
	PHP_SHA256Init(&context);
	PHP_SHA256Update(&context, (const unsigned char *) key.data, key.size);
	PHP_SHA256Final(digest, &context);
	zend_string *text = zend_string_alloc(strlen(HASHED) + 2 * sizeof(digest), false);
	char *out = ZSTR_VAL(text) + strlen(HASHED);
	memcpy(ZSTR_VAL(text), HASHED, strlen(HASHED));
	for (size_t i = 0; i < sizeof(digest); i++) {
		*out++ = digits[digest[i] >> 4];
		*out++ = digits[digest[i] & 15];
	}
	*out = '\0';
	ZVAL_STR(parameter, text);
}

/* One statement about one record: {1} is the endpoint, {2} the key, the others follow. */
struct statement {
	const char *sql;
	zval parameters[5];
	uint32_t count;
	bool reads;
	zend_long affected; /* or, when it reads, the number of rows, */
	zend_long owner;    /* and who has it */
};

static void begin_statement(struct statement *s, const char *sql, ecoq_bytes endpoint, ecoq_bytes key)
{
	*s = (struct statement){.sql = sql, .count = 2};
	set_key(&s->parameters[0], endpoint);
	set_key(&s->parameters[1], key);
}

static void add_number(struct statement *s, int64_t number)
{
	ZVAL_LONG(&s->parameters[s->count], number);
	s->count++;
}

static ecoq_result end_statement(struct statement *s, ecoq_pdo_connection *c, const char *doing, ecoq_error *error)
{
	zval rows;
	ecoq_result result = ecoq_pdo_run_query(c, true, s->sql, s->parameters, s->count, s->reads ? &rows : NULL, s->reads ? NULL : &s->affected, doing, error);
	if (result == ECOQ_OK && s->reads) {
		s->affected = zend_hash_num_elements(Z_ARRVAL(rows));
		s->owner = ecoq_pdo_first_int(&rows);
		zval_ptr_dtor(&rows);
	}
	zval_ptr_dtor(&s->parameters[0]);
	zval_ptr_dtor(&s->parameters[1]);
	return result;
}

/* ---- records --------------------------------------------------------------------------------------------------------------- */

/* `*owner`: who has it in hand, 0: it is done, -1: there is no record. */
static ecoq_result find(ecoq_pdo_connection *c, ecoq_bytes endpoint, ecoq_bytes key, int64_t *owner, ecoq_error *error)
{
	struct statement s;
	begin_statement(&s, find_sql, endpoint, key);
	s.reads = true;
	ecoq_result result = end_statement(&s, c, "Looking for a deduplication record", error);
	*owner = s.affected > 0 ? s.owner : -1;
	return result;
}

ecoq_result ecoq_pdo_record_find(ecoq_pdo_connection *connection, ecoq_bytes endpoint, ecoq_bytes key, ecoq_record_state *state, ecoq_error *error)
{
	int64_t owner;
	ecoq_result result = find(connection, endpoint, key, &owner, error);
	*state = owner < 0 ? ECOQ_RECORD_NONE : owner == 0 ? ECOQ_RECORD_DONE
													   : ECOQ_RECORD_CLAIMED;
	return result;
}

/* `owner` 0: it is done. */
static ecoq_result insert(ecoq_pdo_connection *c, ecoq_bytes endpoint, ecoq_bytes key, int64_t owner, bool *inserted, const char *doing, ecoq_error *error)
{
	struct statement s;
	begin_statement(&s, insert_sql[c->dialect->engine], endpoint, key);
	add_number(&s, ecoq_clock_now_ms());
	add_number(&s, owner);
	if (owner == 0) {
		ZVAL_NULL(&s.parameters[3]);
	}
	ecoq_result result = end_statement(&s, c, doing, error);
	*inserted = s.affected > 0;
	return result;
}

ecoq_result ecoq_pdo_record_add(ecoq_pdo_connection *connection, ecoq_bytes endpoint, ecoq_bytes key, bool *recorded, ecoq_error *error)
{
	return insert(connection, endpoint, key, 0, recorded, "Recording that a message was handled", error);
}

ecoq_result ecoq_pdo_record_remove(ecoq_pdo_connection *connection, ecoq_bytes endpoint, ecoq_bytes key, ecoq_error *error)
{
	struct statement s;
	begin_statement(&s, remove_sql, endpoint, key);
	return end_statement(&s, connection, "Removing a deduplication record", error);
}

/* ---- claims ---------------------------------------------------------------------------------------------------------------- */

static const char claiming[] = "Claiming a deduplication key";

static ecoq_result take_over(ecoq_pdo_owner *owner, ecoq_bytes endpoint, ecoq_bytes key, int64_t former, bool *taken, ecoq_error *error)
{
	struct statement s;
	begin_statement(&s, take_over_sql, endpoint, key);
	add_number(&s, ecoq_clock_now_ms());
	add_number(&s, owner->id);
	add_number(&s, former);
	ecoq_result result = end_statement(&s, owner->connection, claiming, error);
	*taken = s.affected > 0;
	return result;
}

/* What becomes of a claim that `holder` had a moment ago; NONE: others changed it meanwhile. */
static ecoq_result judge_claim(ecoq_pdo_owner *owner, ecoq_bytes endpoint, ecoq_bytes key, int64_t holder, ecoq_record_state *state, ecoq_error *error)
{
	bool dead, taken;
	*state = holder < 0 ? ECOQ_RECORD_NONE : holder == 0 ? ECOQ_RECORD_DONE
		: holder == owner->id                            ? ECOQ_RECORD_MINE
														 : ECOQ_RECORD_CLAIMED;
	if (*state != ECOQ_RECORD_CLAIMED) {
		return ECOQ_OK;
	}
	ecoq_result result = ecoq_pdo_owner_is_dead(owner, holder, &dead, error);
	if (result == ECOQ_OK && dead) {
		result = take_over(owner, endpoint, key, holder, &taken, error);
		*state = taken ? ECOQ_RECORD_MINE : ECOQ_RECORD_NONE;
	}
	return result;
}

ecoq_result ecoq_pdo_record_claim(ecoq_pdo_owner *owner, ecoq_bytes endpoint, ecoq_bytes key, ecoq_record_state *state, ecoq_error *error)
{
	ecoq_result result = ecoq_pdo_owner_register(owner, 0, error);
	*state = ECOQ_RECORD_NONE;
	for (int round = 0; round < 4 && result == ECOQ_OK && *state == ECOQ_RECORD_NONE; round++) {
		bool inserted;
		int64_t holder;
		result = insert(owner->connection, endpoint, key, owner->id, &inserted, claiming, error);
		if (result == ECOQ_OK && inserted) {
			*state = ECOQ_RECORD_MINE;
		} else if (result == ECOQ_OK) {
			result = find(owner->connection, endpoint, key, &holder, error);
			result = result == ECOQ_OK ? judge_claim(owner, endpoint, key, holder, state, error) : result;
		}
	}
	if (*state == ECOQ_RECORD_NONE) {
		*state = ECOQ_RECORD_CLAIMED; /* it goes from hand to hand */
	}
	return result;
}

ecoq_result ecoq_pdo_record_finish(ecoq_pdo_owner *owner, ecoq_bytes endpoint, ecoq_bytes key, bool *recorded, ecoq_error *error)
{
	struct statement s;
	*recorded = false;
	if (!owner->id) {
		return ecoq_fail(error, ECOQ_UNAVAILABLE,
			"Recording that a message was handled: its claim was lost together with the connection");
	}
	begin_statement(&s, finish_sql, endpoint, key);
	add_number(&s, ecoq_clock_now_ms());
	add_number(&s, owner->id);
	ecoq_result result = end_statement(&s, owner->connection, "Recording that a message was handled", error);
	*recorded = s.affected > 0;
	return result;
}

ecoq_result ecoq_pdo_record_give_up(ecoq_pdo_owner *owner, ecoq_bytes endpoint, ecoq_bytes key, ecoq_error *error)
{
	struct statement s;
	if (!owner->id) {
		return ECOQ_OK;
	}
	begin_statement(&s, give_up_sql, endpoint, key);
	add_number(&s, owner->id);
	return end_statement(&s, owner->connection, "Giving up a claim", error);
}

/* ---- expiry ---------------------------------------------------------------------------------------------------------------- */

struct expiry {
	zval before;
	zend_long removed;
};

/* Looks first: a DELETE takes SQLite's write lock even when it finds nothing. */
static bool expire(ecoq_pdo_connection *c, void *context)
{
	struct expiry *e = context;
	zval rows;
	e->removed = 0;
	if (!ecoq_pdo_query(c, any_old_sql, &e->before, 1, &rows, NULL)) {
		return false;
	}
	bool any = zend_hash_num_elements(Z_ARRVAL(rows)) > 0;
	zval_ptr_dtor(&rows);
	return !any || ecoq_pdo_query(c, expire_sql[c->dialect->engine], &e->before, 1, NULL, &e->removed);
}

ecoq_result ecoq_pdo_records_expire(ecoq_pdo_connection *connection, int64_t before, size_t *removed, ecoq_error *error)
{
	struct expiry e = {.removed = 0};
	ZVAL_LONG(&e.before, before);
	ecoq_result result = ecoq_pdo_run(connection, ECOQ_PDO_ALONE, false, expire, &e, "Removing old deduplication records", error);
	*removed = result == ECOQ_OK ? (size_t) e.removed : 0;
	return result;
}
