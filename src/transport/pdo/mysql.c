#include "transport/pdo/mysql.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/un.h>

#include "ext/standard/php_versioning.h"

#include "transport/pdo/server.h"
#include "transport/pdo/sockets.h"

#define OLDEST_MARIADB "10.6"
#define OLDEST_MYSQL "8.0.4"

/* ---- DSNs ------------------------------------------------------------------------------------------------------------------- */

static bool has(ecoq_bytes text, char c)
{
	return text.size && memchr(text.data, c, text.size);
}

/* PDO's form: a semicolon within a value is doubled. The driver knows these names and passes over all others. */
static bool write_setting(smart_str *out, ecoq_bytes name, ecoq_bytes value)
{
	static const char *const known[] = {"host", "port", "dbname", "unix_socket", NULL};
	size_t i = 0;

	if (ecoq_bytes_equal(name, ECOQ_BYTES("charset"))) { /* is ours, see read_dsn */
		return ecoq_bytes_equal(value, ECOQ_BYTES("utf8mb4"));
	}
	while (known[i] && !ecoq_bytes_equal(name, (ecoq_bytes){known[i], strlen(known[i])})) {
		i++;
	}
	bool is_host = i == 0;
	if (!known[i] || has(value, '\0') || (is_host && has(value, ','))) {
		return false;
	}
	bool is_v6 = is_host && has(value, ':') && value.data[0] != '[';
	smart_str_appends(out, known[i]);
	smart_str_appends(out, is_v6 ? "=[" : "=");
	for (size_t at = 0; at < value.size; at++) {
		smart_str_appendc(out, value.data[at]);
		if (value.data[at] == ';') {
			smart_str_appendc(out, ';');
		}
	}
	smart_str_appends(out, is_v6 ? "];" : ";");
	return true;
}

/* The client library takes "localhost" for the socket file, and any port that stands beside it for nothing. */
static void honour_port(ecoq_pdo_settings *settings)
{
	static const char by_socket[] = "mysql:host=localhost;port=", by_port[] = "mysql:host=127.0.0.1;port=";
	if (strncmp(ZSTR_VAL(settings->dsn), by_socket, strlen(by_socket)) == 0) {
		zend_string *dsn = zend_strpprintf(0, "%s%s", by_port, ZSTR_VAL(settings->dsn) + strlen(by_socket));
		zend_string_release(settings->dsn);
		settings->dsn = dsn;
	}
}

ecoq_result ecoq_pdo_mysql_read_dsn(const ecoq_dsn *dsn, ecoq_pdo_settings *settings, ecoq_error *error)
{
	smart_str_appends(&settings->extra, "charset=utf8mb4");
	ecoq_result result = ecoq_pdo_server_read_dsn(dsn, "mysql:", write_setting, settings, error);
	if (result == ECOQ_OK && dsn->is_url) {
		honour_port(settings);
	}
	return result;
}

/* ---- a new connection ------------------------------------------------------------------------------------------------------- */

static ecoq_result check_version(ecoq_pdo_connection *c, ecoq_error *error)
{
	char version[128];
	ecoq_result result = ecoq_pdo_ask(c, "SELECT VERSION()", 0, version, sizeof(version), error);
	bool is_mariadb = strstr(version, "MariaDB") != NULL;
	const char *oldest = is_mariadb ? OLDEST_MARIADB : OLDEST_MYSQL;

	if (result != ECOQ_OK) {
		return result;
	}
	version[strcspn(version, "-")] = '\0';
	if (php_version_compare(version, oldest) < 0) {
		return ecoq_fail(error, ECOQ_INVALID, "%s %s is too old: %s or newer is needed", is_mariadb ? "MariaDB" : "MySQL", version, oldest);
	}
	return ECOQ_OK;
}

static ecoq_result find_place(ecoq_pdo_connection *c, ecoq_error *error)
{
	char name[256];
	ecoq_result result = ecoq_pdo_ask(c, "SELECT COALESCE(DATABASE(), '')", 0, name, sizeof(name), error);
	if (result == ECOQ_OK && !name[0]) {
		return ecoq_fail(error, ECOQ_INVALID, "The connection to %s has no database selected: name one in the DSN, as in mysql:host=…;dbname=shop", c->dialect->name);
	}
	if (result == ECOQ_OK) {
		c->place = strdup(name);
	}
	return result;
}

static ecoq_result find_limit(ecoq_pdo_connection *c, ecoq_error *error)
{
	char limit[32];
	ecoq_result result = ecoq_pdo_ask(c, "SELECT @@max_allowed_packet", 0, limit, sizeof(limit), error);
	if (result == ECOQ_OK) {
		c->max_statement = (size_t) strtoull(limit, NULL, 10);
	}
	return result;
}

static bool execute_text(ecoq_pdo_connection *c, void *context)
{
	return ecoq_pdo_execute_text(c, context, NULL);
}

/* Under REPEATABLE READ, gap locks make workers wait for each other. What a session must not do is end while a handler runs for hours without a word to the
 * server. Modes of the server that cut long values off or read quotes differently are not for us. */
static ecoq_result set_up_session(ecoq_pdo_connection *c, ecoq_error *error)
{
	long long seconds = c->busy_timeout_ms / 1000;
	char variables[256];
	snprintf(variables, sizeof(variables), "SET SESSION autocommit = 1, wait_timeout = 2147483, innodb_lock_wait_timeout = %lld, sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'",
		seconds > 1 ? seconds : 1);
	ecoq_result result = ecoq_pdo_run(c, ECOQ_PDO_BARE, false, execute_text, variables, "Opening the database", error);
	if (result == ECOQ_OK) {
		result = ecoq_pdo_run(c, ECOQ_PDO_BARE, false, execute_text, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", "Opening the database", error);
	}
	return result;
}

static bool leads_to(int descriptor, int port, const char *path)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		struct sockaddr_un local;
	} peer = {.any.sa_family = AF_UNSPEC};
	socklen_t size = sizeof(peer);

	if (getpeername(descriptor, &peer.any, &size) != 0) {
		return false;
	}
	switch (peer.any.sa_family) {
		case AF_INET:
			return ntohs(peer.v4.sin_port) == port;
		case AF_INET6:
			return ntohs(peer.v6.sin6_port) == port;
		case AF_UNIX:
			return path[0] == '/' && strncmp(peer.local.sun_path, path, sizeof(peer.local.sun_path)) == 0;
		default:
			return false;
	}
}

/* The session, and with it this process's presence, is not to live on in background children. PDO's sockets of this driver are inherited by them, and a
 * \PDO does not tell which one is its: so all that lead to this server. */
static ecoq_result keep_from_children(ecoq_pdo_connection *c, ecoq_error *error)
{
	char port[16], path[sizeof(((struct sockaddr_un *) NULL)->sun_path)];
	ecoq_result result = ecoq_pdo_ask(c, "SELECT @@port", 0, port, sizeof(port), error);
	if (result == ECOQ_OK) {
		result = ecoq_pdo_ask(c, "SELECT @@socket", 0, path, sizeof(path), error);
	}
	if (result != ECOQ_OK) {
		return result;
	}
	ecoq_socket_list sockets = ecoq_sockets_list();
	for (size_t i = 0; i < sockets.count; i++) {
		if (leads_to(sockets.descriptors[i], atoi(port), path)) {
			fcntl(sockets.descriptors[i], F_SETFD, FD_CLOEXEC);
		}
	}
	free(sockets.descriptors);
	return ECOQ_OK;
}

ecoq_result ecoq_pdo_mysql_prepare(ecoq_pdo_connection *c, ecoq_error *error)
{
	ecoq_result result = check_version(c, error);
	if (result == ECOQ_OK) {
		result = find_place(c, error);
	}
	if (result == ECOQ_OK) {
		result = find_limit(c, error);
	}
	if (result == ECOQ_OK) {
		result = c->own ? set_up_session(c, error) : keep_from_children(c, error);
	}
	return result;
}
