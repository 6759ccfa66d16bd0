#include "transport/pdo/relay_lease.h"

#include "base/clock.h"

#define KEEP_EVERY_MS 10000 /* a holder writes down that it is there */
#define SILENT_FOR_MS 30000 /* one that did not for so long has lost it */

static const char *const sqlite_schema[] = {
	"CREATE TABLE IF NOT EXISTS {t}_relays (destination TEXT NOT NULL PRIMARY KEY, owner INTEGER NOT NULL, kept_at INTEGER NOT NULL) WITHOUT ROWID",
	NULL,
};

static const char *const postgresql_schema[] = {
	"CREATE TABLE IF NOT EXISTS {t}_relays (destination TEXT NOT NULL PRIMARY KEY, owner BIGINT NOT NULL, kept_at BIGINT NOT NULL)",
	NULL,
};

static const char *const mysql_schema[] = {
	"CREATE TABLE IF NOT EXISTS {t}_relays (destination VARBINARY(255) NOT NULL PRIMARY KEY, owner BIGINT NOT NULL, kept_at BIGINT NOT NULL) ENGINE=InnoDB",
	NULL,
};

const ecoq_pdo_schemas ecoq_pdo_relays_schemas = {[ECOQ_PDO_SQLITE] = sqlite_schema, [ECOQ_PDO_POSTGRESQL] = postgresql_schema, [ECOQ_PDO_MYSQL] = mysql_schema};

static const char find[] = "SELECT owner, kept_at FROM {t}_relays WHERE destination = {1}";
static const char take_over[] = "UPDATE {t}_relays SET owner = {2}, kept_at = {3} WHERE destination = {1} AND owner = {4} AND kept_at = {5}";
static const char end[] = "DELETE FROM {t}_relays WHERE destination = {1} AND owner = {2}";
static const char *const take[ECOQ_PDO_ENGINE_COUNT] = {
	[ECOQ_PDO_SQLITE] = "INSERT INTO {t}_relays (destination, owner, kept_at) VALUES ({1}, {2}, {3}) ON CONFLICT DO NOTHING",
	[ECOQ_PDO_POSTGRESQL] = "INSERT INTO {t}_relays (destination, owner, kept_at) VALUES ({1}, {2}, {3}) ON CONFLICT DO NOTHING",
	[ECOQ_PDO_MYSQL] = "INSERT IGNORE INTO {t}_relays (destination, owner, kept_at) VALUES ({1}, {2}, {3})",
};

struct lease {
	zval parameters[5]; /* destination, owner, now, former owner, when that kept it last */
	zend_long former;
	zend_long kept_at;
	zend_long affected;
};

static ecoq_result find_lease(ecoq_pdo_connection *c, struct lease *l, ecoq_error *error)
{
	zval rows;
	ecoq_result result = ecoq_pdo_run_query(c, false, find, l->parameters, 1, &rows, NULL, "Looking for the relay of a destination", error);
	if (result == ECOQ_OK) {
		zval *row = zend_hash_index_find(Z_ARRVAL(rows), 0);
		l->former = row ? ecoq_pdo_int(row, 0) : 0;
		l->kept_at = row ? ecoq_pdo_int(row, 1) : 0;
		zval_ptr_dtor(&rows);
	}
	return result;
}

static ecoq_result change(ecoq_pdo_connection *c, struct lease *l, const char *sql, uint32_t count, ecoq_error *error)
{
	return ecoq_pdo_run_query(c, false, sql, l->parameters, count, NULL, &l->affected, "Taking a destination of the outbox", error);
}

/* Whether the row may be written: it is mine and old, or its holder is gone. `*mine` is what holds otherwise. */
static ecoq_result judge(ecoq_pdo_owner *owner, const struct lease *l, int64_t now, bool *mine, bool *write, ecoq_error *error)
{
	int64_t silent_for = now - l->kept_at;
	*mine = l->former == owner->id;
	if (*mine) {
		*write = silent_for >= KEEP_EVERY_MS || silent_for < 0;
		return ECOQ_OK;
	}
	*write = silent_for >= SILENT_FOR_MS;
	return *write ? ECOQ_OK : ecoq_pdo_owner_is_dead(owner, l->former, write, error);
}

/* Each statement says what it expects to find, so that of two relays one wins. */
ecoq_result ecoq_pdo_relay_lease(ecoq_pdo_owner *owner, ecoq_bytes destination, bool *mine, ecoq_error *error)
{
	ecoq_pdo_connection *c = owner->connection;
	struct lease l = {.affected = 0};
	int64_t now = ecoq_clock_now_ms();
	bool write = true;
	*mine = false;
	ZVAL_STRINGL(&l.parameters[0], destination.data, destination.size);
	ZVAL_LONG(&l.parameters[1], owner->id);
	ZVAL_LONG(&l.parameters[2], now);
	ecoq_result result = find_lease(c, &l, error);
	if (result == ECOQ_OK && l.former) {
		result = judge(owner, &l, now, mine, &write, error);
	}
	if (result == ECOQ_OK && write) {
		ZVAL_LONG(&l.parameters[3], l.former);
		ZVAL_LONG(&l.parameters[4], l.kept_at);
		result = l.former ? change(c, &l, take_over, 5, error) : change(c, &l, take[c->dialect->engine], 3, error);
		*mine = result == ECOQ_OK && l.affected == 1;
	}
	zval_ptr_dtor(&l.parameters[0]);
	return result;
}

ecoq_result ecoq_pdo_relay_lease_end(ecoq_pdo_owner *owner, ecoq_bytes destination, ecoq_error *error)
{
	struct lease l = {.affected = 0};
	ZVAL_STRINGL(&l.parameters[0], destination.data, destination.size);
	ZVAL_LONG(&l.parameters[1], owner->id);
	ecoq_result result = change(owner->connection, &l, end, 2, error);
	zval_ptr_dtor(&l.parameters[0]);
	return result;
}
