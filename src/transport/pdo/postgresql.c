#include "transport/pdo/postgresql.h"

#include "transport/pdo/server.h"

#define OLDEST_SERVER 110000 /* ROWS FROM, SKIP LOCKED, ON CONFLICT and advisory locks are older */
#define FETCH_NUM 3

/* ---- DSNs ------------------------------------------------------------------------------------------------------------------- */

bool ecoq_pdo_postgresql_write_setting(smart_str *out, ecoq_bytes name, ecoq_bytes value)
{
	for (size_t i = 0; i < name.size; i++) {
		if (name.data[i] != '_' && (name.data[i] < 'a' || name.data[i] > 'z')) {
			return false;
		}
	}
	/* PDO turns every semicolon into a space, within quotes, too. */
	if (!name.size || (value.size && memchr(value.data, ';', value.size))) {
		return false;
	}
	smart_str_appendl(out, name.data, name.size);
	smart_str_appends(out, "='");
	for (size_t i = 0; i < value.size; i++) {
		if (value.data[i] == '\'' || value.data[i] == '\\') {
			smart_str_appendc(out, '\\');
		}
		smart_str_appendc(out, value.data[i]);
	}
	smart_str_appends(out, "' ");
	return true;
}

ecoq_result ecoq_pdo_postgresql_read_dsn(const ecoq_dsn *dsn, ecoq_pdo_settings *settings, ecoq_error *error)
{
	smart_str_appends(&settings->extra, "client_encoding='UTF8' ");
	return ecoq_pdo_server_read_dsn(dsn, "pgsql:", ecoq_pdo_postgresql_write_setting, settings, error);
}

/* ---- sessions --------------------------------------------------------------------------------------------------------------- */

struct session {
	zend_long process, version;
	char encoding[32];
	char database[64];
};

static bool look_at_session(ecoq_pdo_connection *c, void *context)
{
	struct session *session = context;
	zval rows, *row;
	if (!ecoq_pdo_execute_text(c, "SELECT pg_backend_pid(), CAST(current_setting('server_version_num') AS INTEGER), current_setting('client_encoding'), current_database()", &rows)) {
		return false;
	}
	if ((row = zend_hash_index_find(Z_ARRVAL(rows), 0))) {
		session->process = ecoq_pdo_int(row, 0);
		session->version = ecoq_pdo_int(row, 1);
		snprintf(session->encoding, sizeof(session->encoding), "%s", Z_STRVAL_P(ecoq_pdo_cell(row, 2)));
		snprintf(session->database, sizeof(session->database), "%s", Z_STRVAL_P(ecoq_pdo_cell(row, 3)));
	}
	zval_ptr_dtor(&rows);
	return row != NULL;
}

/* A pooler gives the client a process id of its own making, while statements run in sessions of the server. */
static bool is_pooled(ecoq_pdo_connection *c, zend_long process)
{
	zval told;
	bool known = ecoq_pdo_call_driver(c, "pgsqlGetPid", "getPid", 0, NULL, &told) && Z_TYPE(told) == IS_LONG;
	bool pooled = known && Z_LVAL(told) != process;
	zval_ptr_dtor(&told);
	return pooled;
}

/* The server shall notice within seconds that this process or its machine is gone, although it waits for a lock or works for it. Queues are full at one
 * moment and empty at the next: plans that were made for an empty table must not stay. */
static const char *const own_settings[] = {
	"SET tcp_keepalives_idle = 3",
	"SET tcp_keepalives_interval = 1",
	"SET tcp_keepalives_count = 3",
	"SET enable_seqscan = off",
	"SET enable_bitmapscan = off",
	"SET enable_hashjoin = off",
	"SET enable_mergejoin = off",
	"SET default_transaction_isolation = 'read committed'",
	"SET jit = off",
	"SET plan_cache_mode = force_generic_plan", /* planning a claim takes as long as ten rows of it */
};

static void set_up(ecoq_pdo_connection *c, const struct session *session)
{
	for (size_t i = 0; i < sizeof(own_settings) / sizeof(*own_settings); i++) {
		ecoq_pdo_execute_text(c, own_settings[i], NULL);
	}
	if (session->version >= 140000) {
		ecoq_pdo_execute_text(c, "SET client_connection_check_interval = 500", NULL);
	}
}

ecoq_result ecoq_pdo_postgresql_prepare(ecoq_pdo_connection *c, ecoq_error *error)
{
	struct session session = {.process = 0};
	ecoq_result result = ecoq_pdo_run(c, ECOQ_PDO_ALONE, false, look_at_session, &session, "Opening the database", error);
	if (result != ECOQ_OK) {
		return result;
	}
	c->place = strdup(session.database);
	if (session.version < OLDEST_SERVER) {
		return ecoq_fail(error, ECOQ_INVALID, "The PostgreSQL server of database %s is too old (%lld): 11 or newer is needed", session.database, (long long) session.version);
	}
	if (strcmp(session.encoding, "UTF8") != 0) {
		return ecoq_fail(error, ECOQ_INVALID, "The connection to database %s has the client_encoding %s; messages need UTF8: execute SET client_encoding = 'UTF8' after connecting, or add options='--client_encoding=UTF8' to its DSN",
			session.database, session.encoding);
	}
	c->pooled = is_pooled(c, session.process);
	if (c->own && !c->pooled) {
		set_up(c, &session);
	}
	return ECOQ_OK;
}

bool ecoq_pdo_postgresql_was_notified(ecoq_pdo_connection *c)
{
	zval arguments[2], notification;
	bool any = false, more = true;

	ZVAL_LONG(&arguments[0], FETCH_NUM);
	ZVAL_LONG(&arguments[1], 0);
	while (more) {
		more = ecoq_pdo_call_driver(c, "pgsqlGetNotify", "getNotify", 2, arguments, &notification) && Z_TYPE(notification) == IS_ARRAY;
		any = any || more;
		zval_ptr_dtor(&notification);
	}
	return any;
}
