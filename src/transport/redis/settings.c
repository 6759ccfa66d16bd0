#include "transport/redis/settings.h"

#include <stddef.h>
#include <stdlib.h>

#define DATABASE_MAX 999999
#define NAME_MOST 4096 /* bytes */

const ecoq_option_spec ecoq_redis_options[] = {
	{"db", "number of the Redis database, default 0; also as the first part of the path: redis://localhost/3/orders"},
	{"user", "ACL user, when it is not in the DSN itself"},
	{"password", "password, when it is not in the DSN itself"},
	{"connect-timeout", "how long to try one address, default 2s"},
	{"io-timeout", "how long to wait for an answer, default 5s"},
	{"keepalive", "time between TCP keepalive probes, default 15s; 0: none"},
	{"wait", "number of replicas that must have a message before sending is over, default 0"},
	{"wait-timeout", "how long to wait for these replicas, default 1s"},
	{"tls", "yes or no: TLS, the default for rediss:// only"},
	{"tls-ca", "file with the certificates (PEM) of authorities that are trusted, default the system's"},
	{"tls-cert", "file with the client's certificate (PEM)"},
	{"tls-key", "file with the client's private key (PEM)"},
	{"tls-verify", "yes or no: whether the server's certificate must be valid for its host name, default yes"},
	{"master", "name of the master, for redis+sentinel://"},
	{"sentinel-user", "ACL user at the Sentinels"},
	{"sentinel-password", "password at the Sentinels"},
	{NULL, NULL},
};

#define FIELD(name) offsetof(ecoq_redis_settings, name)

static const ecoq_network_option rows[] = {
	{"connect-timeout", ECOQ_NETWORK_MS, FIELD(network.connect_timeout_ms), .min = 1, .max = ECOQ_NETWORK_DAY_MS, .fallback = 2000},
	{"io-timeout", ECOQ_NETWORK_MS, FIELD(network.timeout_ms), .min = 1, .max = ECOQ_NETWORK_DAY_MS, .fallback = 5000},
	{"wait", ECOQ_NETWORK_NUMBER, FIELD(replicas), .max = 1000},
	{"wait-timeout", ECOQ_NETWORK_MS, FIELD(replicas_ms), .min = 1, .max = ECOQ_NETWORK_DAY_MS, .fallback = 1000},
	{"db", ECOQ_NETWORK_NUMBER, FIELD(database), .max = DATABASE_MAX},
	{"master", ECOQ_NETWORK_TEXT, FIELD(master), .max = NAME_MOST},
	{"sentinel-user", ECOQ_NETWORK_TEXT, FIELD(sentinel_user), .max = NAME_MOST},
	{"sentinel-password", ECOQ_NETWORK_TEXT, FIELD(sentinel_password), .max = NAME_MOST},
	{.name = NULL},
};

static ecoq_redis_settings *settings_of(const ecoq_network_reader *reader)
{
	return (ecoq_redis_settings *) reader->settings;
}

static bool is_socket(const ecoq_dsn *dsn)
{
	return ecoq_network_is_scheme(dsn, "redis+unix");
}

static bool is_by_sentinel(const ecoq_dsn *dsn)
{
	return ecoq_network_is_scheme(dsn, "redis+sentinel");
}

/* ---- The path ---- */

/* Digits only: the number of a database. `rest` is what stands behind it. */
static bool split_database(ecoq_bytes path, ecoq_bytes *database, ecoq_bytes *rest)
{
	size_t size = 0;
	while (size < path.size && path.data[size] >= '0' && path.data[size] <= '9') {
		size++;
	}
	if (size == 0 || (size < path.size && path.data[size] != '/')) {
		*database = ECOQ_NO_BYTES;
		*rest = path;
		return false;
	}
	size_t behind = size < path.size ? size + 1 : size;
	*database = (ecoq_bytes){path.data, size};
	*rest = (ecoq_bytes){path.data + behind, path.size - behind};
	return true;
}

ecoq_bytes ecoq_redis_queue_of_dsn(const ecoq_dsn *dsn)
{
	ecoq_bytes database, rest;
	if (!dsn->is_url || is_socket(dsn)) {
		return ECOQ_NO_BYTES;
	}
	split_database(dsn->path, &database, &rest);
	return rest;
}

static ecoq_result read_database(const ecoq_network_reader *reader)
{
	const ecoq_dsn *dsn = reader->config->dsn;
	ecoq_bytes in_path, rest;
	long long number = 0;
	if (is_socket(dsn) || !split_database(dsn->path, &in_path, &rest)) {
		return ECOQ_OK;
	}
	if (ecoq_network_option_of(reader, "db", NULL)) {
		return ecoq_fail(reader->error, ECOQ_INVALID,
			"Option \"db\": the path of the DSN begins with the number of a database as well; keep one of them (a queue whose name is a number goes into the option \"queue\")");
	}
	ecoq_result result = ecoq_option_int("db", in_path, 0, DATABASE_MAX, &number, reader->error);
	settings_of(reader)->database = (int) number;
	return result;
}

/* ---- Addresses ---- */

static ecoq_result read_socket(const ecoq_network_reader *reader)
{
	const ecoq_dsn *dsn = reader->config->dsn;
	ecoq_network_settings *settings = reader->settings;
	ecoq_buffer path = {0};
	if (!dsn->is_url || dsn->hosts.size || !dsn->path.size) {
		return ecoq_fail(
			reader->error, ECOQ_INVALID, "A DSN of redis+unix: names the path of a socket behind three slashes: redis+unix:///run/redis/redis.sock?queue=orders");
	}
	settings->addresses = calloc(1, sizeof(*settings->addresses));
	if (!settings->addresses) {
		return ecoq_network_no_memory(reader);
	}
	settings->address_count = 1;
	bool stored = ecoq_buffer_append_text(&path, "/") && ecoq_buffer_append(&path, dsn->path.data, dsn->path.size);
	return ecoq_network_keep(reader, &path, stored, &settings->addresses[0].host);
}

static ecoq_result read_addresses(const ecoq_network_reader *reader)
{
	const ecoq_dsn *dsn = reader->config->dsn;
	if (is_socket(dsn)) {
		return read_socket(reader);
	}
	bool by_sentinel = is_by_sentinel(dsn);
	return ecoq_network_read_hosts(reader, by_sentinel ? ECOQ_REDIS_SENTINEL_PORT : ECOQ_REDIS_PORT,
		by_sentinel ? "://localhost/orders?master=mymaster; for a socket write redis+unix:///path/of/socket" : "://localhost/orders; for a socket write redis+unix:///path/of/socket");
}

static ecoq_result make_place(const ecoq_network_reader *reader)
{
	const char *master = settings_of(reader)->master;
	ecoq_buffer text = {0};
	bool stored = !master || (ecoq_buffer_append_text(&text, master) && ecoq_buffer_append_text(&text, " of Sentinel "));
	return ecoq_network_keep(reader, &text, stored && ecoq_network_add_hosts(reader->settings, &text), &reader->settings->place);
}

/* ---- What options say together ---- */

static ecoq_result check_login(const ecoq_network_reader *reader)
{
	const ecoq_redis_settings *settings = settings_of(reader);
	if (settings->network.user && !settings->network.password) {
		return ecoq_fail(
			reader->error, ECOQ_INVALID, "The DSN has a user without a password; a password without a user is written with a colon before it: redis://:password@host");
	}
	if (settings->sentinel_user && !settings->sentinel_password) {
		return ecoq_fail(reader->error, ECOQ_INVALID, "Option \"sentinel-user\" needs \"sentinel-password\"");
	}
	return ECOQ_OK;
}

static ecoq_result check_tls(const ecoq_network_reader *reader)
{
	const ecoq_dsn *dsn = reader->config->dsn;
	if (reader->settings->tls && is_socket(dsn)) {
		return ecoq_fail(reader->error, ECOQ_INVALID, "Option \"tls\": there is no TLS over a unix socket");
	}
	if (reader->settings->tls && !ECOQ_REDIS_HAS_TLS) {
		return ecoq_fail(reader->error, ECOQ_INVALID,
			"The DSN asks for TLS (%s), which this build of ecoq has not: build it where pkg-config finds openssl, or use redis:// over a trusted network",
			ecoq_network_is_scheme(dsn, "rediss") ? "rediss://" : "tls=yes");
	}
	return ECOQ_OK;
}

static ecoq_result check_master(const ecoq_network_reader *reader)
{
	static const char *const names[] = {"master", "sentinel-user", "sentinel-password"};
	bool by_sentinel = is_by_sentinel(reader->config->dsn);
	for (size_t i = 0; !by_sentinel && i < sizeof(names) / sizeof(names[0]); i++) {
		if (ecoq_network_option_of(reader, names[i], NULL)) {
			return ecoq_fail(reader->error, ECOQ_INVALID, "Option \"%s\" is for redis+sentinel:// only", names[i]);
		}
	}
	if (by_sentinel && !settings_of(reader)->master) {
		return ecoq_fail(
			reader->error, ECOQ_INVALID, "A DSN of redis+sentinel:// names the master as its Sentinels do: redis+sentinel://sentinel1,sentinel2/orders?master=mymaster");
	}
	return ECOQ_OK;
}

/* ---- All of it ---- */

ecoq_result ecoq_redis_settings_read(const ecoq_transport_config *config, ecoq_redis_settings **out, ecoq_error *error)
{
	static ecoq_result (*const steps[])(const ecoq_network_reader *) = {read_addresses, check_master, read_database, check_login, check_tls, make_place, NULL};
	static const ecoq_network_kind kind = {.size = sizeof(ecoq_redis_settings), .plain = "redis", .secure = "rediss", .options = rows, .steps = steps};
	ecoq_network_settings *settings = NULL;
	ecoq_result result = ecoq_network_read(&kind, config, &settings, error);
	*out = (ecoq_redis_settings *) settings;
	return result;
}
