#include "transport/pdo/pdo.h"

#include <unistd.h>

#include "transport/pdo/postgresql.h"
#include "transport/pdo/queue.h"
#include "transport/pdo/unit.h"

/* The PDO transport: queues as rows of one table. The functions of the table guard what the others do with PDO. */

#define DEFAULT_BUSY_TIMEOUT_MS 5000
#define DEFAULT_TABLE "ecoq"

static const ecoq_option_spec options[] = {
	{"busy-timeout", "how long to wait for another process's lock, as in 500ms or 5s; default 5s"},
	{"sslcert", "PostgreSQL: file of the client certificate"},
	{"sslkey", "PostgreSQL: file of its key"},
	{"sslmode", "PostgreSQL: disable, allow, prefer, require, verify-ca or verify-full; default prefer"},
	{"sslrootcert", "PostgreSQL: file of the certificate authorities, or system"},
	{"synchronous", "full: a sent message survives a power failure; normal: it survives the death of a process; default full"},
	{"table", "prefix of the table names: letters, digits and underscores; default " DEFAULT_TABLE},
	{NULL, NULL},
};

ZEND_TLS ecoq_pdo_queue *open_queues;

/* ---- opening ---------------------------------------------------------------------------------------------------------------- */

static bool is_table_prefix(ecoq_bytes text)
{
	for (size_t i = 0; i < text.size; i++) {
		char c = text.data[i];
		if (c != '_' && !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') && (i == 0 || c < '0' || c > '9')) {
			return false;
		}
	}
	return text.size > 0 && text.size <= 40;
}

static ecoq_result read_option(const ecoq_dsn_option *option, ecoq_pdo_settings *settings, ecoq_error *error)
{
	ecoq_bytes value = option->value;

	if (ecoq_bytes_equal(option->name, ECOQ_BYTES("busy-timeout"))) {
		long long ms;
		ecoq_result result = ecoq_option_duration("busy-timeout", value, &ms, error);
		settings->busy_timeout_ms = result == ECOQ_OK ? ms : 0;
		return result == ECOQ_OK && ms < 0 ? ecoq_fail(error, ECOQ_INVALID, "The option busy-timeout is negative: expected a duration such as 5s") : result;
	}
	if (ecoq_bytes_equal(option->name, ECOQ_BYTES("synchronous"))) {
		settings->keep_relaxed = ecoq_bytes_equal(value, ECOQ_BYTES("normal"));
		return settings->keep_relaxed || ecoq_bytes_equal(value, ECOQ_BYTES("full")) ? ECOQ_OK
																					 : ecoq_fail(error, ECOQ_INVALID, "The option synchronous is \"%.*s\": expected full or normal", (int) value.size, value.data);
	}
	if (option->name.size > 3 && memcmp(option->name.data, "ssl", 3) == 0) {
		if (settings->dialect && settings->dialect->engine == ECOQ_PDO_POSTGRESQL && ecoq_pdo_postgresql_write_setting(&settings->extra, option->name, value)) {
			return ECOQ_OK;
		}
		return ecoq_fail(error, ECOQ_INVALID, "The option %.*s is for DSNs of PostgreSQL", (int) option->name.size, option->name.data);
	}
	if (!is_table_prefix(value)) {
		return ecoq_fail(error, ECOQ_INVALID, "The option table is \"%.*s\": expected at most 40 letters, digits and underscores, not beginning with a digit",
			(int) value.size, value.data);
	}
	zend_string_release(settings->table);
	settings->table = zend_string_init(value.data, value.size, false);
	return ECOQ_OK;
}

static ecoq_result open_connection(ecoq_pdo_queue *queue, zend_object *native, ecoq_error *error)
{
	if (queue->settings.dialect) {
		return ecoq_pdo_connect(&queue->settings, &queue->connection, error);
	}
	zval pdo;
	ZVAL_OBJ(&pdo, native);
	return ecoq_pdo_adopt(&queue->settings, &pdo, &queue->connection, error);
}

/* Called again after a reconnect. */
static ecoq_result connect_queue(ecoq_pdo_queue *queue, zend_object *native, ecoq_error *error)
{
	ecoq_result result = open_connection(queue, native, error);
	queue->owner.connection = queue->connection;
	queue->is_listening = false;
	if (result == ECOQ_OK) {
		ecoq_pdo_wake_name(queue->connection, &queue->name, queue->wake_name, sizeof(queue->wake_name));
	}
	return result;
}

static void free_queue(ecoq_pdo_queue *queue)
{
	if (queue->connection) {
		ecoq_pdo_connection_release(queue->connection);
	}
	ecoq_pdo_settings_free(&queue->settings);
	zval_ptr_dtor(&queue->name);
	efree(queue);
}

static ecoq_result pdo_open(const ecoq_transport_config *config, ecoq_transport **out, ecoq_error *error)
{
	ecoq_pdo_queue *queue = ecalloc(1, sizeof(*queue));
	ecoq_result result = ECOQ_OK;
	ecoq_pdo_guard guard;

	queue->base.ops = &ecoq_pdo_transport;
	queue->timeout_ms = config->timeout_ms;
	queue->looked_at_ms = -1;
	queue->settings.table = zend_string_init(ZEND_STRL(DEFAULT_TABLE), false);
	queue->settings.busy_timeout_ms = DEFAULT_BUSY_TIMEOUT_MS;
	queue->settings.scope = config->scope;
	ZVAL_STRINGL(&queue->name, config->queue.data, config->queue.size);
	queue->settings.dialect = config->native ? NULL : ecoq_pdo_dialect_of_scheme(config->dsn->scheme);
	for (size_t i = 0; result == ECOQ_OK && i < config->option_count; i++) {
		result = read_option(&config->options[i], &queue->settings, error);
	}
	if (result == ECOQ_OK && !config->native) {
		result = queue->settings.dialect->read_dsn(config->dsn, &queue->settings, error);
	}
	if (result == ECOQ_OK) {
		ecoq_pdo_enter(&guard);
		result = connect_queue(queue, config->native, error);
		ecoq_pdo_leave(&guard);
	}
	if (result != ECOQ_OK) {
		free_queue(queue);
		return result;
	}
	queue->next = open_queues;
	open_queues = queue;
	*out = &queue->base;
	return ECOQ_OK;
}

/* After a fatal error nothing is handed back: what ran then must come back as a suspect, or it would be run, uncharged, for ever. */
static void end_presence(ecoq_pdo_queue *queue)
{
	ecoq_pdo_guard guard;
	ecoq_pdo_enter(&guard);
	if (!CG(unclean_shutdown) && ecoq_pdo_connection_is_usable(queue->connection)) {
		ecoq_pdo_owner_resign(&queue->owner);
	} else {
		ecoq_pdo_owner_forget(&queue->owner);
	}
	ecoq_pdo_leave(&guard);
}

static void pdo_close(ecoq_transport *transport)
{
	ecoq_pdo_queue *queue = (ecoq_pdo_queue *) transport;
	ecoq_pdo_queue **link = &open_queues;

	while (*link != queue) {
		link = &(*link)->next;
	}
	*link = queue->next;
	end_presence(queue);
	free_queue(queue);
}

static void end_presence_safely(ecoq_pdo_queue *queue)
{
	zend_try
	{
		end_presence(queue);
	}
	zend_end_try();
}

void ecoq_pdo_transport_rshutdown(void)
{
	ecoq_pdo_units_rshutdown();
	for (ecoq_pdo_queue *queue = open_queues; queue; queue = queue->next) {
		end_presence_safely(queue);
	}
}

/* ---- guarding --------------------------------------------------------------------------------------------------------------- */

static bool can_reconnect(const ecoq_pdo_queue *queue)
{
	return queue->settings.dialect && !(queue->settings.path && zend_string_equals_literal(queue->settings.path, ":memory:"));
}

/* A lost connection is opened anew. No connection survives a fork, either: the child has its own, and owns nothing that its parent reserved. */
static ecoq_result reconnect(ecoq_pdo_queue *queue, ecoq_error *error)
{
	if (!can_reconnect(queue) && ecoq_pdo_connection_is_lost(queue->connection)) {
		return ecoq_fail(error, ECOQ_UNAVAILABLE, "The connection of the \\PDO was lost, and a \\PDO cannot be opened again");
	}
	if (!can_reconnect(queue)) {
		return ecoq_fail(error, ECOQ_INVALID, "%s", queue->connection->pid != getpid() ? "The database connection was opened before this process was forked: open it in the child" : "The PDO object of this channel has been destroyed: the request is over");
	}
	ecoq_pdo_connection *former = queue->connection;
	ecoq_pdo_owner_forget(&queue->owner);
	ecoq_result result = connect_queue(queue, NULL, error);
	if (result == ECOQ_OK) {
		queue->connection->is_renewed = queue->connection->is_renewed || ecoq_pdo_connection_is_lost(former);
		ecoq_pdo_connection_release(former);
	} else {
		queue->connection = queue->owner.connection = former;
	}
	return result;
}

/* On ECOQ_OK the caller leaves the guard. */
static ecoq_result enter(ecoq_pdo_queue *queue, ecoq_pdo_guard *guard, ecoq_error *error)
{
	ecoq_pdo_enter(guard);
	ecoq_result result = ecoq_pdo_connection_is_usable(queue->connection) ? ECOQ_OK : reconnect(queue, error);
	if (result != ECOQ_OK) {
		ecoq_pdo_leave(guard);
	}
	return result;
}

static ecoq_result pdo_setup(ecoq_transport *transport, ecoq_error *error)
{
	ecoq_pdo_queue *queue = (ecoq_pdo_queue *) transport;
	ecoq_pdo_guard guard;
	ecoq_result result = enter(queue, &guard, error);
	if (result == ECOQ_OK) {
		result = ecoq_pdo_check_schema(queue->connection, error); /* which creates it when it is missing or old */
		ecoq_pdo_leave(&guard);
	}
	return result;
}

static ecoq_result pdo_send(ecoq_transport *transport, const ecoq_outgoing *messages, size_t count, ecoq_error *error)
{
	ecoq_pdo_queue *queue = (ecoq_pdo_queue *) transport;
	ecoq_pdo_guard guard;
	ecoq_result result = enter(queue, &guard, error);
	if (result == ECOQ_OK) {
		result = ecoq_pdo_send(queue, messages, count, error);
		ecoq_pdo_leave(&guard);
	}
	return result;
}

static ecoq_result pdo_reserve(ecoq_transport *transport, const ecoq_reservation *request, ecoq_delivery *deliveries, size_t *count,
	int64_t *next_due, ecoq_error *error)
{
	ecoq_pdo_queue *queue = (ecoq_pdo_queue *) transport;
	ecoq_pdo_guard guard;
	ecoq_result result = enter(queue, &guard, error);
	if (result == ECOQ_OK) {
		result = ecoq_pdo_reserve(queue, request, deliveries, count, next_due, error);
		ecoq_pdo_leave(&guard);
	}
	return result;
}

static ecoq_result pdo_settle(ecoq_transport *transport, ecoq_settlement *settlements, size_t count, ecoq_error *error)
{
	ecoq_pdo_queue *queue = (ecoq_pdo_queue *) transport;
	ecoq_pdo_guard guard;
	ecoq_result result = enter(queue, &guard, error);
	if (result == ECOQ_OK) {
		result = ecoq_pdo_settle(queue, settlements, count, error);
		ecoq_pdo_leave(&guard);
	}
	return result;
}

static ecoq_result pdo_hand_back(ecoq_transport *transport, ecoq_delivery *const *deliveries, size_t count, ecoq_error *error)
{
	ecoq_pdo_queue *queue = (ecoq_pdo_queue *) transport;
	ecoq_pdo_guard guard;
	ecoq_result result = enter(queue, &guard, error);
	if (result == ECOQ_OK) {
		result = ecoq_pdo_hand_back(queue, deliveries, count, error);
		ecoq_pdo_leave(&guard);
	}
	return result;
}

static void pdo_release(ecoq_transport *transport, ecoq_delivery *delivery)
{
	if (delivery->storage) {
		zend_array_release(delivery->storage);
	}
	delivery->storage = NULL;
	delivery->body = delivery->id = ECOQ_NO_BYTES;
}

static ecoq_result pdo_still_mine(ecoq_transport *transport, const ecoq_delivery *delivery, ecoq_error *error)
{
	ecoq_pdo_queue *queue = (ecoq_pdo_queue *) transport;
	ecoq_pdo_guard guard;
	ecoq_result result = enter(queue, &guard, error);
	if (result == ECOQ_OK) {
		result = ecoq_pdo_still_mine(queue, delivery, error);
		ecoq_pdo_leave(&guard);
	}
	return result;
}

static ecoq_result pdo_stats(ecoq_transport *transport, ecoq_queue_stats *stats, ecoq_error *error)
{
	ecoq_pdo_queue *queue = (ecoq_pdo_queue *) transport;
	ecoq_pdo_guard guard;
	ecoq_result result = enter(queue, &guard, error);
	if (result == ECOQ_OK) {
		result = ecoq_pdo_stats(queue, stats, error);
		ecoq_pdo_leave(&guard);
	}
	return result;
}

static ecoq_result pdo_purge(ecoq_transport *transport, size_t *removed, ecoq_error *error)
{
	ecoq_pdo_queue *queue = (ecoq_pdo_queue *) transport;
	ecoq_pdo_guard guard;
	ecoq_result result = enter(queue, &guard, error);
	if (result == ECOQ_OK) {
		result = ecoq_pdo_purge(queue, removed, error);
		ecoq_pdo_leave(&guard);
	}
	return result;
}

static ecoq_result pdo_browse(ecoq_transport *transport, size_t offset, size_t max, ecoq_delivery *deliveries, size_t *count,
	ecoq_error *error)
{
	ecoq_pdo_queue *queue = (ecoq_pdo_queue *) transport;
	ecoq_pdo_guard guard;
	ecoq_result result = enter(queue, &guard, error);
	if (result == ECOQ_OK) {
		result = ecoq_pdo_browse(queue, offset, max, deliveries, count, error);
		ecoq_pdo_leave(&guard);
	}
	return result;
}

/* The name holds nothing that would have to be quoted. */
static bool start_listening(ecoq_pdo_queue *queue)
{
	ecoq_pdo_connection *c = queue->connection;
	ecoq_pdo_guard guard;
	char sql[128];

	snprintf(sql, sizeof(sql), "%s %s", c->dialect->statements[ECOQ_PDO_LISTEN], queue->wake_name);
	ecoq_pdo_enter(&guard);
	queue->is_listening = ecoq_pdo_execute_text(c, sql, NULL);
	c->is_listening = c->is_listening || queue->is_listening;
	ecoq_pdo_leave(&guard);
	return queue->is_listening;
}

static int pdo_descriptor(ecoq_transport *transport)
{
	ecoq_pdo_queue *queue = (ecoq_pdo_queue *) transport;
	ecoq_pdo_connection *c = queue->connection;
	if (c->file) {
		ecoq_file_watch_start(&c->watch, c->file);
		return c->watch.descriptor;
	}
	if (!c->own || c->socket < 0 || c->pooled || !c->dialect->statements[ECOQ_PDO_LISTEN] || !ecoq_pdo_connection_is_usable(c)) {
		return -1;
	}
	return queue->is_listening || start_listening(queue) ? c->socket : -1;
}

const ecoq_transport_ops ecoq_pdo_transport = {
	.name = "pdo",
	.schemes = (const char *const[]){"sqlite", "pgsql", "postgres", "postgresql", "mysql", "mariadb", NULL},
	.options = options,
	.capabilities = ECOQ_CAN_DELAY | ECOQ_CAN_PRIORITY | ECOQ_CAN_BROWSE | ECOQ_IS_DURABLE | ECOQ_MOVES_WHOLE,
	.open = pdo_open,
	.close = pdo_close,
	.setup = pdo_setup,
	.send = pdo_send,
	.reserve = pdo_reserve,
	.settle = pdo_settle,
	.hand_back = pdo_hand_back,
	.release = pdo_release,
	.still_mine = pdo_still_mine,
	.stats = pdo_stats,
	.purge = pdo_purge,
	.browse = pdo_browse,
	.descriptor = pdo_descriptor,
	.poll_interval_ms = 40,
};
