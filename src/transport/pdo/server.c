#include "transport/pdo/server.h"

#include "transport/pdo/sockets.h"

#define CONNECT_SECONDS 5

/* ---- DSNs ------------------------------------------------------------------------------------------------------------------- */

static ecoq_bytes trim(ecoq_bytes text)
{
	while (text.size && text.data[0] == ' ') {
		text.data++;
		text.size--;
	}
	while (text.size && text.data[text.size - 1] == ' ') {
		text.size--;
	}
	return text;
}

static bool is_one_of(ecoq_bytes name, const char *a, const char *b)
{
	return ecoq_bytes_equal(name, (ecoq_bytes){a, strlen(a)}) || ecoq_bytes_equal(name, (ecoq_bytes){b, strlen(b)});
}

static void take_text(zend_string **slot, ecoq_bytes text)
{
	if (*slot) {
		zend_string_release(*slot);
	}
	*slot = zend_string_init(text.data ? text.data : "", text.size, false);
}

/* "name=value" of PDO's form. What is wrong is told by its number: it may be a part of the password. */
static ecoq_result read_setting(ecoq_bytes text, int number, ecoq_pdo_write_setting write, ecoq_pdo_settings *settings, smart_str *out, ecoq_error *error)
{
	const char *equals = text.size ? memchr(text.data, '=', text.size) : NULL;
	if (!equals) {
		return ecoq_fail(error, ECOQ_INVALID, "Part %d of the DSN is not of the form name=value; parts are separated by semicolons, and a value that holds one can be written in the form %s://user:password@host/database only, as %%3b",
			number, settings->dialect->schemes[0]);
	}
	ecoq_bytes name = trim((ecoq_bytes){text.data, (size_t) (equals - text.data)});
	ecoq_bytes value = trim((ecoq_bytes){equals + 1, text.size - (size_t) (equals + 1 - text.data)});
	if (is_one_of(name, "user", "username")) {
		take_text(&settings->user, value);
	} else if (is_one_of(name, "password", "passwd")) {
		take_text(&settings->password, value);
	} else if (!write(out, name, value)) {
		return ecoq_fail(error, ECOQ_INVALID, "Part %d of the DSN has a name or a value that cannot be passed on to the database driver", number);
	}
	return ECOQ_OK;
}

static ecoq_result read_settings(ecoq_bytes rest, ecoq_pdo_write_setting write, ecoq_pdo_settings *settings, smart_str *out, ecoq_error *error)
{
	ecoq_result result = ECOQ_OK;
	for (int number = 1; result == ECOQ_OK && rest.size > 0; number++) {
		const char *semicolon = memchr(rest.data, ';', rest.size);
		ecoq_bytes part = {rest.data, semicolon ? (size_t) (semicolon - rest.data) : rest.size};
		size_t step = part.size + (semicolon != NULL);
		rest = (ecoq_bytes){rest.data + step, rest.size - step};
		part = trim(part);
		result = part.size ? read_setting(part, number, write, settings, out, error) : ECOQ_OK;
	}
	return result;
}

/* The hosts and ports as two lists of the same length, for libraries that try one after the other. */
static bool write_hosts(ecoq_bytes rest, ecoq_pdo_write_setting write, smart_str *out)
{
	smart_str hosts = {0}, ports = {0};
	ecoq_bytes host;
	bool any_port = false;
	int port;

	while (ecoq_dsn_next_host(&rest, &host, &port)) {
		bool is_v6 = host.data[0] == '[';
		smart_str_appends(&hosts, hosts.s ? "," : "");
		smart_str_appendl(&hosts, host.data + is_v6, host.size - 2 * is_v6);
		smart_str_appends(&ports, ports.s ? "," : "");
		if (port) {
			smart_str_append_long(&ports, port);
		}
		any_port = any_port || port;
	}
	bool done = !hosts.s || write(out, ECOQ_BYTES("host"), (ecoq_bytes){ZSTR_VAL(hosts.s), ZSTR_LEN(hosts.s)});
	done = done && (!any_port || write(out, ECOQ_BYTES("port"), (ecoq_bytes){ZSTR_VAL(ports.s), ZSTR_LEN(ports.s)}));
	smart_str_free(&hosts);
	smart_str_free(&ports);
	return done;
}

static ecoq_result read_url(const ecoq_dsn *dsn, ecoq_pdo_write_setting write, ecoq_pdo_settings *settings, smart_str *out, ecoq_error *error)
{
	if (dsn->user.size) {
		take_text(&settings->user, dsn->user);
	}
	if (dsn->password.size) {
		take_text(&settings->password, dsn->password);
	}
	bool done = write_hosts(dsn->hosts, write, out) && (!dsn->path.size || write(out, ECOQ_BYTES("dbname"), dsn->path));
	return done ? ECOQ_OK : ecoq_fail(error, ECOQ_INVALID, "The host or the name of the database in the DSN cannot be passed on to the database driver");
}

ecoq_result ecoq_pdo_server_read_dsn(const ecoq_dsn *dsn, const char *prefix, ecoq_pdo_write_setting write, ecoq_pdo_settings *settings, ecoq_error *error)
{
	smart_str out = {0};
	smart_str_appends(&out, prefix);
	ecoq_result result = dsn->is_url ? read_url(dsn, write, settings, &out, error) : read_settings(dsn->settings, write, settings, &out, error);
	if (settings->extra.s) {
		smart_str_append(&out, settings->extra.s);
	}
	settings->dsn = smart_str_extract(&out);
	return result;
}

/* ---- connecting ------------------------------------------------------------------------------------------------------------- */

static ecoq_result open_new(const ecoq_pdo_settings *settings, zend_string *key, ecoq_pdo_connection **out, ecoq_error *error)
{
	zval pdo;
	ecoq_error reason;
	ecoq_socket_list sockets = ecoq_sockets_list();
	ecoq_result result = ecoq_pdo_object_create(settings->dialect, ZSTR_VAL(settings->dsn), settings->user, settings->password, CONNECT_SECONDS, &pdo, &reason);
	int socket = ecoq_sockets_new(&sockets);
	if (result != ECOQ_OK) {
		return ecoq_fail(error, result, "Connecting to %s: %s", settings->dialect->name, reason.text);
	}
	result = ecoq_pdo_open_on(settings, settings->dialect, key, &pdo, true, socket, out, error);
	zval_ptr_dtor(&pdo);
	return result;
}

/* Compared, and never shown. */
static zend_string *key_of(const ecoq_pdo_settings *settings)
{
	return zend_strpprintf(0, "%s\n%s\n%s\n%s\n" ZEND_LONG_FMT "\n%d", ZSTR_VAL(settings->dsn), settings->user ? ZSTR_VAL(settings->user) : "",
		settings->password ? ZSTR_VAL(settings->password) : "", ZSTR_VAL(settings->table), (zend_long) settings->busy_timeout_ms, settings->keep_relaxed);
}

ecoq_result ecoq_pdo_server_open(const ecoq_pdo_settings *settings, ecoq_pdo_connection **out, ecoq_error *error)
{
	zend_string *key = key_of(settings);
	*out = ecoq_pdo_connection_find(key);
	ecoq_result result = *out ? ECOQ_OK : open_new(settings, key, out, error);
	zend_string_release(key);
	return result;
}
